"""What was so at the instant of a scan that is uploaded later: it is judged by that, and not by what has followed since."""

from __future__ import annotations

from datetime import datetime

import msgspec

from schedules import presence, sql
from schedules.decision import Asked, Inside
from schedules.presence import Stay
from schedules.standing import History
from timebank.actions import upload_facts
from timebank.actions.door import Scan
from timebank.actions.upload_facts import Case

REPLACED = """
SELECT id, revoked_at FROM pass WHERE id = ANY ($1) OR typed_code = ANY ($2)
UNION ALL SELECT id, revoked_at FROM phone_pass WHERE id = ANY ($1)
"""


async def question(case: Case, asked: Asked) -> Asked:
    """The question with what was so at that instant: who had come by then, and a pass that was replaced only later."""
    at, history = case.one.at, case.history
    stays = presence.derive([event for event in history.events if event.at < at], history.terms, at) if history else []
    inside = presence.inside_at(history.events, history.terms, at) if history else None
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
        inside=Inside(session=str(inside.session_id), closes_at=_closes_at(inside, history)) if inside and history else None,
    )


def _closes_at(stay: Stay, history: History) -> datetime:
    return history.terms[stay.session_id].closes_at


async def _was_in_force(scan: Scan, at: datetime) -> bool:
    found = await sql.rows(REPLACED, *upload_facts.named([scan]))
    return any(row["revoked_at"] is not None and row["revoked_at"] > at for row in found)
