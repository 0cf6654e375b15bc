"""What the schema and the file formats allow opens on every page: no kind of movement without a word, no file that fails."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.conftest import client, folk
from tests.ledger.purse import NOW
from tests.ledger.test_monthly import recorded
from timebank.actions.hours.certify import issue_paper
from timebank.actions.hours.paper_wishes import Wish
from timebank.pages.render import FOLDER
from timebank.points import wallets
from timebank.points.wallets import Line
from timebank.web import formats
from timebank.web.statements import KINDS
from timebank.web.words import LANGUAGES, LOCALE, Language, say

__all__ = ["client", "folk"]


async def kinds_of_movement() -> list[str]:
    check = await sql.value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'transfer_kind_check'")
    return re.findall(r"'(\w+)'", check)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_kind_of_movement_has_its_word_on_the_members_page(
    folk: People, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    kinds = await kinds_of_movement()
    lines = [
        Line(seq, kind, 100, 100, NOW, NOW, uuid4(), None, None, "", "", is_room=is_room)
        for seq, (kind, is_room) in enumerate((kind, is_room) for kind in kinds for is_room in (False, True))
    ]

    async def history(*_: object) -> list[Line]:
        return lines

    monkeypatch.setattr(wallets, "history", history)
    folk.bob.sign_in(client)
    client.cookies.set("timebank_language", language)
    page = await client.get("/me/points")
    assert page.status_code == 200
    spoken = next(each for each in LANGUAGES if each == language)
    for kind in kinds:
        assert html.escape(say(spoken, KINDS[kind])) in page.text, kind


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_file_that_a_page_offers_opens(folk: People, client: httpx.AsyncClient, language: str) -> None:
    """Statement, certificate and report; participants, scans and exports have their tests where they are made."""
    await recorded(folk.bob, 125)
    await purse.earn(folk.bob, 12.5, expires_at=NOW + timedelta(days=90))
    paper = (await issue_paper(folk.bob.caller, folk.bob.id, Wish(), None, NOW)).value
    client.cookies.set("timebank_language", language)
    for person, address in (
        (folk.bob, "/me/statement?month=2026-11"),
        (folk.bob, f"/me/papers/{paper.id}"),
        (folk.erin, f"/office/members/{folk.bob.id}/statement?month=2026-11"),
        (folk.erin, f"/office/members/{folk.bob.id}/papers/{paper.id}"),
        (folk.erin, f"/office/reports/{folk.sub_district}/2026"),
    ):
        person.sign_in(client)
        page = (await client.get(address)).text
        offered = [html.unescape(each) for each in re.findall(r'href="([^"]+/(?:pdf|csv|xlsx|ods)(?:\?[^"]*)?)"', page)]
        assert len(offered) == 4, (address, offered)
        for each in offered:
            answer = await client.get(each)
            assert (answer.status_code, bool(answer.content)) == (200, True), each


def test_every_page_that_offers_files_is_among_those_whose_files_are_fetched() -> None:
    """A new page gets its row here and its fetch above, or in the test of its room."""
    offering = {
        str(path.relative_to(FOLDER / "templates"))
        for path in (FOLDER / "templates").rglob("*.html")
        if re.search(r'/(xlsx|\{\{ kind \}\})["?{]', path.read_text())
    }
    assert offering == {
        "afterwards/participants.html",
        "door_log/log.html",
        "imports/new.html",
        "imports/one.html",
        "me/statement.html",
        "record/paper.html",
        "report/report.html",
    }


@pytest.mark.parametrize(
    "units, language, told",
    [
        (100, "en", "1 point"),
        (50, "en", "0.5 points"),
        (0, "en", "0 points"),
        (120_000, "en", "1,200 points"),
        (100, "zh", "1 积分"),
        (250, "zh", "2.5 积分"),
    ],
)
def test_one_is_one_point_and_all_else_are_points(units: int, language: Language, told: str) -> None:
    unit = "积分" if language == "zh" else "points"
    assert formats.amount(units, unit, language) == told == formats.in_points(units, language)


def test_no_page_and_no_message_puts_the_name_of_points_beside_a_figure_by_itself() -> None:
    """`amount`, `unit_of` and `in_points` know that one is `point`."""
    for path in (FOLDER / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\| points(\) ~ . . ~ | \}\}(</\w+>)? ?(<small>)?\{\{ )unit\b", text), path
    for path in LOCALE.rglob("*.po"):
        assert not re.search(r'^msgid ".*%\(\w+\)s points\b', path.read_text(), re.MULTILINE), path


async def test_a_gift_of_one_is_one_point(folk: People, client: httpx.AsyncClient) -> None:
    await purse.earn(folk.bob, 1)
    folk.bob.sign_in(client)
    client.cookies.set("timebank_language", "en")
    assert "You can spend 1 point." in (await client.get("/me/gifts")).text
    assert re.search(r"1 <small>point</small>", (await client.get("/me/points")).text)
