"""What a neighbourhood does in a year: read from occasions.toml, where a neighbourhood worker can change it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal["service", "class", "clinic", "festival", "meeting"]
RoomKind = Literal["hall", "dance", "parents", "clinic", "meeting", "study", "screen", "table", "kitchen", "workshop", ""]


class Words(msgspec.Struct, frozen=True, array_like=True):
    zh: str
    en: str


class Task(msgspec.Struct, frozen=True, array_like=True):
    """A role at a session with its places."""

    zh: str
    en: str
    places: int


class Occasion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of thing that takes place: where, from when, for how many minutes, with whom."""

    title: Words
    content: Words
    room: RoomKind = ""
    place: Words = Words("", "")
    """Where it is, when it is in none of our rooms."""
    at: str
    """Local time of the start, such as 07:20."""
    minutes: int
    tasks: tuple[Task, ...]
    weekdays: tuple[int, ...] = tuple(range(7))
    """Monday is 0."""
    months: tuple[int, ...] = tuple(range(1, 13))
    weeks: int = 1
    """How many sessions follow each other, a week apart."""
    category: str = ""
    risks: Words = Words("没有特别的风险；注意脚下，带好随身物品。", "No special risk; mind your step and your belongings.")
    may_endanger: bool = False
    """Needs accident insurance before it is published (rules.md 8)."""
    kind: Kind = "service"
    walk_ins: bool = False
    """Who comes without a sign-up may take a free place."""
    confirms_self: bool = False
    """The organiser confirms those who checked in by their own phone."""

    @property
    def hour(self) -> int:
        return int(self.at[:2])

    @property
    def minute(self) -> int:
        return int(self.at[3:])


def _read() -> dict[Kind, tuple[Occasion, ...]]:
    text = (Path(__file__).parent / "occasions.toml").read_bytes()
    found = msgspec.toml.decode(text, type=dict[Kind, list[Occasion]])
    return {kind: tuple(msgspec.structs.replace(each, kind=kind) for each in listed) for kind, listed in found.items()}


OCCASIONS = _read()
SERVICES = OCCASIONS["service"]
"""Each hour of these stands in the service record and earns points."""
GATHERINGS: tuple[tuple[int, tuple[Occasion, ...]], ...] = (
    (55, OCCASIONS["class"]),
    (20, OCCASIONS["clinic"]),
    (12, OCCASIONS["festival"]),
    (13, OCCASIONS["meeting"]),
)
"""How many of a hundred gatherings are of each kind; people are counted there and earn nothing by it."""
EVERYTHING = tuple(each for listed in OCCASIONS.values() for each in listed)
