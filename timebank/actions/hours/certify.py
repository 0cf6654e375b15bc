"""A member's hours on a sheet with a number that anybody can check: issued, replaced, revoked, each by a row of its own."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import walltimes
from schedules.errors import NotFound, Refusal
from schedules.no_shows import SayWhy
from timebank.actions.action import Answer, RequestKey, action
from timebank.actions.people.see_statement import PeriodNotPossible
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy
from timebank.communities.tree import Node
from timebank.hours import certificates, identities, notices
from timebank.hours.certificates import Certificate, CertificateOver, Issue, Line, NothingServed, State
from timebank.hours.identities import Identity
from timebank.hours.notices import Notice
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, limits, members, names
from timebank.people.callers import Caller, Right
from timebank.people.members import Member

TRIES, WINDOW = 30, timedelta(minutes=15)
"""Numbers that lead to nothing, from one address."""
ISSUED, A_DAY = 20, timedelta(days=1)
"""Sheets of one member."""
LONGEST = 36600
"""Days: a life."""
BODIES = ("sub_district", "community")
"""Nodes that are bodies: a grid or a building records nothing of its own."""
PATH = "/me/papers"


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which local days of service, both included; without one of them from the first, or until the last.

    `replaces` is the id of an earlier one of the same member, whose days it takes where none are named.
    """

    since: date | None = None
    until: date | None = None
    replaces: UUID | None = None
    identity: Identity | None = None
    """Of a document that the person gives for this sheet: it is printed masked, and the number itself is kept nowhere."""


def spared(wish: Wish) -> Wish:
    """The same with a masked number: what is hashed to know a request again holds no more of it. Raises NotAnIdentity."""
    return wish if wish.identity is None else msgspec.structs.replace(wish, identity=identities.masked(wish.identity))


class NoticeNeeded(Refusal):
    """The unit is told of it before a certificate: nothing was put up about these days yet. Facts: field, days."""


class NoticeStillUp(Refusal):
    """The unit is being told of it. Facts: field, until_on."""


class Wanted(msgspec.Struct, frozen=True):
    """A wish as it is understood: the recording unit, the days, and what its rules say of today."""

    unit: Node
    first_on: date
    last_on: date
    today: date
    is_certificate: bool
    notice_days: int


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it does not hold any more; the member reads it, the public does not."""

    reason: Annotated[str, Meta(max_length=500)]


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


@action
async def see_papers(caller: Caller, member_id: UUID, now: datetime) -> Papers:
    """One's own, or those of a member whom the caller looks after. Raises SignInNeeded, NotFound."""
    await _reach(caller, member_id)
    unit = await _unit(member_id)
    may, days = await _rules(unit, now)
    issued, span = await certificates.of_member(member_id), await certificates.span(member_id)
    put_up = await notices.of_member(member_id) if days else []
    return Papers(await members.one(member_id), unit, may, span, issued, days, put_up)


@action
async def see_paper(caller: Caller, certificate_id: UUID, now: datetime) -> tuple[Certificate, list[Line]]:
    """With its lines; another's reading is noted. Raises SignInNeeded, NotFound."""
    found = await certificates.one(certificate_id)
    await _reach(caller, found.member_id)
    if caller.member() != found.member_id:
        await audit.write(caller.id, "paper.read", f"member:{found.member_id}", now, number=found.number)
    return found, await certificates.lines(certificate_id)


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
    await _reach(caller, member_id)
    # Within the transaction: sheets are counted, not tries, and a request sent again makes none. Of two at once one waits.
    await limits.spend(f"paper:{member_id}", ISSUED, A_DAY, now)
    asked = await wanted(caller, member_id, wish, now)
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


async def wanted(caller: Caller, member_id: UUID, wish: Wish, now: datetime) -> Wanted:
    """Reads only. Raises SignInNeeded, NotFound, PeriodNotPossible, NothingServed, CertificateOver."""
    await _reach(caller, member_id)
    unit = await _unit(member_id)
    today = walltimes.day_of(now, unit.time_zone)
    first_on, last_on = await _days(member_id, wish, await _earlier(member_id, wish.replaces), today)
    return Wanted(unit, first_on, last_on, today, *await _rules(unit, now))


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
    await _reach(caller, found.member_id)
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


async def _reach(caller: Caller, member_id: UUID) -> None:
    """Raises NotFound for another's as for nobody's."""
    own = caller.member() == member_id
    if not own and not caller.may(Right.MANAGE_MEMBERS, (await tree.of_member(member_id)).ancestor_ids):
        raise NotFound(what="member")


async def _unit(member_id: UUID) -> Node:
    """The recording unit: the nearest body above the member's door."""
    home = await tree.of_member(member_id)
    bodies = [node for node in await tree.nodes(home.ancestor_ids) if node.kind in BODIES]
    return bodies[-1] if bodies else home


async def _rules(unit: Node, now: datetime) -> tuple[bool, int]:
    """Whether the unit certifies today, and how many days of notice come before that."""
    try:
        rules = (await policies.in_force(unit.id, walltimes.day_of(now, unit.time_zone))).rules
    except NoPolicy:
        return False, 0
    return rules.issues_certificates, rules.notice_days if rules.issues_certificates else 0


async def _earlier(member_id: UUID, replaces: UUID | None) -> Certificate | None:
    if replaces is None:
        return None
    found = await certificates.one(replaces)
    if found.member_id != member_id:
        raise NotFound(what="certificate")
    if found.revoked_at or found.replaced_by:
        raise CertificateOver(state=found.state)
    return found


async def _days(member_id: UUID, wish: Wish, earlier: Certificate | None, today: date) -> tuple[date, date]:
    """Both days included. Raises PeriodNotPossible, NothingServed."""
    since, until = wish.since, wish.until
    if earlier and since is None and until is None:
        since, until = earlier.first_on, earlier.last_on
    span = await certificates.span(member_id)
    if span is None:
        raise NothingServed(field="since")
    first = walltimes.of_our_days(since, "since") if since else span[0]
    last = walltimes.of_our_days(until, "until") if until else max(span[1], first)
    if not 0 <= (last - first).days <= LONGEST:
        raise PeriodNotPossible(field="until", reason="from a day to one not before it")
    if last > max(today, span[1]):
        raise PeriodNotPossible(field="until", reason="a day to come")
    return first, last


async def _tell(found: Certificate, kind: str, now: datetime) -> None:
    facts = {"number": found.number, "name": found.issued_name, "reason": found.reason}
    told = Message(key=f"{kind}:{found.id}", person_id=found.member_id, kind=kind, facts=facts, path=PATH)
    await messages.promise([told], now)
