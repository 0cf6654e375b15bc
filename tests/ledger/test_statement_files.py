"""Page, JSON, CSV, PDF and print of one statement hold the same rows and sums."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import date, timedelta

import httpx
import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.pdf_text import text_of
from tests.ledger.test_monthly import recorded
from timebank.web import formats, papers, pdf
from timebank.web.sheets import Cell, Sheet
from timebank.web.statements import KINDS
from timebank.web.words import Language

MONTH = "month=2026-11"
TODAY = "2026-11-26"


def cells(page: str) -> list[list[str]]:
    """The rows of all tables of a page, as printed too: paper and screen are one document."""
    assert "no-print" not in "".join(re.findall(r"<table.*?>", page))
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL)
    found = [[html.unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows]
    return [row for row in found if row]


async def some_month(folk: People) -> None:
    await recorded(folk.bob, 125)
    await purse.earn(folk.bob, 1234.5, at=purse.NOW)
    await purse.earn(folk.bob, 4, expires_at=purse.NOW + timedelta(days=90), at=purse.NOW)
    shelf = await purse.shelf(folk, 2, price=3)
    await shelf.redeem(folk.bob)
    await recorded(folk.carol, 60, by=folk.bob)


@pytest.mark.scenario("ledger-119")
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_page_json_csv_pdf_and_print_hold_the_same_rows_and_sums(
    folk: People, client: httpx.AsyncClient, language: str
) -> None:
    await some_month(folk)
    folk.bob.sign_in(client)
    client.cookies.set("timebank_language", language)
    address = f"/api/v1/members/{folk.bob.id}/statement"
    found = (await client.get(f"{address}?{MONTH}")).json()
    assert len(found["lines"]) == 4
    page = cells((await client.get(f"/me/statement?{MONTH}")).text)
    spoken: Language = "zh" if language == "zh" else "en"
    lines, sums, closing = page[1:5], page[5], page[6]
    for line, row in zip(found["lines"], lines, strict=True):
        units = line["units"] or 0
        assert row[:2] == [line["booked_on"], line["served_on"]]
        assert row[4] == (formats.hours(line["minutes"], spoken) if line["minutes"] is not None else "")
        assert row[5] == formats.hours(line["minutes_after"], spoken)
        assert row[6:9] == [
            formats.points(units, spoken) if units > 0 else "",
            formats.points(-units, spoken) if units < 0 else "",
            formats.points(line["units_after"], spoken),
        ]
    flow = [formats.points(units, spoken) for units in (found["units_in"], found["units_out"])]
    assert (sums[0], sums[4:9]) == ("", [formats.hours(found["minutes"], spoken), "", *flow, ""])
    left = formats.points(found["closing"]["units"], spoken)
    assert (closing[0], closing[4:9]) == (TODAY, ["", formats.hours(found["closing"]["minutes"], spoken), "", "", left])
    for own, staff in (("/me/statement", folk.bob), (f"/office/members/{folk.bob.id}/statement", folk.erin)):
        staff.sign_in(client)
        text = (await client.get(f"{own}/csv?{MONTH}")).content.decode("utf-8-sig")
        table = [row for row in csv.reader(io.StringIO(text)) if len(row) > 3 and row[0] and row[0][0] == "2"]
        whole = {4, 5}
        shown = [
            [formats.hours(int(cell), spoken) if column in whole and cell else cell for column, cell in enumerate(row)]
            for row in table
            if len(row) == 10
        ]
        assert shown == [*page[:5], page[6]]
        file = await client.get(f"{own}/pdf?{MONTH}")
        assert (file.status_code, file.headers["content-type"]) == (200, "application/pdf")
        said = text_of(file.content)
        at = 0
        for cell in ("".join(row) for row in page):
            at = said.index(re.sub(r"\s", "", cell), at)


async def test_a_period_typed_wrong_keeps_what_was_typed_and_says_so(folk: People, client: httpx.AsyncClient) -> None:
    folk.bob.sign_in(client)
    answer = await client.get("/me/statement?since=2026-12-01&until=2026-11-01")
    assert answer.status_code == 400
    assert 'value="2026-12-01"' in answer.text
    for bad in ("since=x", "month=2026-13", "month=0000-01", "until=9999-12-31", "since=0001-01-01"):
        for address in ("/me/statement", "/me/statement/pdf", f"/api/v1/members/{folk.bob.id}/statement"):
            assert (await client.get(f"{address}?{bad}")).status_code == 400, (address, bad)
    assert (await client.get("/me/statement/doc")).status_code == 404


@pytest.mark.parametrize(
    ("month", "said", "code"),
    [
        ("2026-12", "This time has not begun yet.", "not_begun"),
        ("2199-01", "This time has not begun yet.", "not_begun"),
        ("2026-09", "That was before the membership began.", "before_joining"),
    ],
)
async def test_a_month_of_which_there_is_nothing_to_tell_says_so(
    folk: People, client: httpx.AsyncClient, month: str, said: str, code: str
) -> None:
    folk.bob.sign_in(client)
    client.headers["accept-language"] = "en"
    answer = await client.get(f"/me/statement?month={month}")
    assert (answer.status_code, said in answer.text, 'href="/me/statement"' in answer.text) == (400, True, True)
    told = await client.get(f"/api/v1/members/{folk.bob.id}/statement?month={month}", headers=folk.bob.bearer)
    assert (told.status_code, told.json()["code"]) == (400, code)
    assert (await client.get(f"/me/statement/pdf?month={month}")).status_code == 400
    for present, offered in (("2026-11", (True, False)), ("2026-10", (False, True))):
        page = (await client.get(f"/me/statement?month={present}")).text
        assert ("Earlier month" in page, "Later month" in page) == offered


async def test_what_was_booked_before_somebody_joined_here_can_be_read(folk: People, client: httpx.AsyncClient) -> None:
    """Somebody who was taken over from another system joined later than what was booked."""
    await recorded(folk.bob, 60, at=purse.NOW - timedelta(days=70), on=date(2026, 9, 17))
    folk.bob.sign_in(client)
    assert "month=2026-09" in (await client.get("/me/statement?month=2026-10")).text
    assert (await client.get("/me/statement?month=2026-09")).status_code == 200


@pytest.mark.scenario("ledger-122")
async def test_over_http_anothers_statement_is_the_same_404_as_nobodys(folk: People, client: httpx.AsyncClient) -> None:
    answers = []
    for member_id in (folk.bob.id, folk.community):
        for ending in ("", "/pdf", "/csv"):
            answer = await client.get(f"/api/v1/members/{member_id}/statement{ending}", headers=folk.carol.bearer)
            answers.append((answer.status_code, {name: answer.json()[name] for name in ("type", "code", "title", "detail")}))
    assert all(answer == answers[0] and answer[0] == 404 for answer in answers)


def test_a_sheet_of_many_pages_repeats_its_heads_and_numbers_its_pages() -> None:
    rows: list[list[Cell]] = [[f"2026-11-{day % 28 + 1:02}", "鸡蛋 <b>&", day] for day in range(200)]
    sheet = Sheet(title="逐笔", heads=["日期", "什么", "时长"], rows=rows)
    paper = papers.Paper(title="对账单", facts=[("姓名", "𠮷野")], tables=[papers.Table(sheet=sheet)], foot="王秀英")
    made = pdf.draw(paper, "zh")
    said = text_of(made)
    assert said.count("日期什么时长") == said.count("王秀英") == made.count(b"/Type /Page\n") > 3
    assert said.count("鸡蛋<b>&") == 200
    assert b"FontFile2" in made


async def test_every_kind_of_movement_has_its_words(folk: People) -> None:
    check = await sql.value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'transfer_kind_check'")
    assert set(re.findall(r"'(\w+)'", check)) <= KINDS.keys()
