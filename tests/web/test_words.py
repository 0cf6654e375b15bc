"""Every word of pages and answers exists in both languages."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import timebank
from timebank.actions.neighbours.arrange import NotAhead
from timebank.web import told as _told  # noqa: F401  fills the table
from timebank.web.refusals import problem
from timebank.web.words import LOCALE

PACKAGE = Path(timebank.__file__).parent
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": {None: (2,), 1: (1,)}}
"""`say(language, "English")`, and `reader.say("English")`."""
HOLE = re.compile(r"%\((\w+)\)s|%[sd]|\{\w*\}")


@functools.cache
def said() -> dict[str, set[str]]:
    """Every message id in code and templates, with the files that say it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, _, message, _, _ in extract_from_dir(PACKAGE, METHODS, OPTIONS, KEYWORDS):  # type: ignore[arg-type]
        found[one(message)].add(path)
    return found


def one(text: str | tuple[str, ...] | list[str] | None) -> str:
    """The message itself, or its singular; nothing for a message that is not there."""
    return text if isinstance(text, str) else (text or ("",))[0]


def holes(text: str | tuple[str, ...] | list[str] | None) -> set[str]:
    return set(HOLE.findall(text if isinstance(text, str) else " ".join(text or ())))


def written() -> Iterator[tuple[str, Message]]:
    """Every Chinese message, with its file."""
    for path in sorted((LOCALE / "zh").glob("*.po")):
        with path.open("rb") as file:
            catalogue: Catalog = read_po(file, locale="zh")
        yield from ((path.name, message) for message in catalogue if message.id)


def test_the_extraction_sees_templates_and_code() -> None:
    found = said()
    assert "pages/templates/layout.html" in found["Large type"]
    assert "web/refusals.py" in found["This is not here."]


def test_every_message_has_chinese() -> None:
    chinese = {one(message.id) for _, message in written() if one(message.string) and not message.fuzzy}
    missing = {text: sorted(files) for text, files in said().items() if text not in chinese}
    assert not missing


def test_one_message_has_one_chinese() -> None:
    """The files of all rooms become one catalogue: a second wording would win or lose by the name of its file."""
    wordings = defaultdict(set)
    for file, message in written():
        wordings[one(message.id)].add((one(message.string), file))
    torn = {text: found for text, found in wordings.items() if len({string for string, _ in found}) > 1}
    assert not torn


def test_holes_are_the_same_in_both_languages() -> None:
    assert not [(file, message.id) for file, message in written() if holes(message.id) != holes(message.string)]


def test_nothing_is_translated_that_nobody_says() -> None:
    spoken = set(said())
    assert not [(file, message.id) for file, message in written() if one(message.id) not in spoken]


SEVERAL = re.compile(
    r"\b1 (?:[a-z]+ )?(?:days|hours|minutes|seconds|weeks|months|years|times|points|people|members|neighbours|households|teams|"
    r"places|seats|rooms|sessions|dates|bookings|rows|lines|entries|records|pieces|scans|codes|cards|phones|posts|slots|"
    r"characters|tries|messages|movements|blocks)\b"
)
NEVER_ONE = (
    "every %(number)s ",  # every day, every week ... have sentences of their own
    "%(month)s (%(number)s days)",
    "ait %(hours)s hours",  # shorter waits are told in minutes
    "%(num)s times",  # said from two on
    "%(measured)s entries",  # more than a limit
    "%(minimum)s people",  # more than one place
    "%(people)s people signed up, as of",  # the offline desk has a sentence of its own for one
    "%(count)s scans",  # likewise
    "%(most)s characters",  # these are constants of ours
    "%(most)s lines",
    "%(most)s phones",
    "%(most)s posts",
    "%(most)s rooms",
    "%(most)s slots",
    "%(space)s several times",
    "Line %(row)s needs days",
)
"""What is excused is this hole before this word; every other hole of the same sentence may be one."""


def filled(text: str) -> str:
    """With 1 in every hole that may be one, and 2 in those that never are."""
    for part in NEVER_ONE:
        text = text.replace(part, HOLE.sub("2", part))
    return HOLE.sub("1", text)


def test_english_says_one_day_and_never_1_days() -> None:
    """Every hole filled with 1, in the sentences for one and in those that have no other form."""
    assert not [text for text in said() if SEVERAL.search(filled(text))]


def test_an_excuse_is_for_its_hole_alone_and_goes_with_its_sentence() -> None:
    assert SEVERAL.search(filled("Wait %(hours)s hours and %(minutes)s minutes"))
    assert not SEVERAL.search(filled("Wait %(hours)s hours and a minute"))
    assert not [part for part in NEVER_ONE if not any(part in text for text in said())]


@pytest.mark.parametrize("number, sentence", [(1, "within one day."), (30, "within 30 days.")])
def test_a_refusal_counts_as_english_does(number: int, sentence: str) -> None:
    assert problem(NotAhead(field="starts_at", days=number), "en")["detail"].endswith(sentence)
    assert f"{number} 天" in problem(NotAhead(field="starts_at", days=number), "zh")["detail"]


@pytest.mark.parametrize("half_width", [r"[一-鿿][,;:!?]", r"[,;!?][一-鿿]"])
def test_chinese_has_full_width_punctuation(half_width: str) -> None:
    assert not [(file, message.string) for file, message in written() if re.search(half_width, one(message.string))]
