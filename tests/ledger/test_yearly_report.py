"""The yearly report of a node: every figure is the sum of the rows that it opens, and equals the ledger and the records."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from schedules import sql
from tests import given
from tests.given import People
from tests.ledger import purse
from tests.ledger.pdf_text import text_of
from tests.ledger.purse import NOW
from tests.ledger.test_figures import moved
from tests.ledger.test_monthly import recorded
from timebank.actions.community import see_report
from timebank.actions.community.see_report import NAMES, ROWS
from timebank.actions.hours.certify import Withdrawal, issue_paper, revoke_paper
from timebank.actions.hours.paper_wishes import Wish
from timebank.database import transaction
from timebank.hours import summaries
from timebank.pages import charts
from timebank.points import ledger
from timebank.web import clock
from timebank.web.papers import Bars


async def a_year(folk: People) -> None:
    """What the board's figures move, a sheet issued and revoked, and a record that came too late."""
    await moved(folk)
    made = await issue_paper(folk.bob.caller, folk.bob.id, Wish(), None, NOW)
    await revoke_paper(folk.bob.caller, made.value.id, Withdrawal("lost"), NOW)
    team = await sql.value(
        "INSERT INTO team (id, community_id, name, aims, made_by, made_at) "
        "VALUES (gen_random_uuid(), $1, '合唱队', '唱歌', $2, $3) RETURNING id",
        folk.community,
        folk.dan.id,
        NOW,
    )
    await sql.rows(
        "INSERT INTO team_person (id, team_id, person_id, way, state, changed_at) "
        "VALUES (gen_random_uuid(), $1, $2, 'nominated', 'chosen', $3)",
        team,
        folk.bob.id,
        NOW,
    )


async def of(client: httpx.AsyncClient, folk: People, node: UUID, year: int = 2026) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/communities/{node}/reports/{year}", headers=folk.erin.bearer)
    assert answer.status_code == 200, answer.text
    return {each["name"]: each for each in answer.json()["figures"]}


async def rows_of(client: httpx.AsyncClient, folk: People, node: UUID, name: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/communities/{node}/reports/2026/{name}", headers=folk.erin.bearer)
    assert answer.json()["next_after"] is None
    return list(answer.json()["lines"])


FULL = ("transfer", "session", "booking", "certificate")
BY_DAY = ("people", "hours", "teams", "late")
"""What grows with every day."""


def scans(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of a plan that read a table."""
    below = [found for part in plan.get("Plans", []) for found in scans(part)]
    return [plan, *below] if "Relation Name" in plan else below


async def test_a_year_reads_along_an_index(committed: str) -> None:
    """Where reading all is forbidden and an index can be used: what still reads all has none.

    Of instants: a bound that names the day of an instant cannot use their index. Those of records are days, and of several
    indexes on an empty table the planner takes any. Joins that read the whole of a side are forbidden too, and the database is
    a fresh one: of tables that other tests have filled and emptied, the planner may think that to read them whole is cheap.
    """
    values = (uuid4(), date(2026, 1, 1), date(2026, 12, 31), "Asia/Shanghai", NOW)
    async with transaction():
        for way in ("seqscan", "bitmapscan", "mergejoin", "hashjoin"):
            await sql.rows(f"SET LOCAL enable_{way} = off")
        for name in (name for name in NAMES if name not in BY_DAY):
            [row] = await sql.rows(f"EXPLAIN (FORMAT JSON) {ROWS[name]}", *values)
            read = [scan for scan in scans(json.loads(row[0])[0]["Plan"]) if scan["Relation Name"] in FULL]
            assert read, name
            assert [scan["Relation Name"] for scan in read if "Index Cond" not in scan] == [], name
            # A sheet that was revoked is found by whose it is, everything else by its time.
            assert name == "revoked" or any("2025-12-31" in scan["Index Cond"] for scan in read), name


async def test_pages_of_rows_go_on_behind_the_last_row_and_lose_none(
    folk: People, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_year(folk)
    for name in ("issued", "hours", "people"):
        whole = await rows_of(client, folk, folk.sub_district, name)
        with monkeypatch.context() as few:
            few.setattr(see_report, "LINES", 1)
            page: dict[str, Any] = {"next_after": ""}
            found: list[Any] = []
            while (after := page["next_after"]) is not None:
                path = f"/api/v1/communities/{folk.sub_district}/reports/2026/{name}"
                page = (await client.get(path, params={"after": after}, headers=folk.erin.bearer)).json()
                found += page["lines"]
        assert (found, len(found) > 1) == (whole, True), name


@pytest.mark.scenario("ledger-121")
async def test_every_figure_of_the_year_equals_the_ledger_and_the_records_and_opens_its_rows(
    folk: People, client: httpx.AsyncClient
) -> None:
    """rules-23: computed another way, from wallets and each member's own sums; and row by row."""
    await a_year(folk)
    found = await of(client, folk, folk.sub_district)
    assert set(found) == set(NAMES)
    ids = [row["id"] for row in await sql.rows("SELECT id FROM member")]
    # Mei's credit and Bob's first hours lie in other years or months; what was recorded counts by the day of service.
    sums = [(await summaries.sums(one)).total for one in ids]
    later = await sql.value("SELECT coalesce(sum(amount), 0) FROM transfer WHERE recorded_at >= '2027-01-01+08'")
    wallets = await sql.value("SELECT sum(posted) FROM wallet") - later
    assert found["hours"]["total"] == sum(sums) == 200
    assert found["people"]["total"] == len([one for one in sums if one]) == 2
    assert found["issued"]["total"] == wallets + found["redeemed"]["total"] + found["expired"]["total"]
    assert {name: found[name]["total"] for name in NAMES if name not in ("hours", "people", "issued")} == {
        "sessions": 0,
        "teams": 1,
        "redeemed": 300,
        "expired": 500,
        "donated": 250,
        "to_pools": 250,
        "from_pools": 50,
        "supported": 0,
        "rooms": 90,
        "late": 1,
        "papers": 1,
        "revoked": 1,
    }
    for name in NAMES:
        rows = await rows_of(client, folk, folk.sub_district, name)
        assert sum(row["amount"] for row in rows) == found[name]["total"] == sum(found[name]["months"])
        assert len(rows) == found[name]["rows"]
        for number in range(1, 13):
            month = [row["amount"] for row in rows if row["day"][:7] == f"2026-{number:02}"]
            assert sum(month) == found[name]["months"][number - 1]


async def test_a_node_counts_its_own_people_rooms_and_pools_and_all_below(folk: People, client: httpx.AsyncClient) -> None:
    await a_year(folk)
    whole = await of(client, folk, folk.sub_district)
    first, second = await of(client, folk, folk.community), await of(client, folk, folk.elsewhere)
    for name in NAMES:
        assert whole[name]["total"] == first[name]["total"] + second[name]["total"], name
    assert (second["hours"]["total"], second["rooms"]["total"]) == (30, 0)
    clock.put(NOW + timedelta(days=41))
    assert (await of(client, folk, folk.sub_district, 2027))["issued"]["total"] == 700
    assert sum((await of(client, folk, folk.sub_district, 2027))["issued"]["months"][1:]) == 0


async def test_a_movement_at_new_year_belongs_to_the_year_on_the_wall(folk: People, client: httpx.AsyncClient) -> None:
    eve = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    await purse.earn(folk.bob, 1, at=eve)
    await purse.earn(folk.bob, 2, at=eve + timedelta(minutes=1))
    clock.put(eve + timedelta(minutes=1))
    assert (await of(client, folk, folk.community))["issued"]["months"][11] == 100
    assert (await of(client, folk, folk.community, 2027))["issued"]["months"][0] == 200


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_page_and_files_say_the_same_and_the_value_is_said_to_be_typed(
    folk: People, client: httpx.AsyncClient, language: str
) -> None:
    await a_year(folk)
    folk.erin.sign_in(client)
    client.cookies.set("timebank_language", language)
    own = f"/office/reports/{folk.sub_district}/2026"
    page = (await client.get(f"{own}?value=30")).text
    text = (await client.get(f"{own}/files/csv?value=30")).content.decode("utf-8-sig")
    said = text_of((await client.get(f"{own}/files/pdf?value=30")).content)
    for word in ("3 小时 20 分钟" if language == "zh" else "3 h 20 min", "100.00", "2.5", "1:30"):
        assert word in page, word
        assert word in text, word
        assert word.replace(" ", "") in said, word
    for kind in ("xlsx", "ods"):
        assert (await client.get(f"{own}/files/{kind}?value=30")).content[:2] == b"PK"
    assert page.count('role="img"') == 13
    assert said.count("发放的积分" if language == "zh" else "Pointscredited") == 3, "in the year, by month, and above its bars"
    assert "Bob" not in page
    assert ("自填" if language == "zh" else "as typed") in page
    without = (await client.get(own)).text
    assert "100.00" not in without
    for bad in ("-1", "1e9", "30.005", "x", "0"):
        wrong = await client.get(own, params={"value": bad})
        assert (wrong.status_code, f'value="{bad}"' in wrong.text) == (400, True)
    today = "今天是2026年" if language == "zh" else "Today is "
    for year, word in ((2199, today), (99999, "2199")):
        none = await client.get(f"/office/reports/{folk.sub_district}/{year}")
        assert (none.status_code, f'href="{own}"' in none.text, word in none.text) == (400, True, True), year


async def test_who_does_not_read_the_ledger_there_reads_no_report(folk: People, client: httpx.AsyncClient) -> None:
    auditor = await given.member("Ann", "19900000008", folk.community, NOW, "auditor", folk.community)
    for person, node, status in (
        (folk.bob, folk.community, 403),
        (folk.alice, folk.community, 403),
        (auditor, folk.community, 200),
        (auditor, folk.elsewhere, 403),
        (folk.erin, folk.bob.id, 404),
    ):
        for ending in ("", "/hours", "/files/csv"):
            path = f"/api/v1/communities/{node}/reports/2026{ending}"
            assert (await client.get(path, headers=person.bearer)).status_code == status
    for bad in (
        "1999",
        "2200",
        "2026/wealth",
        "2026/files/doc",
        "2026/hours?after=x",
        "2026/hours?after=2026-13-01.1",
        "2026/hours?after=2025-12-31.1",
        "2026?value_fen=0",
    ):
        answer = await client.get(f"/api/v1/communities/{folk.community}/reports/{bad}", headers=folk.erin.bearer)
        assert answer.status_code in (400, 404), bad
    assert await sql.value("SELECT count(*) FROM audit WHERE action = 'report.read' AND actor_id = $1", auditor.id) == 1


async def test_rows_name_a_pool_in_the_language_of_the_reader(folk: People, client: httpx.AsyncClient) -> None:
    await a_year(folk)
    await sql.rows("UPDATE community SET name_en = 'Harbour ' || kind WHERE id = $1", folk.community)
    [row] = await rows_of(client, folk, folk.sub_district, "from_pools")
    folk.erin.sign_in(client)
    page = f"/office/reports/{folk.sub_district}/2026/from_pools"
    shown = {}
    for language in ("zh", "en"):
        client.cookies.set("timebank_language", language)
        shown[language] = (await client.get(page, headers={"accept": "text/html"})).text
    assert row["name_en"] == "Harbour community"
    assert [row["name_en"] in shown[language] for language in ("en", "zh")] == [True, False]
    assert [row["name"] in shown[language] for language in ("en", "zh")] == [False, True]


async def test_no_movement_of_points_changes_an_hour_of_the_report(folk: People) -> None:
    """rules-1, for the report."""
    await recorded(folk.bob, 125)
    await purse.earn(folk.bob, 10)
    before = (await see_report.see_report(folk.erin.caller, folk.community, 2026, None, NOW)).total("hours")
    shelf = await purse.shelf(folk, 1, price=3)
    await shelf.redeem(folk.bob)
    await ledger.move("g:1", "gift", await purse.account(folk.bob), await purse.account(folk.carol), 50, folk.bob.id, at=NOW)
    after = await see_report.see_report(folk.erin.caller, folk.community, 2026, None, NOW)
    assert (before, after.total("hours"), after.total("redeemed")) == (125, 125, 300)


def test_a_chart_says_its_bars_and_has_no_script_and_no_style() -> None:
    drawn = str(charts.bars(Bars(title="A <b>", labels=["Jan", "Feb"], values=[10, -5], shown=["10", "−5"])))
    assert 'aria-label="A &lt;b&gt;: Jan 10; Feb −5"' in drawn
    assert drawn.count("<rect") == 2
    assert not [word for word in ("script", "style", "<b>") if word in drawn]


async def test_no_year_is_offered_that_has_not_begun_nor_one_before_the_first(folk: People, client: httpx.AsyncClient) -> None:
    await recorded(folk.bob, 125, on=date(2025, 3, 8))
    folk.erin.sign_in(client)
    client.headers["accept-language"] = "en"
    own = f"/office/reports/{folk.community}"
    for year, offered in ((2026, {"2025"}), (2025, {"2026"})):
        page = (await client.get(f"{own}/{year}")).text
        assert set(re.findall(rf'href="{own}/(\d+)"', page)) == offered
    chosen = (await client.get("/office/reports")).text
    assert set(re.findall(rf'href="{own}/(\d+)"', chosen)) == {"2025", "2026"}
    for ahead in (f"{own}/2027", f"{own}/2027/hours", f"{own}/2027/files/pdf"):
        answer = await client.get(ahead)
        assert (answer.status_code, "This time has not begun yet." in answer.text) == (400, True), ahead
    told = await client.get(f"/api/v1/communities/{folk.community}/reports/2027", headers=folk.erin.bearer)
    assert (told.status_code, told.json()["code"]) == (400, "not_begun")
