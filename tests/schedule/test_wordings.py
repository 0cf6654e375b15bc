"""What a public activity says is reworded: who is to come is told once, calendars see it, nothing else moves."""

from __future__ import annotations

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
from timebank.people.callers import NotAllowed
from timebank.web import letters as _letters  # noqa: F401  fills the table
from timebank.web import post

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
    assert "合唱" in row["detail"]


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
