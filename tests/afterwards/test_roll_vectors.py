"""The vectors of the decision through a roll: a list of names has no rules of its own (checkin-65, checkin-87)."""

from __future__ import annotations

import msgspec
import pytest

from schedules.decision import decide
from tests.door import test_by_name_vectors as names
from tests.door.test_decision import Vector
from timebank.actions.door.check_in_by_name import ByName, Listed, as_scan
from timebank.actions.door.door import Scan
from timebank.actions.hours.call_roll import judged

VECTORS = [one for one in names.VECTORS if one.asked.direction == "in" and not one.asked.is_override and not one.asked.inside]


def without_questions(vector: Vector) -> str:
    """The written reason; where questions stopped it, what comes after them."""
    if vector.verdict.reason != "incomplete":
        return vector.verdict.reason
    return decide(msgspec.structs.replace(vector.asked, shows_questions=False)).reason


@pytest.mark.scenario("checkin-65", "checkin-87")
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_tick_is_judged_as_a_scan_would_be(vector: Vector) -> None:
    """But for the questions, which nobody asks off a list, and for where else the person is now."""
    session = names.session_of(vector)
    assert session is not None
    wish = ByName(signup_id=names.id_of(f"signup {session}"), direction="in", nonce="roll")
    asking = as_scan(names.ALICE, wish, Listed(names.BOB, names.id_of(session), names.ACTIVITY))
    verdict = judged(Scan(asking, None, vector.asked.now), names.known(vector))
    assert verdict.reason == without_questions(vector)


def test_most_vectors_of_a_way_in_go_through() -> None:
    """So that a change of the file's form does not leave this one empty."""
    assert len(VECTORS) >= 60
    assert {vector.verdict.reason for vector in VECTORS} >= {"blocked", "not_approved", "waitlisted", "qualification_missing"}
