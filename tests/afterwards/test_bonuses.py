"""Bonus windows: exact minutes, one sum for the preview and the credit, and start values that mean what they meant."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from schedules import sql
from tests.afterwards import given
from tests.door.doors import Door
from tests.given import People
from timebank.actions.hours.approve_hours import approve
from timebank.actions.hours.close_day import close_day
from timebank.communities import policies
from timebank.communities.policies import Bonus, Rules
from timebank.points import bonuses, earning

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = Bonus(percent=150, name_en="Night", from_time=time(22), until_time=time(6))


def units(start: datetime, minutes: int, rules: Rules, zone: ZoneInfo = SHANGHAI) -> int:
    return earning.preview(minutes, rules, begun_at=start, zone=zone)


def on(hour: int, minute: int = 0, day: int = 26, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=zone)


@pytest.mark.scenario("schedule-90", "checkin-108")
@pytest.mark.parametrize(
    "start, minutes, inside",
    [
        (on(20), 120, 0),  # ends as the night begins: touching it counts nothing
        (on(20), 121, 1),
        (on(21, 30), 60, 30),
        (on(23), 120, 120),
        (on(5), 120, 60),
        (on(6), 60, 0),
        (on(21), 10 * 60, 480),
    ],
)
def test_only_minutes_inside_the_night_count_more(start: datetime, minutes: int, inside: int) -> None:
    rules = Rules(bonuses=(NIGHT,), session_cap=None)
    found = bonuses.parts(start, minutes, rules, SHANGHAI)
    assert sum(part.minutes for part in found) == inside
    extra = inside * 50 * 100 // (60 * 100)
    assert units(start, minutes, rules) == units(start, minutes, Rules(session_cap=None)) + extra


@pytest.mark.scenario("schedule-90")
def test_exact_minutes_count_whatever_the_grain() -> None:
    rules = Rules(bonuses=(msgspec.structs.replace(NIGHT, percent=160),))
    assert units(on(22), 50, Rules()) == 75
    assert units(on(22), 50, rules) == 75 + 50


@pytest.mark.scenario("schedule-90")
def test_holidays_and_weekdays_are_local_days_and_the_highest_of_several_counts() -> None:
    holiday = Bonus(percent=200, days=(date(2026, 11, 26),))
    sundays = Bonus(percent=300, weekdays=(6,))
    rules = Rules(bonuses=(holiday, sundays, NIGHT))
    assert units(on(9), 60, rules) == 200
    assert units(on(23, 30), 60, rules) == 100 + 50 + 25, "the holiday ends at midnight, the night goes on"
    assert units(on(23, 30, day=25), 60, rules) == 100 + 25 + 50
    assert units(on(9, day=29), 60, rules) == 300


@pytest.mark.scenario("schedule-90")
def test_a_night_in_which_the_clocks_change_has_its_real_minutes() -> None:
    rules = Rules(bonuses=(NIGHT,), session_cap=None)
    autumn = datetime(2026, 10, 24, 22, tzinfo=BERLIN)
    (part,) = bonuses.parts(autumn, 12 * 60, rules, BERLIN)
    assert part.minutes == 9 * 60
    spring = datetime(2026, 3, 28, 22, tzinfo=BERLIN)
    (part,) = bonuses.parts(spring, 12 * 60, rules, BERLIN)
    assert part.minutes == 7 * 60


@pytest.mark.scenario("ledger-114")
def test_without_a_bonus_nothing_has_changed() -> None:
    assert msgspec.json.encode(Rules()) == b"{}"
    assert units(on(23), 90, Rules()) == earning.preview(90, Rules()) == 150


def test_a_bonus_is_never_a_cut() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"bonuses":[{"percent":90}]}', type=Rules)


@pytest.mark.scenario("schedule-90")
@pytest.mark.usefixtures("tx")
async def test_the_sum_that_is_shown_is_the_sum_that_is_paid(people: People) -> None:
    rules = Rules(bonuses=(Bonus(percent=150, from_time=time(10), until_time=time(12)),))
    await policies.publish(people.community, people.now.date(), rules, people.erin.id, people.now)
    session = await given.choir(people, people.bob)
    foretold = earning.preview(session.minutes, rules, begun_at=session.starts_at, zone=SHANGHAI)
    assert foretold == 250
    await given.was_in(people.bob, session, 0, 120, is_by_code=False)
    (entry,) = (await close_day(people.alice.caller, session.id, [], given.over(session))).entry_ids
    assert (await approve(people.erin.caller, entry, given.over(session))).units == foretold


@pytest.mark.scenario("schedule-90")
async def test_a_scan_pays_what_was_foretold(door: Door) -> None:
    rules = Rules(bonuses=(Bonus(percent=150, from_time=time(10), until_time=time(12)),))
    await policies.publish(door.people.community, door.people.now.date(), rules, door.people.erin.id, door.people.now)
    bob, page = door.people.bob.bearer | {"accept-language": "en"}, f"/activities/{door.session.activity_id}"
    foretold = (await door.client.get(f"/api/v1/sessions/{door.session.id}/earnings", headers=bob)).json()
    assert (foretold["units"], [(each["minutes"], each["percent"]) for each in foretold["windows"]]) == (250, [(60, 150)])
    shown = (await door.client.get(page, headers=bob)).text
    assert "Whoever keeps these times earns 2.5 points." in shown
    assert "Of it, 1 h at 150 %" in shown
    await door.let_in(-10)
    told = await door.let_out(130)
    assert told["points"] == 250
    assert await sql.value("SELECT amount FROM intent") == 250
    assert told["minutes"] == 120
    assert door.start + timedelta(minutes=130) > door.session.ends_at
