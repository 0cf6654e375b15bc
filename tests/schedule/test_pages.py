"""The board, an activity's page and the organiser's pages, as a browser without JavaScript sees them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx
import icalendar
import pytest

from schedules import activities, sessions, sql
from schedules.plans import RolePlan
from tests.given import People, Person
from tests.schedule import given
from tests.schedule.given import at
from timebank.actions.activities.call_off import call_off_session
from timebank.actions.activities.see_board import totals
from timebank.people import passes
from timebank.web import clock

HTML = {"accept": "text/html", "accept-language": "en"}


@pytest.fixture(autouse=True)
def _today(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


async def shown(client: httpx.AsyncClient, path: str, person: Person | None = None, status: int = 200) -> str:
    answer = await client.get(path, headers=HTML | (person.bearer if person else {}), follow_redirects=True)
    assert answer.status_code == status, answer.text
    return answer.text


async def sent(client: httpx.AsyncClient, path: str, data: dict[str, str], person: Person, status: int = 303) -> httpx.Response:
    answer = await client.post(path, data=data, headers=HTML | person.bearer)
    assert answer.status_code == status, answer.text
    return answer


def form_of(html: str) -> dict[str, str]:
    """What a browser would send of the last form of a page, as it stands."""
    form = html[html.rindex('<form method="post" action="/organise') :]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        fields = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if fields.get("type") not in ("checkbox", "radio") or " checked" in tag:
            found[fields["name"]] = fields.get("value", "")
    found |= dict(re.findall(r'<textarea id="[^"]*" name="([^"]*)"[^>]*>([^<]*)', form))
    for name, options in re.findall(r'<select id="[^"]*" name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        values = re.findall(r'<option value="([^"]*)"( selected)?', options)
        found[name] = next((value for value, chosen in values if chosen), values[0][0])
    return {name: unescape(value) for name, value in found.items()}


# The board


async def test_a_stranger_sees_today_the_week_and_the_figures(tx: None, people: People, client: httpx.AsyncClient) -> None:
    await given.published(people, at(18), at(10, day=2))
    await given.session(people, at(10, day=9), title_en="Far off")
    await given.draft(people, title_en="Not yet known")
    html = await shown(client, "/")
    today, week = html.index("Today, Thu 26 Nov"), html.index("The next seven days")
    assert today < html.index("18:00") < week < html.index("Sat 28 Nov")
    assert "10 places left" in html
    assert "Far off" not in html
    assert "Not yet known" not in html
    assert "What the neighbourhood gave" in html


async def test_an_empty_board_says_what_to_do(tx: None, people: People, client: httpx.AsyncClient) -> None:
    html = await shown(client, "/")
    assert "Nothing is planned for the rest of today." in html
    assert "No room is free for the rest of today." in html


async def test_a_member_sees_what_is_open_to_them(tx: None, people: People, client: httpx.AsyncClient) -> None:
    await given.session(people, at(20), title_en="Open one")
    await given.session(people, at(20), title_en="Full one", places=0)
    own = await given.session(people, at(10), title_en="Own one")
    await given.session(people, at(10), title_en="Clashing one")
    await given.sign_up(people.bob, own, people.now)
    everything = await shown(client, "/", people.bob)
    assert "you are signed up" in everything
    assert "at the same time as “Own one”" in everything
    mine = await shown(client, "/?for_me=1", people.bob)
    assert "Open one" in mine
    assert "Full one" not in mine
    assert "Clashing one" not in mine


async def test_the_board_can_be_narrowed_to_a_part_with_what_concerns_it(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    await given.session(people, title_en="Here")
    await given.session(people, by=people.erin, community_id=people.sub_district, title_en="For all")
    await given.session(people, by=people.erin, community_id=people.elsewhere, title_en="Beside")
    html = await shown(client, f"/?community={people.community}")
    assert ("Here" in html, "For all" in html, "Beside" in html) == (True, True, False)
    assert "What is on in Chunhui" in html
    await shown(client, "/?community=nowhere", status=404)
    own = await shown(client, "/", people.bob)
    assert ("Here" in own, "For all" in own, "Beside" in own) == (True, True, False), "a member's own community comes first"
    for everywhere in (await shown(client, "/"), await shown(client, "/?community=all", people.bob)):
        assert "Beside" in everywhere


async def test_a_busy_week_is_folded_but_for_its_first_day(tx: None, people: People, client: httpx.AsyncClient) -> None:
    await given.published(people, *(at(8 + hour, 1, day=day) for day in (1, 2) for hour in range(7)))
    html = await shown(client, "/")
    assert html.count('<details class="day" open>') == 1
    assert html.count('<details class="day">') == 1
    assert "7 sessions" in html


async def test_a_free_room_stands_on_the_board_until_something_stands_in_it(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    room = await given.room(people)
    await sql.rows("INSERT INTO opening (space_id, weekday, opens, closes) VALUES ($1, 3, '08:00', '22:00')", room)
    assert "free until 22:00" in await shown(client, "/")
    await given.session(people, at(9.25, 12.75, space_id=room))
    html = await shown(client, "/")
    assert "Dance room" not in html[html.index("Free rooms") :] or "free until 22:00" not in html


async def served(people: People, person: Person, minutes: int, version: int = 1, of: UUID | None = None, **more: Any) -> UUID:
    """A service record; a second version corrects the first."""
    session = await given.session(people, at(18))
    taken = await given.sign_up(person, session, people.now) if of is None else None
    if taken:
        await given.check_in(person, taken.signup_id, session.id, session.starts_at)
        of = await sql.value("SELECT id FROM attendance WHERE signup_id = $1", taken.signup_id)
        await sql.rows("UPDATE attendance SET out_at = in_at + interval '1 hour', minutes = 60, version = 1 WHERE id = $1", of)
        await sql.rows("UPDATE session SET state = 'cancelled' WHERE id = $1", session.id)
    await sql.rows(
        "INSERT INTO service_record (id, member_id, attendance_id, version, class, source, activity_name, served_on, place, "
        "service_content, service_minutes, organising_unit, person_in_charge, is_withdrawn, reason, entered_by, recorded_at) "
        "VALUES (gen_random_uuid(), $1, $2, $3, 'A', 'scan', 'x', '2026-11-26', 'x', 'x', $4, 'x', 'x', $5, $6, $1, $7)",
        person.id,
        of,
        version,
        minutes,
        more.get("is_withdrawn", False),
        "mended" if version > 1 else "",
        people.now,
    )
    assert of is not None
    return of


async def test_the_figures_of_the_board_are_those_of_records_and_ledger(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    """rules-23: latest versions only, withdrawn records not at all; what came back is not counted as given."""
    first = await served(people, people.bob, 60)
    await served(people, people.bob, 45, version=2, of=first)
    await served(people, people.carol, 90)
    gone = await served(people, people.dan, 30)
    await served(people, people.dan, 30, version=2, of=gone, is_withdrawn=True)
    bob = await sql.value("SELECT id FROM account WHERE owner_id = $1", people.bob.id)
    for number, (kind, source, target, amount) in enumerate(
        [
            ("credit", -1, bob, 225),
            ("credit", -1, bob, 100),
            ("redeem", bob, -2, 150),
            ("reverse", -2, bob, 50),
            ("reverse", bob, -1, 100),
        ]
    ):
        await sql.rows(
            "INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, "
            "reverses) VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $6, "
            "(SELECT id FROM transfer WHERE $2 = 'reverse' AND business_key = $7))",
            f"test:{number}",
            kind,
            source,
            target,
            amount,
            people.now,
            f"test:{ {3: 2, 4: 1}.get(number, 0) }".replace(" ", ""),
        )
    found = await totals()
    assert (found.minutes, found.people, found.issued, found.redeemed) == (135, 2, 225, 100)
    html = await shown(client, "/")
    assert "2 h 15 min" in html
    assert re.search(r'figure">2.25 <small>points', html)


async def test_the_unit_has_the_name_that_the_community_gave_it(tx: None, people: People, client: httpx.AsyncClient) -> None:
    """rules-14"""
    await sql.rows(
        "INSERT INTO policy (id, community_id, valid_from, rules, made_at) "
        "VALUES (gen_random_uuid(), $1, '2026-01-01', $2, $3)",
        people.sub_district,
        '{"unit_zh": "时间币", "unit_en": "time coins"}',
        people.now,
    )
    html = await shown(client, "/")
    assert "time coins" in html
    assert "<small>points</small>" not in html


# An activity


async def test_two_taps_from_the_board_to_a_place_and_one_to_give_it_back(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    session = await given.session(people)
    assert f"/activities/{session.activity_id}" in await shown(client, "/", people.bob)
    address = f"/activities/{session.activity_id}"
    before = await shown(client, address, people.bob)
    assert "10 places left" in before
    tap = {"session": str(session.id), "role": str(session.roles[0].id), "key": "key-of-this-form"}
    first = await sent(client, f"{address}/sign-up", tap, people.bob)
    again = await sent(client, f"{address}/sign-up", tap, people.bob)
    assert first.headers["location"] == again.headers["location"], "a double tap is one tap"
    after = await shown(client, address, people.bob)
    assert "You are signed up as Singer." in after
    own = (await sessions.one(session.id, people.bob.id)).own
    assert own is not None
    await sent(client, f"{address}/withdraw", {"signup": str(own.id), "reason": "Ill", "key": "another-key"}, people.bob)
    assert "10 places left" in await shown(client, address, people.bob)


async def test_a_refused_tap_draws_the_page_with_the_reason(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people, places=1)
    await given.sign_up(people.carol, session, people.now)
    tap = {"session": str(session.id), "role": str(session.roles[0].id)}
    answer = await sent(client, f"/activities/{session.activity_id}/sign-up", tap, people.bob, status=409)
    assert "All places are taken." in answer.text
    assert "Choose another role or another session." in answer.text


async def test_a_stranger_is_led_to_sign_in_and_back(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people)
    html = await shown(client, f"/activities/{session.activity_id}")
    assert f"/sign-in?back=/activities/{session.activity_id}" in html
    assert "/sign-up" not in html


async def test_the_short_address_leads_to_the_activity(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people)
    path = f"/a/{session.number}"
    assert f'<a href="{path}">testserver{path}</a>' in await shown(client, f"/activities/{session.activity_id}")
    answer = await client.get(path, headers=HTML)
    assert answer.headers["location"] == f"/activities/{session.activity_id}"
    for nothing in ("/a/0", f"/a/{10**15}", f"/a/{10**30}", "/a/x"):
        await shown(client, nothing, status=404)


async def test_the_whole_list_comes_in_pages_by_day(tx: None, people: People, client: httpx.AsyncClient) -> None:
    await given.published(people, *(at(18, day=day) for day in range(45)))
    first = await shown(client, "/activities")
    assert first.count('class="when"') == 40
    later = re.search(r'href="(/activities\?community=all&amp;after=[^"]+)"', first)
    assert later
    assert (await shown(client, unescape(later[1]))).count('class="when"') == 5


# The calendar


async def calendar_of(client: httpx.AsyncClient, session_id: UUID, person: Person | None = None, language: str = "en") -> Any:
    headers = {"accept-language": language} | (person.bearer if person else {})
    answer = await client.get(f"/sessions/{session_id}/calendar.ics", headers=headers)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    return icalendar.Calendar.from_ical(answer.content).walk("VEVENT")[0]


@pytest.mark.scenario("schedule-93", "schedule-94", "checkin-112")
async def test_a_change_keeps_the_uid_and_raises_the_sequence(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people)
    await given.sign_up(people.bob, session, people.now)
    before = await calendar_of(client, session.id, people.bob)
    assert (before["STATUS"], before["SEQUENCE"]) == ("CONFIRMED", 0)
    later = people.now + timedelta(hours=2)
    await call_off_session(people.alice.caller, session.id, "Storm", later)
    after = await calendar_of(client, session.id, people.bob)
    assert (after["UID"], after["STATUS"], after["SEQUENCE"]) == (before["UID"], "CANCELLED", 1)
    assert after["DTSTAMP"].dt == after["LAST-MODIFIED"].dt == later


@pytest.mark.scenario("schedule-94", "checkin-112")
async def test_a_withdrawn_sign_up_is_cancelled_in_ones_own_calendar_only(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    session = await given.session(people)
    taken = await given.sign_up(people.bob, session, people.now)
    data = {"signup": str(taken.signup_id)}
    await sent(client, f"/activities/{session.activity_id}/withdraw", data, people.bob)
    gone = await calendar_of(client, session.id, people.bob)
    assert (gone["STATUS"], gone["SEQUENCE"]) == ("CANCELLED", 1)
    others = await calendar_of(client, session.id, people.carol)
    assert (others["STATUS"], others["SEQUENCE"]) == ("CONFIRMED", 0)


@pytest.mark.scenario("schedule-95")
@pytest.mark.parametrize("day", ["2027-03-27", "2027-03-28", "2027-10-30", "2027-10-31"])
async def test_the_calendar_shows_the_local_time_on_both_sides_of_a_clock_change(
    tx: None, people: People, client: httpx.AsyncClient, day: str
) -> None:
    await sql.rows("UPDATE community SET time_zone = 'Europe/Berlin' WHERE id = $1", people.community)
    days = (datetime.fromisoformat(day).date() - given.EVENING.date()).days
    session = await given.session(people, at(18, day=days))
    event = await calendar_of(client, session.id)
    assert event["DTSTART"].dt.strftime("%Y-%m-%d %H:%M") == f"{day} 18:00"
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert event["DTSTART"].dt == session.starts_at


@pytest.mark.scenario("schedule-96")
async def test_a_long_title_with_every_kind_of_sign_reads_back_the_same(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    title = "合唱、朗诵与手工：中秋游园会, Café; \\ „quoted“ 第二场 " * 2
    session = await given.session(people, title=title.strip()[:120])
    event = await calendar_of(client, session.id, language="zh")
    assert str(event["SUMMARY"]) == session.title


# The organiser


async def test_the_organisers_pages_are_for_who_runs_activities_here(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    """A stranger is led to sign in; a resident and an organiser of the community beside are turned away."""
    session = await given.session(people)
    draft = await given.draft(people)
    pages = [
        f"/organise/activities/{session.activity_id}",
        f"/organise/sessions/{session.id}",
        f"/organise/sessions/{session.id}/door",
        f"/organise/sessions/{session.id}/poster",
        f"/organise/sessions/{session.id}/list",
    ]
    beside = await _organiser_beside(people)
    for path in ["/organise", "/organise/new", *pages]:
        stranger = await client.get(path, headers=HTML)
        assert unquote(stranger.headers["location"]) == f"/sign-in?back={path}"
        await shown(client, path, people.bob, status=403)
    for path in pages:
        await shown(client, path, beside, status=403)
        await shown(client, path, people.dan)
    for path in (f"/activities/{draft}", f"/organise/activities/{draft}", f"/organise/new?copy={draft}"):
        await shown(client, path, beside, status=404)


async def _organiser_beside(people: People) -> Person:
    from tests.given import member

    return await member("Frank", "19900000099", people.elsewhere, people.now, "organiser", people.elsewhere)


FORM = {
    "title": "周四合唱",
    "title_en": "Thursday's choir",
    "content": "唱歌",
    "kind": "service",
    "is_service": "1",
    "organising_unit": "居委会",
    "person_in_charge": "Alice",
    "risks": "无",
    "may_endanger": "0",
    "session-0-day": "2026-11-26",
    "session-0-start": "18:00",
    "session-0-end": "19:30",
    "session-0-space": "",
    "session-0-place": "院子",
    "role-0-name": "歌手",
    "role-0-name_en": "Singer",
    "role-0-places": "10",
}


async def test_an_activity_is_planned_published_and_seen_without_javascript(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    empty = form_of(await shown(client, "/organise/new", people.alice))
    english = {"organising_unit_en": "Residents' committee", "risks_en": "None known"}
    filled = empty | FORM | english | {"do": "save"}
    made = (await sent(client, "/organise/new", filled, people.alice)).headers["location"]
    draft = await shown(client, made, people.alice)
    assert "This is a draft." in draft
    assert "Thu 26 Nov, 17:30–20:00" in draft, "the check-in window is shown before publishing"
    await sent(client, f"{made}/publish", {}, people.alice)
    assert "Everybody can see this." in await shown(client, made, people.alice)
    public = await shown(client, f"/activities/{made.rsplit('/', 1)[1]}", people.bob)
    for theirs, own in (("Residents&#39; committee", "居委会"), ("None known", '<dd class="text">无</dd>')):
        assert (theirs in public, own in public) == (True, False), "in the reader's language"
    assert "Thursday&#39;s choir" in await shown(client, "/", people.bob)
    again = await sent(client, "/organise/new", filled, people.alice)
    assert again.headers["location"] == made, "a form sent twice is one activity"


async def test_a_tick_writes_that_there_is_no_special_risk_and_insurance_is_folded_away(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    empty = form_of(page := await shown(client, "/organise/new", people.alice))
    assert "<details>\n    <summary>Accident insurance" in page
    made = await sent(
        client, "/organise/new", empty | FORM | {"risks": "", "no_risks": "No special risk.", "do": "save"}, people.alice
    )
    draft = await shown(client, made.headers["location"], people.alice)
    assert "No special risk." in draft
    assert '<dd class="text">–</dd>' not in draft


async def test_rows_are_added_and_dropped_by_buttons_and_nothing_typed_is_lost(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    empty = form_of(await shown(client, "/organise/new", people.alice))
    more = await sent(client, "/organise/new", empty | FORM | {"do": "add-session"}, people.alice, status=200)
    grown = form_of(more.text)
    assert (grown["session-1-day"], grown["session-1-start"], grown["session-1-place"]) == ("2026-12-03", "18:00", "院子")
    assert {name: grown[name] for name in FORM} == FORM
    roles = await sent(client, "/organise/new", grown | {"do": "add-role"}, people.alice, status=200)
    assert form_of(roles.text)["role-1-name"] == ""
    fewer = await sent(client, "/organise/new", grown | {"do": "drop-session-0"}, people.alice, status=200)
    left = form_of(fewer.text)
    assert left["session-0-day"] == "2026-12-03"
    assert "session-1-day" not in left


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"title": " "}, "title", "Fill this in."),
        ({"may_endanger": ""}, "may_endanger", "saying nothing is not possible"),
        ({"session-0-day": "soon"}, "session-0-day", "Choose a day."),
        ({"session-0-start": "late"}, "session-0-start", "Type a time"),
        ({"session-0-end": "17:00"}, "session-0-end", "tick the box"),
        ({"session-0-overnight": "1"}, "session-0-end", "at most 24 hours"),
        ({"session-0-place": ""}, "session-0-space", "Choose a room"),
        ({"role-0-places": "many"}, "role-0-places", "whole number"),
        ({"role-0-name": ""}, "role-0-name", "Fill this in."),
        ({"kind": "meeting"}, "is_service", "never voluntary service"),
        ({"signup_before": "-1"}, "signup_before", "number of hours"),
        ({"signup_before": "NaN"}, "signup_before", "number of hours"),
        ({"insurer": "PICC"}, "policy_number", "all four fields"),
        ({"title": "x" * 121}, "title", "too long"),
        ({"kind": "revolution"}, "kind", "too long or too large"),
        ({"session-0-day": "9999-12-31"}, "session-0-day", "Choose a day."),
    ],
)
async def test_what_is_wrong_stands_above_its_field_and_what_was_typed_stays(
    tx: None, people: People, client: httpx.AsyncClient, wrong: dict[str, str], field: str, words: str
) -> None:
    empty = form_of(await shown(client, "/organise/new", people.alice))
    answer = await sent(client, "/organise/new", empty | FORM | {"do": "save"} | wrong, people.alice, status=400)
    assert f'href="#{field}"' in answer.text
    assert words in answer.text
    typed = form_of(answer.text)
    for name, value in (FORM | wrong).items():
        if name not in ("kind", "is_service", "may_endanger", "session-0-overnight"):
            assert typed[name] == value
    assert await activities.listed(None, ("draft",)) == []


async def test_a_time_that_is_nonsense_only_on_the_day_of_a_clock_change_is_told_at_its_field(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    """From 02:30, which the clocks skip and which therefore is 03:30, until 03:15."""
    await sql.rows("UPDATE community SET time_zone = 'Europe/Berlin' WHERE id = $1", people.community)
    empty = form_of(await shown(client, "/organise/new", people.alice))
    night = {"session-0-day": "2027-03-28", "session-0-start": "02:30", "session-0-end": "03:15", "do": "save"}
    answer = await sent(client, "/organise/new", empty | FORM | night, people.alice, status=400)
    assert 'href="#session-0-end"' in answer.text


async def test_a_taken_room_offers_times_that_lead_back_into_the_form(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    room = await given.room(people)
    await given.session(people, at(18, space_id=room), title_en="Dance")
    made = await given.draft(people, at(18, space_id=room))
    answer = await sent(client, f"/organise/activities/{made}/publish", {}, people.alice, status=409)
    assert "The room “Dance room” is taken then." in answer.text
    assert "Dance stands there: Thu 26 Nov, 18:00–19:30." in answer.text
    offered = re.search(r'href="(/organise/activities/[^"]+/edit\?session=0[^"#]+)', answer.text)
    assert offered
    form = form_of(await shown(client, offered[1].replace("&amp;", "&"), people.alice))
    assert form["session-0-start"] != "18:00"
    await sent(client, f"/organise/activities/{made}/edit", form | {"do": "save"}, people.alice)
    await sent(client, f"/organise/activities/{made}/publish", {}, people.alice)


async def test_what_is_missing_is_listed_with_a_way_to_fill_it_in(tx: None, people: People, client: httpx.AsyncClient) -> None:
    made = await given.draft(people, risks="", may_endanger=True)
    answer = await sent(client, f"/organise/activities/{made}/publish", {}, people.alice, status=409)
    assert "the risks, or that there are none" in answer.text
    assert "an accident insurance for every day of it" in answer.text
    assert f"/organise/activities/{made}/edit" in answer.text


@pytest.mark.scenario("schedule-17")
async def test_a_copy_stands_a_week_later_in_the_form_and_shows_its_times_before_publishing(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    session = await given.session(people, at(18), signup_before=1440, withdraw_before=90)
    form = form_of(await shown(client, f"/organise/new?copy={session.activity_id}", people.dan))
    assert (form["session-0-day"], form["signup_before"], form["withdraw_before"]) == ("2026-12-03", "24", "1.5")
    made = (await sent(client, "/organise/new", form | {"do": "save"}, people.dan)).headers["location"]
    html = await shown(client, made, people.dan)
    assert "from Wed 2 Dec 18:00 until Thu 3 Dec 19:30" in html
    assert "until Thu 3 Dec 16:30" in html


@pytest.mark.scenario("schedule-3")
async def test_the_page_shows_a_skipped_start_before_publishing(tx: None, people: People, client: httpx.AsyncClient) -> None:
    await sql.rows("UPDATE community SET time_zone = 'Europe/Berlin' WHERE id = $1", people.community)
    days = (datetime(2027, 3, 28).date() - given.EVENING.date()).days  # noqa: DTZ001
    made = await given.draft(people, at(2.5, 2, day=days))
    html = await shown(client, f"/organise/activities/{made}", people.alice)
    assert "02:30 does not exist. It starts at 03:30." in html


async def test_the_session_page_tells_who_comes_who_is_here_and_lets_the_organiser_decide(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    session = await given.session(people, places=1)
    taken = await given.sign_up(people.bob, session, people.now)
    address = f"/organise/sessions/{session.id}"
    html = await shown(client, address, people.alice)
    assert ("Bob" in html, f'href="/sessions/{session.id}/desk"' in html, "data-live" in html) == (True, True, True)
    ahead = await given.session(people, at(18, day=2))
    html = await shown(client, f"/organise/sessions/{ahead.id}", people.alice)
    assert (f"/sessions/{ahead.id}/desk" in html, "at the desk from Sat 28 Nov, 05:" in html) == (False, True), html
    assert "data-live" not in html, "the server opens no line to a session far off"
    number = await sql.value("SELECT number FROM member WHERE id = $1", people.carol.id)
    wanted = {"member": str(number), "role": str(session.roles[0].id), "reason": "Rang on Tuesday"}
    refused = await sent(client, f"{address}/add", wanted, people.alice, status=409)
    assert "All places are taken." in refused.text
    assert "Rang on Tuesday" in refused.text, "what was typed stays"
    await sent(client, f"{address}/add", wanted | {"override": "1"}, people.alice)
    html = await shown(client, address, people.alice)
    assert "Exception: Rang on Tuesday" in html
    assert "1 more than planned" in html
    nobody = await sent(client, f"{address}/add", wanted | {"member": "999999"}, people.alice, status=409)
    assert "No member here has this number or card." in nobody.text
    await sent(client, f"{address}/places", {"role": str(session.roles[0].id), "places": "5"}, people.alice)
    await sent(client, f"{address}/places", {"role": str(session.roles[0].id), "places": "-1"}, people.alice, status=400)
    await given.check_in(people.bob, taken.signup_id, session.id, session.starts_at)
    assert "here since 18:00" in await shown(client, f"{address}/door", people.alice)
    own = (await sessions.one(session.id, people.carol.id)).own
    assert own is not None
    await sent(client, f"{address}/take-back", {"signup": str(own.id), "reason": "Ill after all"}, people.alice)
    assert "1 person no longer comes" in await shown(client, address, people.alice)
    refused = await sent(client, f"{address}/call-off", {"reason": "Storm"}, people.alice, status=409)
    assert "People have come to this session" in refused.text


async def test_the_organiser_signs_up_who_was_named_and_nobody_who_merely_resembles(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    """A number, a card; never a door, a part of a name or the end of a phone number, which may be somebody else's."""
    session = await given.session(people)
    cards = await passes.issue(people.bob.id, people.now)
    await sql.rows("UPDATE household SET label = '424242' WHERE id = $1", people.carol.household_id)
    await sql.rows("UPDATE member SET phone = '13000777777' WHERE id = $1", people.carol.id)
    wanted = {"role": str(session.roles[0].id), "reason": "Rang on Tuesday"}
    address = f"/organise/sessions/{session.id}/add"
    for typed in ("424242", "777777", "Carol", "Car", "", "#"):
        await sent(client, address, wanted | {"member": typed}, people.alice, status=409)
    await sent(client, address, wanted | {"member": cards.typed_shown.lower()}, people.alice)
    assert [u["person_id"] for u in await sql.rows("SELECT person_id FROM signup")] == [people.bob.id]


async def test_poster_and_list_print_what_a_door_without_a_phone_needs(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    session = await given.session(people, roles=(RolePlan(name="歌手", name_en="Singer", places=8),))
    await given.sign_up(people.bob, session, people.now)
    poster = await shown(client, f"/organise/sessions/{session.id}/poster", people.alice)
    assert f"testserver/a/{session.number}" in poster
    assert 'Thu 26 Nov, <span class="one">18:00–19:30</span>' in poster
    assert "<svg" in poster
    for words in ("Alice", "Singing with neighbours", "None known", "Service hours"):
        assert words in poster
    listed = await shown(client, f"/organise/sessions/{session.id}/list", people.alice)
    assert "Bob" in listed


async def test_a_session_and_a_whole_activity_are_called_off_with_a_reason_that_members_read(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    first, _second = await given.published(people, at(18), at(18, day=7))
    await sent(client, f"/organise/sessions/{first.id}/call-off", {"reason": " "}, people.alice, status=400)
    await sent(client, f"/organise/sessions/{first.id}/call-off", {"reason": "Storm"}, people.alice)
    await sent(client, f"/organise/activities/{first.activity_id}/call-off", {"reason": "Hall sold"}, people.alice)
    html = await shown(client, f"/activities/{first.activity_id}", people.bob)
    assert "Storm" in html
    assert html.count("Hall sold") == 2, "of the activity and of the session that was still to come"


async def test_the_organisers_start_lists_drafts_what_is_next_and_what_is_over(
    tx: None, people: People, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await given.session(people, title_en="Next one")
    await given.draft(people, title_en="Half thought out")
    await given.session(people, by=people.dan, title_en="Dan's own")
    taken = await given.sign_up(people.bob, session, people.now)
    html = await shown(client, "/organise", people.alice)
    assert html.index("Half thought out") < html.index("Next one")
    assert "1 of 10 places taken" in html
    assert "Dan&#39;s own" not in html
    assert "Dan&#39;s own" in await shown(client, "/organise?mine=0", people.alice)
    await given.check_in(people.bob, taken.signup_id, session.id, session.starts_at)
    monkeypatch.setattr(clock, "now", lambda: session.ends_at)
    assert "1 of 1 came" in await shown(client, "/organise", people.alice)


async def test_every_page_reads_in_chinese(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people)
    draft = await given.draft(people)
    client.cookies.set("timebank_language", "zh")
    for path in (
        "/",
        "/activities",
        f"/activities/{session.activity_id}",
        "/organise",
        "/organise/new",
        f"/organise/activities/{draft}",
        f"/organise/sessions/{session.id}",
        f"/organise/sessions/{session.id}/poster",
        f"/organise/sessions/{session.id}/list",
    ):
        answer = await client.get(path, headers={"accept": "text/html"} | people.alice.bearer)
        assert answer.status_code == 200, (path, answer.text)
        main = re.sub(r"<[^>]+>", " ", answer.text[answer.text.index("<main") : answer.text.index("</main>")])
        assert not re.search(r"\b(the|sign|place|session|draft)\b", main), (path, main)
