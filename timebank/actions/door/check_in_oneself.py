"""A member checks in or out with their own phone: the browser's ticket is used up, the scan judged, its origin noted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog

from schedules import codes, sql
from schedules.codes import Venue
from timebank.actions.action import action
from timebank.actions.door.admission import Admission
from timebank.actions.door.door import Asking
from timebank.actions.door.scan import scan
from timebank.communities import policies
from timebank.communities.policies import NoPolicy
from timebank.people import scan_origins, venue_tickets

log = structlog.get_logger("scan")


class Origin(msgspec.Struct, frozen=True):
    """Where a self check-in comes from: the browser's random name, its ticket for the venue code, its address; empty: none."""

    browser: str = ""
    ticket: str = ""
    address: str = ""


async def check_in_oneself(asking: Asking, origin: Origin, now: datetime) -> Admission:
    """As `scan`, which it raises as; a ticket that another member has used counts as none. Safe to repeat with the nonce."""
    if asking.seen_at and origin.ticket and not await claim(origin.ticket, asking, now):
        asking = msgspec.structs.replace(asking, seen_at=None)
    admission = await scan(asking, now)
    try:
        await note(asking, origin, admission, now)
    except Exception as error:
        # The member is in, and that is what counts: what is kept for the review list stands in nobody's way.
        log.warning("the origin of a self check-in was not noted", cause=repr(error))
    return admission


async def seen_at(origin: Origin, member_id: UUID | None, moment: datetime | None) -> datetime | None:
    """`moment`, at which this browser opened the code; None where another member has used the ticket since. Changes nothing."""
    if moment is None or not origin.ticket:
        return moment
    return moment if await venue_tickets.holder(origin.ticket) in (None, member_id) else None


@action
async def claim(ticket: str, asking: Asking, now: datetime) -> bool:
    """Whether the ticket is this member's, from now on at the latest (checkin-75)."""
    return await venue_tickets.claim(ticket, asking.scanner_id, now)


@action
async def note(asking: Asking, origin: Origin, admission: Admission, now: datetime) -> None:
    """Beside the scan, for as many days as the policy says. Of a repeat the first stays."""
    session = admission.session
    day = session.starts_at.astimezone(ZoneInfo(session.time_zone)).date()
    code = codes.read(asking.raw_code)
    await scan_origins.note(
        asking.scanner_id,
        asking.nonce,
        code.step if isinstance(code, Venue) else None,
        scan_origins.browser_mark(origin.browser, str(day)),
        scan_origins.network_mark(origin.address, session.id),
        scan_origins.kept_until(now, await _keep_days(admission, now)),
    )


async def _keep_days(admission: Admission, now: datetime) -> int:
    session = admission.session
    community_id = await sql.value("SELECT community_id FROM activity WHERE id = $1", session.activity_id)
    try:
        rules = (await policies.in_force(community_id, now.astimezone(ZoneInfo(session.time_zone)).date())).rules
    except NoPolicy:
        rules = policies.Rules()
    return rules.review.keep_days
