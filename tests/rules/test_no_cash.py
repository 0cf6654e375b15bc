"""rules-13 and rules-18: points have no price in money on any path, and no name is public without a word of its own."""

from __future__ import annotations

import re
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.conftest import folk
from tests.ledger.purse import NOW
from tests.ledger.test_figures import moved
from tests.people.test_routes import PUBLIC, walked
from tests.record.test_certificates import issued
from tests.schedule import given
from timebank.actions.imports.columns import COLUMNS
from timebank.actions.signups.sign_up import sign_up
from timebank.communities.policies import Bonus, Rules

__all__ = ["folk"]
MONEY = re.compile(r"yuan|(^|_)fen($|_)|rmb|cny|currency|money|cash|(^|_)paid_for|purchase|invoice")
SAID = re.compile(r"[¥￥]|\d\s*元|\byuan\b|\bRMB\b|\bCNY\b", re.IGNORECASE)


async def test_no_setting_no_import_and_no_column_holds_a_price_in_money(tx: None) -> None:
    """rules-13. A donated reward has a value for the report: it is a figure of the gift, beside no price."""
    settings = [*Rules.__struct_fields__, *Bonus.__struct_fields__, *Rules().review.__struct_fields__]
    imported = {column for columns in COLUMNS.values() for column in columns}
    assert not [name for name in (*settings, *imported) if MONEY.search(name)]
    found = await sql.rows(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    assert {row["name"] for row in found if MONEY.search(row["name"].split(".")[1])} == {"reward.value_fen"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode('{"yuan_per_point": 1}', type=Rules)


def test_no_path_buys_or_sells(usual_routes: Litestar) -> None:
    """rules-13: of the page and of the API alike."""
    paths = {path for _, path, _ in walked(usual_routes)}
    assert len(paths) > 100
    assert not [path for path in paths if re.search(r"buy|sell|purchase|payment|invoice|checkout|top-up", path)]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_no_page_of_members_and_no_kiosk_says_a_sum_of_money(
    folk: People, client: httpx.AsyncClient, language: str
) -> None:
    """rules-13: also where a reward was donated and its value is known to the office."""
    shelf = await purse.shelf(folk, 3)
    await sql.rows("UPDATE reward SET value_fen = 1250, donor = '好邻居超市' WHERE id = $1", shelf.reward)
    await purse.earn(folk.bob, 20)
    folk.bob.sign_in(client)
    client.cookies.set("timebank_language", language)
    for path in ("/rewards", f"/rewards/{shelf.reward}", "/me/points", "/me", "/rules", "/", "/me/gifts", "/board/redeemed"):
        page = await client.get(path)
        assert page.status_code == 200, path
        text = re.sub(r"<[^>]+>", " ", page.text)
        assert not SAID.search(text), (path, SAID.search(text))


async def test_no_name_stands_where_a_stranger_reads(folk: People, client: httpx.AsyncClient) -> None:
    """rules-18: nobody has agreed to be named, so every public page, list and feed is read for names and phones."""
    await moved(folk)
    session = await given.session(folk)
    await sign_up(folk.bob.caller, session.id, NOW)
    paper = await issued(folk.bob)
    await sql.rows("UPDATE member SET name = 'Zz' || name WHERE true")
    known: dict[str, UUID | str] = {
        "activity_id": session.activity_id,
        "session_id": session.id,
        "figure": "hours",
        "number": paper.number,
        "space_id": await sql.value("SELECT id FROM space LIMIT 1"),
    }
    read = 0
    phones = [row["phone"] for row in await sql.rows("SELECT phone FROM member WHERE phone IS NOT NULL")]
    for verb, path in (each.split(" ") for each in sorted(PUBLIC)):
        names = re.findall(r"\{(\w+):", path)
        if verb != "GET" or not set(names) <= set(known) or ("{number:int}" in path):
            continue
        page = await client.get(re.sub(r"\{(\w+):\w+\}", lambda found: str(known[found[1]]), path))
        if page.status_code == 200 and "/static/" not in path:
            read += 1
            found = re.findall(r"Zz\w+", page.text) + [phone for phone in phones if phone in page.text]
            assert not found, (path, found)
    assert read > 15
