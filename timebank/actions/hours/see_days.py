"""The sessions of one day side by side, for who closes them: several of an organiser from one place."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from timebank.actions.action import action
from timebank.communities import tree
from timebank.hours import days
from timebank.hours.days import Day, Unclosed
from timebank.people.callers import Caller, Right

WITHIN = timedelta(days=90)


class Days(msgspec.Struct, frozen=True):
    """Sessions that begin on the local day `on`; `open_ones` of other days still wait to be closed, the longest over first."""

    on: date
    days: list[Day]
    open_ones: list[Unclosed]


@action
async def see_days(caller: Caller, on: date | None, now: datetime, only_mine: bool = True) -> Days:
    """The caller's own, or all within reach; today where no day is named. Raises SignInNeeded, NotAllowed. Reads only."""
    caller.require(Right.RUN_ACTIVITIES)
    if on is None:
        on = now.astimezone(ZoneInfo((await tree.of_member(caller.member())).time_zone)).date()
    ids = [node.id for node in await tree.below(caller.nodes(Right.RUN_ACTIVITIES))]
    mine: UUID | None = caller.member() if only_mine else None
    found = await days.of_date(ids, on, mine)
    shown = {day.session_id for day in found}
    late = await days.unclosed(ids, now - WITHIN, now, mine)
    return Days(on, found, [each for each in late if each.id not in shown])
