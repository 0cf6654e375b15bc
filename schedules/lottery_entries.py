"""Entries to a round of the lottery: what a household would like, its code, and what it was given."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from schedules import lottery, lottery_rounds, sql
from schedules.errors import NotFound
from schedules.facts import Broken
from schedules.lottery import Award, History, Outcome
from schedules.lottery_rounds import Round, WrongWishes

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 6


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A household's wishes, and, once drawn, what the draw went by."""

    id: UUID
    round_id: UUID
    household_id: UUID
    person_id: UUID
    code: str
    wishes: tuple[int, ...]
    people: int
    withdrawn_at: datetime | None
    priority: int | None
    losses: int | None
    wins: int | None
    rank: str | None
    place: int | None


class Given(msgspec.Struct, frozen=True):
    """A slot that an entry got."""

    round_id: UUID
    slot: int
    code: str
    booking_id: UUID


class Passed(msgspec.Struct, frozen=True):
    """A slot that an entry could not have when it was its turn, and why not."""

    round_id: UUID
    slot: int
    code: str
    broken: tuple[Broken, ...]


ENTRY = f"SELECT {', '.join(f'e.{name}' for name in Entry.__struct_fields__)} FROM lottery_entry e"


async def enter(
    round_id: UUID, household_id: UUID, person_id: UUID, wanted: Sequence[int], people: int, now: datetime
) -> Entry:
    """The household's wishes, in place of those it had; its code stays. Safe to repeat.

    Locks the round. Raises NotFound, RoundClosed, WrongWishes.
    """
    found = await lottery_rounds.lock_open(round_id, now)
    if not lottery.check_wishes(wanted, [slot.number for slot in found.slots]):
        raise WrongWishes(field="wishes", reason="at least one slot of the round, each once")
    await sql.rows(
        "INSERT INTO lottery_entry (id, round_id, household_id, person_id, code, wishes, people, changed_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (round_id, household_id) DO UPDATE "
        "SET person_id = excluded.person_id, wishes = excluded.wishes, people = excluded.people, "
        "changed_at = excluded.changed_at, withdrawn_at = NULL",
        uuid4(),
        round_id,
        household_id,
        person_id,
        await _new_code(round_id),
        list(wanted),
        people,
        now,
    )
    entry = await entry_of(round_id, household_id)
    if entry is None:
        raise NotFound(what="entry")
    return entry


async def _new_code(round_id: UUID) -> str:
    """A code that the round has not given yet; the round is locked."""
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if not await sql.rows("SELECT FROM lottery_entry WHERE round_id = $1 AND code = $2", round_id, code):
            return code


async def withdraw(round_id: UUID, household_id: UUID, now: datetime) -> None:
    """The household takes part no more, unless it enters again. Safe to repeat. Locks the round.

    Raises NotFound, RoundClosed.
    """
    await lottery_rounds.lock_open(round_id, now)
    await sql.rows(
        "UPDATE lottery_entry SET withdrawn_at = coalesce(withdrawn_at, $3), changed_at = $3 "
        "WHERE round_id = $1 AND household_id = $2",
        round_id,
        household_id,
        now,
    )


async def entry_of(round_id: UUID, household_id: UUID) -> Entry | None:
    """What a household entered, withdrawn or not."""
    found = await of_household(household_id, round_id)
    return found[0] if found else None


async def of_household(household_id: UUID, *round_ids: UUID) -> list[Entry]:
    """What a household entered in these rounds, withdrawn or not."""
    found = await sql.rows(f"{ENTRY} WHERE e.round_id = ANY ($1) AND e.household_id = $2", round_ids, household_id)
    return [_entry(row) for row in found]


async def entries(*round_ids: UUID) -> list[Entry]:
    """All that take part, by place once drawn; before, by code. Who has left or is suspended does not take part."""
    found = await sql.rows(
        f"{ENTRY} JOIN member m ON m.id = e.person_id JOIN lottery_round r ON r.id = e.round_id "
        "WHERE e.round_id = ANY ($1) AND e.withdrawn_at IS NULL "
        "AND (e.place IS NOT NULL OR m.state = 'active' AND r.drawn_at IS NULL) ORDER BY e.place, e.code",
        round_ids,
    )
    return [_entry(row) for row in found]


def _entry(row: Mapping[str, object]) -> Entry:
    return msgspec.convert(dict(row.items()), Entry)


async def histories(found: Sequence[Entry], community_id: UUID) -> dict[str, History]:
    """By code, what earlier rounds of the community have brought."""
    rows = await sql.rows(
        "SELECT household_id, losses, wins FROM lottery_memory WHERE community_id = $1 AND household_id = ANY ($2)",
        community_id,
        [entry.household_id for entry in found],
    )
    known = {row["household_id"]: History(row["losses"], row["wins"]) for row in rows}
    return {entry.code: known.get(entry.household_id, lottery.NEW) for entry in found}


async def given(*round_ids: UUID) -> list[Given]:
    """Who got what, by code; by slot."""
    found = await sql.rows(
        "SELECT a.round_id, a.slot, e.code, a.booking_id FROM lottery_award a JOIN lottery_entry e ON e.id = a.entry_id "
        "WHERE a.round_id = ANY ($1) ORDER BY a.slot",
        round_ids,
    )
    return [Given(*row) for row in found]


async def passed_over(*round_ids: UUID) -> list[Passed]:
    """Who could not have what, by code. The reasons are for the household alone."""
    found = await sql.rows(
        "SELECT e.round_id, p.slot, e.code, p.broken FROM lottery_pass p JOIN lottery_entry e ON e.id = p.entry_id "
        "WHERE e.round_id = ANY ($1) ORDER BY e.place, p.slot",
        round_ids,
    )
    return [_passed(row) for row in found]


def _passed(row: Mapping[str, Any]) -> Passed:
    broken = msgspec.json.decode(row["broken"], type=tuple[Broken, ...])
    return Passed(row["round_id"], row["slot"], row["code"], broken)


async def write_draw(
    drawn: Round,
    seed: str,
    found: Sequence[Entry],
    priorities: Mapping[UUID, int],
    before: Mapping[str, History],
    outcome: Outcome,
    booked: Mapping[Award, UUID],
    passed: Mapping[Award, Sequence[Broken]],
    now: datetime,
) -> None:
    """What the draw went by and what came of it, and what it means for later rounds. The round is locked."""
    by_code = {entry.code: entry for entry in found}
    await sql.rows("UPDATE lottery_round SET seed = $2, drawn_at = $3 WHERE id = $1", drawn.id, seed, now)
    await _write_order(by_code, priorities, before, outcome)
    await _write_awards(drawn.id, by_code, booked)
    await _write_passed(by_code, passed)
    await _remember(drawn, by_code, lottery.remembered(before, outcome, passed))


async def _write_order(
    by_code: Mapping[str, Entry], priorities: Mapping[UUID, int], before: Mapping[str, History], outcome: Outcome
) -> None:
    placed = [(by_code[each.code], before[each.code], each) for each in outcome.order]
    await sql.rows(
        "UPDATE lottery_entry e SET priority = n.priority, losses = n.losses, wins = n.wins, rank = n.rank, place = n.place "
        "FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::text[], $6::int[]) "
        "AS n (id, priority, losses, wins, rank, place) WHERE e.id = n.id",
        [entry.id for entry, _, _ in placed],
        [priorities.get(entry.person_id, lottery.LAST) for entry, _, _ in placed],
        [history.losses for _, history, _ in placed],
        [history.wins for _, history, _ in placed],
        [each.rank for _, _, each in placed],
        [each.place for _, _, each in placed],
    )


async def _write_awards(round_id: UUID, by_code: Mapping[str, Entry], booked: Mapping[Award, UUID]) -> None:
    await sql.rows(
        "INSERT INTO lottery_award (round_id, slot, entry_id, booking_id) "
        "SELECT $1, n.slot, n.entry_id, n.booking_id FROM unnest($2::int[], $3::uuid[], $4::uuid[]) "
        "AS n (slot, entry_id, booking_id)",
        round_id,
        [award.slot for award in booked],
        [by_code[award.code].id for award in booked],
        list(booked.values()),
    )


async def _write_passed(by_code: Mapping[str, Entry], passed: Mapping[Award, Sequence[Broken]]) -> None:
    await sql.rows(
        "INSERT INTO lottery_pass (entry_id, slot, broken) "
        "SELECT n.entry_id, n.slot, n.broken FROM unnest($1::uuid[], $2::int[], $3::jsonb[]) AS n (entry_id, slot, broken)",
        [by_code[award.code].id for award in passed],
        [award.slot for award in passed],
        [msgspec.json.encode(broken).decode() for broken in passed.values()],
    )


async def _remember(drawn: Round, by_code: Mapping[str, Entry], after: Mapping[str, History]) -> None:
    won = {by_code[code].household_id: history.losses == 0 for code, history in after.items()}
    # Two rounds of one community that are drawn at once: a change of the row as it stands loses neither, and both take the
    # households in one order.
    await sql.rows(
        "INSERT INTO lottery_memory AS m (household_id, community_id, losses, wins) "
        "SELECT n.household_id, $1, (NOT n.won)::int, n.won::int FROM unnest($2::uuid[], $3::bool[]) AS n (household_id, won) "
        "ORDER BY n.household_id ON CONFLICT (household_id, community_id) DO UPDATE "
        "SET losses = CASE WHEN excluded.wins > 0 THEN 0 ELSE m.losses + 1 END, wins = m.wins + excluded.wins",
        drawn.community_id,
        list(won),
        list(won.values()),
    )
