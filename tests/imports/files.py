"""Files as coordinators bring them, and what the job does with them."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from uuid import UUID

from tests.given import Person
from timebank.actions.imports import runs, values
from timebank.actions.imports.carry_on import carry_on
from timebank.actions.imports.columns import Kind
from timebank.actions.imports.imports import Bringing, apply_import, bring
from timebank.actions.imports.runs import Line
from timebank.actions.imports.values import Row

TODAY = date(2026, 11, 26)


def bringing(kind: Kind, at: UUID, *rows: dict[str, str], source: str = "爱心卡") -> Bringing:
    """A file with these rows from line 2 on; the same rows are the same file."""
    return Bringing(
        community_id=at,
        kind=kind,
        source="" if kind == "members" else source,
        vouched_by="" if kind == "members" else "王主任",
        file_name="old.csv",
        file_hash=hashlib.sha256(repr(rows).encode()).digest(),
        left_heads=[],
        readings=values.read(kind, (Row(number, cells) for number, cells in enumerate(rows, 2)), TODAY),
    )


async def brought(caller: Person, kind: Kind, at: UUID, *rows: dict[str, str], now: datetime, source: str = "爱心卡") -> UUID:
    """A file that has been looked at."""
    made = (await bring(caller.caller, bringing(kind, at, *rows, source=source), now)).id
    await finished(made, now)
    return made


async def finished(import_id: UUID, now: datetime) -> None:
    """As the job does it, until nothing is left to do."""
    while (await runs.one(import_id)).state in runs.WORKING:
        await carry_on(import_id, now)


async def applied(caller: Person, import_id: UUID, now: datetime, *, leaves_out: bool = False) -> list[Line]:
    await apply_import(caller.caller, import_id, leaves_out, now)
    await finished(import_id, now)
    return await runs.lines(import_id)


async def verdicts(import_id: UUID) -> list[str]:
    """Of each line its verdict, with the codes of its faults."""
    return [" ".join([line.verdict or "?", *(fault.code for fault in line.faults)]) for line in await runs.lines(import_id)]
