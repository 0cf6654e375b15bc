"""Rounds that are drawn by lot: opened, entered, drawn once after the deadline, and booked as everybody books."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from schedules import bookings, lottery_entries, spaces, sql
from schedules.lottery_rounds import NoSlots, RoundClosed, RoundNameNeeded, WrongDeadline, WrongWishes
from schedules.wishes import NotBookable
from tests.given import People, member
from tests.spaces.lots import CLOSES, SATURDAY, enters, letters, opened, window
from tests.spaces.rooms import NOW, at, book, refused, room, span
from tests.spaces.test_booking_points import give, priced, purse
from tests.spaces.test_rule_pages import plain, read, send
from tests.sqllog import statements
from timebank.actions.rooms.draw_lots import draw_lots
from timebank.actions.rooms.lottery import open_round, see_round, see_rounds, seed_of, withdraw_from_round
from timebank.jobs import draw_lots as job
from timebank.jobs import sweep
from timebank.people import groups, keys
from timebank.people.callers import NotAllowed
from timebank.settings import Settings
from timebank.web import post
from timebank.web.letters import lottery as letters_of_draws
from timebank.web.words import LANGUAGES

pytestmark = pytest.mark.usefixtures("tx")


async def test_the_slots_of_a_round_are_kept_from_everybody_until_the_draw(people: People) -> None:
    dance = await room(people.community, horizon=60, turnaround=30)
    found = await opened(people, dance, minutes=60)
    assert [slot.use for slot in found.slots[:2]] == [span("18:00-19:00", SATURDAY), span("19:30-20:30", SATURDAY)]
    assert await refused(people.bob, dance, span("18:00-19:00", SATURDAY)) == ["taken"]
    assert await refused(people.bob, dance, span("20:30-21:30", SATURDAY)) == ["taken"], "tidying up is kept free as well"
    assert await draw_lots(found.id, CLOSES)
    await book(people.bob, dance, span("18:00-19:00", SATURDAY))


async def test_the_seed_is_promised_before_and_shown_afterwards(people: People) -> None:
    found = await opened(people, await room(people.community))
    assert found.seed is None
    mine = await enters(people.bob, found, 2, 1)
    before = await see_round(people.carol.caller, found.id)
    assert (before.entered, before.entries, before.mine) == (1, (), None), "nobody sees what others wish"
    assert await job.run(CLOSES - timedelta(seconds=1)) == 0, "nobody draws early"
    assert [await job.run(CLOSES) for _ in range(2)] == [1, 0]
    seen = await see_round(people.carol.caller, found.id)
    assert seen.round.seed is not None
    assert hashlib.sha256(seen.round.seed.encode()).hexdigest() == found.seed_hash
    [shown] = seen.entries
    text = f"{seen.round.seed}:{found.id}:{mine.code}"
    assert (shown.code, shown.rank) == (mine.code, hashlib.sha256(text.encode()).hexdigest())
    [award] = seen.given
    booked = await bookings.one(award.booking_id)
    assert (booked.person_id, booked.use, booked.people) == (people.bob.id, found.slots[1].use, 2)
    assert booked.starts_at > NOW + timedelta(days=14), "the horizon of the room does not hold for a draw"


async def test_a_draw_decides_where_the_room_asks_for_approval(people: People) -> None:
    dance = await room(people.community)
    await spaces.set_approval(dance, "holds", 60, True, now=NOW)
    found = await opened(people, dance)
    await enters(people.bob, found, 1)
    await job.run(CLOSES)
    [award] = await lottery_entries.given(found.id)
    assert (await bookings.one(award.booking_id)).state == "confirmed"


async def test_each_hears_once_what_became_of_it_and_losers_come_first_next_time(people: People) -> None:
    dance = await room(people.community)
    first = await opened(people, dance)
    entered = {(await enters(one, first, 1)).code: one for one in (people.bob, people.carol)}
    for _ in range(2):
        await job.run(CLOSES)
    [award] = await lottery_entries.given(first.id)
    winner = entered[award.code]
    loser = people.carol if winner is people.bob else people.bob
    assert (await letters("won"), await letters("lost")) == ([winner.id], [loser.id])
    for number in range(2, 5):
        later = {"first_on": SATURDAY + number * timedelta(days=7), "last_on": SATURDAY + number * timedelta(days=7)}
        again = await opened(people, dance, **later)
        for one in (people.bob, people.carol):
            await enters(one, again, 1)
        await job.run(CLOSES)
        [award] = await lottery_entries.given(again.id)
        winner, loser = loser, winner
        assert (await bookings.one(award.booking_id)).person_id == winner.id, f"round {number}"


async def test_a_group_that_the_community_published_picks_first(people: People) -> None:
    partner = await groups.add(people.community, "合作伙伴", "Partners", 1, people.erin.id, NOW)
    elsewhere = await groups.add(people.elsewhere, "外社区", "Elsewhere", 1, people.erin.id, NOW)
    await groups.join(partner, people.carol.id, people.erin.id, NOW)
    others = [await member(f"Neighbour {n}", f"1997000000{n}", people.building, NOW) for n in range(4)]
    found = await opened(people, await room(people.community))
    for one in (*others, people.carol):
        await groups.join(elsewhere, others[0].id, people.erin.id, NOW)
        await enters(one, found, 1)
    await job.run(CLOSES)
    [award] = await lottery_entries.given(found.id)
    assert (await bookings.one(award.booking_id)).person_id == people.carol.id


async def test_who_cannot_pay_is_passed_over_and_the_next_in_rank_has_it(people: People) -> None:
    dance = await priced(people)
    found = await opened(people, dance)
    partner = await groups.add(people.community, "合作伙伴", "Partners", 1, people.erin.id, NOW)
    await groups.join(partner, people.bob.id, people.erin.id, NOW)
    await give(people.carol, 1000)
    first, second = await enters(people.bob, found, 1), await enters(people.carol, found, 1)
    await job.run(CLOSES)
    [passed] = await lottery_entries.passed_over(found.id)
    assert (passed.code, passed.slot, [one.code for one in passed.broken]) == (first.code, 1, ["points"])
    assert [(one.code, one.slot) for one in await lottery_entries.given(found.id)] == [(second.code, 1)]
    posted, held = await purse(people.carol)
    assert (posted, held > 0) == (1000, True)
    assert await purse(people.bob) == (0, 0)
    assert (await letters("passed"), await letters("won"), await letters("lost")) == ([people.bob.id], [people.carol.id], [])
    own, others = await see_round(people.bob.caller, found.id), await see_round(people.carol.caller, found.id)
    assert (len(own.passed[0].broken), len(others.passed[0].broken)) == (1, 0), "the reason is for the household alone"


async def test_a_households_quota_holds_for_a_draw_as_well(people: People) -> None:
    dance = await room(people.community, week_quota=1)
    found = await opened(people, dance, per_household=3)
    await enters(people.bob, found, 1, 3, 4)
    await job.run(CLOSES)
    assert [one.slot for one in await lottery_entries.given(found.id)] == [1]
    passed = await lottery_entries.passed_over(found.id)
    assert [(one.slot, one.broken[0].code) for one in passed] == [(3, "quota"), (4, "quota")]


async def test_a_household_has_one_entry_and_may_change_or_withdraw_it_until_the_deadline(people: People) -> None:
    found = await opened(people, await room(people.community))
    first, second = await enters(people.bob, found, 1), await enters(people.bob, found, 3, 2)
    assert (first.code, second.wishes) == (second.code, (3, 2))
    for wrong in ((), (9,), (1, 1)):
        with pytest.raises(WrongWishes):
            await enters(people.bob, found, *wrong)
    await enters(people.carol, found, 3)
    await withdraw_from_round(people.bob.caller, found.id, NOW)
    with pytest.raises(RoundClosed):
        await withdraw_from_round(people.carol.caller, found.id, CLOSES)
    await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", people.carol.id)
    await job.run(CLOSES)
    assert await lottery_entries.given(found.id) == [], "one has withdrawn, one is suspended"
    with pytest.raises(RoundClosed):
        await enters(people.bob, found, 1)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"last_on": SATURDAY - timedelta(days=1)}, NoSlots),
        ({"last_on": SATURDAY + timedelta(days=100)}, NoSlots),
        ({"closes_at": NOW}, WrongDeadline),
        ({"closes_at": at("18:01", SATURDAY)}, WrongDeadline),
        ({"title": "  "}, RoundNameNeeded),
        ({"starts": span("05:00-06:00").starts_at.time().replace(hour=5), "minutes": 60}, NotBookable),
    ],
)
async def test_a_round_that_nobody_could_use_is_not_opened(
    people: People, wrong: dict[str, Any], error: type[Exception]
) -> None:
    dance = await room(people.community)
    with pytest.raises(error):
        await opened(people, dance, **wrong)
    assert await sql.value("SELECT count(*) FROM closure") == 0


async def test_only_who_keeps_the_room_opens_a_round(people: People) -> None:
    with pytest.raises(NotAllowed):
        await open_round(people.alice.caller, await room(people.community), window(), NOW)


def test_the_process_that_draws_knows_the_secret_of_the_seed(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    before, seeds = seed_of(UUID(int=1)), list[str]()

    async def run(chosen: Settings) -> None:
        seeds.append(seed_of(UUID(int=1)))

    monkeypatch.setattr("timebank.jobs.sweep.settings.read", lambda: settings)
    monkeypatch.setattr("timebank.jobs.sweep.logs.configure", lambda chosen: None)
    monkeypatch.setattr("timebank.jobs.sweep.asyncio.run", lambda unit: unit.send(None) if not seeds else None)
    monkeypatch.setattr(sweep, "run", run)
    keys.use("")
    with contextlib.suppress(StopIteration):
        sweep.main()
    assert seeds == [before]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_has_its_facts(language: Any) -> None:
    facts = {"space": "舞蹈室", "space_en": "Dance room", "title": "周末", "title_en": "Weekend", "code": "ABC234"}
    facts |= {"time_zone": "Asia/Shanghai", "starts_at": NOW.isoformat(), "ends_at": CLOSES.isoformat()}
    short = {"code": "points", "data": {"needed": 400, "available": 150, "short": 250}}
    assert letters_of_draws
    for kind in ("won", "lost", "passed"):
        letter = post.read(f"lottery.{kind}", {**facts, "broken": [short]}, language)
        assert "ABC234" in letter.text


FORM = {
    "title": "周末黄金时段",
    "title_en": "Weekend evenings",
    "first_on": "2026-12-19",
    "last_on": "2026-12-20",
    "weekdays": ["5", "6"],
    "starts": "18:00",
    "ends": "21:00",
    "minutes": "90",
    "closes_at": "2026-11-27T09:00",
    "per_household": "1",
}


@pytest.mark.usefixtures("thursday")
async def test_a_round_from_the_office_to_the_result_over_the_pages(client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    office = f"/office/rooms/{dance}/lotteries"
    assert "No draw yet" in await read(client, office)
    wrong = await send(client, office, **FORM | {"minutes": "many"})
    assert (wrong.status_code, 'value="many"' in wrong.text, 'value="2026-12-19"' in wrong.text) == (400, True, True)
    made = await send(client, office, **FORM)
    assert made.status_code == 303, plain(made.text)
    page = made.headers["location"]
    assert "Weekend evenings" in await read(client, office)
    people.bob.sign_in(client)
    assert "Some times are drawn by lot." in await read(client, f"/spaces/{dance}")
    twice = await send(client, f"{page}/enter", slot_1="1", slot_2="1", people="2")
    assert (twice.status_code, "each number once" in plain(twice.text)) == (400, True)
    assert (await send(client, f"{page}/enter", slot_2="1", slot_1="2", people="2")).status_code == 303
    code = await sql.value("SELECT code FROM lottery_entry")
    assert f"Your code is {code}" in await read(client, page)
    await job.run(CLOSES)
    shown = await read(client, page)
    assert "The lot fell to you." in shown
    assert f"1. {code} (you)" in shown
    assert str(await sql.value("SELECT seed FROM lottery_round")) in shown
    assert (await send(client, f"{page}/withdraw")).status_code == 409
    client.cookies.clear()
    assert f"✓ {code}" in await read(client, page), "a stranger sees codes, and no names"
    assert "Bob" not in await read(client, page)


@pytest.mark.usefixtures("thursday")
async def test_the_api_says_all_that_is_needed_to_compute_it_again(client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    body = FORM | {
        "starts": "18:00:00",
        "ends": "21:00:00",
        "weekdays": [5, 6],
        "minutes": 90,
        "per_household": 1,
        "closes_at": CLOSES.isoformat(),
    }
    headers = people.erin.bearer | {"Idempotency-Key": "open-the-round"}
    twice = [await client.post(f"/api/v1/spaces/{dance}/lotteries", json=body, headers=headers) for _ in range(2)]
    assert twice[0].status_code == 201, twice[0].text
    assert twice[0].json()["id"] == twice[1].json()["id"]
    path = f"/api/v1/lotteries/{twice[0].json()['id']}"
    entered = await client.put(f"{path}/entry", json={"wishes": [2, 1]}, headers=people.bob.bearer)
    assert entered.json()["wishes"] == [2, 1]
    assert (await client.put(f"{path}/entry", json={"wishes": [7]}, headers=people.bob.bearer)).status_code == 400
    assert (await client.put(f"{path}/entry", json={"wishes": [1]}, headers=people.carol.bearer)).status_code == 200
    assert (await client.delete(f"{path}/entry", headers=people.carol.bearer)).status_code == 204
    await job.run(CLOSES)
    told = (await client.get(path)).json()
    assert told["awards"] == [{"code": entered.json()["code"], "slot": 2}]
    assert (told["entries"][0]["place"], told["mine"], len(told["seed"])) == (1, None, 64)
    listed = (await client.get(f"/api/v1/spaces/{dance}/lotteries")).json()["rounds"]
    assert [one["id"] for one in listed] == [told["id"]]
    late = await client.put(f"{path}/entry", json={"wishes": [1]}, headers=people.bob.bearer)
    assert (late.status_code, late.json()["code"]) == (409, "round_closed")


async def test_ten_rounds_of_a_room_are_read_with_as_many_statements_as_three(people: People) -> None:
    dance = await room(people.community)
    sent = []
    for weeks in (range(3), range(3, 10)):
        for week in weeks:
            first_on = SATURDAY + timedelta(weeks=week)
            found = await opened(people, dance, first_on=first_on, last_on=first_on, closes_at=CLOSES + timedelta(hours=week))
            await enters(people.bob, found, 1)
        await draw_lots(found.id, CLOSES + timedelta(hours=weeks[-1]))
        with statements() as seen:
            rounds = await see_rounds(people.bob.caller, dance)
        sent.append((len(rounds), len(seen)))
        assert [(one.entered, len(one.round.slots), one.mine is not None) for one in rounds] == [(1, 2, True)] * len(rounds)
        assert [len(one.given) for one in rounds] == [one.round.drawn_at is not None for one in rounds]
    (three, few), (ten, many) = sent
    assert (three, ten) == (3, 10)
    assert few == many


async def test_a_draw_of_ten_households_sends_as_many_statements_as_one_of_three(people: People) -> None:
    sent = []
    for number in (3, 10):
        found = await opened(people, await room(people.community, f"{number}"))
        many = [await member(f"No. {n}", f"138{number:04}{n:04}", people.community, NOW) for n in range(number)]
        for one in many:
            await enters(one, found, 1)
        with statements() as seen:
            assert await draw_lots(found.id, CLOSES)
        sent.append(len(seen))
        drawn = await lottery_entries.entries(found.id)
        assert [one.place for one in drawn] == list(range(1, number + 1))
        [award] = await lottery_entries.given(found.id)
        assert award.code == drawn[0].code
    assert sent[0] == sent[1]
    assert await sql.value("SELECT array_agg(losses + wins) FROM lottery_memory") == [1] * 13
