"""A member's hours on a sheet with a number that anybody can check: issued, replaced, revoked, each by a row of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import walltimes
from schedules.errors import Refusal
from schedules.no_shows import SayWhy
from timebank.actions.action import Answer, RequestKey, action
from timebank.actions.hours import paper_wishes, papers
from timebank.actions.hours.paper_wishes import Wanted, Wish
from timebank.hours import certificates, identities, notices
from timebank.hours.certificates import Certificate, Issue
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, limits
from timebank.people.callers import Caller

ISSUED, A_DAY = 20, timedelta(days=1)
"""Sheets of one member."""
PATH = "/me/papers"


class NoticeNeeded(Refusal):
    """The unit is told of it before a certificate: nothing was put up about these days yet. Facts: field, days."""


class NoticeStillUp(Refusal):
    """The unit is being told of it. Facts: field, until_on."""


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it does not hold any more; the member reads it, the public does not."""

    reason: Annotated[str, Meta(max_length=500)]


async def issue_paper(
    caller: Caller, member_id: UUID, wish: Wish, key: RequestKey | None, now: datetime
) -> Answer[Certificate]:
    """By the member, or for them by whoever looks after members (Order 67 art. 14: free, on request). Once for a key.

    Raises SignInNeeded, NotFound, PeriodNotPossible, NothingServed, CertificateOver, TooManyTries, NotAnIdentity, and where the
    rules want a notice in the unit first NoticeNeeded, NoticeStillUp.
    """
    return await _issue.once(key, caller, member_id, wish, now)


@action
async def _issue(caller: Caller, member_id: UUID, wish: Wish, now: datetime) -> Certificate:
    await papers.reach(caller, member_id)
    # Within the transaction: sheets are counted, not tries, and a request sent again makes none. Of two at once one waits.
    await limits.spend(f"paper:{member_id}", ISSUED, A_DAY, now)
    asked = await paper_wishes.wanted(caller, member_id, wish, now)
    if asked.is_certificate and asked.notice_days and wish.replaces is None:
        await _require_notice(member_id, asked, now)
    issue = Issue(
        member_id=member_id,
        community_id=asked.unit.id,
        unit=asked.unit.name,
        unit_en=asked.unit.name_en,
        is_certificate=asked.is_certificate,
        first_on=asked.first_on,
        last_on=asked.last_on,
        issued_by=caller.member(),
        replaces=wish.replaces,
    )
    made_id = await certificates.issue(issue, asked.today.year, now)
    if wish.identity is not None:
        await identities.keep(made_id, wish.identity, now)
    if wish.replaces is not None:
        await identities.forget(wish.replaces)
    made = await certificates.one(made_id)
    about = f"member:{member_id}"
    await audit.write(caller.id, "paper.issued", about, now, on_behalf_of=member_id, number=made.number)
    if caller.member() != member_id:
        await _tell(made, "paper_issued", now)
    return made


async def _require_notice(member_id: UUID, asked: Wanted, now: datetime) -> None:
    notice = await notices.standing(member_id, asked.first_on, asked.last_on)
    if notice is None:
        raise NoticeNeeded(field="since", days=asked.notice_days)
    if notice.until_at > now:
        raise NoticeStillUp(field="since", until_on=walltimes.day_of(notice.until_at, asked.unit.time_zone))


@action
async def revoke_paper(caller: Caller, certificate_id: UUID, why: Withdrawal, now: datetime) -> Certificate:
    """By the member, or by whoever looks after members, who then tells the member why. Safe to repeat.

    Raises SignInNeeded, NotFound, SayWhy.
    """
    found = await certificates.one(certificate_id)
    await papers.reach(caller, found.member_id)
    if not why.reason.strip():
        raise SayWhy(field="reason")
    if await certificates.revoke(certificate_id, why.reason.strip(), caller.member(), now):
        about = f"member:{found.member_id}"
        await audit.write(caller.id, "paper.revoked", about, now, on_behalf_of=found.member_id, number=found.number)
        await identities.forget(certificate_id)
        found = await certificates.one(certificate_id)
        if caller.member() != found.member_id:
            await _tell(found, "paper_revoked", now)
    return found


async def _tell(found: Certificate, kind: str, now: datetime) -> None:
    facts = {"number": found.number, "name": found.issued_name, "reason": found.reason}
    told = Message(key=f"{kind}:{found.id}", person_id=found.member_id, kind=kind, facts=facts, path=PATH)
    await messages.promise([told], now)
