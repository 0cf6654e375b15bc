"""Rules of other places as examples to start from: what reports say of them, how strong the source is, and what is missing.

None is complete, and none is claimed to be. Figures as reported; the sources are listed in the product's notes on rules.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from timebank.communities.policies import Rules
from timebank.web.words import _

Strength = Literal["press", "weak", "own"]
STRENGTHS: dict[Strength, str] = {
    "press": _("a press report or its reprint"),
    "weak": _("a page that shares documents, or a poor reprint (weak)"),
    "own": _("the scheme's own pages"),
}


class Scheme(NamedTuple):
    """`sets` are the settings that the source tells; all others stay as they are. `year` None: the source has no date."""

    key: str
    name: str
    year: int | None
    strength: Strength
    sets: dict[str, Any]
    lacks: str


SCHEMES = (
    Scheme(
        "huangshi",
        _("Huangshi, machine for rewards"),
        2024,
        "press",
        {"units_per_hour": 100, "expiry": "end_of_year", "shortest_life_days": 0},
        _("Steps, caps and gifts are not known. Only hours counted by the system earn there, as here."),
    ),
    Scheme(
        "shanghai-pilot",
        _("Shanghai, pilot of Changning and Hongkou"),
        2019,
        "weak",
        {"units_per_hour": 100, "day_cap_units": 200, "wallet_cap_units": 60_000},
        _(
            "People earn from 60 to 70 there, which cannot be set here yet. What becomes of points above 600, and expiry, are "
            "not known."
        ),
    ),
    Scheme(
        "hailin",
        _("Hailin"),
        None,
        "weak",
        {"units_per_hour": 100, "session_cap": 120, "recruit_units": 200},
        _(
            "Rewards once a quarter are set as windows of exchange, not here. Points for who recruits come here only after a "
            "confirmed hour. A bad rating takes hours away there; here a fact stays."
        ),
    ),
    Scheme(
        "huangshan",
        _("Huangshan, shop for points"),
        2020,
        "weak",
        {"expiry": 36},
        _("What an hour earns there, steps and caps are not known."),
    ),
    Scheme(
        "longquanyi",
        _("Longquanyi"),
        None,
        "weak",
        {"units_per_hour": 1000},
        _("“About” ten points an hour. Stars, and removal after five no-shows a year, are not copied: here nobody is removed."),
    ),
    Scheme(
        "norcal",
        _("NorCal Timebank, USA"),
        None,
        "own",
        {"grain_minutes": 15, "rounding": "up"},
        _("Two hours for the first meeting, and a balance down to minus ten hours, cannot be set here yet."),
    ),
)


def find(key: str) -> Scheme | None:
    """The scheme of an address; None for an unknown one."""
    return next((scheme for scheme in SCHEMES if scheme.key == key), None)


def applied(scheme: Scheme, rules: Rules) -> Rules:
    """The same rules with what the scheme tells."""
    return msgspec.structs.replace(rules, **scheme.sets)
