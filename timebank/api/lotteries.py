"""Rounds in which scarce times of a room are drawn by lot: opened by staff, entered by households, checked by anybody."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules.lottery_entries import Entry
from schedules.lottery_rounds import NewRound, Round
from timebank.actions.rooms.lottery import Seen, enter_round, open_round, see_round, see_rounds, withdraw_from_round
from timebank.people.callers import Right
from timebank.web.access import anyone, needs, signed_in
from timebank.web.request import Key, Now, Who, request_key


class SlotShown(msgspec.Struct):
    number: int
    starts_at: datetime
    ends_at: datetime


class EntryShown(msgspec.Struct):
    """What the draw went by: `rank` is SHA-256 of `seed:round:code` in hex; the order is by `priority`, most `losses`, fewest
    `wins`, smallest `rank`.
    """

    code: str
    wishes: list[int]
    priority: int | None
    losses: int | None
    wins: int | None
    rank: str | None
    place: int | None


class AwardShown(msgspec.Struct):
    code: str
    slot: int


class MineShown(msgspec.Struct):
    """Your household's own: `code` is its name in the list, `wishes` the numbers of slots, the dearest first."""

    code: str
    wishes: list[int]
    people: int
    withdrawn_at: datetime | None


class RoundShown(msgspec.Struct):
    """`seed`, `entries`, `awards` and `passed_over` (pairs that could not be booked) are there once drawn; `seed_hash` from the
    beginning: SHA-256 of the seed's text, in hex.
    """

    id: UUID
    space_id: UUID
    title: str
    title_en: str
    time_zone: str
    opens_at: datetime
    closes_at: datetime
    per_household: int
    seed_hash: str
    seed: str | None
    drawn_at: datetime | None
    entered: int
    slots: list[SlotShown]
    entries: list[EntryShown]
    awards: list[AwardShown]
    passed_over: list[AwardShown]
    mine: MineShown | None


class RoundsShown(msgspec.Struct):
    rounds: list[RoundShown]


class Entering(msgspec.Struct, forbid_unknown_fields=True):
    """`wishes`: numbers of slots, the dearest first, each once."""

    wishes: Annotated[list[Annotated[int, Meta(ge=1, le=1000)]], Meta(min_length=1, max_length=100)]
    people: Annotated[int, Meta(ge=1, le=10_000)] = 1


def _mine(entry: Entry) -> MineShown:
    return MineShown(entry.code, list(entry.wishes), entry.people, entry.withdrawn_at)


def _round(seen: Seen) -> RoundShown:
    found: Round = seen.round
    plain = {name: getattr(found, name) for name in RoundShown.__struct_fields__ if hasattr(found, name) and name != "slots"}
    return RoundShown(
        **plain,
        entered=seen.entered,
        slots=[SlotShown(slot.number, slot.starts_at, slot.ends_at) for slot in found.slots],
        entries=[
            EntryShown(one.code, list(one.wishes), one.priority, one.losses, one.wins, one.rank, one.place)
            for one in seen.entries
        ],
        awards=[AwardShown(one.code, one.slot) for one in seen.given],
        passed_over=[AwardShown(one.code, one.slot) for one in seen.passed],
        mine=_mine(seen.mine) if seen.mine else None,
    )


@get("/api/v1/lotteries/{round_id:uuid}", guards=[anyone])
async def get_round(round_id: FromPath[UUID], caller: Who) -> RoundShown:
    """A round with its slots and deadline; once drawn, all that is needed to compute the result again."""
    return _round(await see_round(caller, round_id))


@get("/api/v1/spaces/{space_id:uuid}/lotteries", guards=[anyone])
async def get_rounds(space_id: FromPath[UUID], caller: Who) -> RoundsShown:
    """The rounds of a room, the latest deadline first; fifty at most."""
    return RoundsShown([_round(one) for one in await see_rounds(caller, space_id)])


@post("/api/v1/spaces/{space_id:uuid}/lotteries", guards=[needs(Right.MANAGE_SPACES)])
async def post_round(space_id: FromPath[UUID], data: JSONBody[NewRound], caller: Who, now: Now, key: Key = None) -> RoundShown:
    """Opens a round for the slots of a weekly window; they are kept until the draw, right after `closes_at`.

    400 `no_slots`, `wrong_deadline`; 409 `not_bookable` where a slot is taken, or the rules of the room leave it to nobody.
    """
    asked = request_key(caller, key, (space_id, data), now, "open lottery")
    made = await open_round.once(asked, caller, space_id, data, now)
    return _round(await see_round(caller, made.value.id))


@put("/api/v1/lotteries/{round_id:uuid}/entry", guards=[signed_in])
async def put_entry(round_id: FromPath[UUID], data: JSONBody[Entering], caller: Who, now: Now) -> MineShown:
    """Your household's wishes, in place of those it had. Safe to repeat. 409 `round_closed` after the deadline."""
    return _mine(await enter_round(caller, round_id, data.wishes, data.people, now))


@delete("/api/v1/lotteries/{round_id:uuid}/entry", guards=[signed_in])
async def delete_entry(round_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """Your household takes part no more. Safe to repeat. 409 `round_closed` after the deadline."""
    await withdraw_from_round(caller, round_id, now)


routes: list[Any] = [get_round, get_rounds, post_round, put_entry, delete_entry]
