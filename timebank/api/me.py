"""What a member sees and sets of their own."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, patch, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from schedules.agendas import Item
from schedules.bookings import Booking
from schedules.errors import NotFound
from timebank.actions.people.cards import own_card
from timebank.actions.people.members import choose_language, set_password, set_pin
from timebank.actions.people.see_me import see_me
from timebank.hours import summaries
from timebank.hours.summaries import Record, Sums
from timebank.people import members
from timebank.people.members import Language
from timebank.points import wallets
from timebank.points.wallets import Balance, Expiring, Line, Waiting
from timebank.web.access import signed_in, tokens_of
from timebank.web.request import Now, Who

Text = Annotated[str, Meta(max_length=200)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class Me(msgspec.Struct):
    """Points in units of 1/100, hours in whole minutes by class."""

    id: UUID
    number: int
    name: str
    phone: str | None
    language: Language
    state: str
    community: str
    points: Balance
    pending: list[Waiting]
    expiring: list[Expiring]
    unit: str
    hours: Sums
    agenda: list[Item]
    bookings: list[Booking]


class Changed(msgspec.Struct, forbid_unknown_fields=True):
    language: Language


class Password(msgspec.Struct, forbid_unknown_fields=True):
    password: Text


class Pin(msgspec.Struct, forbid_unknown_fields=True):
    pin: Text


class Pass(msgspec.Struct):
    """`text` is what the QR holds, `typed_code` what stands under it."""

    text: str
    typed_code: str


class Statement(msgspec.Struct):
    """Newest first. `before` is the cursor of the next page; none: this was the last."""

    lines: list[Line]
    before: int | None


@get("/api/v1/me", guards=[signed_in])
async def get_me(caller: Who, now: Now) -> Me:
    member, seen = await members.one(caller.member()), await see_me(caller, now)
    return Me(
        id=member.id,
        number=member.number,
        name=member.name,
        phone=member.phone,
        language=member.language,
        state=member.state,
        community=member.community,
        points=seen.purse.balance,
        pending=seen.purse.pending,
        expiring=seen.purse.expiring,
        unit=seen.purse.unit_zh if member.language == "zh" else seen.purse.unit_en,
        hours=seen.hours,
        agenda=seen.agenda,
        bookings=seen.bookings,
    )


@patch("/api/v1/me", guards=[signed_in], status_code=204)
async def patch_me(data: JSONBody[Changed], caller: Who, now: Now) -> None:
    """Safe to repeat."""
    await choose_language(caller, data.language, now)


@put("/api/v1/me/password", guards=[signed_in], status_code=204)
async def put_password(data: JSONBody[Password], request: Request[Any, Any, Any], caller: Who, now: Now) -> None:
    """Every other sign-in of the member ends. Safe to repeat."""
    await set_password(caller, data.password, tokens_of(request)[0] or "", now)


@put("/api/v1/me/pin", guards=[signed_in], status_code=204)
async def put_pin(data: JSONBody[Pin], caller: Who, now: Now) -> None:
    """Six digits. Safe to repeat."""
    await set_pin(caller, caller.member(), data.pin, now)


@get("/api/v1/me/pass", guards=[signed_in])
async def get_pass(caller: Who) -> Pass:
    """404 where the member has none in force."""
    card = await own_card(caller)
    if card is None:
        raise NotFound(what="pass")
    return Pass(card.text, card.typed_code)


@get("/api/v1/me/statement", guards=[signed_in])
async def get_statement(
    caller: Who, before: Annotated[int | None, QueryParameter(ge=0, le=2**62)] = None, limit: Limit = 30
) -> Statement:
    """Movements of points with the balance after each."""
    lines = await wallets.history(caller.member(), before, limit)
    return Statement(lines, lines[-1].seq if len(lines) == limit else None)


@get("/api/v1/me/hours", guards=[signed_in])
async def get_hours(caller: Who, limit: Limit = 30) -> list[Record]:
    """The last records of service, newest first."""
    return await summaries.of_member(caller.member(), None, limit)


routes: list[Any] = [get_me, patch_me, put_password, put_pin, get_pass, get_statement, get_hours]
