"""A guardian's consent for members under 18: kept by staff, taken back by the guardian, the member or staff."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody

from timebank.actions.guardians.births import set_birth
from timebank.actions.guardians.consents import (
    Kept,
    Own,
    Standing,
    end_consent,
    record_consent,
    see_consents,
    see_own_consents,
)
from timebank.people.callers import Right
from timebank.people.guardians import Given
from timebank.web.access import needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_MEMBERS)]


@get("/api/v1/members/{member_id:uuid}/consents", guards=staff)
async def get_consents(member_id: FromPath[UUID], caller: Who, now: Now) -> Standing:
    """How a member under 18 stands; `minor` is null for who is of age, or whose day of birth nobody knows."""
    return await see_consents(caller, member_id, now)


@post("/api/v1/members/{member_id:uuid}/consents", guards=staff)
async def post_consent(
    member_id: FromPath[UUID], data: JSONBody[Given], caller: Who, now: Now, key: Key = None
) -> Response[Kept]:
    """What a guardian has said on paper or in person. 409 `of_age`, `consent_held`, `guardian_records`."""
    asked = request_key(caller, key, [member_id, data], now, "record consent")
    answer = await record_consent.once(asked, caller, member_id, data, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@post("/api/v1/consents/{consent_id:uuid}/end", guards=[signed_in], status_code=200)
async def post_end(consent_id: FromPath[UUID], caller: Who, now: Now) -> Kept:
    """Taken back by the guardian, the member or staff; places of who is not there yet, and tasks, are free. Safe to repeat."""
    return await end_consent(caller, consent_id, now)


class Birth(msgspec.Struct, forbid_unknown_fields=True):
    """`born_on` null: nobody knows it."""

    born_on: date | None


@put("/api/v1/members/{member_id:uuid}/birth", guards=staff, status_code=200)
async def put_birth(member_id: FromPath[UUID], data: JSONBody[Birth], caller: Who, now: Now) -> Standing:
    """Enters or corrects the day of birth; 400 `not_a_birth`. Safe to repeat.

    Where no guardian has agreed for who is under 18 by it, places to come are free.
    """
    return await set_birth(caller, member_id, data.born_on, now)


@get("/api/v1/me/consents", guards=[signed_in])
async def get_own(caller: Who, now: Now) -> Own:
    """One's own standing, and whom one has agreed for as a guardian."""
    return await see_own_consents(caller, now)


routes: list[Any] = [get_consents, post_consent, post_end, put_birth, get_own]
