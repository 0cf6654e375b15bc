"""Signing in by a code sent to the phone, or by password; signing out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules.errors import Refusal
from timebank.actions.action import action
from timebank.people import members, passwords, phone_codes, phones, sign_in
from timebank.people.phone_codes import WrongCode
from timebank.people.sign_in import SignedIn


class WrongPassword(Refusal):
    """No member has this phone with this password. Facts: none."""


class Sent(msgspec.Struct, frozen=True):
    """What to hand to the sender, if `member_id` is somebody; the answer to the asker is the same either way."""

    phone: str
    code: str
    member_id: UUID | None
    expires_at: datetime


async def ask_for_code(phone: str, address: str, now: datetime) -> Sent:
    """A one-time code for this number. Raises NotAPhoneNumber and TooManyTries. `address` is the peer's."""
    number = phones.normal(phone)
    code = await phone_codes.make(number, address, now)
    return Sent(number, code, await members.by_phone(number), now + phone_codes.LASTS)


async def sign_in_by_code(phone: str, code: str, browser: str, address: str, now: datetime) -> SignedIn:
    """Raises NotAPhoneNumber, WrongCode, TooManyTries. The tries are counted before the transaction and outlive its refusal."""
    number = phones.normal(phone)
    return await _use_code(await phone_codes.find(number, code, address, now), number, browser, now)


@action
async def _use_code(code_id: UUID, number: str, browser: str, now: datetime) -> SignedIn:
    await phone_codes.use(code_id, now)
    member_id = await members.by_phone(number)
    if member_id is None:
        raise WrongCode(field="code")
    return await sign_in.open_for(member_id, browser, now)


async def sign_in_by_password(phone: str, password: str, browser: str, address: str, now: datetime) -> SignedIn:
    """Raises NotAPhoneNumber, WrongPassword, TooManyTries. Counting and hashing happen before the transaction."""
    member_id = await passwords.owner(phones.normal(phone), password, address, now)
    if member_id is None:
        raise WrongPassword()
    return await _open(member_id, browser, now)


@action
async def _open(member_id: UUID, browser: str, now: datetime) -> SignedIn:
    return await sign_in.open_for(member_id, browser, now)


@action
async def sign_out(token: str, now: datetime) -> None:
    """Ends the sign-in that this token holds; safe to repeat."""
    await sign_in.end(token, now)
