"""Hours from a paper list, typed in a hurry; and what the jobs that look for odd things make of it and of the scans."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from timebank.actions.hours.enter_hours import enter_hours
from timebank.demo.moving_in import acting
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.neighbours import Neighbours
from timebank.hours.entries import Later
from timebank.jobs import find_oddities, watch_entries
from timebank.people.callers import Grant

ENTERED, APART = 3, timedelta(seconds=20)


async def write(drawn: Neighbourhood, neighbours: Neighbours) -> None:
    """The second organiser enters them yesterday evening, faster than anybody reads; they wait for the coordinator."""
    node, day = drawn.tree.communities[0], neighbours.today - timedelta(days=3)
    by = acting(drawn.cast["second"], Grant("organiser", node.id))
    begun_at = datetime.combine(neighbours.today - timedelta(days=1), time(18), drawn.zone)
    later = Later(
        activity_name="大风后清扫楼道 · Stairways after the storm",
        served_on=day,
        place="3号楼 · Building 3",
        service_content="清理积水和落叶 · Clearing water and leaves",
        service_minutes=90,
        organising_unit=f"{node.name}{drawn.teams[0].name.zh}",
        person_in_charge=by.name,
        reason="当天停电，用纸质名单登记 · No power that day: a list on paper",
    )
    for number, each in enumerate(neighbours.take(day, ENTERED)):
        await enter_hours(by, later, begun_at + number * APART, each.id)
    await watch_entries.run(drawn.now)
    await find_oddities.run(drawn.now)
