"""A coordinator changes the rules: looked at before, never dated back, never edited once their day has come."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from schedules.errors import Malformed
from tests.given import People
from tests.schedule import given as schedule
from timebank.actions.community.policy_meaning import differences
from timebank.actions.community.see_policies import rules_here
from timebank.actions.community.set_policy import (
    NOT_FOLLOWED,
    Draft,
    NotFollowed,
    NothingChanges,
    PublicTextNeeded,
    RulesMoved,
    TooSudden,
    preview_policy,
    publish_policy,
)
from timebank.communities import policies
from timebank.communities.policies import Bonus, DatedBack, DayTaken, Rules
from timebank.people import audit
from timebank.people.callers import NotAllowed
from timebank.web.policy_knobs import CHAPTERS, KNOBS
from timebank.web.policy_words import changed, sections

TODAY = date(2026, 11, 26)
LATER = date(2026, 12, 1)


def draft(rules: Rules | None = None, on: date = LATER, replaces: UUID | None = None) -> Draft:
    return Draft(
        valid_from=on,
        rules=rules or Rules(units_per_hour=75),
        text_zh="一小时得 0.75 分。",
        text_en="An hour earns 0.75 points.",
        replaces=replaces,
    )


@pytest.mark.scenario("ledger-111")
async def test_rules_of_a_later_day_change_nothing_before_it(tx: None, people: People, now: datetime) -> None:
    """rules-15"""
    made = await publish_policy(people.erin.caller, people.community, draft(), now)
    day_before = await policies.in_force(people.building, LATER - timedelta(days=1))
    assert (day_before.rules.units_per_hour, day_before.community_id) == (100, people.sub_district)
    assert (await policies.in_force(people.building, LATER)).id == made


async def test_publishing_stands_in_the_audit_with_what_it_changed(tx: None, people: People, now: datetime) -> None:
    made = await publish_policy(people.erin.caller, people.community, draft(), now)
    [entry] = await audit.about(f"community:{people.community}")
    assert (entry.did, entry.actor_name, entry.detail["policy_id"]) == ("policy.published", "Erin", str(made))
    assert entry.detail["changes"] == [{"field": "units_per_hour", "old": 100, "new": 75}]


@pytest.mark.scenario("ledger-112")
async def test_rules_are_not_dated_before_today_on_the_communitys_own_wall(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(DatedBack) as refused:
        await publish_policy(people.erin.caller, people.community, draft(on=TODAY - timedelta(days=1)), now)
    assert refused.value.field == "valid_from"
    past_midnight_in_shanghai = datetime.fromisoformat("2026-11-26T16:30:00+00:00")
    with pytest.raises(DatedBack):
        await preview_policy(people.erin.caller, people.community, draft(on=TODAY), past_midnight_in_shanghai)
    await publish_policy(people.erin.caller, people.community, draft(on=TODAY), now)


@pytest.mark.scenario("ledger-112")
async def test_rules_whose_day_has_come_are_not_replaced(tx: None, people: People, now: datetime) -> None:
    made = await publish_policy(people.erin.caller, people.community, draft(on=TODAY), now)
    for replaces in (None, made):
        again = draft(Rules(units_per_hour=50), on=TODAY, replaces=replaces)
        with pytest.raises(DayTaken):
            await publish_policy(people.erin.caller, people.community, again, now)
    assert (await policies.in_force(people.building, TODAY)).id == made


async def test_rules_that_have_not_begun_give_way_to_somebody_who_has_seen_them(
    tx: None, people: People, now: datetime
) -> None:
    mistaken = await publish_policy(people.erin.caller, people.community, draft(Rules(units_per_hour=1000)), now)
    with pytest.raises(DayTaken):
        await publish_policy(people.erin.caller, people.community, draft(), now)
    seen = await preview_policy(people.erin.caller, people.community, draft(), now)
    assert (seen.draft.replaces, seen.changes[0].old, seen.is_first) == (mistaken, 1000, False)
    mended = await publish_policy(people.erin.caller, people.community, seen.draft, now)
    here = await rules_here(people.building, now)
    assert (await policies.in_force(people.building, LATER)).id == mended
    assert [spell.policy.id for spell in here.coming] == [mended]
    of_community = await rules_here(people.community, now)
    assert [each.policy.id for each in of_community.replaced] == [mistaken]


async def test_who_compared_with_other_rules_is_told(tx: None, people: People, now: datetime) -> None:
    seen = await preview_policy(people.erin.caller, people.community, draft(), now)
    await publish_policy(people.erin.caller, people.sub_district, draft(Rules(units_per_hour=50), on=TODAY), now)
    with pytest.raises(RulesMoved):
        await publish_policy(people.erin.caller, people.community, seen.draft, now)


async def test_the_same_once_more_is_no_change(tx: None, people: People, now: datetime) -> None:
    await publish_policy(people.erin.caller, people.community, draft(), now)
    with pytest.raises(NothingChanges):
        await publish_policy(people.erin.caller, people.community, draft(on=LATER + timedelta(days=9)), now)


@pytest.mark.scenario("ledger-115")
async def test_a_preview_says_whose_rules_it_compares_with_and_for_whom_they_change(
    tx: None, people: People, now: datetime
) -> None:
    await publish_policy(people.erin.caller, people.grid, draft(), now)
    seen = await preview_policy(people.erin.caller, people.sub_district, draft(Rules(units_per_hour=150)), now)
    assert seen.before is not None
    assert seen.before.policy.community_id == people.sub_district
    assert (seen.is_first, seen.last_on) == (False, None)
    # The grid and the building below it follow the grid's own rules by then: two communities and the sub-district are left.
    assert (seen.reach.nodes, seen.reach.members, seen.reach.apart) == (3, 1, [people.grid])
    sums = {(each.example.what, each.old_units, each.example.units) for each in seen.sums}
    assert {("service", 200, 300), ("short", 75, 112), ("overlong", 200, 300), ("day", 800, 1200)} == sums
    first = await preview_policy(people.erin.caller, people.community, draft(), now)
    assert first.is_first


async def test_a_preview_counts_expiry_caps_kinds_and_windows(tx: None, people: People, now: datetime) -> None:
    rules = Rules(
        expiry=12,
        session_cap=None,
        day_cap_units=300,
        category_percents={"Night care": 150},
        bonuses=(Bonus(percent=200, name_en="Sundays", weekdays=(6,)),),
    )
    seen = await preview_policy(people.erin.caller, people.community, draft(rules), now)
    assert (seen.old_last_day, seen.new_last_day) == (None, date(2027, 12, 1))
    assert {each.example.what: each.example.units for each in seen.sums} == {
        "service": 200,
        "short": 75,
        "overlong": 250,
        "day": 300,
        "category": 300,
        "bonus": 200,
    }


async def test_rules_before_published_ones_say_until_when_they_hold(tx: None, people: People, now: datetime) -> None:
    await publish_policy(people.erin.caller, people.community, draft(), now)
    seen = await preview_policy(people.erin.caller, people.community, draft(Rules(units_per_hour=50), on=TODAY), now)
    assert seen.last_on == LATER - timedelta(days=1)


async def test_a_text_that_went_with_other_settings_is_noticed(tx: None, people: People, now: datetime) -> None:
    await publish_policy(people.erin.caller, people.community, draft(on=TODAY), now)
    other = msgspec.structs.replace(draft(Rules(units_per_hour=50)), text_en="An hour earns half a point.")
    for text, is_old in [(draft().text_zh, True), ("一小时得半分。", False)]:
        typed = msgspec.structs.replace(other, text_zh=text)
        assert (await preview_policy(people.erin.caller, people.community, typed, now)).has_old_text == is_old


@pytest.mark.parametrize("blank", [" ", "\u200b\u2060"])
@pytest.mark.parametrize("field", ["text_zh", "text_en"])
async def test_members_are_told_in_both_languages(tx: None, people: People, now: datetime, field: str, blank: str) -> None:
    with pytest.raises(PublicTextNeeded) as refused:
        await preview_policy(people.erin.caller, people.community, msgspec.structs.replace(draft(), **{field: blank}), now)
    assert refused.value.field == field


async def test_what_nobody_follows_yet_cannot_be_promised(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(NotFollowed):
        await publish_policy(people.erin.caller, people.community, draft(Rules(decimals=1)), now)


async def test_an_hour_does_not_earn_more_than_twice_as_much_from_today_on(tx: None, people: People, now: datetime) -> None:
    """A slip of a zero would pay until midnight; from tomorrow on it can still be replaced."""
    dear = Rules(units_per_hour=100, category_percents={"night": 150}, bonuses=(Bonus(percent=140),))
    with pytest.raises(TooSudden) as refused:
        await preview_policy(people.erin.caller, people.community, draft(dear, on=TODAY), now)
    assert (refused.value.facts["most"], refused.value.facts["was"]) == (210, 100)
    await preview_policy(people.erin.caller, people.community, draft(Rules(units_per_hour=200), on=TODAY), now)
    await preview_policy(people.erin.caller, people.community, draft(dear), now)


@pytest.mark.parametrize(
    "rules", [Rules(unit_zh=" "), Rules(unit_en="\u202e\u200b"), Rules(bonuses=(Bonus(percent=150, name_en="\u200b"),))]
)
async def test_names_in_rules_can_be_read(tx: None, people: People, now: datetime, rules: Rules) -> None:
    with pytest.raises(Malformed):
        await preview_policy(people.erin.caller, people.community, draft(rules), now)


async def test_a_year_that_is_none_is_refused(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(Malformed):
        await preview_policy(people.erin.caller, people.community, draft(on=date(9999, 12, 31)), now)


async def test_only_who_may_set_rules_there_does(tx: None, people: People, now: datetime) -> None:
    for caller in (people.bob.caller, people.alice.caller):
        with pytest.raises(NotAllowed):
            await publish_policy(caller, people.community, draft(), now)
        with pytest.raises(NotAllowed):
            await preview_policy(caller, people.community, draft(), now)


def test_every_setting_has_words_or_is_known_to_have_no_effect_yet() -> None:
    named = {name.split(".")[0] for name in KNOBS}
    assert named | NOT_FOLLOWED == set(Rules.__struct_fields__)
    assert not named & NOT_FOLLOWED
    assert {name for name in KNOBS if name.startswith("review.")} == {f"review.{n}" for n in Rules().review.__struct_fields__}
    assert len(KNOBS) == sum(len(chapter.knobs) for chapter in CHAPTERS)


def test_members_do_not_read_from_where_on_somebody_looks() -> None:
    titles = [section.title for section in sections(Rules(), "en")]
    assert "Review list" not in titles
    assert "Review list" in [section.title for section in sections(Rules(), "en", is_public=False)]


def test_changes_are_told_with_their_units() -> None:
    old, new = Rules(), Rules(units_per_hour=150, expiry=12, no_shows_before_approval=None, session_cap=90)
    rows = {row.label: (row.before, row.after) for row in changed(list(differences(old, new)), old, new, "en")}
    assert rows == {
        "An hour of service earns": ("1 point", "1.5 points"),
        "Of one session earns": ("its planned length at most", "at most 1 h 30 min"),
        "Points expire": ("never", "12 months after the service"),
        "No-shows after which an organiser decides about each sign-up": ("3 times", "never"),
    }


@pytest.mark.scenario("ledger-114")
async def test_a_preview_counts_who_has_read_other_sums(tx: None, people: People, now: datetime) -> None:
    dated = (schedule.at(18), schedule.at(18, day=5), schedule.at(18, day=6), schedule.at(18, day=20))
    today, first, second, _ = await schedule.published(people, *dated)
    meeting = await schedule.session(people, schedule.at(8, day=6), kind="meeting", is_service=False)
    for person, session in [(people.bob, today), (people.bob, first), (people.carol, first), (people.bob, second)]:
        await schedule.sign_up(person, session, now)
    await schedule.sign_up(people.carol, meeting, now)
    seen = await preview_policy(people.erin.caller, people.sub_district, draft(), now)
    assert (seen.told.members, seen.told.sessions) == (2, 2)
    await publish_policy(people.erin.caller, people.community, draft(), now)
    above = await preview_policy(people.erin.caller, people.sub_district, draft(Rules(units_per_hour=50)), now)
    assert above.told.members == 0
    until = await preview_policy(people.erin.caller, people.community, draft(Rules(units_per_hour=50), on=TODAY), now)
    assert (until.told.members, until.told.sessions) == (1, 1)
