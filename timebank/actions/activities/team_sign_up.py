"""A team signs up: its leader's tap signs up who said they come along, and asks the others (decision 17)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import answers, sessions, signups
from schedules.answers import Name
from schedules.errors import Refusal
from schedules.session_roles import Role
from timebank.actions.action import action
from timebank.actions.activities.cover import facts
from timebank.actions.activities.see_activity import Person, named
from timebank.actions.signups import children
from timebank.actions.signups.missed import missed_by
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import members, teams
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.people.teams import Team


class Going(msgspec.Struct, frozen=True):
    """What became of each member: signed up now, asked by message, or why neither (the answer's name)."""

    team_id: UUID
    signed_up: list[Person]
    asked: list[Person]
    not_possible: list[tuple[Person, str]]


async def sign_up_team(caller: Caller, team_id: UUID, session_id: UUID, role_id: UUID, now: datetime) -> Going:
    """By the team's leader. Each member is a transaction of their own: one who cannot come stops nobody, and nobody waits for
    another's row while holding a place. Safe to repeat: who has a place keeps it, who was asked is not asked again.

    Raises SignInNeeded, NotAllowed for all but the leader, NotFound.
    """
    team = await teams.one(team_id)
    own = await teams.person(team_id, caller.member())
    if team.leader_id != caller.member() or own is None or own.state != "chosen" or caller.is_suspended:
        raise NotAllowed(right=Right.RUN_ACTIVITIES.value)
    outcomes = {
        each.person_id: await _bring(caller, team, session_id, role_id, each.person_id, each.comes_along, now)
        for each in await teams.people(team_id, ("chosen",))
    }
    people = await named(list(outcomes))
    return Going(
        team_id,
        [people[one] for one, outcome in outcomes.items() if outcome == "signed_up_now"],
        [people[one] for one, outcome in outcomes.items() if outcome == "asked"],
        [(people[one], outcome) for one, outcome in outcomes.items() if outcome not in ("signed_up_now", "asked")],
    )


@action
async def _bring(
    caller: Caller, team: Team, session_id: UUID, role_id: UUID, person_id: UUID, comes_along: bool, now: datetime
) -> str:
    """`signed_up_now`, `asked`, or the answer that stands against both."""
    session = await sessions.one(session_id, person_id)
    missed, under = await missed_by(person_id, now), await children.young(person_id, now)
    against = under.against(session_id) if under else None
    role, found = session.role(role_id), answers.answer(session, now, role_id=role_id, missed=missed, against=against)
    if not found.is_open or (await members.one(person_id)).state != "active":
        return "blocked" if found.is_open else found.name.value
    # Nobody is assigned by force (rules.md 6): only the member's own word, given before, lets the leader take the place.
    is_own_act = person_id == caller.member()
    if (comes_along or is_own_act) and session.unread is None and found.name in (Name.FREE, Name.TIGHT):
        try:
            await children.require(person_id, session_id, now)
            await signups.take(session_id, role_id, person_id, caller.member(), now, reason=team.name, missed=missed)
        except Refusal as refusal:  # between the look and the place somebody else was quicker
            return type(refusal).__name__.lower()
        return "signed_up_now"
    await messages.promise([_invite(session, role, team, person_id, caller.name)], now)
    return "asked"


def _invite(session: sessions.Session, role: Role, team: Team, person_id: UUID, leader: str) -> Message:
    return Message(
        key=f"team_goes:{session.id}:{team.id}:{person_id}",
        person_id=person_id,
        kind="team_goes",
        facts={
            **facts(session),
            "role": role.name,
            "role_en": role.name_en,
            "team": team.name,
            "team_en": team.name_en,
            "name": leader,
        },
        path=f"/activities/{session.activity_id}#session-{session.id}",
        useful_until=session.starts_at,
    )
