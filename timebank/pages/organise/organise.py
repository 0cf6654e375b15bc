"""The organiser's pages: what is to come, one activity with its drafts and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Meta

from schedules import series, walltimes
from schedules.activities import Unfinished
from schedules.errors import Refusal
from schedules.occupancy import SpaceTaken
from schedules.series import Series
from timebank.actions.activities.call_off import call_off_activity
from timebank.actions.activities.publish_activity import publish_activity
from timebank.actions.activities.see_activity import SeenActivity, see_activity
from timebank.actions.activities.see_organiser import see_organiser
from timebank.pages.forms import Ask, Long, draw
from timebank.pages.render import go, page
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.web import rule_words
from timebank.web.access import needs
from timebank.web.request import Now, Who, language_of
from timebank.web.words import Language

runs = [needs(Right.RUN_ACTIVITIES)]


class Why(msgspec.Struct):
    reason: Long = ""


class Saved(msgspec.Struct, frozen=True):
    """What became of new words: to how many people they are told, None where nothing changed; whether English stayed."""

    told: int | None
    is_english_left: bool


@get("/organise", guards=runs)
async def show_desk(
    request: Ask, caller: Who, now: Now, mine: FromQuery[bool | None] = None, before: FromQuery[int | None] = None
) -> Response[str]:
    """Without `mine`: the caller's own, or everybody's where they run nothing themselves."""
    desk = await see_organiser(caller, now, mine is not False, before)
    if mine is None and not desk.activities:
        desk, mine = await see_organiser(caller, now, False, before), False
    return page(request, "organise/desk.html", desk=desk, mine=mine is not False, is_first=before is None)


@get("/organise/activities/{activity_id:uuid}", guards=runs)
async def show_activity(
    activity_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    now: Now,
    saved: FromQuery[Literal["", "same", "words"]] = "",
    told: FromQuery[Annotated[int, Meta(ge=0, le=10**9)]] = 0,
    english_left: FromQuery[bool] = False,
) -> Response[str]:
    """With `saved`, what became of the words that were just typed."""
    done = Saved(told if saved == "words" else None, english_left) if saved else None
    return await activity_page(request, caller, activity_id, now, done=done)


@post("/organise/activities/{activity_id:uuid}/publish", guards=runs)
async def publish(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Publishes, or draws the draft again with what is missing or what stands in the room."""
    try:
        await publish_activity(caller, activity_id, now)
    except Refusal as refusal:
        return await activity_page(request, caller, activity_id, now, refusal)
    return go(f"/organise/activities/{activity_id}")


@post("/organise/activities/{activity_id:uuid}/call-off", guards=runs)
async def call_off(
    activity_id: FromPath[UUID], data: URLEncodedBody[Why], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await call_off_activity(caller, activity_id, data.reason, now)
    except Refusal as refusal:
        return await activity_page(request, caller, activity_id, now, refusal)
    return go(f"/organise/activities/{activity_id}")


async def activity_page(
    request: Ask, caller: Caller, activity_id: UUID, now: datetime, refusal: Refusal | None = None, done: Saved | None = None
) -> Response[str]:
    """The activity for who runs it, with the refusal of what was just tried. Raises NotAllowed for others."""
    seen = await see_activity(caller, activity_id, now)
    if not seen.may_run:
        raise NotAllowed(right=Right.RUN_ACTIVITIES.value)
    return draw(
        request,
        "organise/activity.html",
        refusal,
        seen=seen,
        activity=seen.activity,
        done=done,
        series=await series_lines(activity_id, language_of(request)),
        missing=refusal.missing if isinstance(refusal, Unfinished) else [],
        taken=refusal if isinstance(refusal, SpaceTaken) else None,
        alternatives=alternatives(seen, refusal) if isinstance(refusal, SpaceTaken) else [],
        can_call_off=seen.activity.state != "cancelled"
        and any(each.session.ends_at > now and not each.session.is_called_off for each in seen.sessions),
    )


async def series_lines(activity_id: UUID, language: Language) -> list[tuple[Series, str]]:
    """The series of an activity, each with its rule as a sentence."""
    return [
        (found, rule_words.sentence(found.parsed, found.first_on, language)) for found in await series.of_activity(activity_id)
    ]


def alternatives(seen: SeenActivity, taken: SpaceTaken) -> list[tuple[str, datetime, datetime]]:
    """For each free time near the one that is taken: the address of the form in which the session has moved there."""
    number = next(
        place
        for place, each in enumerate(seen.sessions)
        if each.session.space_id == taken.space_id and each.session.starts_at == taken.starts_at
    )
    zone = seen.activity.time_zone
    return [
        (
            f"/organise/activities/{seen.activity.id}/edit?session={number}"
            f"&starts={local(option.starts_at, zone)}&ends={local(option.ends_at, zone)}#session-{number}-day",
            option.starts_at,
            option.ends_at,
        )
        for option in taken.alternatives
    ]


def local(moment: datetime, zone: str) -> str:
    """The wall time as it stands in an address: `2026-11-26T18:00`."""
    return walltimes.local_of(moment, zone).strftime("%Y-%m-%dT%H:%M")


routes: list[Any] = [show_desk, show_activity, publish, call_off]
