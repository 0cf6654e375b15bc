"""Whose card or phone is held up to a kiosk: read, its signatures checked, and whether it is one in force."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from schedules import codes, sql
from schedules.codes import Card, Phone, Typed
from schedules.errors import Refusal
from timebank.people import keys, signatures
from timebank.rewards.visits import CardNotValid


class CardUnknown(Refusal):
    """The text is no card of this time bank, or a forged one. Facts: typed, the characters of it, where somebody typed them."""


class CardRevoked(Refusal):
    """The card was replaced, or the phone taken back. Facts: none."""


class PhoneCodeOver(Refusal):
    """The code of the phone is a picture of an old one, or the phone's clock is wrong. Facts: none."""


class Holder(msgspec.Struct, frozen=True):
    """`pass_id` is that of the card or, with `is_phone`, of the phone."""

    pass_id: UUID
    member_id: UUID
    is_phone: bool


FOUND = (
    "SELECT p.id, p.member_id, p.serial, p.key_id, p.revoked_at, k.public_key, k.removed_at, m.state "
    "FROM pass p JOIN pass_key k ON k.id = p.key_id JOIN member m ON m.id = p.member_id "
)
PHONE = (
    "SELECT h.id, h.member_id, h.revoked_at, k.public_key, k.removed_at, m.state "
    "FROM phone_pass h JOIN pass_key k ON k.id = $2 JOIN member m ON m.id = h.member_id WHERE h.id = $1"
)


async def read(raw: str, now: datetime) -> Holder:
    """Whose card or phone this is. `raw` is what a scanner, a camera or a person gave.

    Raises CardUnknown, CardRevoked, PhoneCodeOver, and CardNotValid where its owner may not redeem at present.
    """
    code = codes.read(raw)
    match code:
        case Card() as card:
            found = await sql.row(FOUND + "WHERE p.id = $1", card.pass_id)
            if found is None or not _is_genuine(card, found):
                raise CardUnknown()
        case Phone() as phone:
            found = await sql.row(PHONE, phone.pass_id, phone.key_id)
            judged = signatures.judged(phone, keys.server_id(), found["public_key"] if found else None, now)
            if not (judged.is_of_this_server and judged.is_signed):
                raise CardUnknown()
            if not judged.is_fresh:
                raise PhoneCodeOver()
        case Typed(typed):
            found = await sql.row(FOUND + "WHERE p.typed_code = $1", typed)
        case _:
            found = None
    if found is None:
        typed_length = codes.letters_typed(raw)
        raise CardUnknown(**({"typed": typed_length} if typed_length else {}))
    # Before the card is judged: who has left or died has no newer one.
    if found["state"] != "active":
        raise CardNotValid()
    if found["revoked_at"] is not None or found["removed_at"] is not None:
        raise CardRevoked()
    return Holder(found["id"], found["member_id"], isinstance(code, Phone))


def _is_genuine(card: Card, found: Record) -> bool:
    stated = (card.server, card.key_id, card.serial) == (keys.server_id(), found["key_id"], found["serial"])
    return stated and signatures.fits(found["public_key"], card.signature, card.signed)
