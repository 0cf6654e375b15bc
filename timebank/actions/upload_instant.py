"""What was so at the instant of a scan that is uploaded later: it is judged by that, and not by what has followed since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from schedules import sql
from schedules.decision import Asked, Inside
from schedules.presence import Stay
from schedules.scans import Here
from timebank.actions import turned_away, upload_facts
from timebank.actions.door import Scan
from timebank.actions.upload_facts import Case

REPLACED = """
SELECT id, revoked_at FROM pass WHERE id = ANY ($1) OR typed_code = ANY ($2)
UNION ALL SELECT id, revoked_at FROM phone_pass WHERE id = ANY ($1)
"""


async def question(case: Case, asked: Asked) -> Asked:
    """The question with what was so at that instant: who had come by then, and a pass that was replaced only later."""
    at, course = case.one.at, case.course
    stays = course.before(at) if course else []
    inside = course.inside(at) if course else None
    code = asked.code
    if code.is_replaced and await _was_in_force(case.scan, at):
        code = msgspec.structs.replace(code, is_replaced=False)
    return msgspec.structs.replace(
        asked,
        earlier="none",
        code=code,
        places=tuple(
            msgspec.structs.replace(place, entries=sum(stay.signup_id == place.signup_id for stay in stays))
            for place in case.known.schedule.places
        ),
        inside=Inside(session=str(inside.session_id), closes_at=course.terms[inside.session_id].closes_at)
        if inside and course
        else None,
    )


async def _was_in_force(scan: Scan, at: datetime) -> bool:
    found = await sql.rows(REPLACED, *upload_facts.named([scan]))
    return any(row["revoked_at"] is not None and row["revoked_at"] > at for row in found)


async def details(case: Case, reason: str, here: Here | None) -> dict[str, Any] | None:
    """What a refusal because of other scans says about them; None for any other reason.

    Of the scans by then and not of the stays as they stand: its repeat is told the same, whatever has followed since.
    """
    at, course = case.one.at, case.course
    if course and reason == "already_elsewhere":
        inside = course.inside(at)
        place = inside and inside.session_id
        return {"elsewhere": await turned_away.elsewhere(case.scan.asking, case.known, place, at)} if place else {}
    if course and here and reason == "already_in":
        return await _since(here, [stay for stay in course.up_to(at) if stay.signup_id == here.signup_id], at)
    return None


async def _since(here: Here, stays: list[Stay], at: datetime) -> dict[str, Any]:
    if not stays:
        return {}
    lasts = stays[-1].out_at is None or at < stays[-1].out_at
    told = stays[-1] if lasts else stays[0]
    desk = await sql.value("SELECT name FROM device WHERE id = $1", told.began_by.scanner_id)
    return turned_away.since(here, stays[0].in_at, told.in_at, str(desk or ""), has_left=not lasts)
