"""Drawing lots: anybody who computes it again comes to the same; the published vector holds the code to it."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from schedules import lottery
from schedules.lottery import Award, Entry, History, Outcome

FILE = Path(__file__).parents[2] / "docs" / "vectors" / "lottery.json"
SEED, ROUND = "5eed", "r1"


def drawn(entries: list[Entry], slots: int = 3, seed: str = SEED, **chosen: object) -> Outcome:
    history = chosen.pop("history", {})
    return lottery.draw(entries, range(1, slots + 1), seed, history, round_id=ROUND, **chosen)  # type: ignore[arg-type]


def test_the_published_vector_comes_out_as_published() -> None:
    vector = json.loads(FILE.read_text(encoding="utf-8"))
    assert lottery.seed_hash(vector["seed"]) == vector["seed_hash"]
    entries = [Entry(one["code"], tuple(one["wishes"]), one["priority"]) for one in vector["entries"]]
    history = {one["code"]: History(one["losses"], one["wins"]) for one in vector["entries"]}
    outcome = lottery.draw(
        entries,
        vector["slots"],
        vector["seed"],
        history,
        round_id=vector["id"],
        per_household=vector["per_household"],
        barred=[Award(**one) for one in vector["passed_over"]],
    )
    assert [[one.place, one.code, one.rank] for one in outcome.order] == vector["order"]
    assert [{"code": one.code, "slot": one.slot} for one in outcome.awards] == vector["awards"]


def test_the_lot_is_a_hash_that_any_tool_can_compute() -> None:
    assert lottery.rank("5eed", "r1", "ABC") == hashlib.sha256(b"5eed:r1:ABC").hexdigest()
    assert lottery.seed_hash("5eed") == hashlib.sha256(b"5eed").hexdigest()


def test_groups_come_first_then_who_lost_more_then_who_won_less_then_the_lot() -> None:
    entries = [Entry("LUCKY", (1,)), Entry("NEW", (1,)), Entry("LOST", (1,)), Entry("GROUP", (1,), 2)]
    history = {"LUCKY": History(0, 3), "LOST": History(1, 4), "GROUP": History(0, 9)}
    for seed in ("a", "b", "c", "d"):
        assert [one.code for one in drawn(entries, seed=seed, history=history).order] == ["GROUP", "LOST", "NEW", "LUCKY"]
    equals = [Entry(code, (1,)) for code in "ABCD"]
    firsts = {drawn(equals, seed=str(number)).order[0].code for number in range(64)}
    assert firsts == set("ABCD"), "among equals the seed decides"


def test_who_won_falls_back_who_lost_gains_and_who_could_not_have_it_stays() -> None:
    entries = [Entry("WON", (1,), 1), Entry("BARRED", (2,), 2), Entry("LOST", (1,), 3)]
    barred = [Award("BARRED", 2)]
    outcome = drawn(entries, barred=barred)
    before = {"WON": History(4, 1), "LOST": History(1, 1)}
    assert lottery.remembered(before, outcome, barred) == {"WON": History(0, 2), "LOST": History(2, 1)}


@pytest.mark.parametrize("number", range(60))
def test_no_slot_twice_nobody_more_than_allowed_and_the_order_of_the_input_does_not_matter(number: int) -> None:
    dice = random.Random(number)
    slots, most = dice.randint(1, 8), dice.randint(1, 3)
    entries = [
        Entry(f"E{n}", tuple(dice.sample(range(1, slots + 1), dice.randint(1, slots))), dice.choice((1, 2, lottery.LAST)))
        for n in range(dice.randint(0, 12))
    ]
    history = {entry.code: History(dice.randint(0, 2), dice.randint(0, 2)) for entry in entries}
    once = drawn(entries, slots, str(number), history=history, per_household=most)
    again = drawn(dice.sample(entries, len(entries)), slots, str(number), history=history, per_household=most)
    assert once == again
    given, wishes = Counter(one.slot for one in once.awards), {entry.code: entry.wishes for entry in entries}
    assert all(count == 1 for count in given.values())
    assert all(count <= most for count in Counter(one.code for one in once.awards).values())
    assert all(one.slot in wishes[one.code] for one in once.awards)
    left = set(range(1, slots + 1)) - set(given)
    short = {code for code in wishes if sum(one.code == code for one in once.awards) < most}
    assert not any(left & set(wishes[code]) for code in short), "nothing is left that somebody may still have"
    for at, award in enumerate(once.awards):
        barred = drawn(entries, slots, str(number), history=history, per_household=most, barred=[award])
        assert barred.awards[:at] == once.awards[:at], "to bar one changes nothing before it"
        assert award not in barred.awards
