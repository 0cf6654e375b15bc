"""A keeper takes an exchange back, and counts the shelf: over HTTP and on the pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from schedules import sql
from tests import given
from tests.given import People
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, Shop, earn
from timebank.actions.rewards.refund import RefundTooLate, refund
from timebank.rewards import catalogue, receipts, redemptions
from timebank.rewards.receipts import Slip

REASON = {"reason": "the bag was torn", "is_restocked": False}


@pytest_asyncio.fixture(loop_scope="session")
async def shop(tx: None, people: People, now: datetime) -> Shop:
    """Three bags of rice for 10 points each; Bob has 25 points."""
    await earn(people.bob, 25 * POINT, now)
    return await shops.opened(people, now, stock=3)


async def bought(client: httpx.AsyncClient, shop: Shop, people: People) -> Slip:
    body = {"reward_id": str(shop.rice), "price": 1000, "place_id": str(shop.place)}
    made = await client.post(
        "/api/v1/redemptions", json=body, headers=people.bob.bearer | {"Idempotency-Key": "at-the-counter"}
    )
    return await receipts.find(made.json()["id"])


@pytest.mark.scenario("ledger-94")
@pytest.mark.parametrize("is_restocked", [False, True])
async def test_a_refund_gives_points_back_and_the_piece_only_where_the_keeper_says_so(
    shop: Shop, client: httpx.AsyncClient, people: People, is_restocked: bool
) -> None:
    slip = await bought(client, shop, people)
    path, keeper = f"/api/v1/redemptions/{slip.id}/refund", shop.keeper.bearer
    answers = [await client.post(path, json=REASON | {"is_restocked": is_restocked}, headers=keeper) for _ in range(2)]
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, "undone")] * 2
    assert (await shops.balance(people.bob), await shop.count()) == (25 * POINT, 3 if is_restocked else 2)
    letter = await sql.one("SELECT person_id, facts FROM message WHERE kind = 'redemption_refunded'")
    assert (letter["person_id"], "torn" in str(letter["facts"])) == (people.bob.id, True)
    seen = await client.get(f"/api/v1/places/{shop.place}/redemptions", headers=keeper)
    assert [each["state"] for each in seen.json()] == ["undone"]


async def test_what_was_handed_over_is_taken_back_too_and_a_code_that_was_taken_back_opens_nothing(
    shop: Shop, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    slip = await bought(client, shop, people)
    await redemptions.collect(slip.id, shop.keeper.id, now)
    assert (await refund(shop.keeper.caller, slip.id, "spoiled", False, now)).state == "undone"
    again = await client.post("/api/v1/redemptions/hand-over", json={"code": slip.code}, headers=shop.keeper.bearer)
    assert again.status_code == 404


@pytest.mark.parametrize(
    ("changed", "status"), [({"reason": ""}, 400), ({"reason": "   "}, 400), ({"is_restocked": "yes"}, 400)]
)
async def test_a_refund_needs_its_reason(
    shop: Shop, client: httpx.AsyncClient, people: People, changed: dict[str, Any], status: int
) -> None:
    slip = await bought(client, shop, people)
    path = f"/api/v1/redemptions/{slip.id}/refund"
    assert (await client.post(path, json=REASON | changed, headers=shop.keeper.bearer)).status_code == status
    assert (await receipts.find(slip.id)).state == "to_collect"


@pytest.mark.scenario("ledger-104")
async def test_nobody_refunds_their_own_and_nobody_else_s_place(
    shop: Shop, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    slip, path = await bought(client, shop, people), "/api/v1/redemptions/{}/refund"
    await given.grant(people.bob.id, "keeper", people.community, now)
    assert (await client.post(path.format(slip.id), json=REASON, headers=people.bob.bearer)).json()["code"] == "own_refund"
    await sql.rows(
        "UPDATE member b SET household_id = k.household_id, community_id = k.community_id FROM member k "
        "WHERE k.id = $1 AND b.id = $2",
        shop.keeper.id,
        people.bob.id,
    )
    at_home = await client.post(path.format(slip.id), json=REASON, headers=shop.keeper.bearer)
    assert (at_home.status_code, at_home.json()["code"]) == (409, "own_refund"), "rules-22: nor by who lives with them"
    far = await given.member("Gil", "19900000007", people.elsewhere, now, "keeper", people.elsewhere)
    assert (await client.post(path.format(slip.id), json=REASON, headers=far.bearer)).status_code in (403, 404)
    assert (await receipts.find(slip.id)).state == "to_collect"


async def test_after_the_days_of_the_rules_it_is_too_late(shop: Shop, client: httpx.AsyncClient, people: People) -> None:
    slip = await bought(client, shop, people)
    with pytest.raises(RefundTooLate):
        await refund(shop.keeper.caller, slip.id, "torn", False, slip.made_at + timedelta(days=30, seconds=1))
    assert (await refund(shop.keeper.caller, slip.id, "torn", False, slip.made_at + timedelta(days=30))).state == "undone"


@pytest.mark.scenario("ledger-77")
async def test_a_count_books_its_differences_whatever_is_sold_meanwhile(
    shop: Shop, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    """Three by the books; one is bought while the keeper counts, and still lies there; one is missing."""
    tea = await shops.reward(people, now, 2 * POINT, "茶", "Tea")
    await shop.more(tea, 1)
    await bought(client, shop, people)
    counts = [
        {"reward_id": str(shop.rice), "seen": 3, "counted": 2},
        {"reward_id": str(tea), "seen": 1, "counted": 1},
    ]
    body, headers = {"place_id": str(shop.place), "counts": counts}, shop.keeper.bearer | {"Idempotency-Key": "monday-count"}
    answers = [await client.post("/api/v1/stock-counts", json=body, headers=headers) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {"different": 1}), (200, {"different": 1})]
    assert (await shop.count(), await shop.count(tea)) == (1, 1)
    [latest, *_] = await sql.rows("SELECT change, reason FROM stock_move ORDER BY id DESC")
    assert (latest["change"], latest["reason"]) == (-1, "missing")


@pytest.mark.parametrize("counted", [-1, 1.5, "2", 2**63, 100_001])
async def test_a_figure_that_is_none_counts_nothing(shop: Shop, client: httpx.AsyncClient, counted: Any) -> None:
    counts = [{"reward_id": str(shop.rice), "seen": 3, "counted": counted}]
    body = {"place_id": str(shop.place), "counts": counts}
    answer = await client.post("/api/v1/stock-counts", json=body, headers=shop.keeper.bearer | {"Idempotency-Key": "no-count"})
    assert (answer.status_code, await shop.count()) == (400, 3)


async def test_the_keeper_counts_and_refunds_on_the_pages(shop: Shop, client: httpx.AsyncClient, people: People) -> None:
    slip = await bought(client, shop, people)
    client.headers.update(shop.keeper.bearer | {"accept": "text/html", "accept-language": "en"})
    client.follow_redirects = True
    assert "(of these 1 wait to be fetched)" in (await client.get(f"/office/rewards/count?place={shop.place}")).text
    form = {"place": str(shop.place), "key": "a-count-of-monday", f"seen-{shop.rice}": "3", f"counted-{shop.rice}": "x"}
    wrong = await client.post("/office/rewards/count", data=form)
    assert (wrong.status_code, 'value="x"' in wrong.text, "This is not a count." in wrong.text) == (400, True, True)
    assert f'id="counted-{shop.rice}-wrong"' in wrong.text, "beside the figure that is none"
    done = await client.post("/office/rewards/count", data=form | {f"counted-{shop.rice}": "4"})
    assert "Counted. 1 reward differed" in done.text
    path = f"/office/rewards/receipts/{slip.id}"
    assert slip.code not in (await client.get(path)).text, "what waits is handed over by its own code only"
    assert "A reason is needed" in (await client.post(f"{path}/refund", data={"reason": " "})).text
    assert "points are Bob" in (await client.post(f"{path}/refund", data={"reason": "torn", "shelf": "yes"})).text
    assert await shop.count() == 4


async def test_kinds_are_chosen_on_the_shelf_and_an_unknown_one_is_refused(
    shop: Shop, client: httpx.AsyncClient, people: People
) -> None:
    described = {"name": "理发", "name_en": "Haircut", "price": 100, "category": "care"}
    await client.put(f"/api/v1/rewards/{shop.rice}", json=described, headers=shop.keeper.bearer)
    assert (await catalogue.find(shop.rice)).details.category == "care"
    wrong = await client.put(f"/api/v1/rewards/{shop.rice}", json=described | {"category": "x"}, headers=shop.keeper.bearer)
    assert wrong.status_code == 400
    page = await client.get(f"/rewards?place={shop.place}&kind=food", headers=people.bob.bearer | {"accept-language": "en"})
    assert "Haircut" in page.text
