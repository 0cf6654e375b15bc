"""Members whom an import made go again where they have done nothing since; what it changed goes back where it still stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql
from timebank.actions.imports.runs import Import, Line
from timebank.people import audit


async def undo(run: Import, lines: Sequence[Line], now: datetime) -> list[Line]:
    """Locks the members first, so that nobody signs in or signs up between the look and the end."""
    made = [line.made_id for line in lines if line.outcome == "made" and line.made_id]
    # Whoever writes a row that names one of them waits here, and then names somebody who has left.
    await sql.rows("SELECT 1 FROM member WHERE id = ANY ($1) ORDER BY id FOR UPDATE", made)
    busy = await _traces(made)
    gone = [member_id for member_id in made if member_id not in busy]
    await _erase(gone, run, now)
    done = []
    for line in lines:
        if line.outcome == "changed":
            done.append(await _changed_back(line, now))
        elif line.outcome == "made" and line.made_id in busy:
            done.append(msgspec.structs.replace(line, undone="kept", kept_for=busy[line.made_id]))
        elif line.outcome == "made":
            # The row's own words are the member's name and phone: they go with the member.
            done.append(msgspec.structs.replace(line, said={}, before=None, undone="taken_back"))
        else:
            done.append(msgspec.structs.replace(line, undone="nothing"))
    return done


async def _traces(member_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Who has done something since, or had it done to them: the table that says so."""
    found = await sql.rows(
        "SELECT member_id, min(table_name) AS place FROM import_traces($1) GROUP BY member_id", list(member_ids)
    )
    return {row["member_id"]: row["place"] for row in found}


async def _erase(member_ids: Sequence[UUID], run: Import, now: datetime) -> None:
    """Nothing that tells who it was stays: only the number, that there was somebody, and until when."""
    ids = list(member_ids)
    await sql.rows(
        "UPDATE member SET state = 'left', state_reason = '', name = '#' || number, phone = NULL, sex = NULL, born_on = NULL, "
        "staff_note = '' WHERE id = ANY ($1)",
        ids,
    )
    await sql.rows("UPDATE pass SET revoked_at = $2 WHERE member_id = ANY ($1) AND revoked_at IS NULL", ids, now)
    await sql.rows("UPDATE account SET closed_at = $2 WHERE owner_id = ANY ($1) AND closed_at IS NULL", ids, now)
    await sql.rows("UPDATE old_number SET ended_at = $2 WHERE member_id = ANY ($1) AND ended_at IS NULL", ids, now)
    await sql.rows("UPDATE held_skill SET state = 'withdrawn', changed_at = $2 WHERE person_id = ANY ($1)", ids, now)
    await sql.rows(
        "UPDATE relative SET ended_at = $2, ended_by = $3 WHERE member_id = ANY ($1) AND ended_at IS NULL",
        ids,
        now,
        run.undone_by_id,
    )
    await audit.write_many(
        run.undone_by_id, "member.erased", [f"member:{each}" for each in ids], now, {"by_import": str(run.id)}
    )


async def _changed_back(line: Line, now: datetime) -> Line:
    """The values of before, where nobody has changed them since."""
    row = await sql.row(
        "SELECT phone, language, sex, born_on, staff_note FROM member WHERE id = $1 FOR NO KEY UPDATE", line.made_id
    )
    if line.before is None:
        return msgspec.structs.replace(line, undone="kept", kept_for="forgotten")
    before = dict(line.before)
    had_old = before.pop("old_number", "-") is None
    if row is None or any(_text(row[field]) != _said(line, field) for field in before):
        return msgspec.structs.replace(line, undone="kept", kept_for="changed_since")
    if "born_on" in before:
        before["born_on"] = date.fromisoformat(before["born_on"]) if before["born_on"] else None
    if before:
        sets = ", ".join(f"{field} = ${place}" for place, field in enumerate(before, 2))
        await sql.rows(f"UPDATE member SET {sets} WHERE id = $1", line.made_id, *before.values())
    if had_old:
        await sql.rows(
            "UPDATE old_number SET ended_at = $3 WHERE member_id = $1 AND number = $2 AND ended_at IS NULL",
            line.made_id,
            line.said["old_number"],
            now,
        )
    return msgspec.structs.replace(line, undone="taken_back")


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _said(line: Line, field: str) -> Any:
    return line.said.get("chosen_language" if field == "language" else field)
