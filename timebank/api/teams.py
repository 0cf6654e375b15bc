"""Volunteer teams: what they do, coming in, choosing, and signing up as a team."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.activities.team_sign_up import Going, sign_up_team
from timebank.actions.people.teams import (
    Chosen,
    Entered,
    Kept,
    SeenTeam,
    add_team,
    answer_team,
    change_team,
    choose_people,
    come_along,
    leave_team,
    nominate_myself,
    recommend,
    see_team,
    see_teams,
)
from timebank.people.callers import Right
from timebank.people.teams import Team, Wanted
from timebank.web.access import anyone, needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]
Name = Annotated[str, Meta(min_length=1, max_length=60)]
Text = Annotated[str, Meta(max_length=500)]
Aims = Annotated[str, Meta(max_length=2000)]


class TeamBody(msgspec.Struct, forbid_unknown_fields=True):
    """`aims`: what it does, in public. The leader is one of its members."""

    name: Name
    aims: Annotated[str, Meta(min_length=1, max_length=2000)]
    name_en: Annotated[str, Meta(max_length=60)] = ""
    aims_en: Aims = ""
    leader_id: UUID | None = None
    is_recruiting: bool = True

    def wanted(self) -> Wanted:
        return Wanted(**msgspec.structs.asdict(self))


class NewTeam(msgspec.Struct, forbid_unknown_fields=True):
    community_id: UUID
    name: Name
    aims: Annotated[str, Meta(min_length=1, max_length=2000)]
    name_en: Annotated[str, Meta(max_length=60)] = ""
    aims_en: Aims = ""
    is_recruiting: bool = True


class Note(msgspec.Struct, forbid_unknown_fields=True):
    note: Text = ""


class Recommendation(msgspec.Struct, forbid_unknown_fields=True):
    member_id: UUID
    note: Text = ""


class Yes(msgspec.Struct, forbid_unknown_fields=True):
    yes: bool


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    """With `yes` false a `reason` is needed; each member reads it."""

    member_ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]
    yes: bool
    reason: Text = ""


class TeamOnTour(msgspec.Struct, forbid_unknown_fields=True):
    session_id: UUID
    role_id: UUID


@get("/api/v1/teams", guards=[anyone])
async def get_teams(caller: Who) -> list[Team]:
    """Every team in being; those that take people in first."""
    return [team for team, _own in await see_teams(caller)]


@post("/api/v1/teams", guards=runs)
async def post_team(data: JSONBody[NewTeam], caller: Who, now: Now, key: Key = None) -> Response[Kept]:
    """A new team of a community, without people."""
    fields = msgspec.structs.asdict(data)
    community_id = fields.pop("community_id")
    answer = await add_team.once(request_key(caller, key, data, now, "add team"), caller, community_id, Wanted(**fields), now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/teams/{team_id:uuid}", guards=[signed_in])
async def get_team(team_id: FromPath[UUID], caller: Who) -> SeenTeam:
    """What it does and how the caller stands to it; for who chooses, also who asked and every decision."""
    return await see_team(caller, team_id)


@put("/api/v1/teams/{team_id:uuid}", guards=runs)
async def put_team(team_id: FromPath[UUID], data: JSONBody[TeamBody], caller: Who, now: Now) -> Kept:
    return await change_team(caller, team_id, data.wanted(), now)


@post("/api/v1/teams/{team_id:uuid}/nominate-myself", guards=[signed_in], status_code=200)
async def post_nomination(team_id: FromPath[UUID], data: JSONBody[Note], caller: Who, now: Now) -> Entered:
    """The caller asks to be chosen. 409 `not_so` where that happened already."""
    return await nominate_myself(caller, team_id, data.note, now)


@post("/api/v1/teams/{team_id:uuid}/recommend", guards=[signed_in], status_code=200)
async def post_recommendation(team_id: FromPath[UUID], data: JSONBody[Recommendation], caller: Who, now: Now) -> Entered:
    """By a member of the team, or by staff (recruited): the person is asked and enters by their own yes."""
    return await recommend(caller, team_id, data.member_id, data.note, now)


@post("/api/v1/teams/{team_id:uuid}/answer", guards=[signed_in], status_code=200)
async def post_answer(team_id: FromPath[UUID], data: JSONBody[Yes], caller: Who, now: Now) -> Entered:
    """The caller's answer to having been recommended or recruited."""
    return await answer_team(caller, team_id, data.yes, now)


@post("/api/v1/teams/{team_id:uuid}/leave", guards=[signed_in], status_code=200)
async def post_leave(team_id: FromPath[UUID], data: JSONBody[Note], caller: Who, now: Now) -> Entered:
    return await leave_team(caller, team_id, data.note, now)


@post("/api/v1/teams/{team_id:uuid}/come-along", guards=[signed_in], status_code=200)
async def post_come_along(team_id: FromPath[UUID], data: JSONBody[Yes], caller: Who, now: Now) -> Entered:
    """Whether the leader may sign the caller up with the team. Safe to repeat."""
    return await come_along(caller, team_id, data.yes, now)


@post("/api/v1/teams/{team_id:uuid}/choose", guards=runs, status_code=200)
async def post_choice(team_id: FromPath[UUID], data: JSONBody[Choice], caller: Who, now: Now) -> Chosen:
    """Chosen or not, each is told, and who decided stays. Safe to repeat."""
    return await choose_people(caller, team_id, data.member_ids, data.yes, data.reason, now)


@post("/api/v1/teams/{team_id:uuid}/sign-up", guards=[signed_in], status_code=200)
async def post_team_sign_up(team_id: FromPath[UUID], data: JSONBody[TeamOnTour], caller: Who, now: Now) -> Going:
    """By the leader: who said they come along is signed up, the others are asked. Safe to repeat."""
    return await sign_up_team(caller, team_id, data.session_id, data.role_id, now)


routes: list[Any] = [
    get_teams,
    post_team,
    get_team,
    put_team,
    post_nomination,
    post_recommendation,
    post_answer,
    post_leave,
    post_come_along,
    post_choice,
    post_team_sign_up,
]
