"""The coordinator's form for the prices of a room: what is typed, kept as it was typed, and the list that it stands for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from typing import Any

import msgspec

from schedules.spaces import Space
from timebank.actions.rooms.keep_spaces import WrongFigure, WrongTime
from timebank.pages.forms import figure
from timebank.points.prices import PriceList, PriceRule

SPARE_ROWS = 2
POINTS = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,2})?")


class Row(msgspec.Struct, frozen=True):
    """One price at certain times."""

    points: str = ""
    is_peak: str = ""
    days: Sequence[int] = ()
    opens: str = ""
    closes: str = ""
    valid_from: str = ""
    valid_until: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.points.strip()


class Typed(msgspec.Struct, frozen=True):
    """The form as text."""

    slot: str = "30"
    free_until: str = "0"
    late_refund: str = "0"
    no_show_refund: str = "0"
    unused_refund: str = "0"
    rows: Sequence[Row] = ()


FIGURES = {
    "slot": (5, 1440),
    "free_until": (0, 100_000),
    "late_refund": (0, 100),
    "no_show_refund": (0, 100),
    "unused_refund": (0, 100),
}


def typed_of(prices: PriceList, space: Space) -> Typed:
    """The form of a list as it stands, with spare rows; of a room without one, prices for each step of its grid."""
    rows = [*(_row(rule) for rule in prices.rules), *[Row(days=tuple(range(7)))] * SPARE_ROWS]
    slot = prices.slot if prices.rules else space.grid
    figures = {name: str(getattr(prices, name)) for name in FIGURES}
    return Typed(**figures | {"slot": str(slot)}, rows=rows)


def _row(rule: PriceRule) -> Row:
    is_always = rule.opens == rule.closes
    return Row(
        f"{rule.units / 100:.2f}".rstrip("0").rstrip("."),
        "1" if rule.is_peak else "",
        rule.weekdays,
        "" if is_always else f"{rule.opens:%H:%M}",
        "" if is_always else f"{rule.closes:%H:%M}",
        rule.valid_from.isoformat() if rule.valid_from else "",
        rule.valid_until.isoformat() if rule.valid_until else "",
    )


def typed_from(form: Any) -> Typed:
    """What was sent; unticked boxes are not."""
    texts = {name: str(form.get(name, ""))[:20] for name in FIGURES}
    count = min(int(form.get("rows", "0")), 50) if str(form.get("rows", "0")).isdecimal() else 0
    return Typed(**texts, rows=[_typed_row(form, number) for number in range(count)])


def _typed_row(form: Any, number: int) -> Row:
    days = tuple(int(day) for day in form.getall(f"days_{number}", []) if day in tuple("0123456"))
    names = [name for name in Row.__struct_fields__ if name != "days"]
    return Row(days=days, **{name: str(form.get(f"{name}_{number}", "")).strip()[:20] for name in names})


def list_of(typed: Typed) -> PriceList:
    """Raises WrongFigure and WrongTime, which name the field."""
    figures = {name: figure(name, getattr(typed, name), *limits) for name, limits in FIGURES.items()}
    rules = tuple(_rule(number, row) for number, row in enumerate(typed.rows) if not row.is_blank)
    return PriceList(**figures, rules=rules)


def _rule(number: int, row: Row) -> PriceRule:
    if not POINTS.fullmatch(row.points.strip()):
        raise WrongFigure(field=f"points_{number}", reason="points with two places at most", least=0, most=10_000)
    whole, _, part = row.points.strip().replace(",", ".").partition(".")
    units = int(whole) * 100 + int(part.ljust(2, "0") or "0")
    if units > 1_000_000:
        raise WrongFigure(field=f"points_{number}", reason="out of range", least=0, most=10_000)
    if not row.days:
        raise WrongTime(field=f"days_{number}", reason="choose days")
    try:
        return PriceRule(
            units=units,
            is_peak=bool(row.is_peak),
            weekdays=tuple(row.days),
            opens=time.fromisoformat(row.opens or "00:00").replace(tzinfo=None),
            closes=time.fromisoformat(row.closes or "00:00").replace(tzinfo=None),
            valid_from=date.fromisoformat(row.valid_from) if row.valid_from else None,
            valid_until=date.fromisoformat(row.valid_until) if row.valid_until else None,
        )
    except ValueError as error:
        raise WrongTime(field=f"opens_{number}", reason="not a day or a time") from error
