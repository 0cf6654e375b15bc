"""The draw of a round: once, after its deadline; what is won is booked as everybody books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from schedules import lottery, lottery_entries, lottery_rounds, new_bookings, sql
from schedules.bookings import Holder
from schedules.facts import Broken
from schedules.lottery import Award, History, Outcome
from schedules.lottery_entries import Entry
from schedules.lottery_rounds import Round
from schedules.wishes import NotBookable, Wish
from timebank.actions.action import action, past_deadlocks
from timebank.actions.rooms import booking_prices, room_line
from timebank.actions.rooms.lottery import seed_of
from timebank.database import savepoint
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.points.refusals import InsufficientPoints

# The first of the published order of groups in which somebody is, of those that the community of the room knows.
PRIORITIES = """
SELECT m.person_id, min(g.priority) AS priority FROM person_group_member m
  JOIN person_group g ON g.id = m.group_id AND g.ended_at IS NULL
 WHERE m.person_id = ANY ($1) AND g.community_id = ANY (branch_of($2)) GROUP BY m.person_id
"""


class Drawn:
    """A draw while its awards are booked one after the other: what was booked, and what could not be."""

    def __init__(self, found: Round, entries: Sequence[Entry], seed: str) -> None:
        self.round, self.entries, self.seed = found, {entry.code: entry for entry in entries}, seed
        self.slots = {slot.number: slot for slot in found.slots}
        self.booked: dict[Award, UUID] = {}
        self.passed: dict[Award, list[Broken]] = {}

    def outcome(self, priorities: Mapping[UUID, int], before: Mapping[str, History]) -> Outcome:
        return lottery.draw(
            [
                lottery.Entry(entry.code, entry.wishes, priorities.get(entry.person_id, lottery.LAST))
                for entry in self.entries.values()
            ],
            self.slots,
            self.seed,
            before,
            round_id=str(self.round.id),
            per_household=self.round.per_household,
            barred=self.passed,
        )


async def draw_lots(round_id: UUID, now: datetime) -> bool:
    """Draws a round that is due; whether it did. Nothing before the deadline, and once only, whoever asks how often.

    A winner who cannot have the slot (too few points, a quota) is passed over, with the reason kept, and the next in rank has
    it. Locks the round, then the households in order of their ids.
    """
    return await past_deadlocks(lambda: _draw(round_id, now))


@action
async def _draw(round_id: UUID, now: datetime) -> bool:
    found = await lottery_rounds.lock_due(round_id, now)
    if found is None:
        return False
    entries = await lottery_entries.entries(round_id)
    priorities = await _priorities(found, entries)
    await _lock_households(entries)
    before = await lottery_entries.histories(entries, found.community_id)
    await lottery_rounds.lift(found.slots, now)
    drawn = Drawn(found, entries, seed_of(round_id))
    outcome = drawn.outcome(priorities, before)
    while (award := next((one for one in outcome.awards if one not in drawn.booked), None)) is not None:
        if not await _book(drawn, award, now):
            # What was given before it stays as it is: see lottery.draw.
            outcome = drawn.outcome(priorities, before)
    await lottery_entries.write_draw(found, drawn.seed, entries, priorities, before, outcome, drawn.booked, drawn.passed, now)
    await messages.promise(_news(drawn), now)
    taken = {award.slot for award in drawn.booked}
    for slot in found.slots:
        if slot.number not in taken:
            await room_line.offer_freed(found.space_id, slot.use, now)
    return True


async def _priorities(found: Round, entries: Sequence[Entry]) -> dict[UUID, int]:
    rows = await sql.rows(PRIORITIES, [entry.person_id for entry in entries], found.community_id)
    return {row["person_id"]: row["priority"] for row in rows}


async def _lock_households(entries: Sequence[Entry]) -> None:
    # All of them before any slot is taken: who books meanwhile holds a household and may wait for a slot. In the array's order.
    ids = sorted(entry.household_id for entry in entries)
    await sql.rows("SELECT lock_booking_household(id) FROM unnest($1::uuid[]) AS household (id)", ids)


async def _book(drawn: Drawn, award: Award, now: datetime) -> bool:
    """Whether the winner has it now; else the reason is kept. The draw decides, so no approval is asked for."""
    entry = drawn.entries[award.code]
    holder = Holder(entry.person_id, entry.household_id, entry.person_id)
    wish = Wish(drawn.round.space_id, drawn.slots[award.slot].use, drawn.round.title, entry.people)
    try:
        async with savepoint():
            booking = await new_bookings.book(holder, wish, now, waived=lottery_rounds.WAIVED)
            await booking_prices.hold(booking, now)
    except NotBookable as refused:
        drawn.passed[award] = list(refused.broken)
        return False
    except InsufficientPoints as refused:
        drawn.passed[award] = [booking_prices.as_broken(refused)]
        return False
    drawn.booked[award] = booking.id
    return True


def _news(drawn: Drawn) -> list[Message]:
    """To each who took part: every slot that it won, or, once, that it won none, and why where it was its turn."""
    found = [_message(drawn, award, "won", f"/me/bookings/{booking_id}") for award, booking_id in drawn.booked.items()]
    told = {award.code for award in drawn.booked}
    for award, broken in drawn.passed.items():
        if award.code not in told:
            told.add(award.code)
            found.append(_message(drawn, award, "passed", broken=[{"code": one.code, "data": one.data} for one in broken]))
    return found + [_lost(drawn, entry) for code, entry in drawn.entries.items() if code not in told]


def _message(drawn: Drawn, award: Award, kind: str, path: str = "", **more: object) -> Message:
    entry, slot = drawn.entries[award.code], drawn.slots[award.slot]
    facts = {"starts_at": slot.starts_at.isoformat(), "ends_at": slot.ends_at.isoformat(), **more}
    return _told(drawn, entry, kind, str(award.slot) if kind == "won" else "", path, **facts)


def _lost(drawn: Drawn, entry: Entry) -> Message:
    return _told(drawn, entry, "lost")


def _told(drawn: Drawn, entry: Entry, kind: str, about: str = "", path: str = "", **facts: object) -> Message:
    named = {"title": drawn.round.title, "title_en": drawn.round.title_en}
    where = {"space": drawn.round.space, "space_en": drawn.round.space_en, "time_zone": drawn.round.time_zone}
    return Message(
        key=f"lottery:{entry.id}:{about or 'none'}",
        person_id=entry.person_id,
        kind=f"lottery.{kind}",
        facts={**named, **where, "code": entry.code, **facts},
        path=path or f"/lotteries/{drawn.round.id}",
    )
