"""One engine: what it calls possible the database accepts, and the rest is refused, whatever the rules and the bookings."""

from __future__ import annotations

import random
from datetime import time, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec
import pytest

from schedules import accessories, closures, free, new_bookings, parts, rules, space_rules, sql, wishes
from schedules.facts import Asked
from schedules.intervals import Interval
from schedules.opening import Window
from schedules.space_rules import SpaceRule
from schedules.wishes import Borrowed, NotBookable, Wish
from tests.given import People, Person
from tests.spaces.rooms import FRIDAY, NOW, at, holder, room
from timebank.actions.rooms import find_rooms
from timebank.database import transaction
from timebank.people import groups


async def random_rules(chance: random.Random, people: People, space_id: UUID, group: UUID) -> None:
    """Up to four rules of any kind that means something."""
    for _ in range(chance.randrange(5)):
        kind = chance.choice(["longest", "notice", "horizon", "bookings", "bookings", "minutes", "minutes", "at_once"])
        amounts = {"longest": [60, 120], "notice": [0, 90, 1500], "horizon": [1, 3], "at_once": [1, 2]}
        fields: dict[str, Any] = {"amount": chance.choice(amounts.get(kind, [0]))}
        if kind in ("bookings", "minutes", "at_once"):
            fields["per"] = chance.choice(["person", "household"])
        if kind in ("bookings", "minutes"):
            fields["period"] = chance.choice(["day", "week", "month", "year", "rolling", "coming"])
            fields["days"] = 3 if fields["period"] == "rolling" else None
            fields["amount"] = chance.choice([None, 0, 1, 2] if kind == "bookings" else [None, 60, 150])
        if chance.random() < 0.4:
            fields |= {"opens": time(17), "closes": chance.choice([time(21), time(0), time(2)])}
            fields["weekdays"] = chance.choice([(), (4,), (4, 5)])
        scope = space_id if chance.random() < 0.7 else None
        of_group = group if chance.random() < 0.3 else None
        made = SpaceRule(kind=kind, community_id=people.community, space_id=scope, group_id=of_group, **fields)  # type: ignore[arg-type]
        await space_rules.add(made, people.erin.id, NOW)


async def random_room(chance: random.Random, people: People) -> UUID:
    """A room with figures, a divided one, or one with several units."""
    hours = [Window(day, time(chance.choice([0, 8])), time(chance.choice([0, 2, 22]))) for day in range(7)]
    figures: dict[str, Any] = {
        "grid": chance.choice([15, 30, 60]),
        "shortest": chance.choice([15, 30, 60]),
        "longest": chance.choice([60, 180, 1440]),
        "notice": chance.choice([0, 0, 120]),
        "horizon": chance.choice([1, 2, 14]),
        "turnaround": chance.choice([0, 0, 15, 40]),
        "may_overrun": chance.random() < 0.5,
        "week_quota": chance.choice([None, None, 2]),
        "chain_gap": chance.choice([0, 0, 30]),
        "one_at_a_time": chance.random() < 0.2,
    }
    made = await room(people.community, f"Room {chance.random()}", hours, **figures)
    shape = chance.choice(["plain", "divided", "units"])
    if shape == "divided":
        halves = [await room(people.community, f"Half {chance.random()}", hours, **figures) for _ in range(2)]
        await parts.divide(made, halves, NOW)
        return chance.choice([made, *halves])
    if shape == "units":
        await parts.set_units(made, chance.choice([2, 3]), NOW)
    return made


@pytest.mark.scenario("booking-126")
@pytest.mark.parametrize("seed", range(12))
async def test_what_the_engine_calls_possible_is_booked_and_the_rest_is_refused(tx: None, people: People, seed: int) -> None:
    chance = random.Random(seed)
    group = await groups.add(people.community, "Partners", "", 1, people.erin.id, NOW)
    await groups.join(group, people.bob.id, people.erin.id, NOW)
    spaces = [await random_room(chance, people) for _ in range(2)]
    await random_rules(chance, people, spaces[0], group)
    chairs = await accessories.add(people.community, None, "椅子", "Chairs", 3, now=NOW)
    exempt = [people.carol.id] if chance.random() < 0.5 else []
    await closures.close(spaces[1], Interval(at("12:00"), at("15:00")), "Painting", people.erin.id, NOW, exempt_people=exempt)
    said = {True: 0, False: 0}
    for _ in range(30):
        person: Person = chance.choice([people.bob, people.carol])
        start = at("08:00", FRIDAY + timedelta(days=chance.randrange(3))) + timedelta(minutes=15 * chance.randrange(64))
        borrowed = (Borrowed(chairs, chance.choice([1, 2])),) if chance.random() < 0.3 else ()
        use = Interval(start, start + timedelta(minutes=chance.choice([15, 30, 60, 90, 120, 200])))
        units, counts = chance.choice([1, 1, 2]), chance.random() < 0.9
        wish = Wish(chance.choice(spaces), use, units=units, accessories=borrowed, counts=counts)
        verdict = await wishes.judge(person.id, person.household_id, wish, NOW)
        for option in verdict.alternatives:
            again = await wishes.judge(person.id, person.household_id, msgspec.structs.replace(wish, when=option), NOW)
            assert again.broken == [], (seed, wish, option)
        told = None
        try:
            async with transaction():
                await new_bookings.book(holder(person), wish, NOW)
        except NotBookable as refused:
            told = [one.code for one in refused.broken]
        was_booked = told is None
        assert was_booked or told == [one.code for one in verdict.broken], (seed, wish)
        assert was_booked is (not verdict.broken), (seed, wish, verdict.broken)
        said[was_booked] += 1
    assert said[False], seed
    stands = "SELECT FROM occupancy o WHERE o.booking_id = b.id AND o.active"
    assert await sql.value(f"SELECT count(*) FROM booking b WHERE b.state = 'confirmed' AND NOT EXISTS ({stands})") == 0


@pytest.mark.parametrize("seed", range(6))
async def test_every_time_that_a_day_offers_passes_the_engine(tx: None, people: People, seed: int) -> None:
    chance = random.Random(1000 + seed)
    group = await groups.add(people.community, "Partners", "", 1, people.erin.id, NOW)
    await groups.join(group, people.bob.id, people.erin.id, NOW)
    dance = await random_room(chance, people)
    await random_rules(chance, people, dance, group)
    for hour in (10, 14, 18):
        wish = Wish(dance, Interval(at(f"{hour}:00"), at(f"{hour + 1}:00")))
        verdict = await wishes.judge(people.bob.id, people.bob.household_id, wish, NOW)
        if not verdict.broken:
            await new_bookings.book(holder(people.bob), wish, NOW)
    within = Interval(at("00:00"), at("24:00"))
    facts = await wishes.look(dance, people.bob.household_id, within, NOW, person_id=people.bob.id)
    step = timedelta(minutes=facts.space.grid)
    for start in free.day(FRIDAY, facts, NOW, people.bob.id).starts:
        ends = free.ends(start, facts.space)
        for end in ends:
            assert rules.judge(Asked(Interval(start.starts_at, end), people.bob.id), facts, NOW) == [], (seed, start, end)
        assert rules.judge(Asked(Interval(start.starts_at, ends[-1] + step), people.bob.id), facts, NOW), (seed, start)


async def test_the_week_of_a_room_with_a_full_year_behind_it_does_not_read_the_year(committed: str, people: People) -> None:
    dance = await room(people.community, week_quota=5, horizon=60)
    a_month = SpaceRule(
        kind="minutes", amount=6000, per="household", period="month", community_id=people.community, space_id=dance
    )
    await space_rules.add(a_month, people.erin.id, NOW)
    await sql.rows(
        "WITH b AS (INSERT INTO booking (id, space_id, person_id, household_id, made_by, starts_at, ends_at, terms, state, "
        "made_at, changed_at, changed_by) "
        "SELECT gen_random_uuid(), $1, $2, $3, $2, t, t + interval '1 hour', '{}', 'done', t, t, $2 "
        "FROM generate_series($4::timestamptz - interval '365 days', $4, interval '1 hour') AS t "
        "RETURNING id, starts_at, ends_at) "
        "INSERT INTO occupancy (booking_id, space_key, kind, active, use_from, use_until, busy_until) "
        "SELECT b.id, s.key, 'booking', true, starts_at, ends_at, ends_at FROM b, space s WHERE s.id = $1",
        dance,
        people.carol.id,
        people.carol.household_id,
        NOW,
    )
    await sql.rows("ANALYZE")
    caller = people.bob.caller
    await find_rooms.days_of(caller, dance, FRIDAY, 7, NOW)
    read = "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN ('occupancy', 'booking')"
    await sql.rows("SELECT pg_stat_force_next_flush()")
    before = await sql.value(read)
    times = []
    for _ in range(5):
        started = perf_counter()
        found = await find_rooms.days_of(caller, dance, FRIDAY, 7, NOW)
        times.append(perf_counter() - started)
    assert all(day.starts for day in found.days)
    assert min(times) < 0.25, times
    await sql.rows("SELECT pg_stat_force_next_flush()")
    assert await sql.value(read) - before < 8760, "no look reads the whole table"
