"""What neighbours offer and look for: who finds it, what may stand in it, and who looks after it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import msgspec
import pytest

from schedules import sql
from schedules.errors import NotFound
from tests import given
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW, refused
from tests.ledger.test_gifts import rules
from tests.neighbours.help import AFTER, DRAFT, START, agreed, asked, post, said, told
from timebank.actions.neighbours.arrange import Proposal, answer_post, leave
from timebank.actions.neighbours.mediate import Decision, Statement, decide, tell_mediator
from timebank.actions.neighbours.moderate import keep_post, see_moderated, see_posts, take_down
from timebank.actions.neighbours.part import block, see_blocked, unblock
from timebank.actions.neighbours.posts import (
    MOST,
    OwnPost,
    PostOver,
    Reason,
    TooManyPosts,
    add_post,
    close_post,
    find_posts,
    report_post,
    see_own_posts,
    see_post,
)
from timebank.actions.neighbours.standing import (
    ContactInPublic,
    ExchangesOff,
    NeighbourSuspended,
    TooYoung,
    WordsNeeded,
)
from timebank.people import erasure
from timebank.people.callers import NotAllowed
from timebank.people.posts import Search
from timebank.points import exchanges


async def titles(who: given.Person, search: Search | None = None, **other: object) -> list[str]:
    found = await find_posts(who.caller, search or Search(), NOW, **other)  # type: ignore[arg-type]
    return [each.title for each in found.posts]


async def test_neighbours_find_a_post_by_kind_category_and_words_and_read_one_character_of_the_name(folk: People) -> None:
    await post(folk.carol)
    await post(folk.carol, kind="help_offered", category="phones", title="Phones explained", text="Slowly")
    assert sorted(await titles(folk.bob)) == ["Carry the rice up", "Phones explained"]
    assert await titles(folk.bob, Search("help_wanted")) == ["Carry the rice up"]
    assert await titles(folk.bob, Search(category="phones")) == ["Phones explained"]
    assert await titles(folk.bob, Search(words="sLOW")) == ["Phones explained"]
    assert await titles(folk.bob, Search(words="%")) == []
    assert [each.name for each in (await find_posts(folk.bob.caller, Search(), NOW)).posts] == ["C*", "C*"]
    assert await titles(folk.carol) == []
    assert len((await see_own_posts(folk.carol.caller, NOW)).posts) == 2


async def test_pages_of_posts_meet_without_a_gap(folk: People) -> None:
    for n in range(5):
        await post(folk.carol, NOW + timedelta(seconds=n), title=f"Post {n}")
    seen, before = [], None
    for _ in range(3):
        found = await find_posts(folk.bob.caller, Search(), NOW + timedelta(minutes=1), before, 2)
        seen += [each.title for each in found.posts]
        before = found.before
    assert (seen, before) == ([f"Post {n}" for n in (4, 3, 2, 1, 0)], None)


async def test_people_of_another_community_and_posts_that_are_over_are_not_found(folk: People) -> None:
    stranger = await given.member("Frank", "19900000099", folk.elsewhere, NOW)
    made = await post(folk.carol, days=1)
    assert await titles(stranger) == []
    async with refused(NotFound):
        await see_post(stranger.caller, made.id, NOW)
    last = NOW + timedelta(days=1)
    assert (await see_post(folk.bob.caller, made.id, last)).post.state == "expired"
    assert (await find_posts(folk.bob.caller, Search(), last)).posts == []
    async with refused(PostOver, state="expired"):
        await answer_post(folk.bob.caller, made.id, Proposal(last + timedelta(hours=1), 60), last)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("title", "ring 13912345678"),
        ("text", "微信：rice_2026"),
        ("text", "139-1234-5678"),
        ("usual_time", "call １３９１２３４５６７８"),
        ("area", "carol@example.org"),
        ("text", "https://example.org"),
    ],
)
async def test_no_number_account_or_address_stands_in_public(folk: People, field: str, text: str) -> None:
    async with refused(ContactInPublic, field=field):
        await add_post(folk.carol.caller, msgspec.structs.replace(DRAFT, **{field: text}), NOW)


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "a\u202eb"])
async def test_a_title_can_be_read(folk: People, text: str) -> None:
    async with refused(WordsNeeded, field="title"):
        await post(folk.carol, title=text)


async def test_figures_that_are_no_numbers_of_people_may_stand_there(folk: People) -> None:
    assert (await post(folk.carol, text="From 9:30 to 11:00, building 12, 2 bags of 10 kg")).state == "open"


async def test_who_is_suspended_or_under_age_arranges_nothing(folk: People) -> None:
    """rules.md 7 and 10."""
    async with refused(NeighbourSuspended):
        await add_post(msgspec.structs.replace(folk.carol.caller, is_suspended=True), DRAFT, NOW)
    await sql.rows("UPDATE member SET born_on = $2 WHERE id = $1", folk.carol.id, date(2008, 11, 27))
    async with refused(TooYoung, years=18):
        await post(folk.carol)
    await sql.rows("UPDATE member SET born_on = $2 WHERE id = $1", folk.carol.id, date(2008, 11, 26))
    assert (await post(folk.carol)).state == "open"


async def test_where_the_rules_have_none_nothing_is_found_or_put_up(folk: People) -> None:
    await rules(folk, exchanges="off")
    for refuses in (post(folk.carol), find_posts(folk.bob.caller, Search(), NOW)):
        async with refused(ExchangesOff):
            await refuses


async def test_nobody_fills_the_list_alone(folk: People) -> None:
    made = [await post(folk.carol) for _ in range(MOST)]
    async with refused(TooManyPosts, most=MOST):
        await post(folk.carol)
    await close_post(folk.carol.caller, made[0].id, NOW)
    assert (await post(folk.carol)).state == "open"


async def test_a_coordinator_takes_a_reported_post_down_with_a_reason_that_its_owner_reads(folk: People) -> None:
    exchange = await asked(folk)
    for reason in ("This is an advertisement.", "Again."):
        await report_post(folk.dan.caller, exchange.post_id, Reason(reason), NOW)
    async with refused(OwnPost):
        await report_post(folk.carol.caller, exchange.post_id, Reason("Mine."), NOW)
    assert [each.reports for each in await see_posts(folk.erin.caller, NOW)] == [1]
    for reader in (folk.carol, folk.bob):
        assert b"reports" not in msgspec.json.encode(await see_post(reader.caller, exchange.post_id, NOW))
    seen = await see_moderated(folk.erin.caller, exchange.post_id, NOW)
    assert [(each.name, each.reason) for each in seen.reports] == [("Dan", "This is an advertisement.")]
    async with refused(NotAllowed):
        await take_down(folk.dan.caller, exchange.post_id, Reason("I may not."), NOW)
    for _ in range(2):
        taken = await take_down(folk.erin.caller, exchange.post_id, Reason("No advertising here."), NOW)
        assert (taken.state, taken.reason) == ("taken_down", "No advertising here.")
    assert ((await exchanges.one(exchange.id)).state, "post_taken_down" in await told(folk.carol)) == ("lapsed", True)
    async with refused(NotFound):
        await see_post(folk.dan.caller, exchange.post_id, NOW)
    assert (await see_post(folk.bob.caller, exchange.post_id, NOW)).post.state == "taken_down"


async def test_a_post_that_is_in_order_stays_and_its_reports_are_dealt_with(folk: People) -> None:
    made = await post(folk.carol)
    await report_post(folk.bob.caller, made.id, Reason("I do not like it."), NOW)
    for _ in range(2):
        kept = await keep_post(folk.erin.caller, made.id, NOW)
        assert kept.state == "open"
        assert [each.reports for each in await see_posts(folk.erin.caller, NOW)] == [0]


async def test_two_who_are_kept_apart_do_not_find_or_answer_each_other(folk: People) -> None:
    exchange = await asked(folk)
    for _ in range(2):
        await block(folk.carol.caller, folk.bob.id, NOW)
    assert ((await exchanges.one(exchange.id)).state, await titles(folk.bob)) == ("declined", [])
    await post(folk.bob, title="Bob's own")
    assert (await titles(folk.carol), len(await titles(folk.dan))) == ([], 2)
    fresh = await post(folk.carol, title="Another")
    async with refused(NotFound):
        await answer_post(folk.bob.caller, fresh.id, Proposal(START, 60), NOW)
    assert [each.name for each in await see_blocked(folk.carol.caller)] == ["B*"]
    assert await see_blocked(folk.bob.caller) == []
    for _ in range(2):
        await unblock(folk.carol.caller, folk.bob.id, NOW)
    assert "Another" in await titles(folk.bob)
    async with refused(NotFound):
        await block(folk.carol.caller, uuid4(), NOW)


async def test_what_was_agreed_stays_when_two_part_and_can_be_called_off(folk: People) -> None:
    exchange = await agreed(folk)
    await block(folk.bob.caller, folk.carol.id, NOW)
    assert (await exchanges.one(exchange.id)).state == "agreed"
    assert (await leave(folk.bob.caller, exchange.id, NOW)).state == "cancelled"
    assert await purse.available(folk.carol, None) == 10  # type: ignore[arg-type]


async def test_words_between_neighbours_go_with_the_data_of_who_wrote_them(folk: People) -> None:
    """rules-17."""
    exchange = await said(folk, await agreed(folk, text="Ask for the lame one"), 60, 0)
    await tell_mediator(folk.carol.caller, exchange.id, Statement("Nobody came to Carol's."), NOW)
    await decide(folk.erin.caller, exchange.id, Decision(30, "They met halfway."), AFTER + timedelta(days=8))
    await sql.rows("UPDATE member SET state = 'left' WHERE id = $1", folk.carol.id)
    fresh = await post(folk.dan)
    for statement in erasure.GONE:
        await sql.rows(statement, folk.carol.id)
    await sql.rows(erasure.OF_OTHERS, folk.carol.id)
    for table in ("neighbour_post", "exchange", "exchange_hearing"):
        text = " ".join(row[0] for row in await sql.rows(f"SELECT t::text FROM {table} t"))
        assert not {"lame", "Nobody", "lift"} & set(text.replace(",", " ").replace('"', " ").split()), table
    assert not await sql.rows("SELECT FROM message WHERE person_id = $1 AND facts ->> 'name' = 'Carol'", folk.bob.id)
    ended = await exchanges.one(exchange.id)
    assert (ended.settled_units, ended.decision, fresh.title) == (50, "They met halfway.", DRAFT.title)
