"""Whose card is held up to a kiosk: read, its signature checked, and whether it is the one in force."""

from __future__ import annotations

from uuid import UUID

import msgspec
from asyncpg import Record

from schedules import codes, sql
from schedules.codes import Card, Typed
from schedules.errors import Refusal
from timebank.people import keys, signatures
from timebank.rewards.visits import CardNotValid


class CardUnknown(Refusal):
    """The text is no card of this time bank, or a forged one. Facts: none."""


class CardRevoked(Refusal):
    """The card was replaced or taken back. Facts: none."""


class Holder(msgspec.Struct, frozen=True):
    pass_id: UUID
    member_id: UUID


FOUND = (
    "SELECT p.id, p.member_id, p.serial, p.key_id, p.revoked_at, k.public_key, k.removed_at, m.state "
    "FROM pass p JOIN pass_key k ON k.id = p.key_id JOIN member m ON m.id = p.member_id "
)


async def read(raw: str) -> Holder:
    """Whose card this is. `raw` is what a scanner, a camera or a person gave.

    Raises CardUnknown, CardRevoked, and CardNotValid where its owner may not redeem at present.
    """
    match codes.read(raw):
        case Card() as card:
            found = await sql.row(FOUND + "WHERE p.id = $1", card.pass_id)
            if found is None or not _is_genuine(card, found):
                raise CardUnknown()
        case Typed(code):
            found = await sql.row(FOUND + "WHERE p.typed_code = $1", code)
        case _:
            found = None
    if found is None:
        raise CardUnknown()
    if found["revoked_at"] is not None or found["removed_at"] is not None:
        raise CardRevoked()
    if found["state"] != "active":
        raise CardNotValid()
    return Holder(found["id"], found["member_id"])


def _is_genuine(card: Card, found: Record) -> bool:
    stated = (card.server, card.key_id, card.serial) == (keys.server_id(), found["key_id"], found["serial"])
    return stated and signatures.fits(found["public_key"], card.signature, card.signed)
