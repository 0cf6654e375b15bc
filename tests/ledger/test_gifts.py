"""Gifts: held until there is a yes, between whom the rules let points go, each ended once and told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from schedules import sql
from schedules.errors import NotFound
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW, available, refused
from timebank.actions.points.gifts import (
    GiftOver,
    GiverSuspended,
    Wish,
    accept_gift,
    decline_gift,
    give,
    preview_gift,
    release_gift,
    see_gifts,
    withdraw_gift,
)
from timebank.actions.points.relatives import Naming, confirm_relative, end_relative, name_relative
from timebank.actions.points.terms import RecipientNotAllowed
from timebank.jobs import end_gifts
from timebank.outbox.functions import AccountClosed
from timebank.people.relatives import NamedAlready
from timebank.points import gifts
from timebank.points.gifts import Gift
from timebank.points.refusals import InsufficientPoints, WalletFull


async def rules(folk: People, **knobs: Any) -> None:
    """From today on, for everybody."""
    await sql.rows(
        "INSERT INTO policy (id, community_id, valid_from, rules, made_at) VALUES ($1, $2, '2026-11-20', $3, $4)",
        uuid4(),
        folk.sub_district,
        msgspec.json.encode(knobs).decode(),
        NOW,
    )


async def number(person: Person) -> int:
    return int(await sql.value("SELECT number FROM member WHERE id = $1", person.id))


async def same_door(one: Person, other: Person) -> None:
    await sql.rows(
        "UPDATE member SET household_id = (SELECT household_id FROM member WHERE id = $2) WHERE id = $1", one.id, other.id
    )


async def wish(to: Person, points: float = 5, word: str = "") -> Wish:
    return Wish(to_number=await number(to), units=round(points * 100), word=word)


async def given(folk: People, points: float = 5, word: str = "") -> Gift:
    """Bob has 10 and gives some to Carol, who lives with him."""
    await same_door(folk.carol, folk.bob)
    await purse.earn(folk.bob, 10, at=None)
    return await give(folk.bob.caller, await wish(folk.carol, points, word), NOW)


async def told(person: Person) -> list[str]:
    found = await sql.rows("SELECT kind FROM message WHERE person_id = $1 AND state <> 'withdrawn' ORDER BY kind", person.id)
    return [row["kind"] for row in found]


async def bob_has(folk: People) -> tuple[float, float]:
    """Available and held."""
    balance = await purse.balance(folk.bob, None)  # type: ignore[arg-type]
    return balance.available / 100, balance.held / 100


async def carol_has(folk: People) -> float:
    return await available(folk.carol, None)  # type: ignore[arg-type]


@pytest.mark.scenario("ledger-83")
async def test_a_gift_is_held_at_the_giver_and_moves_with_the_yes_once(folk: People) -> None:
    gift = await given(folk, word="happy birthday")
    assert (await bob_has(folk), await carol_has(folk)) == ((5, 5), 0)
    assert (gift.state, gift.receiver, gift.word) == ("waiting", "Carol", "happy birthday")
    for _ in range(2):
        assert (await accept_gift(folk.carol.caller, gift.id, NOW)).state == "accepted"
    assert (await bob_has(folk), await carol_has(folk)) == ((5, 0), 5)
    assert await purse.kinds(folk.bob) == [("credit", 1000), ("gift", -500)]
    assert await purse.kinds(folk.carol) == [("gift", 500)]
    assert (await told(folk.carol), await told(folk.bob)) == ([], ["gift_accepted"])
    for late in (decline_gift(folk.carol.caller, gift.id, NOW), withdraw_gift(folk.bob.caller, gift.id, NOW)):
        async with refused(GiftOver, state="accepted"):
            await late


@pytest.mark.scenario("ledger-83")
@pytest.mark.parametrize("how", ["declined", "withdrawn"])
async def test_a_gift_that_comes_to_nothing_is_released_once(folk: People, how: str) -> None:
    gift = await given(folk)
    for _ in range(2):
        if how == "declined":
            ended = await decline_gift(folk.carol.caller, gift.id, NOW)
        else:
            ended = await withdraw_gift(folk.bob.caller, gift.id, NOW)
        assert ended.state == how
    assert (await bob_has(folk), await carol_has(folk)) == ((10, 0), 0)
    async with refused(GiftOver, state=how):
        await accept_gift(folk.carol.caller, gift.id, NOW)
    other = folk.bob if how == "declined" else folk.carol
    assert await told(other) == [f"gift_{how}"]


@pytest.mark.scenario("ledger-83")
async def test_a_gift_that_nobody_answers_comes_back_by_itself(folk: People) -> None:
    await same_door(folk.carol, folk.bob)
    await purse.earn(folk.bob, 10, at=None)
    long_ago = await sql.value("SELECT clock_timestamp() - interval '7 days 1 second'")
    gift = await gifts.give(folk.bob.id, folk.carol.id, 500, "", timedelta(days=7), None, at=long_ago)
    assert gift.state == "timed_out"
    async with refused(GiftOver):
        await accept_gift(folk.carol.caller, gift.id, NOW)
    # The points were free at the last instant already, and whoever touches the wallet may have ended the hold.
    assert await bob_has(folk) == (10, 0)
    await sql.rows("SELECT ledger.settle($1, clock_timestamp())", await purse.account(folk.bob))
    assert (await end_gifts.run(NOW), await end_gifts.run(NOW)) == (1, 0)
    assert await told(folk.bob) == ["gift_timed_out"]
    assert (await decline_gift(folk.carol.caller, gift.id, NOW)).state == "timed_out"


async def test_the_job_leaves_a_gift_whose_time_is_not_over(folk: People) -> None:
    gift = await given(folk)
    assert await end_gifts.run(NOW) == 0
    async with refused(GiftOver):
        await release_gift(gift.id, NOW)
    assert (await gifts.one(gift.id)).state == "waiting"


@pytest.mark.scenario("ledger-85")
async def test_points_go_to_relatives_only_and_that_is_asked_again_with_the_yes(folk: People) -> None:
    await purse.earn(folk.bob, 10, at=None)
    async with refused(RecipientNotAllowed, gifts="relatives"):
        await give(folk.bob.caller, await wish(folk.carol), NOW)
    await same_door(folk.carol, folk.bob)
    gift = await give(folk.bob.caller, await wish(folk.carol), NOW)
    await same_door(folk.carol, folk.dan)
    async with refused(RecipientNotAllowed):
        await accept_gift(folk.carol.caller, gift.id, NOW)
    assert await bob_has(folk) == (5, 5)


@pytest.mark.scenario("ledger-85")
async def test_relatives_are_those_who_have_both_said_so(folk: People) -> None:
    await purse.earn(folk.bob, 10, at=None)
    named = (await name_relative(folk.bob.caller, Naming(await number(folk.carol)), None, NOW)).value
    async with refused(RecipientNotAllowed):
        await give(folk.bob.caller, await wish(folk.carol), NOW)
    with pytest.raises(NamedAlready):
        await name_relative(folk.carol.caller, Naming(await number(folk.bob)), None, NOW)
    with pytest.raises(NotFound):
        await confirm_relative(folk.bob.caller, named.bond_id, NOW)
    for _ in range(2):
        await confirm_relative(folk.carol.caller, named.bond_id, NOW)
    gift = await give(folk.bob.caller, await wish(folk.carol), NOW)
    await end_relative(folk.carol.caller, named.bond_id, NOW)
    async with refused(RecipientNotAllowed):
        await accept_gift(folk.carol.caller, gift.id, NOW)
    assert await told(folk.carol) == ["gift_offered"]
    assert await told(folk.bob) == ["relative_confirmed"]


@pytest.mark.parametrize(("knob", "is_given"), [("off", False), ("anyone", True)])
async def test_the_rules_say_to_whom_points_go(folk: People, knob: str, is_given: bool) -> None:
    await rules(folk, gifts=knob, gift_days=3)
    await purse.earn(folk.bob, 10, at=None)
    if not is_given:
        await same_door(folk.carol, folk.bob)
        async with refused(RecipientNotAllowed, gifts="off"):
            await give(folk.bob.caller, await wish(folk.carol), NOW)
        return
    gift = await give(folk.bob.caller, await wish(folk.carol), NOW)
    assert gift.answer_by - gift.made_at == timedelta(days=3)
    # A number leads nobody to a stranger's whole name.
    assert (gift.receiver, [each.receiver for each in await see_gifts(folk.bob.caller)]) == ("C*", ["C*"])
    assert [(each.giver, each.receiver) for each in await see_gifts(folk.carol.caller)] == [("Bob", "Carol")]
    async with refused(RecipientNotAllowed, gifts="anyone"):
        await give(folk.bob.caller, Wish(to_number=2**53, units=100), NOW)


@pytest.mark.scenario("ledger-86")
async def test_an_account_that_closes_before_the_yes_releases_the_gift_and_the_giver_is_told(folk: People) -> None:
    gift = await given(folk)
    await sql.rows("UPDATE account SET closed_at = clock_timestamp() WHERE owner_id = $1", folk.carol.id)
    async with refused(AccountClosed):
        await accept_gift(folk.carol.caller, gift.id, NOW)
    assert (await end_gifts.run(NOW), await end_gifts.run(NOW)) == (1, 0)
    assert (await bob_has(folk), (await gifts.one(gift.id)).state) == ((10, 0), "closed")
    assert await told(folk.bob) == ["gift_closed"]
    async with refused(AccountClosed):
        await give(folk.bob.caller, await wish(folk.carol), NOW)


@pytest.mark.scenario("ledger-87")
async def test_a_gift_above_the_cap_is_refused_before_anything_moves(folk: People) -> None:
    await rules(folk, wallet_cap_units=1200)
    await purse.earn(folk.carol, 8, at=None)
    async with refused(WalletFull, cap=1200):
        await given(folk, 5)
    gift = await given(folk, 4)
    await purse.earn(folk.carol, 0.01, at=None)
    async with refused(WalletFull, cap=1200):
        await accept_gift(folk.carol.caller, gift.id, NOW)
    assert (await gifts.one(gift.id)).state == "waiting"


async def test_nobody_gives_more_than_they_have_and_the_look_before_says_so(folk: People) -> None:
    gift = await given(folk, 6)
    for refusing in (
        preview_gift(folk.bob.caller, await wish(folk.carol), NOW),
        give(folk.bob.caller, await wish(folk.carol), NOW),
    ):
        async with refused(InsufficientPoints, available=400):
            await refusing
    planned = await preview_gift(folk.bob.caller, await wish(folk.carol, 3), NOW)
    assert (planned.receiver, planned.left, planned.days) == ("Carol", 100, 7)
    assert [each.id for each in await see_gifts(folk.bob.caller)] == [gift.id]


async def test_who_is_suspended_gives_nothing(folk: People) -> None:
    await purse.earn(folk.bob, 5, at=None)
    async with refused(GiverSuspended):
        await give(msgspec.structs.replace(folk.bob.caller, is_suspended=True), await wish(folk.carol), NOW)


async def test_gifts_between_others_are_not_here(folk: People) -> None:
    gift = await given(folk)
    for meddling in (
        accept_gift(folk.bob.caller, gift.id, NOW),
        decline_gift(folk.dan.caller, gift.id, NOW),
        withdraw_gift(folk.carol.caller, gift.id, NOW),
    ):
        async with refused(NotFound):
            await meddling


async def test_over_http_a_gift_is_made_once_for_its_key(client: httpx.AsyncClient, folk: People) -> None:
    await same_door(folk.carol, folk.bob)
    await purse.earn(folk.bob, 10, at=None)
    body = {"to_number": await number(folk.carol), "units": 500, "word": "for you"}
    headers = {**folk.bob.bearer, "Idempotency-Key": "gift-0001"}
    first, again = [await client.post("/api/v1/me/gifts", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.json() == again.json()
    other = await client.post("/api/v1/me/gifts", json=body | {"units": 501}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "key_conflict")
    path = f"/api/v1/me/gifts/{first.json()['id']}"
    accepted = await client.post(f"{path}/accept", headers=folk.carol.bearer)
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    late = await client.post(f"{path}/withdraw", headers=folk.bob.bearer)
    assert (late.status_code, late.json()["code"]) == (409, "hold_over")
    assert (await client.post(f"{path}/accept", headers=folk.dan.bearer)).status_code == 404
    assert [each["state"] for each in (await client.get("/api/v1/me/gifts", headers=folk.bob.bearer)).json()] == ["accepted"]


@pytest.mark.scenario("ledger-82")
@pytest.mark.parametrize("units", [0, -1, 1.5, 2**63, "5", True, None])
async def test_over_http_no_other_amount_moves(client: httpx.AsyncClient, folk: People, units: object) -> None:
    await same_door(folk.carol, folk.bob)
    await purse.earn(folk.bob, 10, at=None)
    before = await purse.rows()
    for to in (folk.carol, folk.bob):
        body = {"to_number": await number(to), "units": units}
        assert (await client.post("/api/v1/me/gifts", json=body, headers=folk.bob.bearer)).status_code == 400
    assert await purse.rows() == before
