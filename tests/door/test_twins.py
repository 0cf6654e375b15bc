"""The server and the offline desk are asked the same, at random: whatever the question, their answers are the same bytes."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
import pytest

from schedules import codes, decision
from schedules.asked_answers import Question
from schedules.codes import Card, Phone, Typed
from schedules.decision import Asked, Inside, Place
from tests.door.test_code_vectors import PUBLIC_KEYS, SERVER, WRITTEN
from tests.door.test_decision import canonical
from timebank.people import signatures

TWIN = Path(__file__).parents[2] / "timebank" / "pages" / "assets" / "door" / "twin.mjs"
OWN_NODE = Path(sys.prefix) / "node" / "node"
START = datetime(2026, 11, 26, 1, tzinfo=UTC)
KINDS: tuple[Literal["acknowledge", "text", "number", "choice"], ...] = ("acknowledge", "text", "number", "choice")
STATES = ("confirmed", "confirmed", "confirmed", *decision.OF_STATE)
ANSWERS = (True, False, None, 0, 1, -2.5, "", " ", "\u3000", "a", "1", "好")
PACK = {"server": SERVER, "keys": WRITTEN["keys"]}
ADDED = " -_=+./\t\r\n\0\x1c\x85\xa0\xad\u200b\u2014\u3000\ufeff]\\0189oOiIlLaAzZ\u0131\u017f\uff21\uff0d\u0301\u5fd7"


def answers(questions: Iterable[Any]) -> list[str]:
    """What the TypeScript says to each."""
    node = str(OWN_NODE) if OWN_NODE.exists() else shutil.which("node")
    assert node, "no Node: run make"
    lines = "\n".join(map(json.dumps, questions))
    done = subprocess.run([node, str(TWIN)], input=lines, capture_output=True, encoding="utf-8", timeout=60, check=True)
    return done.stdout.split("\n")[:-1]


# The decision


def moment(some: random.Random) -> datetime:
    """Instants that meet often, and miss each other by a millionth of a second."""
    near = timedelta(minutes=some.choice((0, 0, 15, 30, 60, 720, 735, 1440)) * some.choice((-1, 1)))
    return START + near + timedelta(microseconds=some.choice((0, 0, 0, 1, -1, 123456)))


def place(some: random.Random, session: str) -> Place:
    opens_at, closes_at = sorted((moment(some), moment(some)))
    asked = tuple(
        Question(id=name, kind=some.choice(KINDS), choices=("a", "1", "a"), is_required=some.random() < 0.6)
        for name in some.sample(("q", "constructor", "年龄"), some.choice((0, 0, 1, 2)))
    )
    return Place(
        session=session,
        state=some.choice(STATES),  # type: ignore[arg-type]
        opens_at=opens_at,
        starts_at=moment(some),
        closes_at=closes_at,
        late_after=some.choice((0, 15)),
        is_expected=some.random() < 0.8,
        is_called_off=some.random() < 0.1,
        is_qualified=some.random() < 0.9,
        questions=asked,
        allows_reentry=some.random() < 0.7,
        allows_many=some.random() < 0.2,
        entries=some.choice((0, 0, 1, 2)),
    )


def asked(some: random.Random) -> Asked:
    sessions = some.sample(("choir", "dance", "tea", "合唱"), some.choice((0, 1, 1, 2, 2, 3)))
    facts = {field: some.random() < 0.97 for field in decision.Code.__struct_fields__ if field != "is_replaced"}
    return Asked(
        now=moment(some),
        direction=some.choice(("in", "in", "out")),
        desk_is_revoked=some.random() < 0.02,
        is_allowed=some.random() < 0.98,
        earlier=some.choice(("none",) * 20 + ("same", "other")),
        code=decision.Code(**facts, is_replaced=some.random() < 0.1),
        is_suspended=some.random() < 0.1,
        session=some.choice((None, None, None, "dance")),
        places=tuple(place(some, session) for session in sessions),
        inside=Inside(session=some.choice(("choir", "dance", "old")), closes_at=moment(some)) if some.random() < 0.4 else None,
        is_override=some.random() < 0.3,
        shows_questions=some.random() < 0.8,
        answers={name: some.choice(ANSWERS) for name in ("q", "年龄")},
    )


@pytest.mark.scenario("checkin-87")
def test_both_decide_alike_whatever_is_asked() -> None:
    some = random.Random(87)
    questions = [asked(some) for _ in range(3000)]
    expected = [canonical(decision.decide(one)).decode() for one in questions]
    assert len({json.loads(one)["reason"] for one in expected}) == len(decision.STATUS), "every reason is met"
    told = answers({"asked": msgspec.to_builtins(one)} for one in questions)
    for question, own, other in zip(questions, expected, told, strict=True):
        assert own == other, question


# Codes


def spoiled(some: random.Random, text: str) -> str:
    """The text with a few slips, as keyboards, scanners and forgers make them."""
    characters = list(text)
    for _ in range(some.choice((0, 1, 1, 2, 4))):
        at = some.randrange(len(characters) + 1)
        match some.choice(("add", "add", "change", "drop", "case", "wide")):
            case "add":
                characters.insert(at, some.choice(ADDED))
            case "change":
                characters[at : at + 1] = some.choice(codes.BASE32 + ADDED)
            case "drop":
                characters[at : at + 1] = []
            case "case":
                characters[at:] = "".join(characters[at:]).lower()
            case "wide":
                characters[at : at + 1] = [chr(ord(one) + 0xFEE0) for one in characters[at : at + 1] if "!" <= one <= "~"]
    return some.choice(("", "", "]Q1", "\\000026", "\ufeff")) + "".join(characters)


def read(raw: str, now: datetime) -> list[Any]:
    """As the twin writes it."""
    code = codes.read(raw)
    if isinstance(code, Typed):
        return [["typed", code.code], None]
    facts = decision.Code(is_ours=False)
    if isinstance(code, Card | Phone):
        facts = signatures.judged(code, SERVER, PUBLIC_KEYS.get(code.key_id), now)
    plain = [type(code).__name__.lower(), *map(shown, msgspec.structs.astuple(code))] if code else None
    return [plain, sorted(field for field in facts.__struct_fields__ if field != "is_replaced" and not getattr(facts, field))]


def shown(value: object) -> object:
    found = value.bytes if isinstance(value, UUID) else value
    return found.hex() if isinstance(found, bytes) else found


@pytest.mark.scenario("checkin-2", "checkin-67", "checkin-70", "checkin-87")
def test_both_read_and_verify_alike_whatever_is_shown() -> None:
    some = random.Random(70)
    good = [(vector["raw"], vector["now"]) for vector in WRITTEN["codes"] if vector["read"] and len(vector["raw"]) < 1000]
    questions = [{"raw": spoiled(some, raw), "now": now, "pack": PACK} for raw, now in some.choices(good, k=1500)]
    expected = [read(one["raw"], datetime.fromisoformat(one["now"])) for one in questions]
    assert sum(one[1] == [] for one in expected) > 100, "some of them are good all the same"
    for question, own, other in zip(questions, expected, answers(questions), strict=True):
        assert own == json.loads(other), question
