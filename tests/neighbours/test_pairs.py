"""Rings: the same pair above the hours of the rules and no third party, on a list for a talk and nothing more."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from schedules import sql
from schedules.errors import Malformed, NotFound
from schedules.walltimes import NotBegun
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.ledger.test_gifts import rules
from tests.neighbours.help import AFTER, START, live_with, post
from timebank.actions.hours.pairs import note_pair, see_pairs
from timebank.actions.hours.review import NoteNeeded, OwnFinding
from timebank.actions.neighbours.arrange import Proposal, Yes, agree, answer_post
from timebank.actions.neighbours.confirm import Word, say_how_long
from timebank.people.callers import NotAllowed
from timebank.web import clock


async def helped(helper: Person, other: Person, minutes: int) -> None:
    """Both have said how long it was, on the day after NOW."""
    await purse.earn(other, 20, at=None)
    made = await post(other, minutes=minutes)
    exchange = await answer_post(helper.caller, made.id, Proposal(START, minutes, ""), NOW)
    await agree(other.caller, exchange.id, Yes(exchange.terms), NOW)
    for each in (helper, other):
        await say_how_long(each.caller, exchange.id, Word(minutes), AFTER + timedelta(hours=12))


async def names(folk: People, month: str = "2026-11") -> list[tuple[set[str], int]]:
    return [
        ({each.pair.one, each.pair.other}, each.pair.minutes) for each in (await see_pairs(folk.erin.caller, month, NOW)).pairs
    ]


async def test_two_who_help_each_other_and_nobody_else_stand_on_the_list_above_the_rules(folk: People) -> None:
    """rules.md 11: both ways count together, at the limit is not above it, another month is another list."""
    await rules(folk, pair_month_minutes=120)
    await helped(folk.bob, folk.carol, 60)
    await helped(folk.carol, folk.bob, 60)
    assert await names(folk) == []
    await helped(folk.bob, folk.carol, 30)
    assert await names(folk) == [({"Bob", "Carol"}, 150)]
    [listed] = (await see_pairs(folk.erin.caller, "2026-11", NOW)).pairs
    assert (listed.pair.times, {listed.pair.by_one, listed.pair.minutes - listed.pair.by_one}) == (3, {60, 90})
    assert await names(folk, "2026-10") == []
    with pytest.raises(NotBegun):
        await names(folk, "2026-12")


async def test_with_a_third_party_or_without_a_limit_nobody_stands_there(folk: People) -> None:
    await rules(folk, pair_month_minutes=60)
    await helped(folk.bob, folk.carol, 90)
    assert len(await names(folk)) == 1
    await helped(folk.alice, folk.carol, 15)
    assert await names(folk) == []


async def test_the_start_value_is_ten_hours(folk: People) -> None:
    await rules(folk)
    await helped(folk.bob, folk.carol, 600)
    assert await names(folk) == []
    await helped(folk.bob, folk.carol, 15)
    assert len(await names(folk)) == 1


async def test_a_note_is_written_by_nobody_of_the_two_and_changes_nothing_else(folk: People) -> None:
    """rules-21, rules-22: for pairs."""
    await rules(folk, pair_month_minutes=60)
    await helped(folk.bob, folk.carol, 90)
    with pytest.raises(NoteNeeded):
        await note_pair(folk.erin.caller, folk.bob.id, folk.carol.id, "2026-11", " ", NOW)
    with pytest.raises(NotFound):
        await note_pair(folk.erin.caller, folk.bob.id, folk.alice.id, "2026-11", "old friends", NOW)
    with pytest.raises(NotAllowed):
        await note_pair(folk.bob.caller, folk.bob.id, folk.carol.id, "2026-11", "old friends", NOW)
    with pytest.raises(Malformed):
        await see_pairs(folk.erin.caller, "November", NOW)
    before = await sql.rows("SELECT state, held FROM member, wallet ORDER BY 1, 2")
    await note_pair(folk.erin.caller, folk.carol.id, folk.bob.id, "2026-11", "old friends", NOW)
    [listed] = (await see_pairs(folk.erin.caller, "2026-11", NOW)).pairs
    assert [each.note for each in listed.notes] == ["old friends"]
    assert await sql.rows("SELECT state, held FROM member, wallet ORDER BY 1, 2") == before
    await live_with(folk.erin, folk.carol)
    assert not (await see_pairs(folk.erin.caller, "2026-11", NOW)).pairs[0].may_note
    with pytest.raises(OwnFinding):
        await note_pair(folk.erin.caller, folk.bob.id, folk.carol.id, "2026-11", "my own", NOW)


async def test_the_page_stands_beside_the_review_list(folk: People, client: httpx.AsyncClient) -> None:
    await rules(folk, pair_month_minutes=60)
    await helped(folk.bob, folk.carol, 90)
    folk.erin.sign_in(client)
    clock.put(NOW)
    assert "/office/review/pairs" in (await client.get("/office/review")).text
    page = await client.get("/office/review/pairs?month=2026-11")
    assert (page.status_code, "Carol" in page.text, "Bob" in page.text) == (200, True, True)
    one, other = sorted((folk.bob.id, folk.carol.id))
    typed = {"one": str(one), "other": str(other), "month": "2026-11", "key": "k" * 8}
    empty = await client.post("/office/review/pairs", data=typed | {"note": ""})
    assert (empty.status_code, 'id="note-wrong"' in empty.text) == (400, True)
    assert (await client.post("/office/review/pairs", data=typed | {"note": "old friends"})).status_code == 303
    assert "old friends" in (await client.get("/office/review/pairs?month=2026-11")).text
    assert (await client.get("/office/review/pairs?month=x")).status_code == 400
