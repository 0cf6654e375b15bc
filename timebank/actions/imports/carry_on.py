"""A batch of what an import is doing, in one transaction: whoever dies in it has done nothing, and the next one goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from timebank.actions.action import action
from timebank.actions.imports import balance_rows, letters, member_rows, member_undo, record_rows, runs
from timebank.actions.imports.runs import Import, Line
from timebank.actions.imports.values import Fault
from timebank.outbox import messages
from timebank.people import audit

AT_ONCE = 200
"""Rows of a batch: less than a second."""
JUDGES = {"members": member_rows.judge, "balances": balance_rows.judge, "records": record_rows.judge}
APPLIERS = {"members": member_rows.apply, "balances": balance_rows.apply, "records": record_rows.apply}
UNDOERS = {"members": member_undo.undo, "balances": balance_rows.undo, "records": record_rows.undo}


@action
async def carry_on(import_id: UUID, now: datetime) -> int:
    """The next rows of an import that is looked at, applied or undone; how many. 0: it is done, or somebody else has it.

    Locks the import, passing over it where somebody holds it. Safe to repeat and to run twice at once: what a row did is
    written in the transaction that did it.
    """
    run = await runs.claim(import_id)
    if run is None:
        return 0
    lines = await runs.waiting(run.id, run.state, AT_ONCE)
    if not lines:
        return await _end(run, now)
    await runs.keep(run.id, await _done(run, lines, now))
    return len(lines)


async def _done(run: Import, lines: Sequence[Line], now: datetime) -> Sequence[Line]:
    if run.state == "checking":
        return await JUDGES[run.kind](run, lines)
    if run.state == "undoing":
        return await UNDOERS[run.kind](run, lines, now)
    return await _applied(run, lines, now)


async def _applied(run: Import, lines: Sequence[Line], now: datetime) -> list[Line]:
    """Judged anew, since days may lie between: what became faulty meanwhile fails by itself and is listed."""
    good = [line for line in lines if line.verdict != "faulty"]
    judged = await _of_others(run, await JUDGES[run.kind](run, good)) if good else []
    done = {line.line: line for line in await APPLIERS[run.kind](run, judged, now)}
    rest = [line for line in [*judged, *(each for each in lines if each.verdict == "faulty")] if line.line not in done]
    left = {line.line for line in lines if line.verdict == "faulty"}
    return [
        *done.values(),
        *(
            msgspec.structs.replace(line, outcome="failed" if line.verdict == "faulty" and line.line not in left else "nothing")
            for line in rest
        ),
    ]


async def _of_others(run: Import, judged: Sequence[Line]) -> Sequence[Line]:
    """Points and hours that have come to be those of whoever confirmed them, or of their household, fail (rules.md 2)."""
    if run.kind == "members":
        return judged
    found = await sql.rows(
        "SELECT m.id FROM member m JOIN member c ON c.household_id = m.household_id WHERE c.id = $1 AND m.id = ANY ($2)",
        run.applied_by_id,
        [line.member_id for line in judged],
    )
    own, faults = {row["id"] for row in found}, [Fault("own_rows")]
    wrong = {line.line for line in judged if line.verdict == "new" and line.member_id in own}
    return [msgspec.structs.replace(line, verdict="faulty", faults=faults) if line.line in wrong else line for line in judged]


async def _end(run: Import, now: datetime) -> int:
    """Nothing is left to do, or so many rows are to be looked at once more."""
    if run.state == "checking":
        if run.kind == "members" and (again := await member_rows.look_again(run)):
            return again
        await runs.move(run.id, "ready")
        await messages.promise(await letters.waits(run, "import_waits", run.uploaded_by_id, run.uploaded_by), now)
        return 0
    counts = await runs.counts(run.id)
    if run.state == "applying":
        if run.kind == "members":
            await member_rows.finish(run, now)
        await runs.move(run.id, "done", finished_at=now)
        await audit.write(run.applied_by_id, "import.applied", f"import:{run.id}", now, rows=_told(counts, "outcome"))
        return 0
    # Rows that were not applied yet when the undoing began never will be.
    await runs.move(run.id, "undone", finished_at=now)
    await audit.write(run.undone_by_id, "import.undone", f"import:{run.id}", now, rows=_told(counts, "undone"))
    return 0


def _told(counts: dict[str, int], what: str) -> dict[str, int]:
    return {word.partition(":")[2]: number for word, number in counts.items() if word.startswith(what)}
