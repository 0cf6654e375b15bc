"""The one table that cannot hold an overlap, and sessions in it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schedules import calling_off, occupancy, sql
from schedules.occupancy import OverlapsItself, SpaceTaken, Use
from tests.given import People
from tests.spaces.rooms import FRIDAY, NOW, at, book, refused, room, session_in, span
from tests.sqllog import statements


@pytest.mark.parametrize("text", ["10:00-12:00", "11:00-13:00", "09:00-11:00", "10:30-11:30", "09:00-13:00", "10:00-11:00"])
async def test_the_constraint_alone_holds_no_overlap(tx: None, people: People, text: str) -> None:
    """What the rules have not seen, the table still refuses: the same cases without asking the rules."""
    dance = await room(people.community)
    first, second = await session_in(people, span("10:00-12:00")), await session_in(people, span(text))
    await occupancy.take([Use(dance, "session", first, at("10:00"), at("12:00"))], NOW)
    use = span(text)
    with pytest.raises(SpaceTaken):
        await occupancy.take([Use(dance, "session", second, use.starts_at, use.ends_at)], NOW)


@pytest.mark.parametrize(
    "use_from, use_until, busy_until",
    [("10:00", "10:00", "10:00"), ("11:00", "10:00", "12:00"), ("10:00", "12:00", "11:00"), ("10:00", "infinity", "infinity")],
)
@pytest.mark.scenario("booking-10")
async def test_the_table_refuses_empty_reversed_and_endless_times(
    tx: None, people: People, use_from: str, use_until: str, busy_until: str
) -> None:
    dance = await room(people.community)
    session = await session_in(people, span("10:00-12:00"))
    instants = [clock if clock == "infinity" else f"2026-11-27 {clock}+08" for clock in (use_from, use_until, busy_until)]
    with pytest.raises(Exception, match=r"check constraint|lower bound"):
        await sql.rows(
            "INSERT INTO occupancy (session_id, space_key, kind, active, use_from, use_until, busy_until) "
            f"SELECT $1, key, 'session', true, '{instants[0]}', '{instants[1]}', '{instants[2]}' FROM space WHERE id = $2",
            session,
            dance,
        )


async def test_a_taken_room_names_the_session_that_stands_there(tx: None, people: People) -> None:
    dance = await room(people.community, turnaround=30)
    choir, chess = await session_in(people, span("10:00-12:00")), await session_in(people, span("11:00-13:00"), "Chess")
    await occupancy.take_session(dance, choir, at("10:00"), at("12:00"), NOW)
    with pytest.raises(SpaceTaken) as caught:
        await occupancy.take_session(dance, chess, at("11:00"), at("13:00"), NOW)
    facts = caught.value
    assert (facts.by, facts.kind, facts.use_from, facts.use_until, facts.free_from) == (
        "Choir",
        "session",
        at("10:00"),
        at("12:00"),
        at("12:30"),
    )
    assert span("12:30-14:30") in facts.alternatives


async def test_a_session_frees_its_room_and_may_take_another_time(tx: None, people: People) -> None:
    """Defect 10 of booking.md: a moved event frees the old time and is judged at the new one."""
    dance = await room(people.community)
    session = await session_in(people, span("10:00-12:00"))
    await occupancy.take_session(dance, session, at("10:00"), at("12:00"), NOW)
    assert await occupancy.release_sessions([session])
    assert not await occupancy.release_sessions([session])
    await occupancy.take_session(dance, session, at("11:00"), at("13:00"), NOW)
    await book(people.bob, dance, span("10:00-11:00"))
    assert await refused(people.carol, dance, span("12:00-13:00")) == ["taken"]


async def test_ten_sessions_are_called_off_with_as_many_statements_as_three(tx: None, people: People) -> None:
    dance = await room(people.community)
    sent = []
    for number in (3, 10):
        found = [await session_in(people, span("10:00-11:00", FRIDAY + timedelta(days=day))) for day in range(number)]
        uses = [span("10:00-11:00", FRIDAY + timedelta(days=day)) for day in range(number)]
        pairs = zip(found, uses, strict=True)
        await occupancy.take([Use(dance, "session", one, use.starts_at, use.ends_at) for one, use in pairs], NOW)
        with statements() as seen:
            assert len(await calling_off.call_off(found, "Storm", NOW)) == number
        sent.append(len(seen))
        assert not await occupancy.read([dance], span("00:00-24:00"), NOW)
    assert sent[0] == sent[1]


async def test_all_or_nothing_names_the_times_that_are_taken(tx: None, people: People) -> None:
    dance = await room(people.community, horizon=60)
    await book(people.bob, dance, span("10:00-11:00", FRIDAY + timedelta(days=7)))
    weeks = [span("10:00-11:00", FRIDAY + timedelta(days=7 * week)) for week in range(3)]
    uses = [Use(dance, "session", await session_in(people, week), week.starts_at, week.ends_at) for week in weeks]
    with pytest.raises(SpaceTaken) as caught:
        await occupancy.take(uses, NOW)
    assert caught.value.clashes == [weeks[1].starts_at]
    assert (caught.value.kind, caught.value.by) == ("booking", "")


async def test_times_that_clash_with_their_own_request_are_refused(tx: None, people: People) -> None:
    dance = await room(people.community)
    one, two = await session_in(people, span("10:00-11:00")), await session_in(people, span("10:30-11:30"))
    with pytest.raises(OverlapsItself):
        await occupancy.take(
            [Use(dance, "session", one, at("10:00"), at("11:00")), Use(dance, "session", two, at("10:30"), at("11:30"))], NOW
        )
