"""A member gives points to the neighbourhood's pool, for good."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules.errors import Refusal
from timebank.actions.action import action
from timebank.actions.points import terms
from timebank.actions.points.gifts import MOST, GiverSuspended
from timebank.people.callers import Caller
from timebank.points import pools, wallets


class DonationsOff(Refusal):
    """The rules here take no donations. Facts: none."""


class Donating(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of 1/100 point."""

    units: Annotated[int, Meta(ge=1, le=MOST)]


class Donation(msgspec.Struct, frozen=True):
    """`transfer_id` is the line on the statement; `available` what the giver can still spend, in units."""

    transfer_id: UUID
    units: int
    available: int


class Terms(msgspec.Struct, frozen=True):
    """Whose pool it is, what the member can spend, and whether the rules take donations."""

    pool: str
    pool_en: str
    available: int
    is_on: bool
    unit_zh: str
    unit_en: str


async def see_donating(caller: Caller, now: datetime) -> Terms:
    """Raises SignInNeeded, NoPolicy. Reads only."""
    node, rules = await terms.of_member(caller.member(), now)
    pool = await pools.one(await pools.of_node(node.id))
    available = (await wallets.balance(caller.member())).available
    return Terms(pool.name, pool.name_en, available, rules.takes_donations, rules.unit_zh, rules.unit_en)


async def preview_donation(caller: Caller, wanted: Donating, now: datetime) -> Terms:
    """Nothing moves. Raises whatever donating would raise."""
    seen = await see_donating(caller, now)
    _check(caller, seen.is_on)
    if seen.available < wanted.units:
        raise terms.GiverShort(available=seen.available, held=0, needed=wanted.units)
    return seen


@action
async def donate(caller: Caller, wanted: Donating, now: datetime) -> Donation:
    """To the pool of the community where the member lives; nobody takes it back by themselves (ledger-88).

    Locks both wallets. Raises SignInNeeded, DonationsOff, GiverSuspended, GiverShort, AccountClosed, NoPolicy.
    """
    node, rules = await terms.of_member(caller.member(), now)
    _check(caller, rules.takes_donations)
    with terms.of_giver():
        made = await pools.donate(caller.member(), await pools.of_node(node.id), wanted.units)
    return Donation(made, wanted.units, (await wallets.balance(caller.member())).available)


def _check(caller: Caller, is_on: bool) -> None:
    if caller.is_suspended:
        raise GiverSuspended()
    if not is_on:
        raise DonationsOff()
