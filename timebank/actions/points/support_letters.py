"""What is told of a support: to the member, to who proposed it, and to everybody who could be the second person."""

from __future__ import annotations

from datetime import datetime

from timebank.actions.points import terms
from timebank.communities import tree
from timebank.outbox.messages import Message
from timebank.people import seconds
from timebank.people.callers import Caller, Right
from timebank.points.supports import Support


async def second_people(support: Support) -> list[Message]:
    """Everybody who could say yes is told that something waits, not for whom."""
    node = await tree.of_member(support.member_id)
    near = [support.proposed_by_id, support.member_id]
    return [
        Message(
            key=f"support_waits:{support.id}:{second_id}",
            person_id=second_id,
            kind="support_waits",
            facts={"name": support.proposed_by},
            path=f"/office/support/{support.id}",
        )
        for second_id in await seconds.seconds([Right.SUPPORT], node.ancestor_ids, (), near)
    ]


async def of_answer(caller: Caller, support: Support, kinds: tuple[str, str], now: datetime) -> list[Message]:
    """To the member and to who proposed it, in this order: the caller has said yes or no."""
    for_member, for_proposer = kinds
    return [await to_member(support, for_member, now), to_proposer(support, for_proposer, caller.name)]


def to_proposer(support: Support, kind: str, name: str) -> Message:
    """What became of the proposal, not for whom it was."""
    return Message(
        key=f"{kind}:{support.id}",
        person_id=support.proposed_by_id,
        kind=kind,
        facts={"name": name} if kind != "support_declined" else {},
        path=f"/office/support/{support.id}",
    )


async def to_member(support: Support, kind: str, now: datetime) -> Message:
    """What begins or ends for the member; the way leads to their own page. Raises NoPolicy."""
    _, rules = await terms.of_member(support.member_id, now)
    return Message(
        key=f"{kind}:{support.id}",
        person_id=support.member_id,
        kind=kind,
        facts={
            "units": support.month_units,
            "unit": rules.unit_zh,
            "unit_en": rules.unit_en,
            "valid_on": support.until_on.isoformat(),
            "time_zone": support.time_zone,
        },
        path="/me/support",
    )
