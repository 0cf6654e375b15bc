"""What people are told about bookings, promised in the transaction of the fact. The words are in `web/letters/bookings.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from schedules import sql
from schedules.booking_moves import Moved
from schedules.bookings import Booking
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people.callers import RIGHTS, Right

KEEPERS = [role for role, rights in RIGHTS.items() if Right.MANAGE_SPACES in rights]
# The staff of the nearest community that has any: the grid's before the sub-district's.
STAFF = """
SELECT g.member_id FROM role_grant g JOIN member m ON m.id = g.member_id AND m.state = 'active'
 WHERE g.ended_at IS NULL AND g.role = ANY ($1) AND g.community_id = (
       SELECT r.community_id FROM role_grant r JOIN member h ON h.id = r.member_id AND h.state = 'active'
        WHERE r.ended_at IS NULL AND r.role = ANY ($1) AND r.community_id = ANY ($2)
        ORDER BY array_position($2, r.community_id) DESC LIMIT 1)
 GROUP BY g.member_id
"""


def facts(booking: Booking, **more: object) -> dict[str, Any]:
    """What sentences about a booking need."""
    return {
        "space": booking.space,
        "space_en": booking.space_en,
        "time_zone": booking.time_zone,
        "starts_at": booking.starts_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
        **more,
    }


def _to_holder(booking: Booking, kind: str, **more: object) -> Message:
    return Message(
        key=f"booking:{booking.id}:{kind}:{booking.sequence}",
        person_id=booking.person_id,
        kind=f"booking.{kind}",
        facts=facts(booking, **more),
        path=f"/me/bookings/{booking.id}",
    )


async def made(booking: Booking, ancestor_ids: Sequence[UUID], now: datetime) -> None:
    """A request: to the staff who decide. Made by somebody else: to the member whose it is."""
    told = []
    if booking.state == "pending":
        name = await sql.value("SELECT name FROM member WHERE id = $1", booking.person_id)
        told += [
            Message(
                key=f"booking:{booking.id}:requested:{booking.sequence}:{row['member_id']}",
                person_id=row["member_id"],
                kind="booking.requested",
                facts=facts(booking, name=name, decide_by_at=_iso(booking.decide_by)),
                path="/office/requests",
                useful_until=booking.decide_by,
            )
            for row in await sql.rows(STAFF, KEEPERS, list(ancestor_ids))
        ]
    if booking.made_by != booking.person_id and booking.counts:
        told.append(_to_holder(booking, "made_for_you"))
    await messages.promise(told, now)


async def accepted(booking: Booking, now: datetime) -> None:
    await messages.promise([_to_holder(booking, "accepted")], now)


async def rejected(booking: Booking, now: datetime) -> None:
    """With the reason, where there is one; without, another request got the time."""
    kind = "rejected" if booking.reason else "lost"
    await messages.promise([_to_holder(booking, kind, reason=booking.reason)], now)


async def lapsed(booking: Booking, now: datetime) -> None:
    await messages.promise([_to_holder(booking, "lapsed")], now)


async def cancelled_by_house(booking: Booking, now: datetime) -> None:
    await messages.promise([_to_holder(booking, "cancelled_by_house", reason=booking.reason)], now)


async def moved_by_house(moved: Moved, now: datetime) -> None:
    before = facts(moved.before)
    was = {"from_space": before["space"], "from_space_en": before["space_en"], "from_at": before["starts_at"]}
    await messages.promise([_to_holder(moved.after, "moved_by_house", **was)], now)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
