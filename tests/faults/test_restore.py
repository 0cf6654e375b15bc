"""Restored to a moment: what was recorded before is there, what came after is gone, and journals sent again make it whole."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from schedules import sql
from tests import conftest, given
from tests.conftest import NOW
from tests.faults import journals
from tests.rewards import shop as shops
from tests.rewards.shop import sound
from timebank import migrate, servers

pytestmark = [pytest.mark.fault, pytest.mark.slow]

AT_KIOSK = "the-key-of-a-visit"
LATE = (NOW + timedelta(hours=3)).isoformat()


def seeded() -> random.Random:
    seed = int(os.environ.get("SEED") or random.randrange(2**32))
    print(f"again: SEED={seed} pytest tests/faults/test_restore.py")
    return random.Random(seed)


async def test_a_database_restored_to_a_moment_and_all_journals_sent_again_make_the_same_books(
    shared: str, folder: Path, client: httpx.AsyncClient
) -> None:
    dice = seeded()
    archive = str(folder.parent / "archive")
    with servers.running(folder, archive) as running:
        migrate.run(running.owner_url)
        await conftest.use(running.database_url)
        await client.put("/test/clock", json={"now": LATE})
        day = await journals.morning(await given.people(NOW), comers=6)
        backup = servers.back_up(folder, folder.parent, datetime.now(UTC))
        keys = list(day.buyers)
        assert await day.upload(client, day.scans[:6], LATE) == {"ok"}
        assert not (await day.buy(client, keys[0]))["replayed"]
        before = await journals.books()
        moment = await sql.value("SELECT clock_timestamp()")
        assert await day.upload(client, day.scans[5:], LATE) == {"ok"}
        assert not any([(await day.buy(client, key))["replayed"] for key in keys[1:]])
        card = await shops.card_of(day.buyers[keys[0]], NOW)
        visit = await shops.visit(client, day.shop.k1, card)
        assert (await shops.redeem(client, day.shop.k1, visit, day.shop.rice, AT_KIOSK)).status_code == 201
        after = await journals.books()
        await conftest.close()
    done = servers.restore(folder, backup, archive, moment)
    assert done.reached_at is not None
    assert done.reached_at <= moment
    with servers.running(folder, archive) as running:
        await conftest.use(running.database_url)
        assert await journals.books() == before
        await sound()
        await day.replay(client, LATE, dice)
        # A kiosk that has not heard yet asks by key, and gives up what nobody knows: the visit went with the rest.
        by_key = f"/api/v1/redemptions/by-key/{AT_KIOSK}"
        assert (await client.get(by_key, headers=day.shop.k1.bearer)).json()["state"] == "unknown"
        assert (await shops.redeem(client, day.shop.k1, visit, day.shop.rice, AT_KIOSK)).json()["code"] == "visit_over"
        assert (await client.post(f"{by_key}/abandon", headers=day.shop.k1.bearer)).json()["state"] == "refused"
        again = await journals.books()
        await sound()
        # Sent once more by somebody who is not sure: nothing is there twice.
        await day.replay(client, LATE, dice)
        assert await journals.books() == again
        await conftest.close()
    gone = {"sold": after["sold"] - 1, "stock": after["stock"] + 1, "wallets": again["wallets"]}
    assert again == after | gone
    assert again["wallets"] != after["wallets"]
