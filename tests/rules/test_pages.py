"""The form of the rules, the look at what would change, publishing, and what members read; the same over the API."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from schedules import sql
from tests import given
from tests.given import People
from timebank.communities import policies
from timebank.communities.policies import Bonus, Rules
from timebank.web import clock
from timebank.web.policy_schemes import SCHEMES, STRENGTHS, Scheme, applied

LATER = "2026-12-01"
BODY: dict[str, Any] = {
    "valid_from": LATER,
    "rules": {"units_per_hour": 150},
    "text_zh": "一小时一分半",
    "text_en": "One and a half an hour",
}


@pytest.fixture(autouse=True)
def on_the_day(client: httpx.AsyncClient, now: datetime) -> None:
    """The clock of the server stands on the day on which tests play."""
    clock.put(now)


@pytest.fixture
def browser(client: httpx.AsyncClient) -> httpx.AsyncClient:
    client.headers["accept"] = "text/html"
    client.cookies.set("timebank_language", "en")
    return client


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the form: texts, and of radios and boxes what is ticked."""
    form = page[page.index("<form method") : page.index("</main>")]
    found = {}
    for tag in re.findall(r"<input[^>]*>|<textarea.*?</textarea>", form, re.DOTALL):
        name = re.search(r'name="([^"]+)"', tag)
        if name and (not re.search(r'type="(radio|checkbox)"', tag) or " checked" in tag):
            value = re.search(r'value="([^"]*)"', tag) or re.search(r">([^<]*)</textarea", tag, re.DOTALL)
            found[name[1]] = unescape(value[1]) if value else ""
    return found


def address(people: People, more: str = "") -> str:
    return f"/office/communities/{people.community}/rules{more}"


async def begun(browser: httpx.AsyncClient, people: People) -> dict[str, str]:
    """The form as the coordinator finds it, with a day and texts."""
    people.erin.sign_in(browser)
    typed = fields((await browser.get(address(people, "/new"))).text)
    return typed | {"valid_from": LATER, "text_zh": "一小时得一分半。", "text_en": "An hour earns one and a half."}


async def test_rules_are_looked_at_published_and_read(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    typed = await begun(browser, people) | {"units_per_hour": "1.5", "expiry": "months", "expiry.months": "12"}
    looked = await browser.post(address(people, "/preview"), data=typed)
    assert looked.status_code == 200
    for words in ("1.5 points", "12 months after the service", "2 h of service", "3 points", "Chunhui has no rules of its own"):
        assert words in looked.text
    assert await policies.of(people.community) == []
    published = await browser.post(address(people), data=fields(looked.text))
    assert published.status_code == 303
    [made] = await policies.of(people.community)
    assert (made.valid_from.isoformat(), made.rules) == (LATER, Rules(units_per_hour=150, expiry=12))
    office = (await browser.get(published.headers["location"])).text
    assert "Published." in office
    assert "Tue 1 Dec 2026" in office
    browser.cookies.delete("timebank_member")
    public = (await browser.get(f"/communities/{people.building}/rules")).text
    assert "Other rules hold from Tue 1 Dec 2026 on." in public
    assert "An hour earns one and a half." in public
    assert "Erin" not in public
    assert "Review list" not in public


async def test_a_form_that_makes_no_sense_is_drawn_again_with_all_that_is_wrong(
    tx: None, browser: httpx.AsyncClient, people: People
) -> None:
    wrong = {
        "units_per_hour": "lots",
        "review.keep_days": "999",
        "category_percents": "Night care",
        "session_cap": "minutes",
        "valid_from": "soon",
        "bonuses.0.percent": "20",
        "unit_zh": " ",
        "text_en": "a text that was typed",
    }
    answer = await browser.post(address(people, "/preview"), data=await begun(browser, people) | wrong)
    assert answer.status_code == 400
    marked = set(re.findall(r'id="([^"]+)-wrong"', answer.text))
    assert marked == {*wrong, "session_cap.minutes"} - {"session_cap", "text_en"}
    assert {**fields(answer.text), **wrong} == fields(answer.text)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("units_per_hour", "1e999999999"),
        ("units_per_hour", "NaN"),
        ("units_per_hour", "-1"),
        ("day_cap_units", "1.005"),
        ("grain_minutes", "0"),
        ("grain_minutes", "９９９９"),
        ("expiry.months", "601"),
        ("class_a", "never"),
        ("valid_from", "10000-01-01"),
        ("bonuses.0.days", "9999-12-31"),
        ("bonuses.0.from_time", "25:00"),
        ("bonuses.0.percent", "99999999999999999999"),
        ("unit_en", "x" * 21),
        ("text_zh", "字" * 2001),
        ("category_percents", "a 150\na 120"),
    ],
)
async def test_a_figure_out_of_all_bounds_is_told_at_its_field(
    tx: None, browser: httpx.AsyncClient, people: People, field: str, typed: str
) -> None:
    form = await begun(browser, people) | {"expiry": "months", "expiry.months": "1", "bonuses.0.percent": "150"}
    form |= {"bonuses.0.weekday.0": "1", field: typed}
    answer = await browser.post(address(people, "/preview"), data=form)
    assert answer.status_code == 400
    assert f'id="{field}-wrong"' in answer.text


@pytest.mark.scenario("ledger-112")
@pytest.mark.parametrize(("day", "words"), [("2026-11-25", "cannot be dated back"), ("2026-11-26", "rules from that day")])
async def test_a_day_that_cannot_be_is_told_at_its_field(
    tx: None, browser: httpx.AsyncClient, people: People, now: datetime, day: str, words: str
) -> None:
    typed = await begun(browser, people) | {"valid_from": "2026-11-26", "units_per_hour": "1.5"}
    looked = await browser.post(address(people, "/preview"), data=typed)
    assert (await browser.post(address(people), data=fields(looked.text))).status_code == 303
    answer = await browser.post(address(people, "/preview"), data=typed | {"valid_from": day, "units_per_hour": "2.25"})
    assert answer.status_code == 409
    assert words in answer.text[answer.text.index('id="valid_from-wrong"') :][:200]
    assert fields(answer.text)["units_per_hour"] == "2.25"


async def test_what_somebody_else_published_meanwhile_is_not_overwritten(
    tx: None, browser: httpx.AsyncClient, people: People
) -> None:
    typed = await begun(browser, people)
    mine = await browser.post(address(people, "/preview"), data=typed | {"units_per_hour": "1.5"})
    theirs = await browser.post(address(people, "/preview"), data=typed | {"units_per_hour": "2"})
    assert (await browser.post(address(people), data=fields(theirs.text))).status_code == 303
    late = await browser.post(address(people), data=fields(mine.text))
    assert late.status_code == 409
    assert "Somebody has published other rules" in late.text
    assert fields(late.text)["units_per_hour"] == "1.5"
    again = await browser.post(address(people, "/preview"), data=fields(late.text))
    assert "These take their place" in again.text
    assert (await browser.post(address(people), data=fields(again.text))).status_code == 303
    assert [each.rules.units_per_hour for each in await policies.of(people.community)] == [150, 200]


async def test_times_that_earn_more_are_added_changed_and_left_out(
    tx: None, browser: httpx.AsyncClient, people: People
) -> None:
    nights = {"bonuses.0.percent": "150", "bonuses.0.name_en": "Nights", "bonuses.0.from_time": "22:00"}
    nights |= {"bonuses.0.until_time": "06:00", "bonuses.0.weekday.6": "1"}
    feast = {"bonuses.1.percent": "200", "bonuses.1.days": "2027-02-17，2027-02-18"}
    typed = await begun(browser, people) | nights | feast
    looked = await browser.post(address(people, "/preview"), data=typed)
    assert "Nights Sun 22:00–06:00 150%" in looked.text
    assert "2027-02-17 2027-02-18 200%" in looked.text
    back = fields((await browser.post(address(people, "/new"), data=fields(looked.text))).text)
    assert {**back, **nights}.items() <= back.items()
    assert "bonuses.2.percent" in back
    await browser.post(address(people), data=fields(looked.text))
    start = (await policies.of(people.community))[0]
    form = fields((await browser.get(address(people, f"/new?start={start.id}"))).text)
    assert form["valid_from"] == LATER
    looked = await browser.post(address(people, "/preview"), data=form | {"bonuses.0.gone": "1", "text_en": "Only the feast."})
    await browser.post(address(people), data=fields(looked.text))
    [left] = (await policies.of(people.community))[0].rules.bonuses
    assert (left.percent, len(left.days)) == (200, 2)


async def test_every_setting_of_the_form_comes_back_as_it_was(
    tx: None, browser: httpx.AsyncClient, people: People, now: datetime
) -> None:
    """Also those that the form does not show."""
    rules = Rules(
        gifts="off",
        category_percents={"Night care": 150, "陪伴": 80},
        session_cap=None,
        day_cap_units=250,
        expiry="end_of_year",
        class_a="after_confirmation",
        rounding="up",
        alarm_gap_minutes=None,
        bonuses=(Bonus(percent=120, name_zh="夜", weekdays=(0, 6)),),
    )
    await policies.publish(people.community, now.date(), rules, None, now, "旧", "old")
    typed = await begun(browser, people) | {"units_per_hour": "1.25"}
    await browser.post(address(people), data=typed)
    kept = (await policies.of(people.community))[0].rules
    assert kept != rules
    assert kept.units_per_hour == 125
    assert {name for name in Rules.__struct_fields__ if getattr(kept, name) != getattr(rules, name)} == {"units_per_hour"}


async def test_gifts_donations_the_most_a_member_holds_and_reminders_are_set_on_the_form(
    tx: None, browser: httpx.AsyncClient, people: People
) -> None:
    typed = await begun(browser, people)
    wished = {"gifts": "anyone", "takes_donations": "False", "wallet_cap_units": "500", "reminder_days": "14 3"}
    assert wished.keys() <= typed.keys()
    await browser.post(address(people), data=typed | wished)
    kept = (await policies.of(people.community))[0].rules
    assert (kept.gifts, kept.takes_donations, kept.wallet_cap_units, kept.reminder_days) == ("anyone", False, 50_000, (14, 3))


async def test_rules_over_the_api(tx: None, client: httpx.AsyncClient, people: People) -> None:
    here, erin = f"/api/v1/communities/{people.community}", people.erin.bearer
    body = dict(BODY)
    seen = (await client.post(f"{here}/policies/preview", json=body, headers=erin)).json()
    assert seen["changes"] == [{"field": "units_per_hour", "old": 100, "new": 150}]
    assert (seen["is_first"], seen["before"]["policy"]["community_id"]) == (True, str(people.sub_district))
    body["replaces"] = seen["replaces"]
    keyed = erin | {"Idempotency-Key": uuid4().hex}
    made = await client.post(f"{here}/policies", json=body, headers=keyed)
    replayed = await client.post(f"{here}/policies", json=body, headers=keyed)
    assert (made.status_code, replayed.status_code) == (201, 200)
    assert made.json() == replayed.json()
    kept = (await client.get(f"{here}/policies", headers=erin)).json()
    assert [each["policy"]["id"] for each in kept["coming"]] == [made.json()["id"]]
    assert (kept["coming"][0]["made_by"], kept["in_force"]["last_on"]) == ("Erin", "2026-11-30")
    told = (await client.get(f"{here}/rules", headers={"accept-language": "en"})).json()
    assert told["examples"][0] == {"name": "2 h of service", "value": "2 points"}
    assert "Review list" not in [each["title"] for each in told["chapters"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": {"units_per_hour": 10**18}},
        {"rules": {"expiry": 10**6}},
        {"rules": {"no_such_setting": 1}},
        {"rules": {"bonuses": [{"percent": 150, "from_time": "10:00+08:00"}]}},
        {"rules": {"bonuses": [{"percent": 150, "days": ["9999-12-31"]}]}},
        {"rules": {"bonuses": [{"percent": 150, "days": ["0001-01-01"]}]}},
        {"rules": {"review": {"stale_tries": 10**12}}},
        {"rules": {"decimals": 1}},
        {"valid_from": "9999-12-31"},
        {"valid_from": "0001-01-01"},
        {"text_en": ""},
        {"text_en": "nul \u0000 inside"},
        {"rules": {"unit_en": "a\u0000b"}},
        {"replaces": "not an id"},
    ],
)
async def test_a_draft_that_makes_no_sense_is_refused(
    tx: None, client: httpx.AsyncClient, people: People, wrong: dict[str, Any]
) -> None:
    body = BODY | wrong
    for verb in ("", "/preview"):
        path = f"/api/v1/communities/{people.community}/policies{verb}"
        answer = await client.post(path, json=body, headers=people.erin.bearer)
        assert answer.status_code in (400, 409), answer.text
    assert await sql.value("SELECT count(*) FROM policy") == 1


async def test_members_reach_their_rules_from_every_page(
    tx: None, browser: httpx.AsyncClient, people: People, now: datetime
) -> None:
    await policies.publish(people.grid, now.date(), Rules(units_per_hour=300), None, now, "三分", "Three points an hour")
    assert 'href="/rules"' in (await browser.get("/")).text
    assert "Three points" not in (await browser.get("/rules")).text
    people.bob.sign_in(browser)
    mine = (await browser.get("/rules")).text
    assert "Three points an hour" in mine
    assert "set by Grid 1" in mine


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.key)
async def test_an_example_says_where_it_comes_from_and_what_it_lacks(
    tx: None, browser: httpx.AsyncClient, people: People, scheme: Scheme
) -> None:
    """rules-24: and it fills in what the source tells and nothing else."""
    people.erin.sign_in(browser)
    own, shown = [unescape((await browser.get(address(people, f"/new{more}"))).text) for more in ("", f"?example={scheme.key}")]
    assert f"Example after {scheme.name}" in shown
    assert f"{STRENGTHS[scheme.strength]}, {scheme.year or 'without a date'}. Not checked there." in shown
    assert scheme.lacks in shown
    differing = {name for name, text in fields(shown).items() if fields(own).get(name) != text}
    told = set(scheme.sets) | {"session_cap.minutes", "expiry.months"}
    assert differing <= told
    rules = applied(scheme, Rules())
    assert msgspec.convert(msgspec.to_builtins(rules), Rules) == rules
    listed = (await browser.get("/api/v1/policy-examples", headers=people.erin.bearer)).json()
    assert scheme.key in [each["key"] for each in listed]


@pytest.mark.scenario("ledger-113")
async def test_without_rules_nobody_is_told_any(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    bare = await given.node("sub_district", "新街道", "New", [])
    assert "No rules are in force here" in (await browser.get(f"/communities/{bare}/rules")).text
    assert (await browser.get(f"/communities/{uuid4()}/rules")).status_code == 404
