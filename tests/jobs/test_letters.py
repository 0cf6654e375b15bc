"""What every letter says can be said in both languages, from the same facts."""

from __future__ import annotations

import re

import pytest

import timebank.web.letters  # noqa: F401
from timebank.web import post
from timebank.web.post import TABLE
from timebank.web.words import say


def named(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


@pytest.mark.parametrize("kind", [kind for kind in sorted(TABLE) if not kind.startswith("test.")])
def test_a_letter_needs_no_other_facts_in_chinese_than_in_english(kind: str) -> None:
    row = TABLE[kind]
    for text in (row.title, row.text):
        chinese = say("zh", text)
        assert named(chinese) <= named(text)
        assert re.sub(r"%\(\w+\)s|%%", "", chinese).count("%") == 0, "a lone percent sign breaks the filling in"
    assert re.search("[\u4e00-\u9fff]", say("zh", row.title)), "its title has Chinese"
    assert len(row.title) < 100, "one line"


def test_a_proof_that_is_valid_for_a_year_says_which_year() -> None:
    facts = {"skill": "急救", "skill_en": "First aid", "valid_on": "2027-11-22"}
    assert "2027年11月22日" in post.read("skill_confirmed_until", facts, "zh").text
    assert "22 Nov 2027" in post.read("skill_confirmed_until", facts, "en").text
