"""When rows of the log look odd enough to be shown to people. Pure: rows and limits in, out the rows that show it, or none.

`lives_with` names each person's household, as opaque ids; who is not in it lives alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from schedules.oddities import Row
from schedules.oddity_kinds import KindName
from schedules.oddity_limits import Limits

LivesWith = Mapping[UUID, UUID]
Rule = Callable[[Sequence[Row], Limits, LivesWith], Sequence[Row]]


def shows(kind: KindName, rows: Sequence[Row], limits: Limits, lives_with: LivesWith) -> Sequence[Row]:
    """The evidence, by time; empty where the limit is not reached or the community does not look for it."""
    return RULES[kind](rows, limits, lives_with)


def one_phone(rows: Sequence[Row], limits: Limits, lives_with: LivesWith) -> Sequence[Row]:
    """Several members on one browser. A household that shares its phone is nothing odd."""
    people = {row.person_id for row in rows if row.person_id}
    return rows if reaches(len(people), limits.phone_people) and len(households(people, lives_with)) > 1 else ()


def shared_code(rows: Sequence[Row], limits: Limits, lives_with: LivesWith) -> Sequence[Row]:
    """So many members on one code, each from a network of their own, that it may have been passed on."""
    networks = {row.network for row in rows if row.network}
    people = {row.person_id for row in rows}
    return rows if reaches(min(len(networks), len(people)), limits.code_networks) else ()


def too_soon(rows: Sequence[Row], limits: Limits, lives_with: LivesWith) -> Sequence[Row]:
    """At one place and, sooner than anybody gets there, at another."""
    if limits.travel_minutes is None:
        return ()
    placed = [row for row in rows if row.place]
    return near(placed, timedelta(minutes=limits.travel_minutes), lambda a, b: a.place != b.place)


def two_desks(rows: Sequence[Row], limits: Limits, lives_with: LivesWith) -> Sequence[Row]:
    """One code at two desks within seconds."""
    if limits.desk_seconds is None:
        return ()
    return near(rows, timedelta(seconds=limits.desk_seconds), lambda a, b: a.scanner_id != b.scanner_id)


def unreadable(rows: Sequence[Row], limits: Limits, lives_with: LivesWith) -> Sequence[Row]:
    """Altered codes, or very many that lead to nobody."""
    altered = [row for row in rows if row.reason == "bad_signature"]
    if reaches(len(rows), limits.unknown_codes):
        return rows
    return altered if reaches(len(altered), limits.forged_codes) else ()


def one_household(rows: Sequence[Row], limits: Limits, lives_with: LivesWith) -> Sequence[Row]:
    """A desk that lets in the people of one household and nobody else; the caller hands over all its scans."""
    people = {row.person_id for row in rows if row.person_id}
    return rows if reaches(len(rows), limits.lone_scans) and len(households(people, lives_with)) == 1 else ()


def own_household(rows: Sequence[Row], limits: Limits, lives_with: LivesWith) -> Sequence[Row]:
    """An operator who scans those they live with, or themselves, or who checks in by name mostly them."""
    own = [row for row in rows if is_at_home(row, lives_with)]
    return own if reaches(len(own), limits.own_by_name) and 2 * len(own) >= len(rows) else ()


def is_at_home(row: Row, lives_with: LivesWith) -> bool:
    """Whether operator and person are one, or live together."""
    if row.operator_id is None or row.person_id is None:
        return False
    return len(households({row.operator_id, row.person_id}, lives_with)) == 1


def told_late(rows: Sequence[Row], limits: Limits, lives_with: LivesWith) -> Sequence[Row]:
    """Scans that a desk kept to itself although the server heard of it meanwhile: what happened may have been written later."""
    if limits.late_hours is None:
        return ()
    kept = timedelta(hours=limits.late_hours)
    return [row for row in rows if row.contact_at and row.received_at - row.contact_at >= kept]


def many(limit: Callable[[Limits], int | None]) -> Rule:
    """Simply many."""
    return lambda rows, limits, lives_with: rows if reaches(len(rows), limit(limits)) else ()


RULES: dict[KindName, Rule] = {
    "one_phone": one_phone,
    "shared_code": shared_code,
    "too_soon": too_soon,
    "two_desks": two_desks,
    "stale_tries": many(lambda limits: limits.stale_tries),
    "lost_card": many(lambda limits: limits.revoked_scans),
    "unreadable": unreadable,
    "one_household": one_household,
    "own_household": own_household,
    "forced_often": many(lambda limits: limits.forced_entries),
    "undone_often": many(lambda limits: limits.undone_scans),
    "told_late": told_late,
}


def reaches(count: int, limit: int | None) -> bool:
    """Whether there are so many; without a limit never."""
    return limit is not None and count >= limit


def households(people: set[UUID], lives_with: LivesWith) -> set[UUID]:
    """The households of these people."""
    return {lives_with.get(person, person) for person in people}


def near(rows: Sequence[Row], within: timedelta, differ: Callable[[Row, Row], bool]) -> Sequence[Row]:
    """Rows that follow each other sooner than `within` and differ, each once."""
    found = {
        row.id: row
        for before, after in pairwise(rows)
        if differ(before, after) and after.at - before.at < within
        for row in (before, after)
    }
    return list(found.values())
