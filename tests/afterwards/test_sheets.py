"""schedule.md M: what is taken along holds the rows and sums of the page, no more than the reader may know, and no formulas."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from schedules import sql
from schedules.half_days import days, halves
from tests.afterwards import given
from tests.given import People
from timebank.web import sheets
from timebank.web.sheets import Sheet

NASTY = ["=1+1", "+49", "-5", "@SUM(A1)", "\tx", "＝1+1", "\x00\x07bell", 'a"b,c\nd', "<&>", "王小明", ""]


def sheet() -> Sheet:
    return Sheet(title="名单 [a/b]", heads=["Name", "Minutes"], rows=[[text, 7] for text in NASTY], sums=["Sum", None])


def in_ods(content: bytes) -> list[list[tuple[str, str]]]:
    """Cells of each row as type and text."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.namelist()[0] == "mimetype"
        assert packed.getinfo("mimetype").compress_type == zipfile.ZIP_STORED
        root = ET.fromstring(packed.read("content.xml"))  # noqa: S314
    office, table, text = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "text"))
    return [
        [
            (cell.get(f"{office}value-type", ""), "\n".join(p.text or "" for p in cell.iter(f"{text}p")))
            for cell in row.iter(f"{table}table-cell")
        ]
        for row in root.iter(f"{table}table-row")
    ]


def in_xlsx(content: bytes) -> tuple[list[list[tuple[str, str]]], bytes]:
    """Cells of each row as type and text, and the sheet itself."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        page = packed.read("xl/worksheets/sheet1.xml")
        strings = ET.fromstring(packed.read("xl/sharedStrings.xml"))  # noqa: S314
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    shared = ["".join(t.text or "" for t in each.iter(f"{main}t")) for each in strings.iter(f"{main}si")]
    rows = []
    for row in ET.fromstring(page).iter(f"{main}row"):  # noqa: S314
        cells = []
        for cell in row.iter(f"{main}c"):
            value = cell.findtext(f"{main}v") or ""
            cells.append(("string", shared[int(value)]) if cell.get("t") == "s" else ("number", value))
        rows.append(cells)
    return rows, page


@pytest.mark.scenario("schedule-100")
def test_no_cell_of_a_csv_is_a_formula() -> None:
    content = sheets.to_csv(sheet())
    assert content.startswith(b"\xef\xbb\xbf"), "or Excel reads the Chinese as something else"
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:-1]][:6] == ["'=1+1", "'+49", "'-5", "'@SUM(A1)", "'\tx", "'＝1+1"]
    assert rows[8][0] == 'a"b,c\nd'
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r＝＋－＠"))]
    assert rows[1][1] == "7", "a figure stays a figure"


@pytest.mark.scenario("schedule-100")
def test_text_of_xlsx_and_ods_is_text() -> None:
    rows, page = in_xlsx(sheets.to_xlsx(sheet()))
    assert b"<f>" not in page
    assert [row[0] for row in rows[1:4]] == [("string", "=1+1"), ("string", "+49"), ("string", "-5")]
    assert rows[1][1] == ("number", "7")
    assert rows[10][0] == ("string", "王小明")
    cells = in_ods(sheets.to_ods(sheet()))
    assert b"formula" not in sheets.to_ods(sheet())
    assert cells[1] == [("string", "=1+1"), ("float", "7")]
    assert cells[7][0] == ("string", "bell")
    assert cells[9][0] == ("string", "<&>")
    assert len(cells) == len(rows) == len(NASTY) + 2


def halved(first: datetime, last: datetime | None, zone: str = "Asia/Shanghai") -> list[str]:
    return [f"{day.day} {'pm' if is_afternoon else 'am'}" for day, is_afternoon in halves(first, last, zone)]


def at(hour: int, minute: int = 0, day: int = 26) -> datetime:
    """On the wall in Shanghai, as an instant in UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.scenario("schedule-101")
@pytest.mark.parametrize(
    "first, last, found",
    [
        (at(9), at(11), ["26 am"]),
        (at(11), at(14), ["26 am", "26 pm"]),
        (at(9), at(12), ["26 am"]),
        (at(12), at(13), ["26 pm"]),
        (at(22), at(2, day=27), ["26 pm", "27 am"]),
        (at(22), at(0, day=27), ["26 pm"]),
        (at(7, 30), at(7, 30), ["26 am"]),
        (at(7, 30), None, ["26 am"]),
        (at(0), at(23, 59), ["26 am", "26 pm"]),
    ],
)
def test_a_stay_falls_into_the_half_days_of_the_wall(first: datetime, last: datetime | None, found: list[str]) -> None:
    assert halved(first, last) == found


@pytest.mark.scenario("schedule-101")
def test_half_days_are_local_also_where_the_clocks_change() -> None:
    night = datetime(2026, 10, 24, 21, tzinfo=UTC)  # 23:00 in Berlin; the clocks go back at three
    assert halved(night, night + timedelta(hours=14), "Europe/Berlin") == ["24 pm", "25 am"]
    assert days(night, night + timedelta(hours=14), "Europe/Berlin") == [date(2026, 10, 24), date(2026, 10, 25)]
    assert halved(night, night + timedelta(hours=14, minutes=1), "Europe/Berlin")[-1] == "25 pm"


async def held(people: People) -> Any:
    """Bob was there from 9 to 10:30, Carol from 11 to the end, Dan did not come."""
    session = await given.choir(people, people.bob, people.carol, people.dan, hour=10)
    await given.was_in(people.bob, session, 0, 90)
    await given.was_in(people.carol, session, 90, 45)
    await sql.rows("UPDATE member SET name = '=Bob' WHERE id = $1", people.bob.id)
    return session


async def fetch(client: httpx.AsyncClient, people: People, kind: str, **query: Any) -> httpx.Response:
    answer = await client.get(
        f"/organise/participants/{kind}", params=query, headers=people.alice.bearer | {"accept-language": "en"}
    )
    assert answer.status_code == 200, answer.text
    return answer


def shown(page: str) -> list[list[str]]:
    """The table of the page, as text."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


@pytest.mark.scenario("schedule-98")
@pytest.mark.usefixtures("tx")
@pytest.mark.parametrize("by", ["lines", "half_days", "days"])
async def test_a_file_shows_the_rows_and_sums_of_the_page(people: People, client: httpx.AsyncClient, by: str) -> None:
    session = await held(people)
    people.alice.sign_in(client)
    page = await client.get(f"/organise/sessions/{session.id}/participants?by={by}", headers={"accept-language": "en"})
    table = shown(page.text)
    content = (await fetch(client, people, "csv", session_id=session.id, by=by)).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in rows] == table
    assert len(rows) == 1 + 3 + 1
    xlsx, _ = in_xlsx((await fetch(client, people, "xlsx", session_id=session.id, by=by)).content)
    assert [text for _, text in xlsx[0]] == table[0]
    ods = in_ods((await fetch(client, people, "ods", session_id=session.id, by=by)).content)
    assert [[text for _, text in row] for row in ods] == table
    if by == "lines":
        assert rows[-1][-3:] == ["135", "0", ""]
    if by == "half_days":
        assert rows[0] == ["Number", "Person", "Thu 26 Nov morning", "Thu 26 Nov afternoon", "Sum"]
        assert [row[2:] for row in rows[1:]] == [["1", "", "1"], ["1", "1", "2"], ["", "", "0"], ["2", "1", "3"]]


@pytest.mark.scenario("schedule-99")
@pytest.mark.usefixtures("tx")
async def test_without_the_right_contact_columns_are_absent_in_file_page_and_api(
    people: People, client: httpx.AsyncClient
) -> None:
    session = await held(people)
    heads = {}
    for person in (people.alice, people.erin):
        answer = await client.get(
            f"/api/v1/participants/csv?session_id={session.id}", headers=person.bearer | {"accept-language": "en"}
        )
        heads[person.name] = answer.content.decode("utf-8-sig").splitlines()[0].split(",")
        listed = await client.get(f"/api/v1/participants?session_id={session.id}", headers=person.bearer)
        assert all(("phone" in line) is (person is people.erin) for line in listed.json()["lines"])
        assert (people.bob.phone in answer.text) is (person is people.erin)
    assert "Phone" not in heads["Alice"]
    assert heads["Erin"] == [*heads["Alice"][:4], "Phone", *heads["Alice"][4:]]
    taken = await sql.rows(
        "SELECT actor_id, detail::jsonb ->> 'contact' AS contact FROM audit WHERE action = 'participants.exported' ORDER BY id"
    )
    assert [tuple(row) for row in taken] == [(people.alice.id, "false"), (people.erin.id, "true")]


@pytest.mark.usefixtures("tx")
async def test_of_days_of_an_activity_and_of_nothing_at_all(people: People, client: httpx.AsyncClient) -> None:
    session = await held(people)
    other = await given.choir(people, people.bob, hour=15)
    headers = people.alice.bearer

    async def titles(**query: Any) -> int:
        answer = await client.get("/api/v1/participants", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return len(answer.json()["lines"])

    assert await titles(activity_id=session.activity_id) == 3
    assert await titles(since="2026-11-26", until="2026-11-26") == 4
    assert await titles(since="2026-11-27", until="2026-12-26") == 0
    assert other.starts_at > session.starts_at
    for query in (
        {},
        {"since": "2026-11-26"},
        {"since": "2026-11-26", "until": "2026-11-25"},
        {"since": "2025-01-01", "until": "2026-11-25"},
        {"since": "x"},
    ):
        assert (await client.get("/api/v1/participants", params=query, headers=headers)).status_code == 400
    assert (await client.get("/api/v1/participants/pdf?session_id=" + str(session.id), headers=headers)).status_code == 404
    assert (await client.get(f"/api/v1/participants?session_id={session.id}", headers=people.bob.bearer)).status_code == 403


@pytest.mark.usefixtures("tx")
async def test_an_organiser_elsewhere_sees_no_list_of_ours(people: People, client: httpx.AsyncClient) -> None:
    from tests.given import member

    session = await held(people)
    fay = await member("Fay", "19900000077", people.elsewhere, people.now, "organiser", people.elsewhere)
    assert (await client.get(f"/api/v1/participants?session_id={session.id}", headers=fay.bearer)).status_code == 403
    answer = await client.get("/api/v1/participants?since=2026-11-26&until=2026-11-26", headers=fay.bearer)
    assert answer.json()["lines"] == []
