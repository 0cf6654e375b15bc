"""The vectors of the decision through a check-in by name: all its steps but the code's are those of a scan (checkin-64)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
import pytest

from schedules import attendance, codes, decision
from schedules.decision import Code, Place, Verdict
from schedules.scans import Facts, Here
from tests.door.test_decision import FILE, Vector, canonical
from timebank.actions.door import door
from timebank.actions.door.check_in_by_name import ByName, Listed, as_scan
from timebank.actions.door.door import Known, Person, Scan
from timebank.people.callers import Caller, Grant

BOB, NODE, ACTIVITY = (uuid5(NAMESPACE_URL, name) for name in ("Bob", "community", "activity"))
ALICE = Caller(member_id=uuid5(NAMESPACE_URL, "Alice"), grants=(Grant("organiser", NODE),))


def id_of(session: str) -> UUID:
    """A vector names sessions by any text."""
    return uuid5(NAMESPACE_URL, session)


def session_of(vector: Vector) -> str | None:
    """The one that is picked from the list; None where a name picks nothing, or the vector is about the code or the scanner."""
    asked = vector.asked
    if asked.code != Code() or asked.desk_is_revoked or not asked.is_allowed or asked.earlier != "none":
        return None
    if asked.session is not None:
        return asked.session if asked.session in [place.session for place in asked.places] else None
    return asked.places[0].session if len(asked.places) == 1 else None


VECTORS = [vector for vector in msgspec.json.decode(FILE.read_bytes(), type=list[Vector]) if session_of(vector)]


def here(place: Place) -> Here:
    told = {
        "activity_id": ACTIVITY,
        "signup_id": id_of(f"signup {place.session}"),
        "ends_at": place.closes_at,
        "last_entry": place.entries,
        "first_at": None,
        "first_scan": None,
        "last": None,
        "is_service": True,
        "time_zone": "Asia/Shanghai",
        **dict.fromkeys(("title", "title_en", "place", "place_en", "role", "role_en", "note"), ""),
    }
    fields = msgspec.to_builtins(place) | {"session": str(id_of(place.session))}
    return msgspec.convert(fields | msgspec.to_builtins(told), Here)


def known(vector: Vector) -> Known:
    """What the database would have answered."""
    asked, inside = vector.asked, vector.asked.inside
    stay = None
    if inside:
        stay = attendance.Inside(
            id=BOB,
            session=str(id_of(inside.session)),
            closes_at=inside.closes_at,
            in_at=inside.closes_at - timedelta(hours=2),
            is_by_code=True,
            starts_at=inside.closes_at - timedelta(hours=2),
            ends_at=inside.closes_at,
            tolerance=15,
        )
    return Known(
        is_allowed=True,
        may_override=True,
        venue_exists=False,
        public_key=None,
        key_was_removed=False,
        serial=None,
        digest=None,
        is_replaced=False,
        member=Person(BOB, "Bob", 1, "suspended" if asked.is_suspended else "active", "", "", is_within=True),
        schedule=Facts(None, stay, tuple(here(place) for place in asked.places)),
    )


def named(verdict: Verdict) -> Verdict:
    """The written verdict, with the sessions under their ids."""
    ids: dict[str, Any] = {"choices": tuple(str(id_of(one)) for one in verdict.choices)}
    ids |= {name: str(id_of(one)) for name in ("session", "forgotten") if (one := getattr(verdict, name))}
    return msgspec.structs.replace(verdict, **ids)


@pytest.mark.scenario("checkin-64", "checkin-87")
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_name_is_judged_as_a_code_would_be(vector: Vector) -> None:
    asked, session = vector.asked, session_of(vector)
    assert session is not None
    wish = ByName(
        signup_id=id_of(f"signup {session}"),
        direction=asked.direction,
        nonce="n-1",
        override_reason="they forgot their card" if asked.is_override else "",
        shows_questions=asked.shows_questions,
        answers=asked.answers,
    )
    asking = as_scan(ALICE, wish, Listed(BOB, id_of(session), ACTIVITY))
    verdict = decision.decide(door.asked(Scan(asking, codes.read(asking.raw_code), asked.now), known(vector)))
    assert canonical(verdict) == canonical(named(vector.verdict))


def test_most_vectors_go_through() -> None:
    """So that a change of the file's form does not leave this one empty."""
    assert len(VECTORS) >= 120
    assert {vector.verdict.reason for vector in VECTORS} >= decision.PASSABLE - {"revoked"} | {
        "already_elsewhere",
        "waitlisted",
    }
