"""Conflicts as they are listed: what nobody has looked at before the rest, the last noted first, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.conflicts import FOUND, Conflict, Kind, conflict

PAGE = 50
Shown = Literal["open", "seen", "all"]
STATES: dict[Shown, str] = {"open": "x.is_open", "seen": "NOT x.is_open", "all": "true"}


class After(msgspec.Struct, frozen=True):
    """Where a page ends: at this conflict, as open as it was when the page was drawn."""

    is_open: bool
    id: UUID


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: one kind or all, in one state or all, from behind the last one of the page before."""

    kind: Kind | None = None
    shown: Shown = "all"
    after: After | None = None


class Scope(msgspec.Struct, frozen=True):
    """Which ones: `where` is a condition with $1."""

    where: str
    about: Any


def of_session(session_id: UUID) -> Scope:
    """With what names the session's activity and no session."""
    named = "x.session_id IS NULL AND x.activity_id = (SELECT activity_id FROM session WHERE id = $1)"
    return Scope(f"(x.session_id = $1::uuid OR ({named}))", session_id)


def within(community_ids: Sequence[UUID]) -> Scope:
    """At or below these nodes."""
    return Scope("n.ancestor_ids && $1::uuid[]", list(community_ids))


LINES = "FROM door_conflict x JOIN activity a ON a.id = x.activity_id JOIN community n ON n.id = a.community_id"
ORDER = "x.is_open DESC, x.noted_at DESC, x.id DESC"
BEHIND = "(x.is_open, x.noted_at, x.id) < ($4::bool, (SELECT noted_at FROM door_conflict WHERE id = $5), $5::uuid)"


def statement(scope: Scope, choice: Choice) -> str:
    """The lines are chosen first, and only these are put together. $2 is a kind, $3 how many, $4 and $5 where to begin."""
    behind = f" AND {BEHIND}" if choice.after else ""
    return (
        f"WITH chosen AS MATERIALIZED (SELECT x.id {LINES} WHERE x.pile IS NULL AND {STATES[choice.shown]} AND {scope.where} "
        f"AND ($2::text IS NULL OR x.kind = $2){behind} ORDER BY {ORDER} LIMIT $3) "
        f"{FOUND} WHERE x.id IN (SELECT id FROM chosen) ORDER BY {ORDER}"
    )


async def page(scope: Scope, choice: Choice, limit: int = PAGE) -> list[Conflict]:
    """One statement, however many there are."""
    cursor = (choice.after.is_open, choice.after.id) if choice.after else ()
    found = await sql.rows(statement(scope, choice), scope.about, choice.kind, limit, *cursor)
    return [conflict(row) for row in found]


def waiting_statement(scope: Scope) -> str:
    """Only what is open is counted: whoever looks at things keeps that short, and what was seen grows with the years."""
    return (
        f"SELECT x.kind, count(*)::int {LINES} WHERE x.pile IS NULL AND x.is_open AND {scope.where} "
        "GROUP BY x.kind ORDER BY 2 DESC, 1"
    )


async def waiting(scope: Scope) -> dict[Kind, int]:
    """How many lines of each kind nobody has looked at, the most first."""
    return {row[0]: row[1] for row in await sql.rows(waiting_statement(scope), scope.about)}
