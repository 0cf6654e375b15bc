"""Phones that are passes, for the member's own phone, and for staff when one is lost."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.people import phone_pass
from timebank.actions.people.phone_pass import Kept, Listed, Withdrawn
from timebank.people.callers import Right
from timebank.people.phone_passes import NotAPhoneKey
from timebank.web.access import needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_MEMBERS)]


class NewPhone(msgspec.Struct, forbid_unknown_fields=True):
    """`public_key`: of a P-256 key that never leaves the phone, compressed, 33 bytes in base64.

    `label`: how its owner knows the phone in a list.
    """

    public_key: Annotated[str, Meta(max_length=100)]
    label: Annotated[str, Meta(max_length=60)] = ""


class Answered(msgspec.Struct):
    """What the phone keeps, and the server's clock: what a phone that is offline needs to show the right half minute."""

    phone: Kept
    now: datetime


@get("/api/v1/me/phones", guards=[signed_in])
async def get_phones(caller: Who, now: Now) -> list[Listed]:
    """The phones that are a pass of the caller."""
    return await phone_pass.own_phones(caller, now)


@post("/api/v1/me/phones", guards=[signed_in])
async def post_phone(data: JSONBody[NewPhone], caller: Who, now: Now, key: Key = None) -> Response[Answered]:
    """A phone becomes a pass: 201 with the credential that its key may use; 200 where the same key is a pass already."""
    asked = request_key(caller, key, data, now, "use phone")
    answer = await phone_pass.use_phone.once(asked, caller, _bytes(data.public_key), data.label, now)
    is_new = answer.value.is_new and not answer.is_replay
    return Response(Answered(answer.value, now), status_code=201 if is_new else 200)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAPhoneKey(field="public_key", reason="not base64") from error


@post("/api/v1/me/phones/{phone_id:uuid}/contact", guards=[signed_in], status_code=200)
async def post_contact(phone_id: FromPath[UUID], caller: Who, now: Now) -> Answered:
    """The phone has a network: its credential, renewed in the last third of its time. 404 where it is a pass no more.

    Safe to repeat.
    """
    return Answered(await phone_pass.greet_phone(caller, phone_id, now), now)


@delete("/api/v1/me/phones/{phone_id:uuid}", guards=[signed_in], status_code=204)
async def delete_phone(phone_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """A lost phone opens nothing any more. Safe to repeat."""
    await phone_pass.lose_phone(caller, phone_id, now)


@get("/api/v1/members/{member_id:uuid}/phones", guards=staff)
async def get_phones_of(member_id: FromPath[UUID], caller: Who, now: Now) -> list[Listed]:
    """The phones that are a pass of this member."""
    return await phone_pass.phones_of(caller, member_id, now)


@post("/api/v1/members/{member_id:uuid}/passes/withdraw", guards=staff, status_code=200)
async def post_withdrawal(member_id: FromPath[UUID], caller: Who, now: Now) -> Withdrawn:
    """Card and phones open nothing any more, and every sign-in ends. Safe to repeat: then nothing was left."""
    return await phone_pass.withdraw_passes(caller, member_id, now)


routes: list[Any] = [get_phones, post_phone, post_contact, delete_phone, get_phones_of, post_withdrawal]
