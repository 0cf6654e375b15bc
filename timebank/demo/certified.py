"""What stands on paper about the volunteer's service: one sheet that holds, one that was taken back, and what was noted."""

from __future__ import annotations

from datetime import timedelta

from timebank.actions.hours.certify import Withdrawal, issue_paper, revoke_paper
from timebank.actions.hours.note_record import note_record
from timebank.actions.hours.paper_wishes import Wish
from timebank.demo.moving_in import acting, coordinator
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.neighbours import Neighbours
from timebank.hours.record_notes import Honour, Training
from timebank.people.callers import Grant


async def issue(drawn: Neighbourhood, neighbours: Neighbours) -> None:
    """The volunteer asks for both; the coordinator takes the first back, because a line was missing."""
    volunteer, node = acting(drawn.cast["volunteer"]), drawn.tree.communities[0]
    first = (await issue_paper(volunteer, volunteer.member(), Wish(), None, drawn.now - timedelta(hours=3))).value
    why = Withdrawal("少了一次服务，已重新开具 · One service was missing; a new one was issued.")
    await revoke_paper(coordinator(drawn), first.id, why, drawn.now - timedelta(hours=2))
    await issue_paper(volunteer, volunteer.member(), Wish(), None, drawn.now - timedelta(hours=1))
    by = acting(drawn.cast["organiser"], Grant("organiser", node.id))
    day = neighbours.today - timedelta(days=40)
    training = Training("急救培训 · First aid", "心肺复苏、止血包扎 · CPR, bandages", 120, f"{node.name}卫生服务中心", day)
    honour = Honour("年度优秀志愿者 · Volunteer of the year", drawn.tree.top.name, day, "证书原件 · the original")
    for note in (training, honour):
        await note_record(by, volunteer.member(), note, drawn.now - timedelta(hours=4))
