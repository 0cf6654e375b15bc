"""Drawing lots for scarce times: pure, and the same for everybody who computes it again (docs/vectors/lottery.json).

Nothing here is random. The order follows from what is published: the seed, whose hash was published before anybody entered, the
round, and of each entry its code, its group's priority and what earlier rounds have brought its household.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

LAST = 1001
"""The priority of who is in no group: after all that are."""


class Entry(msgspec.Struct, frozen=True):
    """A household's wishes: numbers of slots, the dearest first. A lower `priority` is served first."""

    code: str
    wishes: tuple[int, ...]
    priority: int = LAST


class History(msgspec.Struct, frozen=True):
    """Rounds lost since the household last won, and rounds won in all."""

    losses: int = 0
    wins: int = 0


class Award(msgspec.Struct, frozen=True):
    code: str
    slot: int


class Placed(msgspec.Struct, frozen=True):
    """An entry's place in the order of serving, from 1, and the rank that broke the tie."""

    place: int
    code: str
    rank: str


class Outcome(msgspec.Struct, frozen=True):
    """The order of serving, and who got what, in the order in which it was given."""

    order: tuple[Placed, ...]
    awards: tuple[Award, ...]


NEW = History()


def seed_hash(seed: str) -> str:
    """What is published when a round opens: SHA-256 of the seed's text, in hex."""
    return hashlib.sha256(seed.encode()).hexdigest()


def rank(seed: str, round_id: str, code: str) -> str:
    """The lot of an entry: SHA-256 of `seed:round:code`, in hex. The smaller one comes first."""
    return hashlib.sha256(f"{seed}:{round_id}:{code}".encode()).hexdigest()


def ordered(entries: Collection[Entry], seed: str, round_id: str, history: Mapping[str, History]) -> tuple[Placed, ...]:
    """By priority group, then who has lost more since the last win, then who has won less, then by lot."""
    ranks = {entry.code: rank(seed, round_id, entry.code) for entry in entries}

    def standing(entry: Entry) -> tuple[int, int, int, str, str]:
        before = history.get(entry.code, NEW)
        return entry.priority, -before.losses, before.wins, ranks[entry.code], entry.code

    found = sorted(entries, key=standing)
    return tuple(Placed(place, entry.code, ranks[entry.code]) for place, entry in enumerate(found, 1))


def draw(
    entries: Collection[Entry],
    slots: Collection[int],
    seed: str,
    history: Mapping[str, History],
    *,
    round_id: str,
    per_household: int = 1,
    barred: Collection[Award] = (),
) -> Outcome:
    """Serves all in order, one slot each; where a household may have more, in the same order again.

    Each gets the dearest wish that is left. `barred` are pairs that could not be booked: to bar what was given last changes
    nothing before it, so whoever books award by award may draw again after each that fails.
    """
    order = ordered(entries, seed, round_id, history)
    wishes = {entry.code: entry.wishes for entry in entries}
    left, never, given = set(slots), set(barred), list[Award]()
    for _ in range(per_household):
        for placed in order:
            slot = next((one for one in wishes[placed.code] if one in left and Award(placed.code, one) not in never), None)
            if slot is not None:
                left.remove(slot)
                given.append(Award(placed.code, slot))
    return Outcome(order, tuple(given))


def remembered(before: Mapping[str, History], outcome: Outcome, barred: Collection[Award]) -> dict[str, History]:
    """What the round means for later ones: who won falls back, who lost gains.

    Whose turn it was and who could not have it neither gains nor falls back.
    """
    won, excused = Counter(award.code for award in outcome.awards), {award.code for award in barred}
    found = {}
    for placed in outcome.order:
        was = before.get(placed.code, NEW)
        if won[placed.code]:
            found[placed.code] = History(0, was.wins + 1)
        elif placed.code not in excused:
            found[placed.code] = History(was.losses + 1, was.wins)
    return found


def check_wishes(wishes: Sequence[int], slots: Collection[int]) -> bool:
    """Whether each wish is a slot of the round, each once, and there is one at all."""
    return bool(wishes) and len(set(wishes)) == len(wishes) and set(wishes) <= set(slots)
