"""What proofs of the books found, kept: each reconciliation, each verification of the seals, and what somebody asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from schedules import sql
from timebank.points.reconcile import Report
from timebank.points.seals import Verdict

Kind = Literal["reconcile", "seals"]


class Proof(msgspec.Struct, frozen=True):
    """`result` is a reconcile.Report or a seals.Verdict; `asked_by` a name, empty for the job and the command."""

    kind: Kind
    finished_at: datetime
    wrong: int
    result: Report | Verdict
    asked_by: str


TYPES: dict[Kind, Any] = {"reconcile": Report, "seals": Verdict}


async def note(result: Report | Verdict, asked: Sequence[int] = ()) -> None:
    """Keeps what a proof found: as the answer to those that were `asked` for before it began, or in a line of its own."""
    values = (result.wrong, msgspec.json.encode(result).decode())
    if asked:
        await sql.rows(
            "UPDATE proof SET finished_at = clock_timestamp(), wrong = $1, result = $2 "
            "WHERE id = ANY ($3) AND finished_at IS NULL",
            *values,
            list(asked),
        )
        return
    kind: Kind = "reconcile" if isinstance(result, Report) else "seals"
    await sql.rows(
        "INSERT INTO proof (kind, asked_at, finished_at, wrong, result) "
        "VALUES ($3, clock_timestamp(), clock_timestamp(), $1, $2)",
        *values,
        kind,
    )


async def ask(kind: Kind, member_id: UUID, now: datetime) -> None:
    """Asks for a proof, which the job makes within a minute or two. One that waits already is enough. Safe to repeat."""
    await sql.rows(
        "INSERT INTO proof (kind, asked_by, asked_at) SELECT $1, $2, $3 "
        "WHERE NOT EXISTS (SELECT FROM proof WHERE kind = $1 AND finished_at IS NULL)",
        kind,
        member_id,
        now,
    )


async def waiting() -> dict[Kind, datetime]:
    """Since when each kind waits that somebody asked for."""
    found = await sql.rows("SELECT kind, min(asked_at) AS at FROM proof WHERE finished_at IS NULL GROUP BY kind")
    return {row["kind"]: row["at"] for row in found}


async def asked() -> dict[Kind, list[int]]:
    """What somebody asked for and no job has made yet: ids, by kind."""
    found = await sql.rows("SELECT kind, array_agg(id) AS ids FROM proof WHERE finished_at IS NULL GROUP BY kind")
    return {row["kind"]: row["ids"] for row in found}


async def latest(kind: Kind) -> Proof | None:
    """The last one of its kind; None before the first."""
    found = await sql.row(
        "SELECT p.finished_at, p.wrong, p.result, coalesce(m.name, '') AS asked_by FROM proof p "
        "LEFT JOIN member m ON m.id = p.asked_by WHERE kind = $1 AND finished_at IS NOT NULL ORDER BY p.id DESC LIMIT 1",
        kind,
    )
    if found is None:
        return None
    result = msgspec.json.decode(found["result"], type=TYPES[kind])
    return Proof(kind, found["finished_at"], found["wrong"], result, found["asked_by"])
