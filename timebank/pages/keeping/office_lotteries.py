"""Rounds that are drawn by lot, in the office: those of a room, and the form that opens one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, TypeVar
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from schedules import spaces, walltimes
from schedules.errors import Refusal
from schedules.lottery_rounds import NewRound
from timebank.actions.rooms.keep_spaces import WrongTime
from timebank.actions.rooms.lottery import kept_rounds, open_round
from timebank.pages.forms import Ask, draw, figure
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web import rule_words
from timebank.web.access import needs
from timebank.web.request import Now, Who, language_of, request_key

T = TypeVar("T")

keepers = [needs(Right.MANAGE_SPACES)]
FIELDS = ("title", "title_en", "first_on", "last_on", "starts", "ends", "minutes", "closes_at", "per_household", "key")
BEGUN = {"starts": "18:00", "ends": "21:00", "minutes": "90", "per_household": "1"}


@get("/office/rooms/{space_id:uuid}/lotteries", guards=keepers)
async def list_rounds(space_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await _page(request, caller, space_id)


async def _page(
    request: Ask,
    caller: Caller,
    space_id: UUID,
    typed: Mapping[str, str] | None = None,
    days: tuple[str, ...] = ("5", "6"),
    refused: Refusal | None = None,
) -> Response[str]:
    return draw(
        request,
        "rooms/lotteries.html",
        refused,
        space=await spaces.one(space_id),
        rounds=await kept_rounds(caller, space_id),
        typed={**dict.fromkeys(FIELDS, ""), **(typed or BEGUN)},
        days=days,
        weekdays=rule_words.weekday_names(language_of(request)),
    )


@post("/office/rooms/{space_id:uuid}/lotteries", guards=keepers)
async def take_round(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Opens a round; the same form sent twice opens one."""
    sent = await request.form()
    typed = {name: str(sent.get(name, ""))[:200] for name in FIELDS}
    days = tuple(str(one) for one in sent.getall("weekdays", []))
    try:
        new = _new(typed, days, (await spaces.one(space_id)).time_zone)
        key = request_key(caller, typed["key"], (space_id, new), now, "open lottery")
        made = await open_round.once(key, caller, space_id, new, now)
    except Refusal as refusal:
        return await _page(request, caller, space_id, typed, days, refusal)
    return go(f"/lotteries/{made.value.id}")


def _new(typed: Mapping[str, str], days: tuple[str, ...], time_zone: str) -> NewRound:
    """Raises Malformed, which names the field."""
    weekdays = tuple(sorted({int(one) for one in days if one in ("0", "1", "2", "3", "4", "5", "6")}))
    if not weekdays:
        raise WrongTime(field="weekdays", reason="at least one weekday")
    return NewRound(
        title=typed["title"].strip()[:100],
        title_en=typed["title_en"].strip()[:100],
        first_on=_read(date.fromisoformat, typed, "first_on"),
        last_on=_read(date.fromisoformat, typed, "last_on"),
        weekdays=weekdays,
        starts=_read(time.fromisoformat, typed, "starts").replace(tzinfo=None),
        ends=_read(time.fromisoformat, typed, "ends").replace(tzinfo=None),
        minutes=figure("minutes", typed["minutes"], 5, 1440),
        closes_at=_deadline(_read(datetime.fromisoformat, typed, "closes_at"), time_zone),
        per_household=figure("per_household", typed["per_household"], 1, 20),
    )


def _deadline(local: datetime, time_zone: str) -> datetime:
    walltimes.of_our_days(local.date(), "closes_at")
    return walltimes.instant(local.replace(tzinfo=None), time_zone)


def _read(how: Callable[[str], T], typed: Mapping[str, str], field: str) -> T:
    try:
        return how(typed[field].strip())
    except ValueError as error:
        raise WrongTime(field=field, reason="not a day or a time") from error


routes: list[Any] = [list_rounds, take_round]
