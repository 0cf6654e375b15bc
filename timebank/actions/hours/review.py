"""The review list: what looked odd at the doors, with its evidence, for people. Looking at it changes nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from schedules import oddities, sql
from schedules.errors import Malformed, NotFound, Refusal
from schedules.oddities import Row
from schedules.oddity_kinds import KindName
from schedules.oddity_limits import Limits
from timebank.actions.action import action
from timebank.actions.activities.see_activity import Person, named
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy
from timebank.people import audit, devices, findings, households
from timebank.people.callers import Caller, Right
from timebank.people.devices import Called
from timebank.people.findings import Change, Finding, Said, State

PAGE, ALL = 50, 5000
Note = Annotated[str, Meta(max_length=2000)]


class OwnFinding(Refusal):
    """Nobody judges what is about themselves or their household. Facts: none."""


class NoteNeeded(Malformed):
    """What was said has to say something. Facts: field, reason."""


class Step(msgspec.Struct, frozen=True):
    """One step of the history; `by` is None where the log showed it."""

    change: Change
    by: Person | None


class Line(msgspec.Struct, frozen=True):
    """One row of the log in words' reach: who, at which desk, by whom, where."""

    row: Row
    person: Person | None
    operator: Person | None
    desk: Called
    title: str
    title_en: str
    place: str
    place_en: str


class Listed(msgspec.Struct, frozen=True):
    """A finding with the names of whom it concerns; those of desks as they were called when it was last seen."""

    finding: Finding
    people: list[Person]
    operators: list[Person]
    desks: list[Called]


class Seen(msgspec.Struct, frozen=True):
    """One with all its evidence, by time. `limits` are those of today; `may_judge` is the reader's."""

    listed: Listed
    lines: list[Line]
    steps: list[Step]
    limits: Limits
    may_judge: bool
    is_own: bool


async def see_findings(
    caller: Caller, kind: KindName | None = None, state: State | None = None, after: UUID | None = None, limit: int = PAGE
) -> list[Listed]:
    """Within the caller's reach: open ones first, then the last changed. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.READ_REVIEW)
    found = await findings.below(caller.nodes(Right.READ_REVIEW), kind, state, after, limit)
    return await _listed(found)


@action
async def take_findings(caller: Caller, kind: KindName | None, state: State | None, now: datetime) -> list[Listed]:
    """The same to take along, all of them; noted in the audit. Raises SignInNeeded, NotAllowed."""
    found = await see_findings(caller, kind, state, limit=ALL)
    await audit.write(caller.id, "findings.exported", "findings", now, lines=len(found), kind=kind, state=state)
    return found


async def see_finding(caller: Caller, finding_id: UUID, now: datetime) -> Seen:
    """With its evidence. Raises SignInNeeded, NotAllowed, and NotFound out of the caller's reach."""
    finding = await _reach(caller, finding_id)
    (listed,) = await _listed([finding])
    is_own = await households.share(caller.member(), [*finding.people, *finding.operators])
    may_judge = caller.may(Right.REVIEW, await tree.ancestors(finding.community_id)) and not is_own
    limits = await _limits(finding, now)
    return Seen(listed, await _lines(finding), await _steps(finding), limits, may_judge, is_own)


@action
async def judge_finding(caller: Caller, finding_id: UUID, said: Said, note: str, now: datetime) -> UUID:
    """Says what became of it: explained, spoken with whom it is about, or handed on. Nothing follows by itself (PIPL 24).

    Raises SignInNeeded, NotAllowed, NotFound, OwnFinding, NoteNeeded. Locks the finding; each word stays in its history.
    """
    finding = await findings.one((await _reach(caller, finding_id)).id, locked=True)
    caller.require(Right.REVIEW, await tree.ancestors(finding.community_id))
    if await households.share(caller.member(), [*finding.people, *finding.operators]):
        raise OwnFinding()
    if not note.strip():
        raise NoteNeeded(field="note", reason="empty")
    await findings.look(finding, said, caller.member(), note.strip(), now)
    await audit.write(caller.id, "finding.looked_at", f"finding:{finding_id}", now, said=said, kind=finding.kind)
    return finding_id


async def _reach(caller: Caller, finding_id: UUID) -> Finding:
    caller.require(Right.READ_REVIEW)
    finding = await findings.one(finding_id)
    if not caller.may(Right.READ_REVIEW, await tree.ancestors(finding.community_id)):
        raise NotFound(what="finding")
    return finding


async def _limits(finding: Finding, now: datetime) -> Limits:
    try:
        return (await policies.in_force(finding.community_id, now.astimezone(ZoneInfo(finding.time_zone)).date())).rules.review
    except NoPolicy:
        return Limits()


async def _listed(found: Sequence[Finding]) -> list[Listed]:
    people = await named(list({person for one in found for person in (*one.people, *one.operators)}))
    desks = await devices.called_then([(desk, one.last_at) for one in found for desk in one.desks])
    return [
        Listed(
            one,
            [people[person] for person in one.people if person in people],
            [people[person] for person in one.operators if person in people],
            [desks[desk, one.last_at] for desk in one.desks if (desk, one.last_at) in desks],
        )
        for one in found
    ]


async def _steps(finding: Finding) -> list[Step]:
    changes = await findings.history(finding.id)
    people = await named([change.by_id for change in changes if change.by_id])
    return [Step(change, people.get(change.by_id) if change.by_id else None) for change in changes]


WHERE = """
SELECT s.id, a.title, a.title_en, s.place, coalesce(p.name_en, '') AS place_en
  FROM session s JOIN activity a ON a.id = s.activity_id LEFT JOIN space p ON p.id = s.space_id WHERE s.id = ANY ($1)
"""


async def _lines(finding: Finding) -> list[Line]:
    rows = await oddities.rows_of(await findings.scan_ids(finding.id))
    people = await named([one for row in rows for one in (row.person_id, row.operator_id) if one])
    desks = await devices.called_then([(row.scanner_id, row.at) for row in rows])
    where = {row["id"]: tuple(row)[1:] for row in await sql.rows(WHERE, [row.session_id for row in rows if row.session_id])}
    nowhere = ("", "", "", "")
    return [
        Line(
            row,
            people.get(row.person_id) if row.person_id else None,
            people.get(row.operator_id) if row.operator_id else None,
            desks.get((row.scanner_id, row.at), Called("")),
            *(where.get(row.session_id, nowhere) if row.session_id else nowhere),
        )
        for row in rows
    ]
