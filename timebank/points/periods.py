"""Months whose books are closed: nobody dates a booking into them; it is booked today, and the old date is shown."""

from __future__ import annotations

from datetime import date

from schedules.errors import Refusal


class PeriodClosed(Refusal):
    """The month that the booking would belong to is closed. Facts: belongs_on, closed_on."""


def last_day(belongs_on: date, close_day: int) -> date:
    """The last day on which something can be booked into the month of `belongs_on`: `close_day` of the next month."""
    return date(belongs_on.year + belongs_on.month // 12, belongs_on.month % 12 + 1, close_day)


def refuse_closed(belongs_on: date, today: date, close_day: int) -> None:
    """Raises PeriodClosed where the month was closed before `today`, a local day."""
    closed_on = last_day(belongs_on, close_day)
    if today > closed_on:
        raise PeriodClosed(belongs_on=belongs_on, closed_on=closed_on)
