"""Series, edits and copies on the organiser's pages and through the API: what is shown before saving is what is saved."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

import timebank.web.letters  # noqa: F401  fills the table of the post
from schedules import series, sessions, sql
from schedules.plans import RolePlan
from tests.given import People, Person
from tests.schedule import given, repeats
from tests.schedule.given import at
from tests.schedule.repeats import TUESDAY, days_of
from tests.schedule.test_pages import form_of, sent, shown
from timebank.actions.activities.plan_activity import rewrite_activity
from timebank.actions.activities.plan_series import revise_series
from timebank.actions.signups.sign_up import sign_up
from timebank.web import clock, post

pytestmark = pytest.mark.usefixtures("tx")


@pytest.fixture(autouse=True)
def _today(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


async def redrawn(client: httpx.AsyncClient, path: str, data: dict[str, str], person: Person, status: int = 200) -> str:
    return (await sent(client, path, data, person, status)).text


async def messages_of(person: Person) -> list[tuple[str, dict[str, Any]]]:
    rows = await sql.rows("SELECT kind, facts::text AS facts FROM message WHERE person_id = $1 ORDER BY kind, key", person.id)
    found = [(row["kind"], msgspec.json.decode(row["facts"])) for row in rows]
    for kind, facts in found:  # each can be put into words
        assert "Choir" in post.read(kind, facts, "en").text
        assert "合唱" in post.read(kind, facts, "zh").text
    return found


def tidy(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.scenario("schedule-7", "schedule-17")
async def test_an_organiser_repeats_an_activity_and_sees_the_dates_before_saving(
    client: httpx.AsyncClient, people: People
) -> None:
    session = await given.session(people, at(18, day=5))
    path = f"/organise/activities/{session.activity_id}/repeat"
    form = form_of(await shown(client, path, people.alice))
    assert (form["first_on"], form["starts"], form["repeats"], form["weekday-1"]) == ("2026-12-01", "18:00", "weekly", "1")
    form |= {"ends": "count", "count": "4", "do": "look"}
    look = await redrawn(client, path, form, people.alice)
    assert "every week on Tuesday, 4 times in all" in tidy(look)
    assert "3 sessions are made now" in tidy(look)  # the first one stands already
    assert await series.of_activity(session.activity_id) == []
    answer = await sent(client, path, form_of(look) | {"do": "save"}, people.alice)
    page = await shown(client, answer.headers["location"], people.alice)
    assert page.count("From here on") == 4
    assert "All dates of this rule" in page
    assert "follow by themselves" not in page
    (made,) = await series.of_activity(session.activity_id)
    assert days_of(await sessions.of_series(made.id, people.now)) == [TUESDAY + timedelta(weeks=week) for week in range(4)]


async def test_a_form_that_was_changed_after_it_was_looked_at_is_shown_again(client: httpx.AsyncClient, people: People) -> None:
    session = await given.session(people, at(18, day=5))
    path = f"/organise/activities/{session.activity_id}/repeat"
    form = form_of(await redrawn(client, path, form_of(await shown(client, path, people.alice)) | {"do": "look"}, people.alice))
    again = await redrawn(client, path, form | {"starts": "19:00", "ends_at": "20:00", "do": "save"}, people.alice)
    assert "This is what it means" in again
    assert await series.of_activity(session.activity_id) == []


@pytest.mark.scenario("booking-72")
async def test_a_monthly_31st_names_the_months_it_would_leave_out_and_offers_their_last_day(
    client: httpx.AsyncClient, people: People
) -> None:
    session = await given.session(people, at(18, day=5))
    path = f"/organise/activities/{session.activity_id}/repeat"
    form = form_of(await shown(client, path, people.alice)) | {"repeats": "monthday", "month_day": "31", "do": "look"}
    look = tidy(await redrawn(client, path, form, people.alice))
    assert "February 2027 (28 days)" in look
    assert "take their last day instead" in look
    last = tidy(await redrawn(client, path, form | {"short": "last"}, people.alice))
    assert "every month on the last day" in last
    assert "Left out" not in last


@pytest.mark.scenario("schedule-3")
async def test_the_shift_of_a_clock_change_is_shown_before_saving(client: httpx.AsyncClient, people: People) -> None:
    session = await given.session(people, at(2.5, 0.5, day=120))
    await sql.rows("UPDATE activity SET time_zone = 'Europe/Berlin' WHERE id = $1", session.activity_id)
    path = f"/organise/activities/{session.activity_id}/repeat"
    form = form_of(await shown(client, path, people.alice))
    form |= {"repeats": "daily", "first_on": "2027-03-26", "starts": "02:30", "ends_at": "03:00", "do": "look"}
    assert "02:30 does not exist. It starts at 03:30" in tidy(await redrawn(client, path, form, people.alice))


@pytest.mark.scenario("schedule-8")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"repeats": "text", "text": "FREQ=DAILY FREQ=WEEKLY"}, "text"),
        ({"repeats": "text", "text": "FREQ=HOURLY"}, "text"),
        ({"repeats": "dates", "dates": "tomorrow"}, "dates"),
        ({"every": "0"}, "every"),
        ({"every": "x"}, "every"),
        ({"ends": "count", "count": "1000000"}, "count"),
        ({"ends": "count", "count": "1001"}, "every"),
        ({"ends": "until", "until": "2020-01-01"}, "every"),
        ({"first_on": "soon"}, "first_on"),
        ({"starts": "25:00"}, "starts"),
        ({"weeks_ahead": "0"}, "weeks_ahead"),
        ({"space": "x" * 30}, "space"),
        ({"place": "", "space": ""}, "space"),
        ({"role-0-places": "-1"}, "role-0-name"),
        ({"role-0-name": "\u2066Singer"}, "role-0-name"),
        ({"note_en": "Bring\u200b tea"}, "note_en"),
    ],
)
async def test_what_makes_no_sense_is_said_above_its_field_and_keeps_what_was_typed(
    client: httpx.AsyncClient, people: People, changes: dict[str, str], field: str
) -> None:
    session = await given.session(people, at(18, day=5))
    path = f"/organise/activities/{session.activity_id}/repeat"
    form = form_of(await shown(client, path, people.alice)) | {"note": "Bring a lamp"} | changes
    page = await redrawn(client, path, form, people.alice, 400)
    assert f'href="#{field}"' in page
    assert "Bring a lamp" in page


async def test_a_draft_is_repeated_and_its_dates_come_when_it_is_published(client: httpx.AsyncClient, people: People) -> None:
    activity_id = await given.draft(people, at(18, day=5))
    path = f"/organise/activities/{activity_id}/repeat"
    look = await redrawn(client, path, form_of(await shown(client, path, people.alice)) | {"do": "look"}, people.alice)
    assert "when you publish" in look
    answer = await sent(client, path, form_of(look) | {"do": "save"}, people.alice)
    page = await shown(client, answer.headers["location"], people.alice)
    assert "The activity is a draft" in page
    assert f'action="/organise/activities/{activity_id}/publish"' in page
    assert "Change the series, or end it" not in page
    await sent(client, f"/organise/activities/{activity_id}/publish", {}, people.alice)
    assert len(await sessions.of_activity(activity_id)) == 8


async def test_the_series_of_a_draft_follows_its_session_when_the_draft_is_rewritten(
    client: httpx.AsyncClient, people: People
) -> None:
    activity_id = await given.draft(people, at(18, day=5))
    form = await shown(client, f"/organise/activities/{activity_id}/repeat", people.alice)
    look = await redrawn(client, f"/organise/activities/{activity_id}/repeat", form_of(form) | {"do": "look"}, people.alice)
    await sent(client, f"/organise/activities/{activity_id}/repeat", form_of(look) | {"do": "save"}, people.alice)
    await rewrite_activity(people.alice.caller, activity_id, given.plan(people, at(19, day=5, place="Hall")), people.now)
    await sent(client, f"/organise/activities/{activity_id}/publish", {}, people.alice)
    found = await sessions.of_activity(activity_id)
    assert {(one.starts_at.hour, one.place) for one in found} == {(11, "Hall")}
    assert len(found) == 8


@pytest.mark.scenario("schedule-14", "schedule-12")
async def test_both_lists_stand_before_the_button_that_saves_a_new_rule(client: httpx.AsyncClient, people: People) -> None:
    series_id, before = await repeats.made(people)
    await given.sign_up(people.bob, before[1], people.now)
    path = f"/organise/series/{series_id}/edit"
    form = form_of(await shown(client, path, people.alice))
    del form["weekday-1"]
    look = await redrawn(client, path, form | {"weekday-2": "1", "do": "look"}, people.alice)
    assert "1 session stays, because people are signed up" in tidy(look)
    assert "7 empty sessions go" in tidy(look)
    assert await sessions.of_series(series_id, people.now) == [await sessions.one(one.id) for one in before]
    await sent(client, path, form_of(look) | {"do": "save"}, people.alice)
    assert len(await sessions.of_series(series_id, people.now)) == 9
    assert "no longer in the rule" in await shown(client, f"/organise/series/{series_id}", people.alice)


@pytest.mark.scenario("schedule-11", "schedule-12")
async def test_from_one_date_on_splits_and_tells_who_is_signed_up_what_changed(
    client: httpx.AsyncClient, people: People
) -> None:
    series_id, before = await repeats.made(people)
    await given.sign_up(people.bob, before[3], people.now)
    path = f"/organise/series/{series_id}/edit"
    form = form_of(await shown(client, f"{path}?since={before[2].id}", people.alice))
    assert form["first_on"] == "2026-12-15"
    look = await redrawn(client, path, form | {"starts": "19:00", "ends_at": "20:00", "do": "look"}, people.alice)
    assert "1 person is told" in tidy(look)
    answer = await sent(client, path, form_of(look) | {"do": "save"}, people.alice)
    assert str(series_id) not in answer.headers["location"]
    page = await shown(client, answer.headers["location"], people.alice)
    assert "The dates before Tue 15 Dec 2026 stay in the earlier series." in page
    assert f'href="/organise/series/{series_id}"' in page
    ((kind, facts),) = await messages_of(people.bob)
    assert (kind, facts["starts_at"], facts["was_at"]) == (
        "session_moved",
        "2026-12-22T11:00:00+00:00",
        "2026-12-22T10:00:00+00:00",
    )


@pytest.mark.scenario("schedule-23")
async def test_more_places_in_the_series_are_offered_to_who_waits(people: People) -> None:
    one_place = (RolePlan(name="歌手", name_en="Singer", places=1),)
    series_id, found = await repeats.made(people, roles=one_place)
    await sql.rows("UPDATE activity SET has_waiting_list = true WHERE id = $1", found[0].activity_id)
    await given.sign_up(people.bob, found[0], people.now)
    await sign_up(people.carol.caller, found[0].id, people.now, None, True)
    more = (RolePlan(name="歌手", name_en="Singer", places=3),)
    wanted = msgspec.structs.replace((await series.find(series_id)).template, roles=more)
    await revise_series(people.alice.caller, series_id, wanted, None, people.now)
    assert [kind for kind, _ in await messages_of(people.carol)] == ["place_offered"]


@pytest.mark.scenario("schedule-16")
async def test_a_series_ends_after_both_lists_were_seen(client: httpx.AsyncClient, people: People) -> None:
    series_id, before = await repeats.made(people)
    await given.sign_up(people.bob, before[4], people.now)
    path = f"/organise/series/{series_id}/end"
    look = await redrawn(client, path, {"from_on": "2026-12-15", "do": "look"}, people.alice)
    assert "5 empty sessions go" in tidy(look)
    seal = re.search(r'name="seal" value="(\w+)"', look)
    assert seal
    await sent(client, path, {"from_on": "2026-12-15", "do": "save", "seal": seal[1]}, people.alice)
    assert len(await sessions.of_series(series_id, people.now)) == 3
    await redrawn(client, path, {"from_on": "never", "do": "save"}, people.alice, 400)


@pytest.mark.scenario("schedule-50", "schedule-17")
async def test_a_moved_session_tells_members_and_organiser_and_shows_every_time_first(
    client: httpx.AsyncClient, people: People
) -> None:
    evening, morning = await given.session(people, signup_before=1440), await given.session(people, at(9.5), title_en="Tai chi")
    for person in (people.bob, people.carol):
        await given.sign_up(person, evening, people.now)
    await given.sign_up(people.bob, morning, people.now)
    path = f"/organise/sessions/{evening.id}/edit"
    form = form_of(await shown(client, path, people.dan)) | {"start": "10:00", "end": "11:00", "do": "look"}
    look = tidy(await redrawn(client, path, form, people.dan))
    for words in ("Thu 26 Nov, 10:00–11:00", "from Wed 25 Nov 10:00", "09:30–11:30", "2 people who signed up", "Bob: Tai chi"):
        assert words in look, words
    assert await messages_of(people.bob) == []
    await sent(client, path, form_of(await redrawn(client, path, form, people.dan)) | {"do": "save"}, people.dan)
    assert [kind for kind, _ in await messages_of(people.bob)] == ["session_moved_clash"]
    assert [kind for kind, _ in await messages_of(people.carol)] == ["session_moved"]
    assert [(kind, facts["people"]) for kind, facts in await messages_of(people.alice)] == [("session_moved_clashes", 1)]
    assert (await sessions.one(evening.id)).taken == 2


async def test_a_taken_room_is_named_and_the_form_keeps_what_was_typed(client: httpx.AsyncClient, people: People) -> None:
    room = await given.room(people)
    session = await given.session(people, at(18, space_id=room))
    await given.session(people, at(14, space_id=room), title_en="Chess")
    path = f"/organise/sessions/{session.id}/edit"
    form = form_of(await shown(client, path, people.alice)) | {
        "start": "14:30",
        "end": "15:00",
        "note": "Bring tea",
        "do": "look",
    }
    page = await redrawn(client, path, form, people.alice, 409)
    assert "Chess stands there" in tidy(page)
    assert "Bring tea" in page
    assert "14:30" in page


async def test_a_date_is_added_and_copied_from_the_pages(client: httpx.AsyncClient, people: People) -> None:
    session = await given.session(people)
    path = f"/organise/activities/{session.activity_id}/add"
    form = form_of(await shown(client, path, people.alice))
    assert form["day"] == "2026-12-03"
    look = await redrawn(client, path, form | {"do": "look"}, people.alice)
    await sent(client, path, form_of(look) | {"do": "save"}, people.alice)
    copy = f"/organise/sessions/{session.id}/copy"
    look = await redrawn(client, copy, {"to": "2026-12-10", "do": "look"}, people.alice)
    assert "Thu 10 Dec, 18:00–19:30" in tidy(look)
    await sent(client, copy, form_of(look) | {"do": "save"}, people.alice)
    found = await sessions.of_activity(session.activity_id)
    assert [one.starts_at.date() for one in found] == [date(2026, 11, 26), date(2026, 12, 3), date(2026, 12, 10)]


@pytest.mark.scenario("schedule-17")
async def test_a_week_is_copied_with_every_time_shown_first(client: httpx.AsyncClient, people: People) -> None:
    await given.published(people, at(18), at(9, day=1))
    form = {"community": str(people.community), "week": "2026-11-24", "to_week": "2026-12-01", "do": "look"}
    look = await redrawn(client, "/organise/week", form, people.alice)
    assert "Thu 3 Dec, 18:00–19:30" in tidy(look)
    assert "by oneself until Fri 4 Dec 09:00" in tidy(look)
    await sent(client, "/organise/week", form_of(look) | {"do": "save"}, people.alice)
    rows = await sql.rows("SELECT starts_at FROM session WHERE starts_at > '2026-12-01' ORDER BY starts_at")
    assert [row["starts_at"].date() for row in rows] == [date(2026, 12, 3), date(2026, 12, 4)]
    await redrawn(client, "/organise/week", form | {"to_week": "2026-11-23"}, people.alice, 400)


async def test_who_organises_elsewhere_may_neither_look_nor_touch(client: httpx.AsyncClient, people: People) -> None:
    series_id, found = await repeats.made(people)
    for path in (
        f"/organise/series/{series_id}",
        f"/organise/series/{series_id}/edit",
        f"/organise/sessions/{found[0].id}/edit",
    ):
        await shown(client, path, people.bob, 403)
    answer = await client.put(f"/api/v1/series/{series_id}", json={}, headers=people.bob.bearer)
    assert answer.status_code == 403


def template(**changes: Any) -> dict[str, Any]:
    return {
        "rule": "RRULE:FREQ=WEEKLY;BYDAY=TU",
        "first_on": "2026-12-01",
        "starts": "18:00:00",
        "ends": "19:30:00",
        "place": "Yard",
        "roles": [{"name": "歌手", "places": 10}],
    } | changes


async def test_a_program_plans_changes_splits_and_ends_a_series(client: httpx.AsyncClient, people: People) -> None:
    session = await given.session(people)
    headers = people.alice.bearer | {"idempotency-key": "series-0001"}
    address = f"/api/v1/activities/{session.activity_id}/series"
    looked = await client.post(f"{address}?preview=true", json=template(), headers=people.alice.bearer)
    assert (looked.status_code, len(looked.json()["made"])) == (200, 8)
    made = await client.post(address, json=template(), headers=headers)
    again = await client.post(address, json=template(), headers=headers)
    assert (made.status_code, again.status_code, made.json()) == (201, 200, again.json())
    series_id = made.json()["series_id"]
    seen = (await client.get(f"/api/v1/series/{series_id}", headers=headers)).json()
    assert (seen["template"]["rule"], len(seen["sessions"])) == ("FREQ=WEEKLY;BYDAY=TU", 8)
    change = {"template": template(starts="19:00:00", ends="20:00:00"), "from_session": seen["sessions"][3]["session_id"]}
    split = (await client.put(f"/api/v1/series/{series_id}", json=change, headers=people.alice.bearer)).json()
    assert (split["is_split"], len(split["changed"])) == (True, 5)
    ended = await client.post(
        f"/api/v1/series/{split['series_id']}/end", json={"from_on": "2026-12-29"}, headers=people.alice.bearer
    )
    assert len(ended.json()["goes"]) == 4
    assert (await client.post(f"/api/v1/series/{series_id}/rooms", headers=people.alice.bearer)).json() == []


@pytest.mark.scenario("schedule-8")
@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "FREQ=DAILY\nFREQ=WEEKLY"},
        {"rule": "FREQ=DAILY;COUNT=1000000"},
        {"rule": "FREQ=MINUTELY"},
        {"first_on": "0001-01-01"},
        {"roles": []},
        {"starts": "18:00:00+08:00"},
        {"place": ""},
        {"unknown": 1},
    ],
)
async def test_a_series_that_makes_no_sense_is_a_400_with_its_field(
    client: httpx.AsyncClient, people: People, changes: dict[str, Any]
) -> None:
    session = await given.session(people)
    address = f"/api/v1/activities/{session.activity_id}/series"
    answer = await client.post(address, json=template(**changes), headers=people.alice.bearer)
    assert answer.status_code == 400, answer.text


HIDDEN = [({"place": "Hall\u202e"}, "place"), ({"note": "New\u200b hall"}, "note"), ({"note_en": "New\x07 hall"}, "note_en")]


@pytest.mark.parametrize(("words", "field"), HIDDEN)
async def test_what_is_hidden_in_a_place_or_a_note_is_refused_with_its_field(
    client: httpx.AsyncClient, people: People, words: dict[str, str], field: str
) -> None:
    """As in the title of an activity: for one date, for a further one, for a series."""
    session = await given.session(people)
    own, activity = f"sessions/{session.id}", f"activities/{session.activity_id}"
    edit = {"starts": "2026-11-27T18:00:00", "ends": "2026-11-27T20:00:00", "place": "Hall"}
    asked = [("PUT", own, edit | words), ("POST", f"{activity}/series", template(**words))]
    forms = [f"{own}/edit", f"{activity}/repeat"]
    if field == "place":
        asked.append(("POST", f"{activity}/sessions", edit | words))
        forms.append(f"{activity}/add")
    for method, path, body in asked:
        answer = await client.request(method, f"/api/v1/{path}", json=body, headers=people.alice.bearer)
        assert (answer.status_code, answer.json().get("field")) == (400, field), path
    for path in forms:
        form = form_of(await shown(client, f"/organise/{path}", people.alice)) | words | {"do": "look"}
        page = await redrawn(client, f"/organise/{path}", form, people.alice, 400)
        assert f'id="{field}-wrong">There is nothing to read here, or it has hidden characters.' in page
        assert words[field] in page


async def test_what_is_hidden_from_before_stops_no_other_change(client: httpx.AsyncClient, people: People) -> None:
    session = await given.session(people)
    await sql.rows("UPDATE session SET note = $2 WHERE id = $1", session.id, "New\u200b hall")
    path = f"/organise/sessions/{session.id}/edit"
    form = form_of(await shown(client, path, people.alice)) | {"place": "Hall", "do": "look"}
    look = await redrawn(client, path, form, people.alice)
    await sent(client, path, form_of(look) | {"do": "save"}, people.alice)
    assert (await sessions.one(session.id)).place == "Hall"


async def test_a_program_edits_adds_and_copies_sessions(client: httpx.AsyncClient, people: People) -> None:
    session = await given.session(people)
    headers = people.alice.bearer
    edit = {"starts": "2026-11-27T18:00:00", "ends": "2026-11-27T20:00:00", "place": "Hall", "note": "New hall"}
    looked = await client.put(f"/api/v1/sessions/{session.id}?preview=true", json=edit, headers=headers)
    done = await client.put(f"/api/v1/sessions/{session.id}", json=edit, headers=headers)
    assert looked.json() == done.json()
    assert (done.json()["fields"], done.json()["session"]["minutes"]) == (["note", "place", "time"], 120)
    more = {"starts": "2026-12-04T18:00:00", "ends": "2026-12-04T20:00:00", "place": "Hall"}
    added = await client.post(f"/api/v1/activities/{session.activity_id}/sessions", json=more, headers=headers)
    assert (added.status_code, added.json()["roles"][0]["places"]) == (201, 10)
    copied = await client.post(f"/api/v1/sessions/{session.id}/copy", json={"to": "2026-12-11"}, headers=headers)
    assert (copied.status_code, copied.json()["made"][0]["local_start"]) == (201, "2026-12-11T18:00+08:00")
    week = {"week": "2026-12-11", "to_week": "2026-12-18"}
    address = f"/api/v1/communities/{people.community}/copy-week"
    assert len((await client.post(address, json=week, headers=headers)).json()["made"]) == 1
    late = await client.put(f"/api/v1/sessions/{session.id}", json=edit | {"ends": "2026-11-27T17:00:00"}, headers=headers)
    assert (late.status_code, late.json()["field"]) == (400, "ends")
    unknown = await client.put(f"/api/v1/sessions/{UUID(int=3)}", json=edit, headers=headers)
    assert unknown.status_code == 404
