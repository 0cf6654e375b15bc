"""A guardian's consent, for staff: what was said, by whom, when and how; the form for it; taking it back."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar, get_args
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules import walltimes
from schedules.errors import NotFound, Refusal
from timebank.actions.guardians.births import set_birth
from timebank.actions.guardians.consents import end_consent, record_consent, see_consents
from timebank.actions.people.members import see_member
from timebank.pages.forms import Ask, Short, draw, member_number
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.people.guardians import Given, GuardianUnfit, How, Relation, WrongDay
from timebank.people.members import NotABirth
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

staff = [needs(Right.MANAGE_MEMBERS)]
T = TypeVar("T")


class Typed(msgspec.Struct):
    """As typed; `guardian_number` wins where both are filled."""

    guardian_number: Short = ""
    guardian_name: Short = ""
    relation: Short = "parent"
    how: Short = "paper"
    paper_at: Short = ""
    given_on: Short = ""
    key: Short = ""


class Birth(msgspec.Struct):
    born_on: Short = ""


def given(typed: Typed) -> Given:
    """Raises GuardianUnfit, WrongDay."""
    number = member_number(typed.guardian_number)
    if number is None and typed.guardian_number.strip():
        raise GuardianUnfit(field="guardian_number", reason="not a number")
    try:
        given_on = walltimes.of_our_days(date.fromisoformat(typed.given_on.strip()), "given_on")
    except ValueError as error:
        raise WrongDay(field="given_on", reason="not a day") from error
    return Given(
        relation=_one_of(get_args(Relation), typed.relation),
        how=_one_of(get_args(How), typed.how),
        given_on=given_on,
        guardian_number=number,
        guardian_name=typed.guardian_name.strip()[:100],
        paper_at=typed.paper_at.strip()[:100],
    )


def _one_of(choices: tuple[T, ...], text: str) -> T:
    return next((each for each in choices if each == text), choices[0])


@get("/office/guardian-form", guards=staff)
async def show_blank(request: Ask) -> Response[str]:
    """The sheet to sign, for somebody who is no member yet: under 14 nothing is entered before it is signed."""
    return draw(request, "guardians/form.html", member=None, standing=None, back="/office/members/new")


@get("/office/members/{member_id:uuid}/guardian/form", guards=staff)
async def show_form(member_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """The sheet to sign, with the member's name and number."""
    member, seen = await see_member(caller, member_id), await see_consents(caller, member_id, now)
    back = f"/office/members/{member_id}/guardian"
    return draw(request, "guardians/form.html", member=member, standing=seen, back=back)


@get("/office/members/{member_id:uuid}/guardian", guards=staff)
async def show_consent(member_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _draw(request, caller, member_id, now, Typed())


async def _draw(
    request: Ask,
    caller: Caller,
    member_id: UUID,
    now: Now,
    typed: Typed,
    refusal: Refusal | None = None,
    born_on: str | None = None,
) -> Response[str]:
    member = await see_member(caller, member_id)
    seen = await see_consents(caller, member_id, now)
    born = str(seen.born_on or "") if born_on is None else born_on
    return draw(request, "guardians/member.html", refusal, member=member, seen=seen, typed=typed, born_on=born)


@post("/office/members/{member_id:uuid}/guardian", guards=staff)
async def take_consent(
    member_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        asked = given(data)
        key = request_key(caller, data.key, [member_id, asked], now, "record consent")
        await record_consent.once(key, caller, member_id, asked, now)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _draw(request, caller, member_id, now, data, refusal)
    return go(f"/office/members/{member_id}/guardian")


@post("/office/members/{member_id:uuid}/birth", guards=staff)
async def take_birth(
    member_id: FromPath[UUID], data: URLEncodedBody[Birth], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await set_birth(caller, member_id, _day_of_birth(data.born_on.strip()), now)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _draw(request, caller, member_id, now, Typed(), refusal, data.born_on)
    return go(f"/office/members/{member_id}/guardian")


def _day_of_birth(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise NotABirth(field="born_on", reason="not a day") from error


@post("/office/members/{member_id:uuid}/guardian/{consent_id:uuid}/end", guards=staff)
async def take_end(member_id: FromPath[UUID], consent_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await end_consent(caller, consent_id, now)
    return go(f"/office/members/{member_id}/guardian")


routes: list[Any] = [show_blank, show_form, show_consent, take_consent, take_birth, take_end]
