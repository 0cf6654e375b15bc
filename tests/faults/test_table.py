"""docs/faults.md names tests and deeds that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.chaos import Faults

TESTS = Path(__file__).parents[1]
ROWS = [
    line
    for line in (TESTS.parent / "docs" / "faults.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| fault ")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_what_is_said_to_show_it_is_there(row: str) -> None:
    shown = row.split("|")[3]
    file, found = "", 0
    for quoted in re.findall(r"`([^`]+)`", shown):
        name, _, test = quoted.partition("::")
        if test:
            file = name or file
            assert re.search(rf"def {test}\(", (TESTS / file).read_text("utf-8")), quoted
        elif name.startswith("faults/"):
            assert (TESTS / name.split()[0]).exists(), quoted
        else:
            assert all(hasattr(Faults, deed) for deed in name.split(", ")), quoted
        found += 1
    assert found, "nothing shows it"


def test_every_deed_of_the_storm_stands_in_the_table() -> None:
    told = " ".join(ROWS)
    deeds = [name for name in vars(Faults) if not name.startswith("_") and name != "one"]
    assert [deed for deed in deeds if f"`{deed}`" not in told] == []
