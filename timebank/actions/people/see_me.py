"""What a member sees of their own: the next thing, points, hours, bookings."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from schedules import agendas, bookings, room_offers
from schedules.agendas import Item
from schedules.bookings import Booking
from schedules.room_offers import Offer
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy, Rules
from timebank.hours import summaries
from timebank.hours.summaries import Sums
from timebank.people import guardians
from timebank.people.callers import Caller
from timebank.people.guardians import Minor
from timebank.points import support_payments, supports, wallets
from timebank.points.wallets import Balance, Expiring, Waiting


class Purse(msgspec.Struct, frozen=True):
    """Points, in units of 1/100, with what is on the way and the community's own word for them."""

    balance: Balance
    pending: list[Waiting]
    stuck: list[Waiting]
    expiring: list[Expiring]
    unit_zh: str
    unit_en: str
    time_zone: str
    from_pool: int = 0
    """What the neighbourhood's pool would still pay this month where the member's own points are not enough."""
    has_support: bool = False
    """That the pool pays is or was agreed, or proposed: there is something to read, and perhaps a no to say."""

    @property
    def is_waiting(self) -> bool:
        """Something is on its way: the page looks again."""
        return bool(self.pending)


class Me(msgspec.Struct, frozen=True):
    """The page of one member; `time_zone` is that of the community where they live."""

    agenda: list[Item]
    bookings: list[Booking]
    purse: Purse
    hours: Sums
    time_zone: str
    room_offers: list[Offer]
    """Rooms that are held for this member until they answer."""
    minor: Minor | None = None
    """Under 18: whether a guardian has agreed."""


async def see_me(caller: Caller, now: datetime) -> Me:
    """Raises SignInNeeded. Reads only."""
    purse = await see_purse(caller, now)
    own = [booking for booking in await bookings.of_person(caller.member(), now, limit=20) if not booking.is_cancelled]
    return Me(
        await agendas.of_person(caller.member(), now),
        own,
        purse,
        await summaries.sums(caller.member()),
        purse.time_zone,
        await room_offers.of_person(caller.member(), now),
        await guardians.minor(caller.member(), now),
    )


async def see_purse(caller: Caller, now: datetime) -> Purse:
    """Raises SignInNeeded. What is asked for again and again while points are on their way: five statements."""
    node = await tree.of_member(caller.member())
    rules = await _rules(node, now)
    balance = await wallets.balance(caller.member(), now)
    open_ones = await wallets.waiting(caller.member(), 10, ("pending", "dead"))
    pending, stuck = ([each for each in open_ones if each.state == state] for state in ("pending", "dead"))
    expiring = [each for each in await wallets.expiring(caller.member(), now) if each.expires_at] if balance.posted else []
    has_support = await supports.has_any(caller.member())
    from_pool = await support_payments.left(caller.member(), now) if has_support else 0
    return Purse(balance, pending, stuck, expiring, rules.unit_zh, rules.unit_en, node.time_zone, from_pool, has_support)


async def _rules(node: tree.Node, now: datetime) -> Rules:
    try:
        return (await policies.in_force(node.id, now.astimezone(ZoneInfo(node.time_zone)).date())).rules
    except NoPolicy:
        return Rules()
