"""A round that is drawn by lot: its slots, the household's wishes, the result and how to check it. No JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from schedules.errors import Refusal
from schedules.lottery_rounds import Round, WrongWishes
from timebank.actions.rooms.lottery import enter_round, see_round, withdraw_from_round
from timebank.pages.forms import Ask, draw, figure
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.web import kept_reasons
from timebank.web.access import anyone, signed_in
from timebank.web.request import Now, Who, language_of


@get("/lotteries/{round_id:uuid}", guards=[anyone])
async def show_round(round_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _page(request, caller, round_id, now)


async def _page(
    request: Ask,
    caller: Caller,
    round_id: UUID,
    now: datetime,
    typed: Mapping[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[str]:
    seen = await see_round(caller, round_id)
    found, mine, language = seen.round, seen.mine, language_of(request)
    kept = {f"slot_{slot}": str(place) for place, slot in enumerate(mine.wishes, 1)} if mine else {}
    return draw(
        request,
        "lottery/round.html",
        refused,
        seen=seen,
        round=found,
        mine=mine if mine and not mine.withdrawn_at else None,
        is_open=found.is_open(now),
        typed=typed or {**kept, "people": str(mine.people) if mine else "1"},
        slots={slot.number: slot for slot in found.slots},
        winners={one.slot: one for one in seen.given},
        reasons=[(one, kept_reasons.told(one.broken, language, found.time_zone)) for one in seen.passed if one.broken],
    )


@post("/lotteries/{round_id:uuid}/enter", guards=[signed_in])
async def take_wishes(round_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Numbers beside the slots: 1 is the dearest."""
    sent = await request.form()
    typed = {str(name): str(value)[:200] for name, value in sent.items()}
    try:
        people = figure("people", typed.get("people", "1"), 1, 10_000)
        await enter_round(caller, round_id, _wishes(typed, (await see_round(caller, round_id)).round), people, now)
    except Refusal as refusal:
        return await _page(request, caller, round_id, now, typed, refusal)
    return go(f"/lotteries/{round_id}")


def _wishes(typed: Mapping[str, str], found: Round) -> list[int]:
    """The slots in the order of the numbers typed beside them. Raises WrongFigure, WrongWishes for a number given twice."""
    places: dict[int, int] = {}
    for slot in found.slots:
        text = typed.get(f"slot_{slot.number}", "").strip()
        if not text:
            continue
        place = figure(f"slot_{slot.number}", text, 1, 1000)
        if place in places:
            raise WrongWishes(field=f"slot_{slot.number}", reason="each number once")
        places[place] = slot.number
    return [places[place] for place in sorted(places)]


@post("/lotteries/{round_id:uuid}/withdraw", guards=[signed_in])
async def take_withdrawal(round_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await withdraw_from_round(caller, round_id, now)
    except Refusal as refusal:
        return await _page(request, caller, round_id, now, refused=refusal)
    return go(f"/lotteries/{round_id}")


routes: list[Any] = [show_round, take_wishes, take_withdrawal]
