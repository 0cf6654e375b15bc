"""Hours that wait for a second person: the member's own entries, the wish for a correction, and the approver's list."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Malformed, NotFound, Refusal
from timebank.actions.door import stays
from timebank.actions.hours.approve_hours import Row, approve_many, reject_many
from timebank.actions.hours.close_day import ask_correction, asks_until
from timebank.actions.hours.enter_hours import enter_hours, see_entries, see_entry, see_pending, send_again
from timebank.hours import requests
from timebank.hours.entries import DayNotPossible, Entry, Later, MinutesNotPossible
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs, signed_in
from timebank.web.refusals import problem
from timebank.web.request import Now, Who, language_of, request_key

approves = [needs(Right.APPROVE_HOURS)]


class Typed(msgspec.Struct):
    """The fields as they were typed."""

    activity_name: Short = ""
    served_on: Short = ""
    place: Short = ""
    service_content: Long = ""
    service_minutes: Short = ""
    organising_unit: Short = ""
    person_in_charge: Short = ""
    reason: Long = ""
    key: Short = ""

    @property
    def later(self) -> Later:
        """Raises Malformed."""
        try:
            day = date.fromisoformat(self.served_on.strip())
        except ValueError:
            raise DayNotPossible(field="served_on") from None
        texts = {name: getattr(self, name) for name in Later.__struct_fields__ if name not in ("served_on", "service_minutes")}
        return Later(served_on=day, service_minutes=_number(self.service_minutes, "service_minutes"), **texts)


class Wish(msgspec.Struct):
    minutes: Short = ""
    reason: Long = ""


@get("/me/hours/entries", guards=[signed_in])
async def show_entries(request: Ask, caller: Who) -> Response[str]:
    """Everything that was sent, every version, with what was decided."""
    return draw(request, "afterwards/entries.html", entries=await see_entries(caller))


@get("/me/hours/new", guards=[signed_in])
async def show_new(request: Ask, caller: Who, now: Now) -> Response[str]:
    return draw(request, "afterwards/entry.html", typed=Typed(), before=None, record=None)


@post("/me/hours/new", guards=[signed_in])
async def send_new(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        kept = request_key(caller, data.key, data, now, "enter hours")
        await enter_hours.once(kept, caller, data.later, now)
    except Refusal as refusal:
        return draw(request, "afterwards/entry.html", refusal, typed=data, before=None, record=None)
    return go("/me/hours/entries")


@get("/me/hours/entries/{entry_id:uuid}", guards=[signed_in])
async def show_again(entry_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """A rejected entry, to be corrected and sent again by whoever entered it."""
    entry = await _own(caller, entry_id)
    typed = Typed(**{name: str(getattr(entry, name)) for name in Later.__struct_fields__})
    return draw(request, "afterwards/entry.html", typed=typed, before=entry, record=None)


@post("/me/hours/entries/{entry_id:uuid}", guards=[signed_in])
async def send_entry_again(
    entry_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        kept = request_key(caller, data.key, [entry_id, data], now, "send hours again")
        await send_again.once(kept, caller, entry_id, data.later, now)
    except Refusal as refusal:
        return draw(request, "afterwards/entry.html", refusal, typed=data, before=await _own(caller, entry_id), record=None)
    return go("/me/hours/entries")


@get("/me/stays/{attendance_id:uuid}", guards=[signed_in])
async def show_stay(attendance_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """A stay whose way out was set by itself, and the wish for other minutes."""
    return await stay_page(request, caller, attendance_id, now)


@post("/me/stays/{attendance_id:uuid}", guards=[signed_in])
async def send_wish(
    attendance_id: FromPath[UUID], data: URLEncodedBody[Wish], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await ask_correction(caller, attendance_id, _number(data.minutes, "minutes"), data.reason, now)
    except Refusal as refusal:
        return await stay_page(request, caller, attendance_id, now, refusal, data)
    return go(f"/me/stays/{attendance_id}")


@get("/organise/hours", guards=approves)
async def show_pending(request: Ask, caller: Who) -> Response[str]:
    return await pending_page(request, caller)


@post("/organise/hours", guards=approves)
async def decide(request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Approves or rejects what is ticked; each row has its own result."""
    sent = await request.form()
    reason, rows, wrong = str(sent.get("reason", "")), [], None
    try:
        chosen = [_id(each) for each in sent.getall("entry", [])]
        if sent.get("do") == "reject":
            rows = await reject_many(caller, chosen, reason, now)
        else:
            rows = await approve_many(caller, chosen, now)
    except Refusal as refusal:
        wrong = refusal
    return await pending_page(request, caller, rows, wrong, reason)


async def pending_page(
    request: Ask, caller: Caller, rows: list[Row] | None = None, refusal: Refusal | None = None, reason: str = ""
) -> Response[str]:
    refused = [problem(row.refusal, language_of(request)) for row in rows or [] if row.refusal]
    booked = [row for row in rows or [] if row.result == "approved"]
    return draw(
        request,
        "afterwards/pending.html",
        refusal,
        entries=await see_pending(caller),
        booked=booked,
        not_booked=refused,
        reason=reason,
    )


async def stay_page(
    request: Ask,
    caller: Caller,
    attendance_id: UUID,
    now: datetime,
    refusal: Refusal | None = None,
    wish: Wish | None = None,
) -> Response[str]:
    stay = await stays.find(attendance_id)
    if stay.person_id != caller.member():
        raise NotFound(what="attendance")
    until = await asks_until(stay, now)
    return draw(
        request,
        "afterwards/stay.html",
        refusal,
        stay=stay,
        until=until,
        may_ask=stay.is_automatic and now < until,
        asked=await requests.of_stay(attendance_id),
        wish=wish or Wish(minutes=str(stay.minutes)),
    )


async def _own(caller: Caller, entry_id: UUID) -> Entry:
    entry = await see_entry(caller, entry_id)
    if entry.entered_by != caller.member():
        raise NotFound(what="hours_entry")
    return entry


def _id(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise Malformed(field="", reason="not one of this list") from None


def _number(text: str, field: str) -> int:
    cut = text.strip()
    if not cut.isascii() or not cut.isdigit() or len(cut) > 5:
        raise MinutesNotPossible(field=field, longest=24 * 60)
    return int(cut)


routes: list[Any] = [
    show_entries,
    show_new,
    send_new,
    show_again,
    send_entry_again,
    show_stay,
    send_wish,
    show_pending,
    decide,
]
