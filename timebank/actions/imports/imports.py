"""Bringing a file, applying it and undoing it: members by one coordinator, points and hours by two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import sql
from schedules.errors import Malformed, Refusal
from timebank.actions.action import action
from timebank.actions.imports import letters, runs
from timebank.actions.imports.columns import RIGHTS, Kind
from timebank.actions.imports.runs import Import, Line, New, State
from timebank.actions.imports.values import Reading, one_spelling
from timebank.communities import policies, tree
from timebank.outbox import messages
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.points.refusals import FourEyes


class SourceNeeded(Malformed):
    """Which scheme the points or hours come from, or who vouches for them, was not said. Facts: field, reason."""


class ImportBusy(Refusal):
    """The import is not in the state that this needs. Facts: state."""


class FaultyRows(Refusal):
    """Rows are faulty, and it was not said that they are to be left out. Facts: faulty."""


class NothingToApply(Refusal):
    """No row would change anything. Facts: none."""


class OwnRows(Refusal):
    """Rows are about whoever would confirm them, or their household (rules.md 2). Facts: line."""


class UndoReasonNeeded(Malformed):
    """Facts: field, reason."""


class Bringing(msgspec.Struct, frozen=True):
    """A file, decoded and read (imports/values.py). `source`: the old scheme; `vouched_by`: who stands for it; neither of
    members.
    """

    community_id: UUID
    kind: Kind
    source: str
    vouched_by: str
    file_name: str
    file_hash: bytes
    left_heads: list[str]
    readings: list[Reading]


class Kept(msgspec.Struct, frozen=True):
    """The import, as it now stands."""

    id: UUID
    state: State


class Seen(msgspec.Struct, frozen=True):
    """An import with how many rows have each verdict, outcome and end. `may_...`: whether the reader could do it now."""

    run: Import
    counts: dict[str, int]
    may_apply: bool
    may_undo: bool
    may_confirm_undo: bool


@action
async def bring(caller: Caller, bringing: Bringing, now: datetime) -> Kept:
    """Keeps the file's rows; the job looks at them. Nothing is taken over yet. The same file that waits already is the same
    import. Raises NotAllowed, NotFound, SourceNeeded.
    """
    node = await tree.node(bringing.community_id)
    _require(caller, bringing.kind, node.ancestor_ids)
    source, vouched_by = one_spelling(bringing.source), bringing.vouched_by.strip()
    for field, value in (("source", source), ("vouched_by", vouched_by)) if bringing.kind != "members" else ():
        if not value:
            raise SourceNeeded(field=field, reason="empty")
    is_members = bringing.kind == "members"
    new = New(
        community_id=node.id,
        kind=bringing.kind,
        source="" if is_members else source,
        vouched_by="" if is_members else vouched_by,
        file_name=bringing.file_name.strip()[:200] or "-",
        file_hash=bringing.file_hash,
        left_heads=bringing.left_heads,
    )
    made, is_new = await runs.add(new, bringing.readings, caller.member(), now)
    if is_new:
        await audit.write(caller.id, "import.brought", f"import:{made}", now, kind=new.kind, rows=len(bringing.readings))
    return Kept(made, (await runs.one(made)).state)


def _require(caller: Caller, kind: Kind, ancestor_ids: Sequence[UUID]) -> None:
    caller.require(Right.MANAGE_MEMBERS, ancestor_ids)
    caller.require(RIGHTS[kind], ancestor_ids)


async def see_imports(caller: Caller) -> list[Import]:
    """Within reach, the last first. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.MANAGE_MEMBERS)
    return await runs.below(caller.nodes(Right.MANAGE_MEMBERS))


async def see_import(caller: Caller, import_id: UUID) -> Seen:
    """Raises NotAllowed, NotFound."""
    run = await _reached(caller, import_id)
    me, alone = caller.member(), run.kind == "members"
    return Seen(
        run=run,
        counts=await runs.counts(import_id),
        may_apply=run.state == "ready" and (alone or me != run.uploaded_by_id),
        may_undo=run.state in ("applying", "done") and run.undo_by_id is None,
        may_confirm_undo=run.state in ("applying", "done") and run.undo_by_id is not None and me != run.undo_by_id,
    )


async def see_lines(caller: Caller, import_id: UUID, *, only: str = "", after: int = 0, at_most: int = 100_000) -> list[Line]:
    """The report, by line. Raises NotAllowed, NotFound."""
    await _reached(caller, import_id)
    return await runs.lines(import_id, after=after, at_most=at_most, only=only)


@action
async def apply_import(caller: Caller, import_id: UUID, leaves_out: bool, now: datetime) -> Kept:
    """Confirmed: the job takes the rows over, in batches. `leaves_out`: faulty rows stay out; else there may be none.

    Of points and hours by somebody else than who brought the file. Safe to repeat. Locks the import. Raises NotAllowed,
    NotFound, ImportBusy, FaultyRows, NothingToApply, FourEyes, OwnRows, NoPolicy.
    """
    run = await _reached(caller, import_id, locks=True)
    if run.state in ("applying", "done"):
        return Kept(run.id, run.state)
    if run.state != "ready":
        raise ImportBusy(state=run.state)
    if run.kind != "members":
        await _second(caller, run, run.uploaded_by_id)
    if run.kind == "balances":
        await policies.in_force(run.community_id, now.astimezone(ZoneInfo(run.time_zone)).date())
    counts = await runs.counts(import_id)
    if (faulty := counts.get("verdict:faulty", 0)) and not leaves_out:
        raise FaultyRows(faulty=faulty)
    if not counts.get("verdict:new") and not counts.get("verdict:changed"):
        raise NothingToApply()
    await runs.move(run.id, "applying", leaves_out=leaves_out, applied_by=caller.member(), applied_at=now)
    await audit.write(caller.id, "import.confirmed", f"import:{run.id}", now, leaves_out=leaves_out, faulty=faulty)
    return Kept(run.id, "applying")


@action
async def drop_import(caller: Caller, import_id: UUID, now: datetime) -> Kept:
    """Never to be applied; what its rows said is forgotten. Safe to repeat. Raises NotAllowed, NotFound, ImportBusy."""
    run = await _reached(caller, import_id, locks=True)
    if run.state == "dropped":
        return Kept(run.id, run.state)
    if run.state not in ("checking", "ready"):
        raise ImportBusy(state=run.state)
    await runs.move(run.id, "dropped", finished_at=now)
    await audit.write(caller.id, "import.dropped", f"import:{run.id}", now)
    return Kept(run.id, "dropped")


@action
async def undo_import(caller: Caller, import_id: UUID, reason: str, now: datetime) -> Kept:
    """Asks for the undoing of the whole; of members it begins at once, of points and hours a second person confirms it.

    Also while it is being applied: what is not taken over yet then never is. Safe to repeat. Locks the import. Raises
    NotAllowed, NotFound, ImportBusy, UndoReasonNeeded.
    """
    run = await _reached(caller, import_id, locks=True)
    if not reason.strip():
        raise UndoReasonNeeded(field="reason", reason="empty")
    if run.undo_by_id is not None:
        return Kept(run.id, run.state)
    if run.state not in ("applying", "done"):
        raise ImportBusy(state=run.state)
    asked = {"undo_by": caller.member(), "undo_at": now, "undo_reason": reason.strip()[:200]}
    alone = {"undone_by": caller.member(), "undone_at": now} if run.kind == "members" else {}
    state: State = "undoing" if alone else run.state
    await runs.move(run.id, state, **asked, **alone)
    await audit.write(caller.id, "import.undo_asked", f"import:{run.id}", now, reason=reason.strip()[:200])
    asked_for = await runs.one(run.id)
    await messages.promise(await letters.waits(asked_for, "import_undo_waits", caller.member(), asked_for.undo_by), now)
    return Kept(run.id, state)


@action
async def confirm_undo(caller: Caller, import_id: UUID, now: datetime) -> Kept:
    """The second person's yes. Safe to repeat. Raises NotAllowed, NotFound, ImportBusy, FourEyes, OwnRows."""
    run = await _reached(caller, import_id, locks=True)
    if run.state in ("undoing", "undone"):
        return Kept(run.id, run.state)
    if run.undo_by_id is None or run.state not in ("applying", "done"):
        raise ImportBusy(state=run.state)
    await _second(caller, run, run.undo_by_id)
    await runs.move(run.id, "undoing", undone_by=caller.member(), undone_at=now)
    await audit.write(caller.id, "import.undo_confirmed", f"import:{run.id}", now)
    return Kept(run.id, "undoing")


async def _second(caller: Caller, run: Import, first_id: UUID) -> None:
    """Raises FourEyes for the first person, OwnRows for whom, or whose household, a row is about."""
    if caller.member() == first_id:
        raise FourEyes()
    found = await sql.value(
        "SELECT l.line FROM import_line l JOIN member m ON m.id = l.member_id "
        "WHERE l.import_id = $1 AND m.household_id = (SELECT household_id FROM member WHERE id = $2) ORDER BY 1 LIMIT 1",
        run.id,
        caller.member(),
    )
    if found is not None:
        raise OwnRows(line=found)


async def _reached(caller: Caller, import_id: UUID, *, locks: bool = False) -> Import:
    caller.require(Right.MANAGE_MEMBERS)
    run = await runs.one(import_id, locks=locks)
    _require(caller, run.kind, await tree.ancestors(run.community_id))
    return run
