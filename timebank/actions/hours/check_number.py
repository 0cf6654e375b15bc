"""What stands behind a paper's number, for everybody who holds it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from schedules import walltimes
from schedules.errors import NotFound
from timebank.actions.action import action
from timebank.hours import certificates
from timebank.hours.certificates import Certificate, State
from timebank.people import limits, names

TRIES, WINDOW = 30, timedelta(minutes=15)
"""Numbers that lead to nothing, from one address."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What the public is told of a number, and no more (rules-8): the name is masked, minutes are those of the day of issue."""

    number: str
    is_certificate: bool
    state: State
    masked_name: str
    unit: str
    unit_en: str
    first_on: date
    last_on: date
    issued_on: date
    minutes_a: int
    minutes_b: int
    minutes_c: int

    @property
    def minutes(self) -> int:
        return self.minutes_a + self.minutes_b + self.minutes_c


async def check_number(text: str, address: str, now: datetime) -> Checked:
    """What stands behind a number, for everybody. Counts the tries that lead to nothing and changes nothing else.

    A slip costs no try: its last sign does not fit. Raises NotFound, the same for every number that is none; TooManyTries.
    """
    number = certificates.read_number(text)
    if number is None:
        raise NotFound(what="certificate")
    bucket = f"number:{address}"
    # Spent before it is judged: numbers that are tried at once cannot pass together (docs/decisions/0013).
    await limits.spend(bucket, TRIES, WINDOW, now)
    found = await _known(number)
    await limits.give_back(bucket, WINDOW, now)
    return Checked(
        number=found.number,
        is_certificate=found.is_certificate,
        state=found.state,
        masked_name=names.masked(found.name),
        unit=found.unit,
        unit_en=found.unit_en,
        first_on=found.first_on,
        last_on=found.last_on,
        issued_on=walltimes.day_of(found.issued_at, found.time_zone),
        minutes_a=found.minutes_a,
        minutes_b=found.minutes_b,
        minutes_c=found.minutes_c,
    )


@action
async def _known(number: str) -> Certificate:
    return await certificates.by_number(number)
