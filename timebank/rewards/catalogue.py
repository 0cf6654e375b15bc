"""What points buy: rewards with a picture and a price, and what of them lies at a place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound
from timebank.rewards import limits
from timebank.rewards.categories import CATEGORIES, FALLBACK
from timebank.rewards.limits import Limit
from timebank.rewards.pictures import PICTURES

HIGHEST_PRICE = 100_000_000
"""A million points, in units."""


class RewardNameNeeded(Malformed):
    """Facts: field, reason."""


class PriceNotFit(Malformed):
    """Nothing, less than nothing, or more than a million points. Facts: field, reason."""


class ValueNotFit(Malformed):
    """Nothing, less than nothing, or more than a million yuan. Facts: field, reason."""


class PictureUnknown(Malformed):
    """Facts: field, reason."""


class CategoryUnknown(Malformed):
    """Facts: field, reason."""


class Details(msgspec.Struct, frozen=True):
    """How a reward is described. `price` in units of 1/100 point; `picture` is one of `pictures.PICTURES`,
    `category` one of `categories.CATEGORIES`.

    `donor` gave it; `value_fen` is what one unit is worth, in 1/100 yuan.
    """

    name: str
    price: int
    name_en: str = ""
    about: str = ""
    about_en: str = ""
    picture: str = "gift"
    donor: str = ""
    donor_en: str = ""
    value_fen: int | None = None
    category: str = FALLBACK


class Former(msgspec.Struct, frozen=True):
    """A price of before, in units of 1/100 point, and until when it stood."""

    price: int
    replaced_at: datetime


class Reward(msgspec.Struct, frozen=True):
    """One reward. `ancestor_ids` are those of the community that offers it: where a role reaches it."""

    id: UUID
    community_id: UUID
    ancestor_ids: tuple[UUID, ...]
    details: Details
    state: str


class Offer(msgspec.Struct, frozen=True):
    """A reward as it lies at one place; `free` units can be had now."""

    id: UUID
    name: str
    name_en: str
    about: str
    about_en: str
    picture: str
    price: int
    donor: str
    donor_en: str
    category: str
    free: int
    limits: list[Limit] = []


# A unit that a live hold keeps is not free; a hold that is over keeps nothing, whether a job has ended it or not.
FREE = (
    "s.count - (SELECT count(*) FROM hold h WHERE h.reward_id = s.reward_id AND h.place_id = s.place_id "
    "AND h.state = 'pending' AND h.expires_at > $2)::int AS free"
)
OFFERS = (
    f"SELECT r.id, r.name, r.name_en, r.about, r.about_en, r.picture, r.price, r.donor, r.donor_en, r.category, "
    f"{FREE} "
    "FROM stock s JOIN reward r ON r.id = s.reward_id WHERE s.place_id = $1 AND r.state = 'offered'"
)
REWARDS = (
    "SELECT r.id, r.community_id, c.ancestor_ids, r.name, r.name_en, r.about, r.about_en, r.picture, r.price, "
    "r.donor, r.donor_en, r.value_fen, r.category, r.state "
    "FROM reward r JOIN community c ON c.id = r.community_id"
)


def _checked(details: Details) -> Details:
    if not details.name.strip():
        raise RewardNameNeeded(field="name", reason="empty")
    if not 0 < details.price <= HIGHEST_PRICE:
        raise PriceNotFit(field="price", reason="more than nothing and at most a million points")
    if details.value_fen is not None and not 0 < details.value_fen <= HIGHEST_PRICE:
        raise ValueNotFit(field="value", reason="more than nothing and at most a million yuan")
    if details.picture not in PICTURES:
        raise PictureUnknown(field="picture", reason="one of the drawings")
    if details.category not in CATEGORIES:
        raise CategoryUnknown(field="category", reason=", ".join(CATEGORIES))
    return details


async def offer(reward_id: UUID, community_id: UUID, details: Details, now: datetime) -> None:
    """A new reward of this community. Raises RewardNameNeeded, PriceNotFit, ValueNotFit, PictureUnknown, CategoryUnknown."""
    new = _checked(details)
    await sql.rows(
        "INSERT INTO reward (id, community_id, name, name_en, about, about_en, picture, price, donor, donor_en, value_fen, "
        "category, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        reward_id,
        community_id,
        new.name,
        new.name_en,
        new.about,
        new.about_en,
        new.picture,
        new.price,
        new.donor,
        new.donor_en,
        new.value_fen,
        new.category,
        now,
    )


async def change(reward_id: UUID, details: Details) -> None:
    """Other words, picture or price; the former price is kept and honoured for some minutes (ledger-69).

    Raises RewardNameNeeded, PriceNotFit, ValueNotFit, PictureUnknown, CategoryUnknown.
    """
    new = _checked(details)
    await sql.rows(
        "UPDATE reward SET name = $2, name_en = $3, about = $4, about_en = $5, picture = $6, price = $7, "
        "donor = $8, donor_en = $9, value_fen = $10, category = $11 WHERE id = $1",
        reward_id,
        new.name,
        new.name_en,
        new.about,
        new.about_en,
        new.picture,
        new.price,
        new.donor,
        new.donor_en,
        new.value_fen,
        new.category,
    )


async def withdraw(reward_id: UUID) -> None:
    """Nobody can redeem it any more; what is on a receipt is still handed over. Safe to repeat."""
    await sql.rows("UPDATE reward SET state = 'withdrawn' WHERE id = $1", reward_id)


async def offer_again(reward_id: UUID) -> None:
    """Takes a withdrawal back. Safe to repeat."""
    await sql.rows("UPDATE reward SET state = 'offered' WHERE id = $1", reward_id)


async def at_place(place_id: UUID, now: datetime) -> list[Offer]:
    """What is offered there, cheapest first; what has run out too, with none free."""
    found = await sql.rows(f"{OFFERS} ORDER BY r.price, r.name, r.id", place_id, now)
    return await _with_limits([Offer(**dict(row)) for row in found])


def kinds(offers: Sequence[Offer]) -> list[str]:
    """The categories that occur, in their order."""
    found = {offer.category for offer in offers}
    return [category for category in CATEGORIES if category in found]


async def one_at_place(reward_id: UUID, place_id: UUID, now: datetime) -> Offer:
    """Raises NotFound where it is not offered there."""
    found = await sql.row(f"{OFFERS} AND r.id = $3", place_id, now, reward_id)
    if found is None:
        raise NotFound(what="reward")
    return (await _with_limits([Offer(**dict(found))]))[0]


async def _with_limits(offers: list[Offer]) -> list[Offer]:
    found = await limits.of([offer.id for offer in offers])
    return [msgspec.structs.replace(offer, limits=found.get(offer.id, [])) for offer in offers]


FORMER = 20
"""Prices that a reward had: older ones nobody compares."""


async def former_prices(reward_id: UUID) -> list[Former]:
    """What it cost before, the latest first."""
    found = await sql.rows(
        "SELECT price, replaced_at FROM former_price WHERE reward_id = $1 ORDER BY replaced_at DESC, id DESC LIMIT $2",
        reward_id,
        FORMER,
    )
    return [Former(**dict(row)) for row in found]


async def find(reward_id: UUID) -> Reward:
    """Raises NotFound."""
    found = await sql.row(f"{REWARDS} WHERE r.id = $1", reward_id)
    if found is None:
        raise NotFound(what="reward")
    return _reward(dict(found))


async def below(nodes: Sequence[UUID]) -> list[Reward]:
    """The rewards of these communities and of all below them, offered ones first, by name."""
    found = await sql.rows(f"{REWARDS} WHERE c.ancestor_ids && $1::uuid[] ORDER BY r.state, r.name, r.id", list(nodes))
    return [_reward(dict(row)) for row in found]


def _reward(row: dict[str, object]) -> Reward:
    details = Details(**{name: row.pop(name) for name in Details.__struct_fields__})  # type: ignore[arg-type]
    return msgspec.convert(row | {"details": details}, Reward)
