"""Passes handed out: on the member's phone, or printed as a card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from timebank.actions.action import action
from timebank.actions.people.members import require_power_over, see_member
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, members, passes
from timebank.people.callers import Caller, NotAllowed
from timebank.people.passes import Pass


class Card(msgspec.Struct, frozen=True):
    """What is printed: the QR's text, the code under it as people read it, and whose it is."""

    member_id: UUID
    name: str
    number: int
    community: str
    community_en: str
    text: str
    typed_code: str
    language: str
    """The member's own, in which the card is printed."""


def _card(member: members.Member, held: Pass) -> Card:
    return Card(
        member.id,
        member.name,
        member.number,
        member.community,
        member.community_en,
        held.text,
        held.typed_shown,
        member.language,
    )


@action
async def issue_pass(caller: Caller, member_id: UUID, now: datetime) -> None:
    """A pass where the member has none in force; by the member or by staff. Safe to repeat.

    Raises NotAllowed, NotFound, AlreadyLeft.
    """
    if caller.member() != member_id:
        await require_power_over(caller, member_id)
    if await passes.current(member_id) is None:
        await passes.issue(member_id, now)
        await audit.write(caller.id, "pass.issued", f"member:{member_id}", now, on_behalf_of=member_id)


@action
async def replace_pass(caller: Caller, member_id: UUID, now: datetime) -> None:
    """A new pass for one that was lost or lent: the old one opens nothing any more. Raises NotAllowed, NotFound, AlreadyLeft.

    The member is told where it was not themselves: whoever holds up the old card at the door would not know why it fails.
    """
    if caller.member() != member_id:
        await require_power_over(caller, member_id)
    made = await passes.reissue(member_id, now)
    await audit.write(caller.id, "pass.replaced", f"member:{member_id}", now, on_behalf_of=member_id)
    if caller.member_id != member_id:
        key = f"pass:{made.id}:replaced"
        await messages.promise([Message(key=key, person_id=member_id, kind="card_replaced", path="/me/pass")], now)


async def own_card(caller: Caller) -> Card | None:
    """The caller's own pass; None where there is none in force. Raises SignInNeeded."""
    held = await passes.current(caller.member())
    return _card(await members.one(caller.member()), held) if held else None


class Sheet(msgspec.Struct, frozen=True):
    """Cards to print; and who is not on the sheet: colleagues beyond the caller's power, members without a pass."""

    cards: list[Card]
    beyond: list[members.Member]
    without_pass: list[members.Member]


@action
async def print_cards(caller: Caller, member_ids: Sequence[UUID], now: datetime) -> Sheet:
    """The cards of those of these members who have a pass, in their order. Each print stands in the audit.

    A card opens what its owner opens: that of a colleague whose role the caller could not have given is left out of a sheet
    of several. Raises NotFound, and NotAllowed for somebody out of reach and for one such colleague alone.
    """
    sheet = Sheet([], [], [])
    for member_id in member_ids:
        member = await see_member(caller, member_id)
        try:
            if caller.member() != member_id:
                await require_power_over(caller, member_id)
        except NotAllowed:
            if len(member_ids) == 1:
                raise
            sheet.beyond.append(member)
            continue
        held = await passes.current(member_id)
        if held is None:
            sheet.without_pass.append(member)
            continue
        await audit.write(caller.id, "card.printed", f"member:{member_id}", now, on_behalf_of=member_id, serial=held.serial)
        sheet.cards.append(_card(member, held))
    return sheet
