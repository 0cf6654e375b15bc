"""Quotas of every kind, peak windows, groups, exemptions, accessories, single days: the rules beside a room's own figures."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from schedules import accessories, bookings, closures, free, new_bookings, occupancy, opening, space_rules, spaces, sql, wishes
from schedules.facts import Broken
from schedules.intervals import Interval
from schedules.opening import Window
from schedules.space_rules import SpaceRule, WrongRule
from schedules.wishes import Borrowed, NotBookable, Wish
from tests.given import People, Person
from tests.spaces.rooms import ALWAYS, DAYTIME, FRIDAY, NOW, at, book, holder, refused, room, session_in, span
from timebank.people import groups

MONDAY = date(2026, 11, 30)


async def rule(people: People, space_id: UUID | None, kind: str, amount: int | None, **more: Any) -> UUID:
    """A rule of one room, or of the whole community."""
    if kind in ("bookings", "minutes"):
        more = {"per": "household", "period": "week"} | more
    made = SpaceRule(kind=kind, amount=amount, community_id=people.community, space_id=space_id, **more)  # type: ignore[arg-type]
    return await space_rules.add(made, people.erin.id, NOW)


async def broken(person: Person, space_id: UUID, use: Interval, now: datetime = NOW, **wish: Any) -> list[Broken]:
    verdict = await wishes.judge(person.id, person.household_id, Wish(space_id, use, **wish), now)
    return list(verdict.broken)


async def partners(people: People, *members: Person) -> UUID:
    made = await groups.add(people.community, "Partners", "", 1, people.erin.id, NOW)
    for member in members:
        await groups.join(made, member.id, people.erin.id, NOW)
    return made


def days(number: int) -> date:
    return FRIDAY + timedelta(days=number)


@pytest.mark.scenario("booking-38")
async def test_partners_book_further_ahead_than_residents(tx: None, people: People) -> None:
    dance = await room(people.community, horizon=14)
    await rule(people, dance, "horizon", 28, group_id=await partners(people, people.bob))
    far = span("10:00-11:00", days(19))
    assert await refused(people.carol, dance, far) == ["horizon"]
    await book(people.bob, dance, far)
    assert [one.data["days"] for one in await broken(people.bob, dance, span("10:00-11:00", days(40)))] == [28]


@pytest.mark.scenario("booking-39")
async def test_of_several_rules_the_strictest_applies_and_is_named(tx: None, people: People) -> None:
    dance = await room(people.community, horizon=60, week_quota=3)
    await rule(people, None, "horizon", 21, name="House rule")
    await rule(people, dance, "horizon", 30, name="Dance room")
    await rule(people, dance, "bookings", 1, name="One a week")
    found = await broken(people.bob, dance, span("10:00-11:00", days(40)))
    assert [(one.code, one.data["days"], one.data["rule"]) for one in found] == [("horizon", 21, "House rule")]
    await book(people.bob, dance, span("10:00-11:00"))
    quota = await broken(people.bob, dance, span("12:00-13:00"))
    assert [(one.data["limit"], one.data["rule"]) for one in quota] == [(1, "One a week")]
    study = await room(people.elsewhere, "书画室", horizon=60)
    assert await broken(people.bob, study, span("10:00-11:00", days(40))) == [], "a rule of one community is not another's"


@pytest.mark.scenario("booking-52")
async def test_a_full_peak_quota_leaves_the_other_times(tx: None, people: People) -> None:
    dance = await room(people.community)
    await rule(people, dance, "bookings", 1, weekdays=(0, 1, 2, 3, 4), opens=time(17), closes=time(21), name="Peak")
    await book(people.bob, dance, span("18:00-19:00"))
    found = await broken(people.bob, dance, span("20:30-21:30"))
    assert [(one.code, one.data["opens"]) for one in found] == [("quota", time(17))]
    await book(people.bob, dance, span("16:00-17:00"))
    await book(people.bob, dance, span("18:00-19:00", days(1)))  # a Saturday
    assert await refused(people.bob, dance, span("16:30-18:00", days(-1))) == ["quota"]
    await book(people.bob, dance, span("18:00-19:00", MONDAY))


@pytest.mark.scenario("booking-58")
async def test_of_two_still_to_come_the_first_that_is_over_gives_its_place_back(tx: None, people: People) -> None:
    dance = await room(people.community, horizon=60)
    await rule(people, dance, "bookings", 2, period="coming", per="person")
    await book(people.bob, dance, span("10:00-11:00"))
    await book(people.bob, dance, span("10:00-11:00", days(20)))
    third = span("10:00-11:00", days(30))
    assert await refused(people.bob, dance, third) == ["quota"]
    assert [one.code for one in await broken(people.bob, dance, third, at("10:59"))] == ["quota"]
    assert await broken(people.bob, dance, third, at("11:00")) == []


@pytest.mark.scenario("booking-59")
async def test_a_rolling_quota_has_room_when_the_first_drops_out(tx: None, people: People) -> None:
    dance = await room(people.community, horizon=90)
    await rule(people, dance, "bookings", 3, period="rolling", days=30)
    for number in (0, 10, 20):
        await book(people.bob, dance, span("10:00-11:00", days(number)))
    found = await broken(people.bob, dance, span("10:00-11:00", days(29)))
    assert [(one.data["used"], one.data["again_on"]) for one in found] == [(3, days(30))]
    await book(people.bob, dance, span("10:00-11:00", days(30)))
    assert await refused(people.bob, dance, span("12:00-13:00", days(5))) == ["quota"], "nor may one be slipped in between"


@pytest.mark.parametrize("period, later", [("day", days(1)), ("month", date(2026, 12, 1)), ("year", date(2027, 1, 1))])
async def test_hours_are_counted_in_their_day_month_or_year(tx: None, people: People, period: str, later: date) -> None:
    dance = await room(people.community, hours=ALWAYS, horizon=60)
    await rule(people, dance, "minutes", 120, period=period)
    await book(people.bob, dance, span("10:00-11:30"))
    assert [one.data["again_on"] for one in await broken(people.bob, dance, span("14:00-15:00"))] == [later]
    assert [one.data["again_on"] for one in await broken(people.bob, dance, span("14:00-17:00"))] == [None], (
        "too much by itself"
    )
    await book(people.bob, dance, span("14:00-14:30"))
    await book(people.bob, dance, span("14:00-15:00", later))


async def test_hours_over_midnight_are_split_at_the_boundary(tx: None, people: People) -> None:
    dance = await room(people.community, hours=ALWAYS, horizon=60)
    await rule(people, dance, "minutes", 120)
    sunday = MONDAY - timedelta(days=1)
    await book(people.bob, dance, span("22:00-26:00", sunday))  # two hours in each of two weeks
    assert await refused(people.bob, dance, span("10:00-10:30", sunday)) == ["quota"]
    assert await refused(people.bob, dance, span("10:00-10:30", MONDAY)) == ["quota"]


async def test_zero_is_zero_and_no_limit_is_its_own_value(tx: None, people: People) -> None:
    dance = await room(people.community, week_quota=1)
    group = await partners(people, people.bob)
    await rule(people, dance, "bookings", None, group_id=group)
    for hour in (10, 12, 14):
        await book(people.bob, dance, span(f"{hour}:00-{hour + 1}:00"))
    await rule(people, dance, "bookings", 0, period="month", per="person", group_id=group)
    assert await refused(people.bob, dance, span("16:00-17:00")) == ["quota"]
    await book(people.carol, dance, span("16:00-17:00"))
    assert await refused(people.carol, dance, span("18:00-19:00")) == ["quota"]


@pytest.mark.scenario("booking-118")
async def test_nobody_is_in_two_rooms_at_once_where_the_house_says_so(tx: None, people: People) -> None:
    dance, study = await room(people.community), await room(people.community, "书画室")
    await rule(people, None, "at_once", 1, per="person")
    await book(people.bob, dance, span("10:00-12:00"))
    assert await refused(people.bob, study, span("11:00-13:00")) == ["elsewhere"]
    await book(people.bob, study, span("12:00-13:00"))
    await book(people.carol, study, span("10:00-11:00"))


async def test_a_household_has_two_rooms_at_a_time_at_most(tx: None, people: People) -> None:
    rooms = [await room(people.community, f"Room {n}") for n in range(3)]
    await rule(people, None, "at_once", 2, per="household")
    for one in rooms[:2]:
        await book(people.bob, one, span("10:00-12:00"))
    assert await refused(people.bob, rooms[2], span("11:00-13:00")) == ["elsewhere"]
    await book(people.bob, rooms[2], span("12:00-13:00"))


async def test_bookings_in_a_chain_count_together_unless_the_gap_lies_between(tx: None, people: People) -> None:
    dance = await room(people.community, longest=120, chain_gap=60)
    await book(people.bob, dance, span("10:00-11:00"))
    await book(people.bob, dance, span("11:30-12:30"))
    assert [one.data["free_from"] for one in await broken(people.bob, dance, span("12:30-13:00"))] == [at("13:30")]
    await book(people.carol, dance, span("12:30-13:00"))
    await book(people.bob, dance, span("13:30-15:30"))
    study = await room(people.community, "书画室", longest=120)
    for use in ("10:00-12:00", "12:00-14:00"):
        await book(people.bob, study, span(use))


@pytest.mark.scenario("booking-57")
async def test_cancelled_after_it_began_the_used_part_counts(tx: None, people: People) -> None:
    dance = await room(people.community)
    await rule(people, dance, "minutes", 120, period="day")
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await bookings.cancel(mine.id, people.erin.id, at("10:30"), house_reason="A pipe burst")
    assert [one.code for one in await broken(people.bob, dance, span("14:00-16:00"), at("11:00"))] == ["quota"]
    assert await broken(people.bob, dance, span("14:00-15:30"), at("11:00")) == []


async def test_a_team_has_its_own_quota_and_takes_nobodys(tx: None, people: People) -> None:
    dance, team = await room(people.community, week_quota=1), uuid4()
    await sql.rows(
        "INSERT INTO team (id, community_id, name, aims, made_by, made_at) VALUES ($1, $2, 'Choir', 'To sing', $3, $4)",
        team,
        people.community,
        people.erin.id,
        NOW,
    )
    await rule(people, dance, "bookings", 1, per="team")
    await book(people.bob, dance, span("10:00-11:00"), team_id=team)
    assert await refused(people.carol, dance, span("12:00-13:00"), team_id=team) == ["quota"]
    await book(people.bob, dance, span("12:00-13:00"))


@pytest.mark.scenario("booking-31")
async def test_who_is_exempt_books_in_a_closure_and_only_their_time_is_open(tx: None, people: People) -> None:
    dance = await room(people.community, turnaround=30)
    day = span("09:00-17:00")
    await closures.close(dance, day, "Painting", people.erin.id, NOW, exempt_people=[people.bob.id])
    assert await refused(people.carol, dance, span("11:00-12:00")) == ["taken"]
    shown = await wishes.look(dance, people.bob.household_id, span("00:00-24:00"), NOW, person_id=people.bob.id)
    assert at("11:00") in [start.starts_at for start in free.day(FRIDAY, shown, NOW, people.bob.id).starts]
    mine = await book(people.bob, dance, span("11:00-12:00"))
    parts = [part for closed in await closures.coming(dance, NOW) for part in closed.parts]
    assert parts == [span("09:00-11:00"), span("12:30-17:00")]
    await bookings.cancel(mine.id, people.bob.id, NOW)
    for when in ("IMMEDIATE", "DEFERRED"):  # as at the end of a transaction and the beginning of the next
        await sql.rows(f"SET CONSTRAINTS ALL {when}")
    assert await refused(people.carol, dance, span("11:00-12:00")) == ["taken"], "given back, the time is closed again"
    await book(people.bob, dance, span("11:00-12:00"))


async def test_a_group_may_be_exempt(tx: None, people: People) -> None:
    dance, group = await room(people.community), await partners(people, people.carol)
    await closures.close(dance, span("09:00-17:00"), "Painting", people.erin.id, NOW, exempt_groups=[group])
    assert await refused(people.bob, dance, span("11:00-12:00")) == ["taken"]
    await book(people.carol, dance, span("11:00-12:00"))


@pytest.mark.scenario("booking-47")
async def test_staff_shorten_the_turnaround_of_the_use_before(tx: None, people: People) -> None:
    dance = await room(people.community, turnaround=30)
    await book(people.bob, dance, span("10:00-11:00"))
    assert await refused(people.carol, dance, span("11:00-12:00")) == ["taken"]
    assert await occupancy.cut_turnaround(dance, at("11:00")) == 1
    await book(people.carol, dance, span("11:00-12:00"))
    assert [found.busy_until for found in await occupancy.read([dance], span("00:00-24:00"), NOW)] == [at("11:00"), at("12:30")]


@pytest.mark.scenario("booking-47")
async def test_against_the_rules_staff_book_into_the_turnaround_but_never_into_a_use(tx: None, people: People) -> None:
    dance = await room(people.community, turnaround=30, grid=15)
    for use in ("10:00-11:00", "12:15-13:00"):
        await book(people.bob, dance, span(use))
    with pytest.raises(NotBookable):
        await new_bookings.book(holder(people.carol), Wish(dance, span("10:30-12:00")), NOW, against="Funeral")
    made = await new_bookings.book(holder(people.carol), Wish(dance, span("11:00-12:00")), NOW, against="Funeral")
    assert made.override_reason == "Funeral"
    standing = await occupancy.read([dance], span("00:00-24:00"), NOW)
    assert [found.busy_until for found in standing] == [at("11:00"), at("12:15"), at("13:30")]


@pytest.mark.scenario("booking-117")
async def test_chairs_are_counted_over_the_time_and_half_open(tx: None, people: People) -> None:
    dance, study = await room(people.community), await room(people.community, "书画室")
    chairs = await accessories.add(people.community, None, "椅子", "Chairs", 10, now=NOW)
    await book(people.bob, dance, span("10:00-11:00"), accessories=(Borrowed(chairs, 8),))
    three = (Borrowed(chairs, 3),)
    assert await refused(people.carol, study, span("10:30-12:00"), accessories=three) == ["accessories"]
    told = (await broken(people.carol, study, span("10:30-12:00"), accessories=three))[0].data
    assert (told["left"], told["free_from"]) == (2, at("11:00"))
    await book(people.carol, study, span("10:30-11:00"), accessories=(Borrowed(chairs, 2),))
    made = await book(people.carol, study, span("11:00-12:00"), accessories=three)
    assert [one.quantity for one in await accessories.of_booking(made.id)] == [3]
    assert await refused(people.carol, study, span("14:00-15:00"), accessories=(Borrowed(uuid4(), 1),)) == ["accessories"]


async def test_one_day_has_other_hours_or_none(tx: None, people: People) -> None:
    dance = await room(people.community, hours=DAYTIME)
    await opening.write_day(dance, FRIDAY, [(time(12), time(14))], "")
    await opening.write_day(dance, days(1), [], "Spring festival")
    assert await refused(people.bob, dance, span("10:00-11:00")) == ["closed"]
    await book(people.bob, dance, span("12:00-13:00"))
    found = await broken(people.bob, dance, span("10:00-11:00", days(1)))
    assert [(one.code, one.data["reason"]) for one in found] == [("closed", "Spring festival")]
    await spaces.set_hours(dance, DAYTIME, now=NOW)
    assert await refused(people.bob, dance, span("10:00-11:00", days(1))) == ["closed"], "weekly hours leave single days alone"
    await opening.clear_day(dance, days(1))
    await book(people.bob, dance, span("10:00-11:00", days(1)))


@pytest.mark.scenario("booking-33")
async def test_a_day_after_the_season_is_told_as_out_of_season(tx: None, people: People) -> None:
    summer = [Window(weekday, time(8), time(22), None, days(1)) for weekday in range(7)]
    dance = await room(people.community, hours=summer, horizon=30)
    await book(people.bob, dance, span("10:00-11:00", days(1)))
    found = await broken(people.bob, dance, span("10:00-11:00", days(2)))
    assert [(one.code, one.data["valid_until"]) for one in found] == [("out_of_season", days(1))]


@pytest.mark.scenario("booking-62")
async def test_a_booking_for_the_house_passes_every_quota(tx: None, people: People) -> None:
    dance = await room(people.community, week_quota=0, one_at_a_time=True)
    await rule(people, None, "bookings", 0, period="year", per="person")
    await rule(people, None, "at_once", 1, per="household")
    session = await session_in(people, span("18:00-19:00"))
    await occupancy.take_session(dance, session, at("18:00"), at("19:00"), NOW)
    for use in ("10:00-11:00", "11:00-12:00"):
        await book(people.erin, dance, span(use), counts=False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "bookings", "amount": 1},
        {"kind": "bookings", "amount": 1, "per": "person", "period": "rolling"},
        {"kind": "bookings", "amount": -1, "per": "person", "period": "day"},
        {"kind": "horizon", "amount": 3, "per": "person"},
        {"kind": "at_once", "amount": 0, "per": "person"},
        {"kind": "longest", "amount": 60, "opens": time(17)},
        {"kind": "longest", "amount": 60, "weekdays": (7,)},
        {"kind": "longest", "amount": 60, "valid_from": MONDAY, "valid_until": FRIDAY},
    ],
    ids=str,
)
async def test_a_rule_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(WrongRule):
        space_rules.check(SpaceRule(community_id=uuid4(), **wrong))


async def test_what_a_day_offers_can_be_booked_up_to_its_latest_end(tx: None, people: People) -> None:
    dance = await room(people.community, longest=600, horizon=30)
    await rule(people, dance, "minutes", 90, period="day", opens=time(17), closes=time(21))
    await rule(people, dance, "longest", 60, opens=time(8), closes=time(9))
    facts = await wishes.look(dance, people.bob.household_id, span("00:00-24:00"), NOW, person_id=people.bob.id)
    ends = {start.starts_at: start.latest_end_at for start in free.day(FRIDAY, facts, NOW, people.bob.id).starts}
    assert ends[at("08:30")] == at("09:30")
    assert ends[at("15:00")] == at("18:30")
    assert (ends[at("19:00")], ends[at("19:30")]) == (at("20:30"), at("22:00"))
    await book(people.bob, dance, Interval(at("15:00"), at("18:30")))
    with pytest.raises(NotBookable):
        await book(people.bob, dance, span("19:30-20:00"))
