"""Scarce times by lot: staff open a round, households enter, and everybody can read what was drawn. `draw_lots` draws."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec

from schedules import lottery, lottery_entries, lottery_rounds
from schedules.lottery_entries import Entry, Given, Passed
from schedules.lottery_rounds import NewRound, Round
from timebank.actions.action import action
from timebank.actions.rooms.book_space import MemberSuspended
from timebank.actions.rooms.keep_spaces import reach
from timebank.people import audit, guardians, seals
from timebank.people.callers import Caller

Of = TypeVar("Of", Entry, Given, Passed)


class Seen(msgspec.Struct, frozen=True):
    """A round as everybody may see it: entries and awards by code, and only once drawn. `mine` is the caller's household's.

    `passed` names pairs that could not be booked; the reasons stand only with the household's own.
    """

    round: Round
    entered: int
    entries: Sequence[Entry]
    given: Sequence[Given]
    passed: Sequence[Passed]
    mine: Entry | None


def seed_of(round_id: UUID) -> str:
    """The round's seed, in hex: settled with the installation's secret and the round's id, so nobody chooses it later."""
    return seals.seal("lottery", str(round_id)).hex()


@action
async def open_round(caller: Caller, space_id: UUID, new: NewRound, now: datetime) -> Round:
    """Publishes a round with the hash of its seed; its slots are kept until the draw.

    Raises NotAllowed, NotFound, NoSlots, WrongDeadline, NotBookable, NoSuchTime, SpaceTaken, Malformed.
    """
    await reach(caller, space_id)
    made = uuid4()
    found = await lottery_rounds.open_round(made, space_id, new, lottery.seed_hash(seed_of(made)), caller.member(), now)
    await audit.write(caller.id, "lottery.opened", f"lottery:{made}", now, space=space_id, slots=len(found.slots))
    return found


@action
async def enter_round(caller: Caller, round_id: UUID, wishes: Sequence[int], people: int, now: datetime) -> Entry:
    """The household's wishes, the dearest first, in place of those it had. Safe to repeat.

    Raises SignInNeeded, MemberSuspended, ConsentMissing, NotFound, RoundClosed, WrongWishes.
    """
    person_id = caller.member()
    if caller.is_suspended:
        raise MemberSuspended()
    await guardians.require_kept(person_id, now)
    return await lottery_entries.enter(round_id, caller.household(), person_id, wishes, people, now)


@action
async def withdraw_from_round(caller: Caller, round_id: UUID, now: datetime) -> None:
    """The household takes part no more. Safe to repeat. Raises SignInNeeded, NotFound, RoundClosed."""
    await lottery_entries.withdraw(round_id, caller.household(), now)


async def see_round(caller: Caller, round_id: UUID) -> Seen:
    """Raises NotFound. Before the draw nobody sees what others wish."""
    [seen] = await _seen(caller, [await lottery_rounds.one(round_id)])
    return seen


async def see_rounds(caller: Caller, space_id: UUID) -> list[Seen]:
    """The rounds of a room as `see_round`, the latest deadline first; fifty at most, with as many statements as for one."""
    return await _seen(caller, await lottery_rounds.with_slots(await lottery_rounds.of_space(space_id)))


async def _seen(caller: Caller, found: Sequence[Round]) -> list[Seen]:
    ids, drawn = [one.id for one in found], [one.id for one in found if one.drawn_at is not None]
    taking_part = _by_round(await lottery_entries.entries(*ids))
    mine = _by_round(await lottery_entries.of_household(caller.household_id, *ids)) if caller.household_id else {}
    given = _by_round(await lottery_entries.given(*drawn))
    passed = _by_round(await lottery_entries.passed_over(*drawn))
    return [
        _shown(
            one,
            taking_part.get(one.id, []),
            given.get(one.id, []),
            passed.get(one.id, []),
            next(iter(mine.get(one.id, [])), None),
        )
        for one in found
    ]


def _by_round(found: Sequence[Of]) -> dict[UUID, list[Of]]:
    sorted_out = dict[UUID, list[Of]]()
    for one in found:
        sorted_out.setdefault(one.round_id, []).append(one)
    return sorted_out


def _shown(
    one: Round, taking_part: Sequence[Entry], given: Sequence[Given], passed: Sequence[Passed], mine: Entry | None
) -> Seen:
    if one.drawn_at is None:
        return Seen(one, len(taking_part), (), (), (), mine)
    told = [each if mine and each.code == mine.code else msgspec.structs.replace(each, broken=()) for each in passed]
    return Seen(one, len(taking_part), taking_part, given, told, mine)


async def kept_rounds(caller: Caller, space_id: UUID) -> list[Round]:
    """For staff: the rounds of a room that they keep. Raises NotAllowed, NotFound."""
    await reach(caller, space_id)
    return await lottery_rounds.of_space(space_id)
