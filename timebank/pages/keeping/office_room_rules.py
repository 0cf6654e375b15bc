"""The rules of one room in the office: its hours, its limits and trying them, its parts and what can be borrowed."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules import walltimes
from schedules.errors import NotFound, Refusal
from timebank.actions.rooms import set_rules
from timebank.actions.rooms.booking_groups import NoSuchMember, member_of_number
from timebank.actions.rooms.booking_prices import quote
from timebank.actions.rooms.keep_spaces import WrongTime, hours_of, reach
from timebank.actions.rooms.set_rules import Whom
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.keeping.room_form import SPARE_ROWS, Row, Typed, figure, rows_of, typed_from, windows_of
from timebank.pages.keeping.room_rules_form import TypedRule, TypedTry, rule_of, typed_rule, wish_of
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web import why_not
from timebank.web.access import needs
from timebank.web.request import Now, Reads, Who, request_key
from timebank.web.words import Language

keepers = [needs(Right.MANAGE_SPACES)]


class TypedDay(msgspec.Struct):
    """The form of a single day: other hours, or closed when both times are empty."""

    day: Short = ""
    opens: Short = ""
    closes: Short = ""
    reason: Short = ""


class TypedThing(msgspec.Struct):
    """The form of something to borrow."""

    key: Short = ""
    name: Short = ""
    name_en: Short = ""
    quantity: Short = "1"
    is_everywhere: Short = ""


class TypedUnits(msgspec.Struct):
    units: Short = "1"


@get("/office/rooms/{space_id:uuid}/hours", guards=keepers)
async def see_hours(space_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await _hours(request, caller, space_id)


async def _hours(
    request: Ask,
    caller: Caller,
    space_id: UUID,
    typed: Typed | None = None,
    day: TypedDay | None = None,
    refused: Refusal | None = None,
) -> Response[str]:
    space, hours = await reach(caller, space_id), await hours_of(space_id)
    weekly = Typed(rows=[*rows_of([window for window in hours if window.day is None]), *[Row()] * SPARE_ROWS])
    return draw(
        request,
        "rooms/hours.html",
        refused,
        space=space,
        typed=typed or weekly,
        days=sorted((window for window in hours if window.day is not None), key=lambda window: (window.day, window.opens)),
        typed_day=day or TypedDay(),
    )


@post("/office/rooms/{space_id:uuid}/hours", guards=keepers)
async def take_hours(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """The weekly hours; single days keep theirs."""
    typed = typed_from(await request.form())
    try:
        await set_rules.change_hours(caller, space_id, windows_of(typed), now)
    except Refusal as refusal:
        return await _hours(request, caller, space_id, typed, refused=refusal)
    return go(f"/office/rooms/{space_id}/hours?done=1")


@post("/office/rooms/{space_id:uuid}/days", guards=keepers)
async def take_day(
    space_id: FromPath[UUID], data: URLEncodedBody[TypedDay], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Other hours on one day, or none."""
    try:
        day = _day_of(data.day)
        hours = [(_clock("opens", data.opens), _clock("closes", data.closes))] if data.opens or data.closes else []
        await set_rules.set_day(caller, space_id, day, hours, data.reason, now)
    except Refusal as refusal:
        return await _hours(request, caller, space_id, day=data, refused=refusal)
    return go(f"/office/rooms/{space_id}/hours?done=1#days")


@post("/office/rooms/{space_id:uuid}/days/{day:date}/clear", guards=keepers)
async def take_clear(space_id: FromPath[UUID], day: FromPath[date], caller: Who, now: Now) -> Response[Any]:
    await set_rules.clear_day(caller, space_id, day, now)
    return go(f"/office/rooms/{space_id}/hours?done=1#days")


def _day_of(text: str) -> date:
    try:
        return walltimes.of_our_days(date.fromisoformat(text))
    except ValueError as error:
        raise WrongTime(field="day", reason="not a day") from error


def _clock(field: str, text: str) -> time:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise WrongTime(field=field, reason="not a time") from error


@get("/office/rooms/{space_id:uuid}/rules", guards=keepers)
async def see_rules(
    space_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    now: Now,
    language: Reads,
    whom: FromQuery[str] = "resident",
    number: FromQuery[str] = "",
    day: FromQuery[str] = "",
    start: FromQuery[str] = "",
    end: FromQuery[str] = "",
    people: FromQuery[str] = "1",
) -> Response[str]:
    """The rules, and what a try of them answers: looking changes nothing."""
    return await _rules(request, caller, space_id, now, language, tried=TypedTry(whom, number, day, start, end, people))


async def _rules(
    request: Ask,
    caller: Caller,
    space_id: UUID,
    now: datetime,
    language: Language,
    typed: TypedRule | None = None,
    tried: TypedTry | None = None,
    refused: Refusal | None = None,
) -> Response[str]:
    found, attempt, verdict = await set_rules.rules_of(caller, space_id), tried or TypedTry(), None
    if attempt.day or attempt.start or attempt.end:
        try:
            verdict = await set_rules.try_rules(caller, wish_of(space_id, attempt), await _whom(caller, attempt), now)
        except Refusal as refusal:
            refused = refusal
    zone = found.space.time_zone
    if not attempt.day:
        attempt = msgspec.structs.replace(attempt, day=walltimes.day_of(now, zone).isoformat())
    return draw(
        request,
        "rooms/rules.html",
        refused,
        space=found.space,
        rules=found.rules,
        groups=found.groups,
        group_names={group.id: group for group in found.groups},
        typed=typed or TypedRule(),
        tried=attempt,
        verdict=verdict,
        price=await quote(verdict.space, verdict.use) if verdict else None,
        why=lambda broken: why_not.sentence(broken, language, zone),
    )


async def _whom(caller: Caller, tried: TypedTry) -> Whom:
    """Raises NoSuchMember."""
    if tried.whom == "resident":
        return Whom()
    try:
        if tried.whom == "member":
            return Whom(member_id=await member_of_number(caller, tried.number))
        return Whom(group_id=UUID(tried.whom))
    except ValueError as error:
        raise NoSuchMember(field="number", reason="choose as whom") from error


@post("/office/rooms/{space_id:uuid}/rules", guards=keepers)
async def take_rule(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now, language: Reads) -> Response[Any]:
    typed = typed_rule(await request.form())
    try:
        key = request_key(caller, typed.key, (space_id, typed), now, "add rule")
        await set_rules.add_rule.once(key, caller, space_id, rule_of(typed), now)
    except Refusal as refusal:
        return await _rules(request, caller, space_id, now, language, typed, refused=refusal)
    return go(f"/office/rooms/{space_id}/rules?done=1")


@post("/office/rooms/{space_id:uuid}/rules/{rule_id:uuid}/end", guards=keepers)
async def take_end(space_id: FromPath[UUID], rule_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await set_rules.end_rule(caller, rule_id, now)
    return go(f"/office/rooms/{space_id}/rules?done=1")


@get("/office/rooms/{space_id:uuid}/parts", guards=keepers)
async def see_parts(space_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await _parts(request, caller, space_id)


async def _parts(
    request: Ask, caller: Caller, space_id: UUID, typed: TypedThing | None = None, refused: Refusal | None = None
) -> Response[str]:
    found = await set_rules.parts_of(caller, space_id)
    chosen = {part.id for part in found.parts}
    return draw(
        request, "rooms/divide.html", refused, found=found, space=found.space, chosen=chosen, typed=typed or TypedThing()
    )


@post("/office/rooms/{space_id:uuid}/parts", guards=keepers)
async def take_parts(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Of which rooms it consists; none ticked: of itself."""
    try:
        ids = [UUID(text) for text in (await request.form()).getall("part", [])]
        await set_rules.divide_space(caller, space_id, ids, now)
    except (Refusal, ValueError) as error:
        refused = error if isinstance(error, Refusal) else NotFound(what="space")
        return await _parts(request, caller, space_id, refused=refused)
    return go(f"/office/rooms/{space_id}/parts")


@post("/office/rooms/{space_id:uuid}/units", guards=keepers)
async def take_units(
    space_id: FromPath[UUID], data: URLEncodedBody[TypedUnits], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await set_rules.set_units(caller, space_id, figure("units", data.units, 1, 200), now)
    except Refusal as refusal:
        return await _parts(request, caller, space_id, refused=refusal)
    return go(f"/office/rooms/{space_id}/parts")


@post("/office/rooms/{space_id:uuid}/accessories", guards=keepers)
async def take_accessory(
    space_id: FromPath[UUID], data: URLEncodedBody[TypedThing], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        quantity = figure("quantity", data.quantity, 0, 10_000)
        key = request_key(caller, data.key, (space_id, data), now, "add accessory")
        await set_rules.add_accessory.once(
            key, caller, space_id, data.name, data.name_en, quantity, bool(data.is_everywhere), now
        )
    except Refusal as refusal:
        return await _parts(request, caller, space_id, data, refused=refusal)
    return go(f"/office/rooms/{space_id}/parts#borrow")


@post("/office/rooms/{space_id:uuid}/accessories/{accessory_id:uuid}", guards=keepers)
async def take_change(
    space_id: FromPath[UUID],
    accessory_id: FromPath[UUID],
    data: URLEncodedBody[TypedThing],
    request: Ask,
    caller: Who,
    now: Now,
) -> Response[Any]:
    """How many there are from now on; zero is none to lend."""
    try:
        quantity = figure("quantity", data.quantity, 0, 10_000)
        await set_rules.change_accessory(caller, accessory_id, data.name, data.name_en, quantity, now)
    except Refusal as refusal:
        return await _parts(request, caller, space_id, refused=refusal)
    return go(f"/office/rooms/{space_id}/parts#borrow")


@post("/office/rooms/{space_id:uuid}/accessories/{accessory_id:uuid}/end", guards=keepers)
async def take_away(space_id: FromPath[UUID], accessory_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await set_rules.end_accessory(caller, accessory_id, now)
    return go(f"/office/rooms/{space_id}/parts#borrow")


routes: list[Any] = [
    see_hours,
    take_hours,
    take_day,
    take_clear,
    see_rules,
    take_rule,
    take_end,
    see_parts,
    take_parts,
    take_units,
    take_accessory,
    take_change,
    take_away,
]
