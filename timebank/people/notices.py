"""What a member wishes to be told, and how."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound


class Notices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`told_by` "here": nothing is sent, the messages wait on the page. `summary_own`, `summary_run`: in the evening, what one
    has tomorrow and what one runs. `clock_hours`: how times of day are written in messages.

    What changes somebody's plans, such as a session called off, is told whatever stands here (schedule-73).
    """

    told_by: Literal["phone", "here"] = "phone"
    reminders: bool = True
    summary_own: bool = False
    summary_run: bool = True
    clock_hours: Literal[12, 24] = 24


async def of(member_id: UUID) -> Notices:
    """Raises NotFound."""
    found = await sql.row(
        "SELECT told_by, reminders, summary_own, summary_run, clock_hours FROM member WHERE id = $1", member_id
    )
    if found is None:
        raise NotFound(what="member")
    return Notices(**dict(found))


async def choose(member_id: UUID, wanted: Notices) -> None:
    """Safe to repeat."""
    await sql.rows(
        "UPDATE member SET told_by = $2, reminders = $3, summary_own = $4, summary_run = $5, clock_hours = $6 WHERE id = $1",
        member_id,
        wanted.told_by,
        wanted.reminders,
        wanted.summary_own,
        wanted.summary_run,
        wanted.clock_hours,
    )


async def phone_of(member_id: UUID) -> str:
    """Where messages would go; empty for a member without a phone."""
    return str(await sql.value("SELECT coalesce(phone, '') FROM member WHERE id = $1", member_id))
