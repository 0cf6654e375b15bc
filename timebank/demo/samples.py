"""One example of everything that can be arranged, so that a newcomer sees it right after the start."""

from __future__ import annotations

from timebank.demo import certified, market, mutual, paperwork, sample_activities, sample_rooms, teamwork, yesterday
from timebank.demo.happenings import Happenings
from timebank.demo.moving_in import acting
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.neighbours import Neighbours
from timebank.demo.progress import Progress
from timebank.demo.sample_rooms import Special
from timebank.people.callers import Grant


async def show(drawn: Neighbourhood, happenings: Happenings, special: Special, progress: Progress) -> None:
    """After the drawn year; the organiser of the cast runs the activities."""
    progress.stage("Things to try", 4)
    neighbours = Neighbours(drawn)
    by = acting(drawn.cast["organiser"], Grant("organiser", drawn.tree.communities[0].id))
    first_aid = await teamwork.skill_id(drawn, teamwork.FIRST_AID.name)
    await sample_activities.arrange(drawn, by, neighbours, special.east, first_aid)
    progress.step()
    fair = await market.set_up(drawn, neighbours, by)
    await fair.take_place()
    progress.step()
    await yesterday.take_place(drawn, happenings, neighbours, by)
    await fair.object(drawn.now)
    await paperwork.write(drawn, neighbours)
    await certified.issue(drawn, neighbours)
    await mutual.hang(drawn, neighbours)
    progress.step()
    await sample_rooms.use(drawn, special, neighbours)
    progress.step()
