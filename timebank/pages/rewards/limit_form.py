"""The form of a reward's limits: a number and a period for a person, and for a household."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import msgspec

from timebank.pages.forms import Short
from timebank.rewards import limits
from timebank.rewards.limits import Limit, LimitNotFit, Period, Takers

TAKERS: tuple[Takers, ...] = get_args(Takers)
PERIODS: tuple[Period, ...] = get_args(Period)


class LimitsTyped(msgspec.Struct):
    """An empty number: no limit."""

    person: Short = ""
    person_period: Period = "month"
    household: Short = ""
    household_period: Period = "month"


def limits_as_typed(found: Sequence[Limit]) -> LimitsTyped:
    typed = LimitsTyped()
    for limit in found:
        setattr(typed, limit.who, str(limit.units))
        setattr(typed, f"{limit.who}_period", limit.period)
    return typed


def limits_of(typed: LimitsTyped) -> list[Limit]:
    """Raises LimitNotFit, which names the field."""
    return [
        Limit(who, getattr(typed, f"{who}_period"), whole(getattr(typed, who), who)) for who in TAKERS if getattr(typed, who)
    ]


def whole(text: str, field: str) -> int:
    """Raises LimitNotFit."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and 0 < int(plain[:9]) <= limits.MOST):
        raise LimitNotFit(field=field, reason=f"1 to {limits.MOST}")
    return int(plain[:9])
