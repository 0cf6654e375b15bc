"""The scan log of a session and what its desks left to look at, for programs of who runs it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from schedules.conflict_lists import Choice
from schedules.conflict_lists import Shown as State
from schedules.conflicts import Kind
from schedules.sessions import Session
from timebank.actions.hours.see_door_log import Log, see_log
from timebank.actions.uploads.see_conflicts import Listed, Shown, note_seen, see_conflicts, see_session_conflicts
from timebank.actions.uploads.undo import Undone, annul
from timebank.people.callers import Right
from timebank.web import conflicts
from timebank.web.access import needs
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]
Text = Annotated[str, Meta(max_length=500)]


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done about it, where there is something to say."""

    note: Text = ""


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stands on the record, and the member reads it."""

    reason: Text


@get("/api/v1/sessions/{session_id:uuid}/scans", guards=runs)
async def get_log(
    session_id: FromPath[UUID], caller: Who, only_refused: FromQuery[bool] = False, before: FromQuery[int | None] = None
) -> Log:
    """Every scan of the session, the last first; the next page starts at `older`."""
    return await see_log(caller, session_id, only_refused=only_refused, before=before)


class Page(msgspec.Struct, frozen=True):
    """`counts` are the lines of each kind that nobody has looked at, on all pages; `waiting` all of them.

    The next page starts at `after`.
    """

    conflicts: list[Shown]
    counts: dict[Kind, int]
    waiting: int
    after: str | None
    session: Session | None = None


@get("/api/v1/sessions/{session_id:uuid}/conflicts", guards=runs)
async def get_conflicts(
    session_id: FromPath[UUID],
    caller: Who,
    kind: FromQuery[Kind | None] = None,
    shown: FromQuery[State] = "all",
    after: FromQuery[str] = "",
) -> Page:
    """What two desks, or a desk and the server, saw differently; what nobody has looked at comes first. Fifty at a time.

    Codes of one scanner that lead to nobody are one line: its `pile` says how many.
    """
    choice = Choice(kind=kind, shown=shown, after=conflicts.read_after(after))
    found = await see_session_conflicts(caller, session_id, choice)
    return _page(found, found.session)


@get("/api/v1/conflicts", guards=runs)
async def get_all_conflicts(
    caller: Who, kind: FromQuery[Kind | None] = None, shown: FromQuery[State] = "open", after: FromQuery[str] = ""
) -> Page:
    """The same of all sessions within the caller's reach; unless asked otherwise, what nobody has looked at yet."""
    choice = Choice(kind=kind, shown=shown, after=conflicts.read_after(after))
    return _page(await see_conflicts(caller, choice))


def _page(found: Listed, session: Session | None = None) -> Page:
    return Page(found.conflicts, found.counts, found.waiting, conflicts.told_after(found.after), session)


@post("/api/v1/conflicts/{conflict_id:uuid}/seen", guards=runs, status_code=204)
async def post_seen(conflict_id: FromPath[UUID], data: JSONBody[Seen], caller: Who, now: Now) -> None:
    """Somebody has looked. Safe to repeat: the first note stays."""
    await note_seen(caller, conflict_id, data.note, now)


@post("/api/v1/scans/{scan_id:int}/annul", guards=runs)
async def post_annul(scan_id: FromPath[int], data: JSONBody[Why], caller: Who, now: Now) -> Undone:
    """The scan counts no more, whenever it was; hours and points follow. Safe to repeat: the first reason stays."""
    return await annul(caller, scan_id, data.reason, now)


routes: list[Any] = [get_log, get_conflicts, get_all_conflicts, post_seen, post_annul]
