"""The decision is held to its vectors; so is whoever else builds a desk (docs/vectors/README.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from schedules import decision, reasons
from schedules.decision import Asked, Verdict
from schedules.errors import Refusal
from timebank.people.callers import NotAllowed
from timebank.web import told as _told  # noqa: F401  fills the table
from timebank.web.refusals import told

FILE = Path(__file__).parents[2] / "docs" / "vectors" / "decision.json"
ANSWERS = FILE.with_name("decision.answers")


class Vector(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    asked: Asked
    status: int
    verdict: Verdict
    scenarios: tuple[str, ...] = ()


def canonical(verdict: Verdict) -> bytes:
    """The one spelling of a verdict: keys in order, no spaces, nothing that is nothing."""
    return msgspec.json.encode(verdict, order="sorted")


def vectors() -> list[Any]:
    """Each vector as a test of its own, marked with the scenarios that it names."""
    found = msgspec.json.decode(FILE.read_bytes(), type=list[Vector])
    return [
        pytest.param(vector, id=vector.name, marks=[pytest.mark.scenario(*vector.scenarios)] if vector.scenarios else [])
        for vector in found
    ]


@pytest.mark.parametrize("vector", vectors())
def test_the_decision_is_as_written(vector: Vector) -> None:
    verdict = decision.decide(vector.asked)
    assert verdict == vector.verdict
    assert verdict.status == vector.status


@pytest.mark.scenario("checkin-87")
def test_the_answers_are_the_written_ones_byte_for_byte() -> None:
    """The file is one line for each vector; decision.test.ts holds the desk's TypeScript to the same bytes."""
    asked = [vector.asked for vector in msgspec.json.decode(FILE.read_bytes(), type=list[Vector])]
    assert len(asked) >= 220
    assert b"".join(canonical(decision.decide(one)) + b"\n" for one in asked) == ANSWERS.read_bytes()


def test_every_reason_is_in_a_vector() -> None:
    given = {vector.verdict.reason for vector in msgspec.json.decode(FILE.read_bytes(), type=list[Vector])}
    assert given == set(decision.STATUS)


def test_every_reason_has_one_status_and_words() -> None:
    """Defect guarded: the same refusal as 200 in one place and 400 in another."""
    for code, status in decision.STATUS.items():
        if code == "ok":
            continue
        refusal: type[Refusal] = NotAllowed if code == "not_allowed" else reasons.REFUSALS[code]
        row = told(refusal())
        assert (row.code, row.status) == (code, status)
        assert row.title
        assert row.next_step
    assert set(reasons.REFUSALS) == set(decision.STATUS) - {"ok", "not_allowed"}


def test_the_order_of_the_places_changes_no_reason() -> None:
    for vector in msgspec.json.decode(FILE.read_bytes(), type=list[Vector]):
        turned = msgspec.structs.replace(vector.asked, places=vector.asked.places[::-1])
        verdict = decision.decide(turned)
        assert (verdict.reason, verdict.session) == (vector.verdict.reason, vector.verdict.session), vector.name
