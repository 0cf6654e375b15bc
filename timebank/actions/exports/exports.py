"""Asking for everything of a community, or of oneself; fetching it for a while; and reading what goes into it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal
from timebank.actions.action import action
from timebank.actions.exports.contents import Contents
from timebank.actions.exports.everything import MEMBERS
from timebank.actions.exports.of_communities import COMMUNITY
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right

KEPT = timedelta(hours=72)
"""How long a file can be fetched once it is made."""
PATIENCE = timedelta(days=7)
"""How long one waits for the job."""
AT_ONCE = 200
"""Members read with one statement."""


class ExportGone(Refusal):
    """Its time is over: it was asked for too long ago. Facts: gone_at."""


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was asked for. `community_id` none: the member's own data. `made_at` none: the job is at it."""

    id: UUID
    community_id: UUID | None
    community: str
    community_en: str
    time_zone: str
    asked_by: UUID
    asked_at: datetime
    made_at: datetime | None
    bytes: int | None
    gone_at: datetime


COLUMNS = """
SELECT e.id, e.community_id, coalesce(c.name, '') AS community, coalesce(c.name_en, '') AS community_en, z.time_zone,
       e.asked_by, e.asked_at, e.made_at, e.bytes, e.gone_at
  FROM export e LEFT JOIN community c ON c.id = e.community_id JOIN member m ON m.id = e.asked_by
  JOIN community z ON z.id = coalesce(e.community_id, m.community_id)
"""


@action
async def ask_export(caller: Caller, community_id: UUID | None, now: datetime) -> UUID:
    """Everything of a community, for its coordinators; without one the caller's own. One that is being made already is enough.

    Raises SignInNeeded, NotAllowed, NotFound.
    """
    await _require(caller, community_id)
    made = uuid4()
    # Two presses of the button: the key lets one through, the other finds it.
    if await sql.rows(
        "INSERT INTO export (id, community_id, asked_by, asked_at, gone_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (asked_by, coalesce(community_id, asked_by)) WHERE made_at IS NULL DO NOTHING RETURNING 1",
        made,
        community_id,
        caller.member(),
        now,
        now + PATIENCE,
    ):
        what = f"community:{community_id}" if community_id else f"member:{caller.member()}"
        await audit.write(caller.id, "export.asked", what, now, export=str(made))
        return made
    found = await sql.value(
        "SELECT id FROM export WHERE asked_by = $1 AND coalesce(community_id, asked_by) = $2 AND made_at IS NULL",
        caller.member(),
        community_id or caller.member(),
    )
    return UUID(str(found))


async def _require(caller: Caller, community_id: UUID | None) -> None:
    if community_id is None:
        caller.member()
        return
    above = await tree.ancestors(community_id)
    for right in (Right.MANAGE_MEMBERS, Right.READ_LEDGER, Right.GRANT_ROLES):
        caller.require(right, above)


async def see_exports(caller: Caller, now: datetime, *, own: bool) -> list[Export]:
    """Those that the caller asked for and that are not gone, the last first. Raises SignInNeeded."""
    found = await sql.rows(
        f"{COLUMNS} WHERE e.asked_by = $1 AND e.gone_at > $2 AND (e.community_id IS NULL) = $3 ORDER BY "
        f"e.asked_at DESC LIMIT 20",
        caller.member(),
        now,
        own,
    )
    return [Export(**dict(row)) for row in found]


@action
async def take_export(caller: Caller, export_id: UUID, now: datetime) -> Export:
    """For the one who asked, who still has to have the right. Noted in the audit. Raises NotFound, NotAllowed, ExportGone."""
    row = await sql.row(f"{COLUMNS} WHERE e.id = $1 AND e.asked_by = $2", export_id, caller.member())
    if row is None or row["made_at"] is None:
        raise NotFound(what="export")
    export = Export(**dict(row))
    await _require(caller, export.community_id)
    if export.gone_at <= now:
        raise ExportGone(gone_at=export.gone_at)
    what = f"community:{export.community_id}" if export.community_id else f"member:{export.asked_by}"
    await audit.write(caller.id, "export.taken", what, now, export=str(export.id))
    return export


async def parts(export_id: UUID) -> AsyncIterator[bytes]:
    """The file, a piece at a time."""
    number = 1
    while piece := await sql.value("SELECT content FROM export_part WHERE export_id = $1 AND part = $2", export_id, number):
        yield piece
        number += 1


class File(msgspec.Struct, frozen=True):
    """A file that goes into an export, with its columns; `rows` are read as they are asked for."""

    name: str
    columns: list[str]
    rows: AsyncIterator[list[tuple[Any, ...]]]


async def waiting(now: datetime) -> list[UUID]:
    """Exports that were asked for and are not made, the oldest first."""
    found = await sql.rows("SELECT id FROM export WHERE made_at IS NULL AND gone_at > $1 ORDER BY asked_at", now)
    return [row["id"] for row in found]


async def one_snapshot() -> None:
    """The first statement of the transaction that makes an export: all its tables are of one moment."""
    await sql.rows("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


async def claim(export_id: UUID) -> Export | None:
    """For the job, in its transaction: None where somebody else makes it, or it is made."""
    # Two sweepers: one of them makes it.
    if not await sql.rows("SELECT 1 FROM export WHERE id = $1 AND made_at IS NULL FOR UPDATE SKIP LOCKED", export_id):
        return None
    return Export(**dict(await sql.one(f"{COLUMNS} WHERE e.id = $1", export_id)))


async def files(export: Export) -> list[File]:
    """What goes into it. One snapshot where the transaction is one."""
    nodes = [export.community_id] if export.community_id else []
    below = [row["id"] for row in await sql.rows("SELECT id FROM community WHERE ancestor_ids && $1::uuid[]", nodes)]
    people = [row["id"] for row in await sql.rows("SELECT id FROM member WHERE community_id = ANY ($1) ORDER BY number", below)]
    of_people = [await _file(contents, people if nodes else [export.asked_by], bool(nodes)) for contents in MEMBERS]
    return [*of_people, *([await _file(contents, below, True) for contents in COMMUNITY] if nodes else [])]


async def _file(contents: Contents, ids: list[UUID], is_whole: bool) -> File:
    more = (is_whole,) if "$2" in contents.statement else ()
    # Of nobody, beside a row that is always there: the columns, also where the file has no row.
    heads = await sql.one(f"SELECT x.* FROM (SELECT 1) one LEFT JOIN ({contents.statement}) x ON true", [], *more)
    size = AT_ONCE if contents in MEMBERS else len(ids) or 1
    return File(contents.name, list(heads.keys()), _chunks(contents, ids, more, size))


async def _chunks(
    contents: Contents, ids: list[UUID], more: tuple[bool, ...], size: int
) -> AsyncIterator[list[tuple[Any, ...]]]:
    for at in range(0, len(ids), size):
        yield [tuple(row) for row in await sql.rows(contents.statement, ids[at : at + size], *more)]


async def keep(export_id: UUID, packed: IO[bytes], size: int, now: datetime) -> None:
    """The finished file, in parts of `size` bytes; from now on it can be fetched for a while."""
    packed.seek(0)
    number = total = 0
    while piece := packed.read(size):
        number, total = number + 1, total + len(piece)
        await sql.rows("INSERT INTO export_part (export_id, part, content) VALUES ($1, $2, $3)", export_id, number, piece)
    await sql.rows("UPDATE export SET made_at = $2, bytes = $3, gone_at = $4 WHERE id = $1", export_id, now, total, now + KEPT)


async def forget(now: datetime) -> int:
    """Parts of files that nobody can fetch any more; how many went."""
    found = await sql.rows(
        "DELETE FROM export_part p USING export e WHERE e.id = p.export_id AND e.gone_at <= $1 RETURNING 1", now
    )
    return len(found)
