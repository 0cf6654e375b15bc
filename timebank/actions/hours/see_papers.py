"""The papers that were issued about a member: one's own, or those of a member whom the reader looks after."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from timebank.actions.action import action
from timebank.actions.hours import papers
from timebank.communities.tree import Node
from timebank.hours import certificates, notices
from timebank.hours.certificates import Certificate, Line
from timebank.hours.notices import Notice
from timebank.people import audit, members
from timebank.people.callers import Caller
from timebank.people.members import Member


class Papers(msgspec.Struct, frozen=True):
    """What was issued about a member, the last first. `may_certify`: whether the unit certifies, or gives sheets of the record.

    `span` are the first and last day of service on record, None without any.
    """

    member: Member
    unit: Node
    may_certify: bool
    span: tuple[date, date] | None
    issued: list[Certificate]
    notice_days: int
    """How long the unit is told before a certificate; 0: not at all, or what is issued is none."""
    notices: list[Notice]


@action
async def see_papers(caller: Caller, member_id: UUID, now: datetime) -> Papers:
    """One's own, or those of a member whom the caller looks after. Raises SignInNeeded, NotFound."""
    await papers.reach(caller, member_id)
    unit = await papers.unit_of(member_id)
    may, days = await papers.rules_of(unit, now)
    issued, span = await certificates.of_member(member_id), await certificates.span(member_id)
    put_up = await notices.of_member(member_id) if days else []
    return Papers(await members.one(member_id), unit, may, span, issued, days, put_up)


@action
async def see_paper(caller: Caller, certificate_id: UUID, now: datetime) -> tuple[Certificate, list[Line]]:
    """With its lines; another's reading is noted. Raises SignInNeeded, NotFound."""
    found = await certificates.one(certificate_id)
    await papers.reach(caller, found.member_id)
    if caller.member() != found.member_id:
        await audit.write(caller.id, "paper.read", f"member:{found.member_id}", now, number=found.number)
    return found, await certificates.lines(certificate_id)
