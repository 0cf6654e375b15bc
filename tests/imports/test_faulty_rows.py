"""Rows that are wrong in every way: their import opens as a page and as a report, and can be dropped."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.given import People
from tests.imports.files import brought
from tests.ledger.purse import NOW
from timebank.actions import imports
from timebank.actions.imports import runs
from timebank.actions.imports.columns import COLUMNS, KINDS, Kind
from timebank.web.import_words import EXAMPLES, FAULTS
from timebank.web.words import LANGUAGES

WRONG = ("", "=1+1", "?", "-3", "2099-01-01", "1.38E+10", "12345", "x" * 2000)


@pytest.mark.parametrize("kind", KINDS)
async def test_whatever_is_wrong_with_its_rows_an_import_opens_and_can_be_dropped(
    folk: People, client: httpx.AsyncClient, kind: Kind
) -> None:
    good = EXAMPLES[kind]
    rows = [good | {column: wrong} for column in COLUMNS[kind] for wrong in WRONG]
    made = await brought(folk.erin, kind, folk.community, {}, *rows, now=NOW)
    told = {fault.code for line in await runs.lines(made) for fault in line.faults}
    assert len(told) >= 4
    folk.erin.sign_in(client)
    for language in LANGUAGES:
        client.cookies.set("timebank_language", language)
        for only in ("", "?only=faulty", "?only=new"):
            assert (await client.get(f"/office/imports/{made}{only}")).status_code == 200, (language, only)
        for ending in ("csv", "xlsx", "ods"):
            assert (await client.get(f"/office/imports/{made}/report/{ending}")).status_code == 200, (language, ending)
    assert (await client.post(f"/office/imports/{made}/drop")).status_code == 303


def test_every_fault_of_a_row_has_its_sentence() -> None:
    sources = "".join(path.read_text() for path in Path(imports.__path__[0]).glob("*.py"))
    told = set(re.findall(r'(?:Fault|_Wrong|_decimal)\((?:[^()"]+, )?"(\w+)"', sources))
    assert {"no_points", "no_minutes", "empty", "relative_unknown"} <= told <= FAULTS.keys()
