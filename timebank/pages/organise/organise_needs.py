"""What an activity asks of the people who come, set by its organiser; and sessions that lack them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Malformed, Refusal
from schedules.needs import LONGEST, Needs, RoleNeeds
from timebank.actions.activities.cover import ask_to_cover, see_at_risk, watch_session
from timebank.actions.activities.keep_needs import keep_needs, see_needs
from timebank.actions.activities.see_activity import see_activity
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]


class Role(msgspec.Struct):
    role: UUID


@get("/organise/activities/{activity_id:uuid}/needs", guards=runs)
async def ask_needs(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await needs_page(request, caller, activity_id, now)


@post("/organise/activities/{activity_id:uuid}/needs", guards=runs)
async def take_needs(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    sent = await request.form()
    roles = await _roles(caller, activity_id, now)
    wanted = typed(sent, roles)
    try:
        _check_numbers(sent)
        await keep_needs(caller, activity_id, wanted, now)
    except Refusal as refusal:
        return await needs_page(request, caller, activity_id, now, refusal, wanted)
    return go(f"/organise/activities/{activity_id}/needs?saved=1")


def typed(sent: Any, roles: list[str]) -> Needs:
    """The form as it was sent; numbers that make no sense count as none, `_check_numbers` says so."""
    return Needs(
        roles=tuple(found for number, role in enumerate(roles) if (found := _role(sent, number, role)) != RoleNeeds(role=role)),
        minimum=_whole(str(sent.get("minimum", ""))) or 0,
        warn_before=_minutes(str(sent.get("warn_hours", ""))) or 1440,
        briefing=str(sent.get("briefing", ""))[:4000],
        briefing_en=str(sent.get("briefing_en", ""))[:4000],
        group_ids=_ids(sent.getall("groups", [])),
        partner_ids=_ids(sent.getall("partners", [])),
    )


def _role(sent: Any, number: int, role: str) -> RoleNeeds:
    return RoleNeeds(
        role=role,
        skill_ids=_ids(sent.getall(f"skills-{number}", [])),
        is_lead=bool(sent.get(f"lead-{number}")),
        keeps_experienced=bool(sent.get(f"keeps-{number}")),
    )


def _ids(texts: list[Any]) -> tuple[UUID, ...]:
    """Raises Malformed for what is no id: no box of the form sends it."""
    try:
        return tuple(dict.fromkeys(UUID(str(text)) for text in texts[:50]))
    except ValueError as error:
        raise Malformed(field="roles", reason="not an id") from error


def _check_numbers(sent: Any) -> None:
    if _whole(str(sent.get("minimum", ""))) is None:
        raise Malformed(field="minimum", reason="a whole number, or nothing")
    if _minutes(str(sent.get("warn_hours", ""))) is None:
        raise Malformed(field="warn_hours", reason="a number of hours, for example 24")


def _whole(text: str) -> int | None:
    text = text.strip() or "0"
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None


def _minutes(text: str) -> int | None:
    try:
        hours = Decimal(text.strip().replace(",", ".") or "24")
    except InvalidOperation:
        return None
    minutes = int(hours * 60) if hours.is_finite() and abs(hours) < 10_000 else 0
    return minutes if 1 <= minutes <= LONGEST else None


async def _roles(caller: Caller, activity_id: UUID, now: datetime) -> list[str]:
    """The names of the activity's roles, in their order."""
    seen = await see_activity(caller, activity_id, now)
    return list(dict.fromkeys(role.name for each in seen.sessions for role in each.session.roles))


async def needs_page(
    request: Ask,
    caller: Caller,
    activity_id: UUID,
    now: datetime,
    refusal: Refusal | None = None,
    wanted: Needs | None = None,
) -> Response[str]:
    standing, choices = await see_needs(caller, activity_id)
    seen = await see_activity(caller, activity_id, now)
    shown = wanted or standing
    return draw(
        request,
        "organise/needs.html",
        refusal,
        activity=seen.activity,
        roles={role.name: role for each in seen.sessions for role in each.session.roles},
        by_role={each.role: each for each in shown.roles},
        shown=shown,
        choices=choices,
        is_saved="saved" in request.query_params,
    )


@get("/organise/at-risk", guards=runs)
async def show_at_risk(request: Ask, caller: Who, now: Now) -> Response[str]:
    """Sessions that lack people or a leader, and people who lack what a place needs."""
    risks, lacks = await see_at_risk(caller, now)
    return draw(request, "organise/at_risk.html", risks=risks, lacks=lacks)


@get("/organise/sessions/{session_id:uuid}/people", guards=runs)
async def show_people(session_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """Are there enough, and the right ones?"""
    return await people_page(request, caller, session_id)


@post("/organise/sessions/{session_id:uuid}/people", guards=runs)
async def take_asking(
    session_id: FromPath[UUID], data: URLEncodedBody[Role], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Asks suitable people for one role."""
    try:
        asked = await ask_to_cover(caller, session_id, data.role, now)
    except Refusal as refusal:
        return await people_page(request, caller, session_id, refusal)
    return go(f"/organise/sessions/{session_id}/people?asked={len(asked.people)}")


async def people_page(request: Ask, caller: Caller, session_id: UUID, refusal: Refusal | None = None) -> Response[str]:
    watch = await watch_session(caller, session_id)
    asked = request.query_params.get("asked", "")
    return draw(
        request,
        "organise/people.html",
        refusal,
        watch=watch,
        session=watch.session,
        just_asked=int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else None,
    )


routes: list[Any] = [ask_needs, take_needs, show_at_risk, show_people, take_asking]
