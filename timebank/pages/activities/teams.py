"""Volunteer teams: what each does and how to come in, one's own standing, choosing, and signing up together."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Malformed, Refusal
from timebank.actions.activities.see_activity import see_sessions
from timebank.actions.activities.team_sign_up import Going, sign_up_team
from timebank.actions.people.teams import (
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
from timebank.communities import tree
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.organise.organise_session import NobodyFits
from timebank.pages.render import go
from timebank.pages.where import node_id, where
from timebank.people import directory
from timebank.people.callers import Caller, Right
from timebank.people.teams import Team, Wanted
from timebank.web.access import anyone, needs, signed_in
from timebank.web.request import Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]
SESSIONS = 40


class TeamForm(msgspec.Struct):
    """As typed; a box that was not ticked is not sent."""

    community_id: Short = ""
    name: Short = ""
    name_en: Short = ""
    aims: Long = ""
    aims_en: Long = ""
    leader: Short = ""
    is_recruiting: Short = ""
    key: Short = ""

    def wanted(self) -> Wanted:
        """Raises Malformed."""
        return Wanted(
            name=self.name[:60],
            name_en=self.name_en[:60],
            aims=self.aims,
            aims_en=self.aims_en,
            leader_id=_uuid(self.leader, "leader") if self.leader else None,
            is_recruiting=bool(self.is_recruiting),
        )


class Note(msgspec.Struct):
    note: Long = ""


class Proposal(msgspec.Struct):
    member: Short = ""
    note: Long = ""


class Yes(msgspec.Struct):
    yes: Short = ""


class Tour(msgspec.Struct):
    """A role of a session: `<session> <role>`."""

    place: Short = ""


@get("/teams", guards=[anyone])
async def list_teams(request: Ask, caller: Who) -> Response[str]:
    """Every team, what it does, and whether it takes people in."""
    return draw(request, "teams/list.html", teams=await see_teams(caller))


@get("/teams/new", guards=runs)
async def ask_new(request: Ask, caller: Who, at: FromQuery[str] = "") -> Response[str]:
    return await new_page(request, caller, at)


@post("/teams/new", guards=runs)
async def take_new(data: URLEncodedBody[TeamForm], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        key = request_key(caller, data.key, data, now, "add team")
        made = await add_team.once(key, caller, node_id(data.community_id), data.wanted(), now)
    except Refusal as refusal:
        return await new_page(request, caller, data.community_id, refusal, data)
    return go(f"/teams/{made.value.team_id}")


async def new_page(
    request: Ask, caller: Caller, at: str, refusal: Refusal | None = None, form: TeamForm | None = None
) -> Response[str]:
    shown = form or TeamForm(is_recruiting="1")
    return draw(request, "teams/new.html", refusal, where=await where(caller, Right.RUN_ACTIVITIES, at), form=shown)


@get("/teams/{team_id:uuid}", guards=[anyone])
async def show_team(team_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await team_page(request, caller, team_id, now)


@post("/teams/{team_id:uuid}/change", guards=runs)
async def take_change(
    team_id: FromPath[UUID], data: URLEncodedBody[TeamForm], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await change_team(caller, team_id, data.wanted(), now)
    except Refusal as refusal:
        return await team_page(request, caller, team_id, now, refusal, form=data)
    return go(f"/teams/{team_id}")


@post("/teams/{team_id:uuid}/nominate-myself", guards=[signed_in])
async def take_nomination(
    team_id: FromPath[UUID], data: URLEncodedBody[Note], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await nominate_myself(caller, team_id, data.note, now)
    except Refusal as refusal:
        return await team_page(request, caller, team_id, now, refusal, note=data.note)
    return go(f"/teams/{team_id}")


@post("/teams/{team_id:uuid}/recommend", guards=[signed_in])
async def take_recommendation(
    team_id: FromPath[UUID], data: URLEncodedBody[Proposal], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """By the number or the card of a member."""
    try:
        team = (await see_team(caller, team_id)).team
        await recommend(caller, team_id, await _member(team, data.member), data.note, now)
    except Refusal as refusal:
        return await team_page(request, caller, team_id, now, refusal, proposal=data)
    return go(f"/teams/{team_id}?asked=1")


async def _member(team: Team, text: str) -> UUID:
    """Somebody of the team's community or below it. Raises NobodyFits."""
    found = await directory.named(text, [team.community_id])
    if found is None:
        raise NobodyFits(field="member")
    return found


@post("/teams/{team_id:uuid}/answer", guards=[signed_in])
async def take_answer(team_id: FromPath[UUID], data: URLEncodedBody[Yes], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await answer_team(caller, team_id, data.yes == "1", now)
    except Refusal as refusal:
        return await team_page(request, caller, team_id, now, refusal)
    return go(f"/teams/{team_id}")


@post("/teams/{team_id:uuid}/leave", guards=[signed_in])
async def take_leaving(
    team_id: FromPath[UUID], data: URLEncodedBody[Note], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await leave_team(caller, team_id, data.note, now)
    except Refusal as refusal:
        return await team_page(request, caller, team_id, now, refusal)
    return go(f"/teams/{team_id}")


@post("/teams/{team_id:uuid}/come-along", guards=[signed_in])
async def take_word(team_id: FromPath[UUID], data: URLEncodedBody[Yes], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await come_along(caller, team_id, data.yes == "1", now)
    except Refusal as refusal:
        return await team_page(request, caller, team_id, now, refusal)
    return go(f"/teams/{team_id}")


@post("/teams/{team_id:uuid}/choose", guards=runs)
async def take_choice(team_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """The ticked ones are chosen, or are not."""
    sent = await request.form()
    reason = str(sent.get("reason", ""))[:500]
    try:
        people = [_uuid(str(text), "people") for text in sent.getall("people", [])[:500]]
        if not people:
            raise Malformed(field="people", reason="tick at least one")
        await choose_people(caller, team_id, people, sent.get("do") == "yes", reason, now)
    except Refusal as refusal:
        return await team_page(request, caller, team_id, now, refusal, note=reason)
    return go(f"/teams/{team_id}")


@post("/teams/{team_id:uuid}/sign-up", guards=[signed_in])
async def take_tour(team_id: FromPath[UUID], data: URLEncodedBody[Tour], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Signs up who said they come along and asks the others; the page says what became of each."""
    try:
        session, _space, role = data.place.partition(" ")
        going = await sign_up_team(caller, team_id, _uuid(session, "place"), _uuid(role, "place"), now)
    except Refusal as refusal:
        return await team_page(request, caller, team_id, now, refusal)
    return await team_page(request, caller, team_id, now, going=going)


async def team_page(
    request: Ask,
    caller: Caller,
    team_id: UUID,
    now: datetime,
    refusal: Refusal | None = None,
    *,
    note: str = "",
    form: TeamForm | None = None,
    proposal: Proposal | None = None,
    going: Going | None = None,
) -> Response[str]:
    seen = await see_team(caller, team_id)
    found = await see_sessions(caller, now, None, now, limit=SESSIONS) if seen.is_leader else []
    return draw(
        request,
        "teams/team.html",
        refusal,
        seen=seen,
        team=seen.team,
        sessions=[each.session for each in found if not each.session.is_called_off],
        note=note,
        form=form or form_of(seen.team),
        proposal=proposal or Proposal(),
        going=going,
        was_asked="asked" in request.query_params,
        zone=(await tree.node(seen.team.community_id)).time_zone,
    )


def form_of(team: Team) -> TeamForm:
    """The form that means this team."""
    return TeamForm(
        community_id=str(team.community_id),
        name=team.name,
        name_en=team.name_en,
        aims=team.aims,
        aims_en=team.aims_en,
        leader=str(team.leader_id or ""),
        is_recruiting="1" if team.is_recruiting else "",
    )


def _uuid(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Malformed(field=field, reason="not an id") from error


routes: list[Any] = [
    list_teams,
    ask_new,
    take_new,
    show_team,
    take_change,
    take_nomination,
    take_recommendation,
    take_answer,
    take_leaving,
    take_word,
    take_choice,
    take_tour,
]
