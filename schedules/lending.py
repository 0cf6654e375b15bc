"""The rule about what is borrowed with a space: as many as there are, at every moment. Pure; `rules.judge` asks it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from schedules.facts import Asked, Broken, Facts, Lent
from schedules.intervals import Interval


def accessories_left(asked: Asked, facts: Facts, now: datetime) -> list[Broken]:
    """As many as there are, at every moment; who brings some back when another begins is in nobody's way (booking-117)."""
    found = []
    for accessory_id, wanted in asked.accessories:
        lent = next((one for one in facts.lent if one.id == accessory_id), None)
        if lent is None:
            found.append(
                Broken("accessories", {"accessory": "", "accessory_en": "", "wanted": wanted, "left": 0, "free_from": None})
            )
            continue
        left = lent.quantity - most_lent(lent, asked.use)
        if wanted > left:
            found.append(Broken("accessories", _lacking(lent, wanted, left, asked.use)))
    return found


def most_lent(lent: Lent, use: Interval) -> int:
    """The most that others have of it at one moment of a time."""
    standing = [one for one in lent.uses if one.use.overlaps(use)]
    moments = [use.starts_at, *(one.starts_at for one in standing if one.starts_at > use.starts_at)]
    return max(sum(one.quantity for one in standing if one.starts_at <= moment < one.ends_at) for moment in moments)


def _lacking(lent: Lent, wanted: int, left: int, use: Interval) -> dict[str, Any]:
    """`free_from`: when enough are back for a use of the same length, where that is known."""
    backs = sorted(one.ends_at for one in lent.uses if one.ends_at > use.starts_at)
    works = (back for back in backs if most_lent(lent, Interval(back, back + use.length)) + wanted <= lent.quantity)
    return {
        "accessory": lent.name,
        "accessory_en": lent.name_en,
        "wanted": wanted,
        "left": left,
        "free_from": next(works, None),
    }
