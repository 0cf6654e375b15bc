"""What a public activity says is reworded: who is to come is told once, calendars see it, nothing else moves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from schedules import activities, sessions, sql, wordings
from schedules.errors import Malformed
from schedules.wordings import NotPublic, Wording
from tests.given import People
from tests.schedule import given
from timebank.actions.activities.reword_activity import reword_activity
from timebank.actions.activities.reword_letters import WAIT
from timebank.people.callers import NotAllowed
from timebank.web import letters as _letters  # noqa: F401  fills the table
from timebank.web import post

EN = {"accept-language": "en"}
AS_IT_IS = Wording(title="合唱", title_en="Choir", content="Singing with neighbours", risks="None known")


def other(**changes: Any) -> Wording:
    return msgspec.structs.replace(AS_IT_IS, **changes)


async def test_who_is_to_come_is_told_once_what_reads_otherwise(tx: None, people: People) -> None:
    evening, later = await given.published(people, given.at(18), given.at(18, day=7))
    for session in (evening, later):
        await given.sign_up(people.bob, session, people.now)
    wanted = other(title="晨唱", title_en="Morning choir", risks="Hot tea")
    done = await reword_activity(people.alice.caller, evening.activity_id, wanted, people.now)
    assert (done.fields, done.people) == (["title", "title_en", "risks"], 1)
    assert (await reword_activity(people.alice.caller, evening.activity_id, wanted, people.now)).fields == [], "safe to repeat"
    [letter] = await sql.rows("SELECT person_id, facts FROM message WHERE kind = 'activity_reworded'")
    assert letter["person_id"] == people.bob.id
    said = post.read("activity_reworded", msgspec.json.decode(letter["facts"]), "en")
    assert said.title == "“Morning choir” has been described anew"
    assert "Changed: its name (before: “Choir”), the risks." in said.text
    assert [(one.title, one.sequence, one.taken) for one in await sessions.of_activity(evening.activity_id)] == [
        ("晨唱", 1, 1)
    ] * 2
    [row] = await sql.rows("SELECT detail FROM audit WHERE action = 'activity.reworded'")
    assert msgspec.json.decode(row["detail"])["was"] == {"title": "合唱", "title_en": "Choir", "risks": "None known"}


async def letters() -> list[tuple[str, str]]:
    """To whom, and what a reader of English and of Chinese would read; without those that were taken back."""
    found = await sql.rows(
        "SELECT facts FROM message WHERE kind = 'activity_reworded' AND state <> 'withdrawn' ORDER BY written_at, person_id"
    )
    facts = [msgspec.json.decode(row["facts"]) for row in found]
    return [
        (post.read("activity_reworded", each, "en").text.partition(". ")[0], post.read("activity_reworded", each, "zh").text)
        for each in facts
    ]


async def test_what_is_reworded_within_minutes_is_one_letter_from_the_first_words_to_the_last(tx: None, people: People) -> None:
    session = await given.session(people)
    await given.sign_up(people.bob, session, people.now)
    for minute in range(9):
        wanted = other(title_en=f"Choir {minute}", risks="Hot tea" if minute == 3 else "None known")
        at = people.now + timedelta(minutes=minute)
        assert (await reword_activity(people.alice.caller, session.activity_id, wanted, at)).people == 1
    [(said, _)] = await letters()
    assert said == "Changed: its name (before: “Choir”), the risks"
    assert [row["due_at"] for row in await sql.rows("SELECT due_at FROM message WHERE kind = 'activity_reworded'")] == [
        people.now + WAIT
    ], "put off once, not with every change"
    await reword_activity(people.alice.caller, session.activity_id, other(risks="Hot tea"), people.now + WAIT)
    assert len(await letters()) == 2, "what is due already stands as it was"


async def test_words_that_are_put_back_within_minutes_trouble_nobody(tx: None, people: People) -> None:
    session = await given.session(people)
    await given.sign_up(people.bob, session, people.now)
    for wanted in (other(title="晨唱", title_en="Morning choir"), AS_IT_IS):
        await reword_activity(people.alice.caller, session.activity_id, wanted, people.now)
    assert await letters() == []


@pytest.mark.parametrize(
    ("wanted", "english", "is_told"),
    [
        (other(title="晨唱"), "en", False),
        (other(title="晨唱"), "zh", True),
        (other(title_en="Songs"), "zh", False),
        (other(title_en="Songs"), "en", True),
        (other(title_en=""), "en", True),
        (other(risks="Hot tea"), "en", True),
    ],
)
async def test_another_name_is_told_to_those_in_whose_language_it_is_another(
    tx: None, people: People, wanted: Wording, english: str, is_told: bool
) -> None:
    session = await given.session(people)
    await given.sign_up(people.bob, session, people.now)
    await sql.rows("UPDATE member SET language = $2 WHERE id = $1", people.bob.id, english)
    done = await reword_activity(people.alice.caller, session.activity_id, wanted, people.now)
    assert (done.people, len(await letters())) == (is_told, is_told)


async def test_who_switches_the_language_reads_what_changed_in_the_other_one(tx: None, people: People) -> None:
    session = await given.session(people)
    await given.sign_up(people.bob, session, people.now)
    await sql.rows("UPDATE member SET language = 'zh' WHERE id = $1", people.bob.id)
    await reword_activity(people.alice.caller, session.activity_id, other(title="晨唱"), people.now)
    [(english, chinese)] = await letters()
    assert english == "Changed: its name (before: “合唱”)"
    assert "合唱" in chinese


@pytest.mark.parametrize("quiet", [{"content_en": "Singing"}, {"content": "Singing  with\r\nneighbours"}])
async def test_a_line_filled_in_or_spaced_anew_troubles_nobody(tx: None, people: People, quiet: dict[str, Any]) -> None:
    session = await given.session(people)
    await given.sign_up(people.bob, session, people.now)
    done = await reword_activity(people.alice.caller, session.activity_id, other(**quiet), people.now)
    assert (done.fields, done.people) == (list(quiet), 0)


async def test_nothing_that_must_be_known_is_left_empty_and_no_draft_is_reworded(tx: None, people: People) -> None:
    session, draft = await given.session(people), await given.draft(people)
    for name in wordings.FIELDS:
        with pytest.raises(Malformed):
            await reword_activity(people.alice.caller, session.activity_id, other(**{name: "  "}), people.now)
    with pytest.raises(NotPublic):
        await reword_activity(people.alice.caller, draft, AS_IT_IS, people.now)
    with pytest.raises(NotAllowed):
        await reword_activity(people.bob.caller, session.activity_id, AS_IT_IS, people.now)


@pytest.mark.parametrize(
    "words",
    [
        {"title": "\u200b"},
        {"title_en": "Choir\nDTSTART:1"},
        {"title": "\u202e合唱"},
        {"content": "\u200b"},
        {"risks_en": "a\x07"},
    ],
)
async def test_what_nobody_can_read_is_no_wording(
    tx: None, people: People, client: httpx.AsyncClient, words: dict[str, Any]
) -> None:
    session = await given.session(people)
    path = f"activities/{session.activity_id}/wording"
    typed = msgspec.structs.asdict(other(**words))
    answer = await client.put(f"/api/v1/{path}", json=typed, headers=people.alice.bearer)
    assert (answer.status_code, answer.json()["field"]) == (400, next(iter(words)))
    people.alice.sign_in(client)
    form = await client.post(f"/organise/{path}", data=typed)
    assert (form.status_code, "hidden characters" in form.text) == (400, True)


async def test_a_title_with_a_line_break_of_before_spoils_no_calendar(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    session = await given.session(people)
    await sql.rows("UPDATE activity SET title = $1, title_en = $1", "Choir\r\nDTSTART:1\x07")
    answer = await client.get(f"/sessions/{session.id}/calendar.ics")
    assert (answer.status_code, "X-WR-CALNAME:Choir DTSTART:1" in answer.text) == (200, True)


async def test_the_organiser_rewords_on_a_page_and_over_the_api(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people)
    page = f"/organise/activities/{session.activity_id}"
    people.alice.sign_in(client)
    assert f'href="{page}/wording"' in (await client.get(page)).text
    assert 'value="Choir"' in (await client.get(f"{page}/wording")).text
    typed = msgspec.structs.asdict(other(content="Singing and tea"))
    wrong = await client.post(f"{page}/wording", data=typed | {"risks": " "})
    assert (wrong.status_code, 'id="risks-wrong"' in wrong.text, "Singing and tea" in wrong.text) == (400, True, True)
    assert (await client.post(f"{page}/wording", data=typed)).status_code == 303
    assert (await activities.find(session.activity_id)).content == "Singing and tea"
    api = f"/api/v1/activities/{session.activity_id}/wording"
    answer = await client.put(api, json=typed | {"title_en": "Songs"}, headers=people.alice.bearer)
    assert (answer.status_code, answer.json()) == (200, {"fields": ["title_en"], "people": 0})


@pytest.mark.parametrize(
    ("new", "said", "asks"),
    [
        ({}, "Nothing was changed, and nobody is told.", False),
        ({"title": "Evening choir"}, "1 person who is signed up is told, in ten minutes.", True),
        ({"title": "Evening choir", "title_en": "Songs"}, "1 person who is signed up is told, in ten minutes.", False),
        ({"title_en": "Songs"}, "Nobody had to be told.", False),
    ],
)
async def test_the_page_says_what_became_of_the_words_and_of_the_english_ones(
    tx: None, people: People, client: httpx.AsyncClient, new: dict[str, str], said: str, asks: bool
) -> None:
    session = await given.session(people, title="Choir", title_en="Choir")
    await given.sign_up(people.bob, session, people.now)
    await sql.rows("UPDATE member SET language = 'zh' WHERE id = $1", people.bob.id)
    people.alice.sign_in(client)
    page = f"/organise/activities/{session.activity_id}"
    standing = {name: getattr(await activities.find(session.activity_id), name) for name in Wording.__struct_fields__}
    answer = await client.post(f"{page}/wording", data=standing | new, headers=EN, follow_redirects=True)
    assert (answer.status_code, said in answer.text, "The English text stayed" in answer.text) == (200, True, asks)
    assert (await client.get(f"{page}?saved=x")).status_code == 400


async def test_two_who_reword_at_once_do_not_undo_each_other(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people)
    path = f"activities/{session.activity_id}/wording"
    read = (await client.get(f"/api/v1/{path}", headers=people.alice.bearer)).json()
    people.alice.sign_in(client)
    form = await client.get(f"/organise/{path}")
    assert f'name="version" value="{read["version"]}"' in form.text
    await reword_activity(people.alice.caller, session.activity_id, other(risks="Hot tea"), people.now)
    late = await client.put(f"/api/v1/{path}", json=read | {"title": "晨唱"}, headers=people.alice.bearer)
    problem = late.json()
    assert (late.status_code, problem["code"], problem["wording"]["risks"]) == (409, "reworded_meanwhile", "Hot tea")
    people.alice.sign_in(client)
    drawn = await client.post(f"/organise/{path}", data=read | {"title": "晨唱"})
    assert (drawn.status_code, "It says now: Hot tea" in drawn.text, 'value="晨唱"' in drawn.text) == (409, True, True)
    assert (await activities.find(session.activity_id)).risks == "Hot tea"
    assert f'name="version" value="{problem["version"]}"' in drawn.text
    again = await client.post(f"/organise/{path}", data=read | {"title": "晨唱", "version": problem["version"]})
    assert (again.status_code, (await activities.find(session.activity_id)).title) == (303, "晨唱")
    twice = await client.post(f"/organise/{path}", data=read | {"title": "晨唱"})
    assert twice.status_code == 303, "what stands there already is no conflict"


@pytest.mark.parametrize("left_out", ["title_en", "content_en", "risks_en"])
async def test_over_the_api_no_line_is_emptied_by_leaving_it_out(
    tx: None, people: People, client: httpx.AsyncClient, left_out: str
) -> None:
    session = await given.session(people)
    typed = msgspec.structs.asdict(AS_IT_IS)
    del typed[left_out]
    answer = await client.put(f"/api/v1/activities/{session.activity_id}/wording", json=typed, headers=people.alice.bearer)
    assert answer.status_code == 400
