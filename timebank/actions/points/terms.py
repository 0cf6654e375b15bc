"""What a community's rules say today about points that go from hand to hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from schedules import walltimes
from schedules.errors import Refusal
from timebank.communities import policies, tree
from timebank.communities.policies import Rules
from timebank.communities.tree import Node
from timebank.people import relatives
from timebank.points.refusals import InsufficientPoints


class RecipientNotAllowed(Refusal):
    """The rules let points go to relatives only, or to nobody; also where no member has the number.

    Facts: gifts ("off", "relatives" or "anyone"), field.
    """


class GiverShort(InsufficientPoints):
    """A gift or a donation of more than the giver can spend. Facts: available, held, needed."""


@contextmanager
def of_giver() -> Iterator[None]:
    """What the ledger refuses here is told as to somebody who gives."""
    try:
        yield
    except InsufficientPoints as short:
        raise GiverShort(**short.facts) from short


async def of_member(member_id: UUID, now: datetime) -> tuple[Node, Rules]:
    """The rules where the member lives: those of the moment decide what leaves a wallet. Raises NoPolicy."""
    node = await tree.of_member(member_id)
    return node, await at(node, now)


async def at(node: Node, now: datetime) -> Rules:
    """The rules of a node today, on its own wall. Raises NoPolicy."""
    return (await policies.in_force(node.id, walltimes.day_of(now, node.time_zone))).rules


async def require_receiver(giver_id: UUID, receiver_id: UUID | None, rules: Rules) -> UUID:
    """Raises RecipientNotAllowed; who has a number is told to nobody who may not give there (ledger-85)."""
    may = receiver_id is not None and (
        rules.gifts == "anyone" or (rules.gifts == "relatives" and await relatives.are(giver_id, receiver_id))
    )
    if receiver_id is None or not may:
        raise RecipientNotAllowed(gifts=rules.gifts, field="to_number")
    return receiver_id
