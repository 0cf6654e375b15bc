"""Staff give out what a pool holds: one enters the whole list, a second person carries it out, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import sql
from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.actions.points import terms
from timebank.actions.points.gifts import MOST
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, households, seconds
from timebank.people.callers import Caller, Right
from timebank.points import pools, support_payments
from timebank.points.pools import Issue, Line, Pool
from timebank.points.refusals import FourEyes, InsufficientPoints
from timebank.points.support_payments import Paid


class Wrong(msgspec.Struct, frozen=True):
    """A line that cannot be carried out. `line` counts from 1; `said` is the number, the amount or the line as given."""

    line: int
    reason: Literal["no_line", "no_amount", "nobody_here", "twice"]
    said: str


class WrongLine(Malformed):
    """Lines of the list cannot be carried out. Facts: field, reason, line, number of the first; wrong, all of them."""


def refuse(wrong: Sequence[Wrong]) -> None:
    """Raises WrongLine where there is any."""
    if wrong:
        every = sorted(wrong, key=lambda each: each.line)
        raise WrongLine(field="lines", reason=every[0].reason, line=every[0].line, number=every[0].said, wrong=every)


class PoolShort(InsufficientPoints):
    """The pool has less than the whole list. Facts: available, held, needed."""


class NoLines(Malformed):
    """Nothing was typed, or more than one list takes. Facts: field, reason, most."""


class LineWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many units of 1/100 point for the member with this number."""

    number: Annotated[int, Meta(ge=1, le=2**53)]
    units: Annotated[int, Meta(ge=1, le=MOST)]


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reason` is read by everybody on the list; nobody stands on it twice."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    lines: Annotated[list[LineWish], Meta(min_length=1, max_length=500)]


class Kept(msgspec.Struct, frozen=True):
    """The list, as it now stands."""

    issue_id: UUID
    state: pools.State


class SeenPool(msgspec.Struct, frozen=True):
    """A pool with its lists, newest first, those that wait before all others."""

    pool: Pool
    issues: list[Issue]
    paid: Paid
    """For members in need, without their names."""
    time_zone: str
    unit_zh: str
    unit_en: str


class SeenIssue(msgspec.Struct, frozen=True):
    """One list with its lines; `may_carry_out`: the reader can be the second person."""

    issue: Issue
    pool: Pool
    lines: list[Line]
    may_carry_out: bool
    time_zone: str
    unit_zh: str
    unit_en: str


async def see_pools(caller: Caller) -> list[Pool]:
    """Those that the caller looks after. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.ISSUE_POINTS)
    return await pools.below(caller.nodes(Right.ISSUE_POINTS))


async def see_pool(caller: Caller, community_id: UUID, now: datetime) -> SeenPool:
    """Raises NotAllowed, NotFound, NoPolicy."""
    node = await _reached(caller, community_id)
    rules = await terms.at(node, now)
    pool, issues = await pools.one(community_id), await pools.issues_of(community_id)
    paid = await support_payments.paid_by(community_id, now)
    return SeenPool(pool, issues, paid, node.time_zone, rules.unit_zh, rules.unit_en)


async def see_issue(caller: Caller, issue_id: UUID, now: datetime) -> SeenIssue:
    """Raises NotAllowed, NotFound, NoPolicy."""
    issue = await pools.issue(issue_id)
    node = await _reached(caller, issue.community_id)
    rules, lines = await terms.at(node, now), await pools.lines_of(issue_id)
    may = issue.state == "proposed" and not await _is_concerned(caller, issue)
    pool = await pools.one(issue.community_id)
    return SeenIssue(issue, pool, lines, may, node.time_zone, rules.unit_zh, rules.unit_en)


async def wrong_lines(caller: Caller, community_id: UUID, lines: Mapping[int, LineWish]) -> list[Wrong]:
    """Of lines by their place in what was typed, those that name nobody here, or somebody twice.

    Raises NotAllowed, NotFound.
    """
    await _reached(caller, community_id)
    return (await _resolved(community_id, lines))[1]


@action
async def propose_issue(caller: Caller, community_id: UUID, proposal: Proposal, now: datetime) -> Kept:
    """Nothing moves yet. Everybody on the list is a member in good standing at or below the pool's node.

    Raises NotAllowed, NotFound, WrongLine.
    """
    await _reached(caller, community_id)
    known, wrong = await _resolved(community_id, dict(enumerate(proposal.lines, 1)))
    refuse(wrong)
    lines = [(known[line.number], line.units) for line in proposal.lines]
    made = await pools.propose(community_id, proposal.reason.strip(), lines, caller.member(), now)
    await audit.write(caller.id, "issue.proposed", f"issue:{made}", now, people=len(lines), units=sum(u for _, u in lines))
    await messages.promise(await _second_people(await pools.issue(made), now), now)
    return Kept(made, "proposed")


@action
async def carry_out_issue(caller: Caller, issue_id: UUID, now: datetime) -> Kept:
    """By a second person who is not on the list, nor anybody of their household: all or nothing, once (ledger-90).

    Safe to repeat. Locks the list, then the pool and every wallet on it. Raises NotAllowed, NotFound, FourEyes, IssueOver,
    PoolShort, AccountClosed.
    """
    issue = await pools.issue(issue_id)
    await _reached(caller, issue.community_id)
    if await _is_concerned(caller, issue):
        raise FourEyes()
    is_new = issue.state != "done"
    try:
        units = await pools.carry_out(issue_id, caller.member())
    except InsufficientPoints as short:
        raise PoolShort(**short.facts) from short
    if is_new:
        await audit.write(caller.id, "issue.done", f"issue:{issue_id}", now, units=units)
        await messages.promise(await _letters(issue, now), now)
    return Kept(issue_id, "done")


@action
async def drop_issue(caller: Caller, issue_id: UUID, now: datetime) -> Kept:
    """Taken back by who proposed it, refused by a second person. Safe to repeat. Raises NotAllowed, NotFound, IssueOver."""
    issue = await pools.issue(issue_id)
    await _reached(caller, issue.community_id)
    state = await pools.drop(issue_id, caller.member(), now)
    deed = "issue.withdrawn" if state == "withdrawn" else "issue.refused"
    await audit.write(caller.id, deed, f"issue:{issue_id}", now)
    return Kept(issue_id, state)


async def _reached(caller: Caller, community_id: UUID) -> tree.Node:
    node = await tree.node(community_id)
    caller.require(Right.ISSUE_POINTS, node.ancestor_ids)
    return node


async def _is_concerned(caller: Caller, issue: Issue) -> bool:
    """Whether the caller proposed it, or shares a household with somebody who did or is on the list."""
    return await households.share(caller.member(), await _concerned(issue))


async def _concerned(issue: Issue) -> list[UUID]:
    """Who proposed it, and who is on the list."""
    return [issue.made_by_id, *(line.member_id for line in await pools.lines_of(issue.id))]


async def _resolved(community_id: UUID, lines: Mapping[int, LineWish]) -> tuple[dict[int, UUID], list[Wrong]]:
    """The members by their numbers, and every line that names nobody or somebody twice."""
    found = await sql.rows(
        "SELECT m.id, m.number FROM member m JOIN community c ON c.id = m.community_id "
        "WHERE m.number = ANY ($1::bigint[]) AND m.state = 'active' AND $2 = ANY (c.ancestor_ids)",
        [line.number for line in lines.values()],
        community_id,
    )
    known: dict[int, UUID] = {row["number"]: row["id"] for row in found}
    wrong, named = [], set()
    for place, line in lines.items():
        if line.number not in known:
            wrong.append(Wrong(place, "nobody_here", str(line.number)))
        elif line.number in named:
            wrong.append(Wrong(place, "twice", str(line.number)))
        named.add(line.number)
    return known, wrong


async def _second_people(issue: Issue, now: datetime) -> list[Message]:
    """Everybody who could carry the list out is told that it waits."""
    node = await tree.node(issue.community_id)
    rules = await terms.at(node, now)
    facts = {
        "units": issue.units,
        "unit": rules.unit_zh,
        "unit_en": rules.unit_en,
        "count": issue.people,
        "name": issue.made_by,
        "reason": issue.reason,
    }
    return [
        Message(
            key=f"issue_waits:{issue.id}:{second_id}",
            person_id=second_id,
            kind="issue_waits",
            facts=facts,
            path=f"/office/issues/{issue.id}",
        )
        for second_id in await seconds.seconds([Right.ISSUE_POINTS], node.ancestor_ids, (), await _concerned(issue))
    ]


async def _letters(issue: Issue, now: datetime) -> list[Message]:
    node = await tree.node(issue.community_id)
    rules = await terms.at(node, now)
    unit = {"unit": rules.unit_zh, "unit_en": rules.unit_en, "name": node.name, "name_en": node.name_en}
    return [
        Message(
            key=f"points_issued:{issue.id}:{line.member_id}",
            person_id=line.member_id,
            kind="points_issued",
            facts={"units": line.units, "reason": issue.reason, **unit},
            path="/me/points",
        )
        for line in await pools.lines_of(issue.id)
    ]
