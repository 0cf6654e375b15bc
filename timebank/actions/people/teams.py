"""Volunteer teams: made by staff, entered by one's own word, chosen with a record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, teams
from timebank.people.callers import NOBODY, Caller, NotAllowed, Right
from timebank.people.teams import Change, NotSo, Person, State, Team, Wanted


class Kept(msgspec.Struct, frozen=True):
    team_id: UUID


class Entered(msgspec.Struct, frozen=True):
    """How the person stands to the team now."""

    team_id: UUID
    state: State


class SeenTeam(msgspec.Struct, frozen=True):
    """`own`: how the reader stands to it. `people` and `history` for who chooses: staff and, of its members, the leader."""

    team: Team
    own: Person | None
    may_choose: bool
    is_leader: bool
    people: list[Person]
    history: list[Change]


class Chosen(msgspec.Struct, frozen=True):
    """`count`: how many this changed."""

    team_id: UUID
    count: int


@action
async def add_team(caller: Caller, community_id: UUID, wanted: Wanted, now: datetime) -> Kept:
    """Raises SignInNeeded, NotAllowed, NotFound, TeamKnown, Malformed."""
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(community_id))
    _check(wanted)
    made = await teams.add(community_id, wanted, caller.member(), now)
    await audit.write(caller.id, "team.added", f"team:{made}", now, name=wanted.name)
    return Kept(made)


@action
async def change_team(caller: Caller, team_id: UUID, wanted: Wanted, now: datetime) -> Kept:
    """Raises SignInNeeded, NotAllowed, NotFound, TeamKnown, Malformed; NotSo for a leader who is not in the team."""
    await _require_choice(caller, await teams.one(team_id))
    _check(wanted)
    if wanted.leader_id is not None:
        found = await teams.person(team_id, wanted.leader_id)
        if found is None or found.state != "chosen":
            raise NotSo(state=found.state if found else "")
    await teams.change(team_id, wanted)
    await audit.write(caller.id, "team.changed", f"team:{team_id}", now, name=wanted.name)
    return Kept(team_id)


def _check(wanted: Wanted) -> None:
    for name in ("name", "aims"):
        if not getattr(wanted, name).strip():
            raise Malformed(field=name, reason="say it in a few words")


async def _require_choice(caller: Caller, team: Team) -> None:
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(team.community_id))


@action
async def see_teams(caller: Caller = NOBODY) -> list[tuple[Team, Person | None]]:
    """Every team in being, with how the reader stands to it; those that take people in first."""
    own = {team.id: person for team, person in await teams.of_member(caller.member_id)} if caller.member_id else {}
    return [(team, own.get(team.id)) for team in await teams.listed()]


@action
async def see_team(caller: Caller, team_id: UUID) -> SeenTeam:
    """For everybody what it does; for who chooses, who asked. Raises NotFound."""
    team = await teams.one(team_id)
    may_choose = caller.may(Right.RUN_ACTIVITIES, await tree.ancestors(team.community_id))
    is_leader = team.leader_id is not None and team.leader_id == caller.member_id
    own = await teams.person(team_id, caller.member_id) if caller.member_id else None
    people = await teams.people(team_id, teams.BUSY if may_choose else ("chosen",)) if may_choose or is_leader else []
    return SeenTeam(team, own, may_choose, is_leader, people, await teams.history(team_id) if may_choose else [])


# Coming in


@action
async def nominate_myself(caller: Caller, team_id: UUID, note: str, now: datetime) -> Entered:
    """The caller asks to be in the team. Raises SignInNeeded, NotAllowed for the suspended, TeamClosed, NotSo."""
    if caller.is_suspended:
        raise NotAllowed(right="")
    found = await teams.enter(team_id, caller.member(), "nominated", caller.member(), note, now)
    return Entered(team_id, found.state)


@action
async def recommend(caller: Caller, team_id: UUID, member_id: UUID, note: str, now: datetime) -> Entered:
    """A member of the team recommends somebody, staff recruit somebody: they are asked, and enter by their own yes.

    Raises SignInNeeded, NotAllowed, NotFound, TeamClosed, NotSo, Malformed for oneself.
    """
    team = await teams.one(team_id)
    if member_id == caller.member():
        raise Malformed(field="member", reason="you can nominate yourself on the team's page")
    is_staff = caller.may(Right.RUN_ACTIVITIES, await tree.ancestors(team.community_id))
    own = await teams.person(team_id, caller.member())
    if not is_staff and (own is None or own.state != "chosen"):
        raise NotAllowed(right=Right.RUN_ACTIVITIES.value)
    await tree.of_member(member_id)
    way: teams.Way = "recruited" if is_staff else "recommended"
    found = await teams.enter(team_id, member_id, way, caller.member(), note, now)
    await messages.promise([_letter("team_asked", team, member_id, now, name=caller.name, note=note.strip())], now)
    return Entered(team_id, found.state)


@action
async def answer_team(caller: Caller, team_id: UUID, yes: bool, now: datetime) -> Entered:
    """The caller's answer to a recommendation: yes asks to be chosen. Raises SignInNeeded, NotSo where nobody asked."""
    state: State = "applied" if yes else "declined"
    if not await teams.turn(team_id, [caller.member()], ("asked",), state, caller.member(), "", now):
        found = await teams.person(team_id, caller.member())
        raise NotSo(state=found.state if found else "")
    return Entered(team_id, state)


@action
async def leave_team(caller: Caller, team_id: UUID, reason: str, now: datetime) -> Entered:
    """At any time, by the member's own word. Sign-ups stay. Raises SignInNeeded, NotSo."""
    if not await teams.turn(team_id, [caller.member()], teams.BUSY, "left", caller.member(), reason, now):
        raise NotSo(state="")
    await _lead_no_longer(await teams.one(team_id), [caller.member()])
    return Entered(team_id, "left")


async def _lead_no_longer(team: Team, gone: Sequence[UUID]) -> None:
    """Who is not in the team does not lead it."""
    if team.leader_id in gone:
        values = {name: getattr(team, name) for name in Wanted.__struct_fields__}
        await teams.change(team.id, Wanted(**{**values, "leader_id": None}))


@action
async def come_along(caller: Caller, team_id: UUID, yes: bool, now: datetime) -> Entered:
    """The caller lets the leader sign them up with the team, or no longer. Raises SignInNeeded, NotSo. Safe to repeat."""
    await teams.come_along(team_id, caller.member(), yes)
    await audit.write(caller.id, "team.comes_along" if yes else "team.comes_no_more", f"team:{team_id}", now)
    return Entered(team_id, "chosen")


# Choosing


@action
async def choose_people(
    caller: Caller, team_id: UUID, member_ids: Sequence[UUID], yes: bool, reason: str, now: datetime
) -> Chosen:
    """Of those who asked, these are chosen, or are not; each is told. Who is in the team is let go with `yes` false.

    What was decided by whom stays (60 asked, 38 chosen). Safe to repeat. Raises SignInNeeded, NotAllowed, NotFound; Malformed
    without a reason for a no.
    """
    team = await teams.one(team_id)
    await _require_choice(caller, team)
    if not yes and not reason.strip():
        raise Malformed(field="reason", reason="say why; the member reads it")
    before: tuple[State, ...] = ("applied",) if yes else ("applied", "chosen", "asked")
    turned = await teams.turn(team_id, member_ids, before, "chosen" if yes else "not_chosen", caller.member(), reason, now)
    if not yes:
        await _lead_no_longer(team, turned)
    kind = "team_chosen" if yes else "team_not_chosen"
    await messages.promise([_letter(kind, team, member_id, now, reason=reason.strip()) for member_id in turned], now)
    await audit.write(caller.id, "team.chosen" if yes else "team.not_chosen", f"team:{team_id}", now, people=len(turned))
    return Chosen(team_id, len(turned))


def _letter(kind: str, team: Team, member_id: UUID, now: datetime, **more: str) -> Message:
    return Message(
        key=f"{kind}:{team.id}:{now.isoformat()}:{member_id}",
        person_id=member_id,
        kind=kind,
        facts={"team": team.name, "team_en": team.name_en, **more},
        path=f"/teams/{team.id}",
    )
