"""What a member has on paper: the points and hours of a month or any period, each line as it was booked."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import walltimes
from schedules.errors import Malformed, NotFound
from timebank.actions.action import action
from timebank.actions.people.statement_lines import Line, Sides, joined, running
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy, Rules
from timebank.communities.tree import Node
from timebank.hours import statements as hours
from timebank.hours.summaries import Sums
from timebank.people import audit, members
from timebank.people.callers import Caller, Right
from timebank.points import above, wallets
from timebank.points import statements as points
from timebank.points.wallets import Balance, Expiring

LONGEST = 3660
"""Days."""
AT_MOST = 500
"""Lines of what somebody did for others."""


class PeriodNotPossible(Malformed):
    """Not a month, more than ten years, or an end before the beginning. Facts: field."""


class BeforeJoining(Malformed):
    """The period ends before the person became a member, and nothing is on record of it. Facts: field, reason, joined_on."""


class Period(msgspec.Struct, frozen=True):
    """From the beginning of the local day `since` to the end of `until`."""

    since: date
    until: date


class ForOther(msgspec.Struct, frozen=True, kw_only=True):
    """What the member did for `name`: on their wallet, or on their record."""

    booked_on: date
    name: str
    kind: str
    what: str
    what_en: str
    is_room: bool = False
    minutes: int | None = None
    units: int | None = None


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """`opening` plus the lines is `closing` (ledger-116). `hours` are the minutes by class at the end of the period.

    `balance` and `expiring` are as of `made_at`, whatever the period: what is held now, and what will be gone when.
    """

    member_id: UUID
    number: int
    name: str
    community: str
    community_en: str
    unit_zh: str
    unit_en: str
    time_zone: str
    joined_on: date
    since: date
    until: date
    made_at: datetime
    opening: Sides
    closing: Sides
    hours: Sums
    units_in: int
    units_out: int
    minutes: int
    lines: list[Line]
    for_others: list[ForOther]
    balance: Balance
    expiring: list[Expiring]


def period(month: str, since: date | None, until: date | None, today: date) -> Period:
    """`month` as 2026-11; else from `since` to `until`; without either, the month of `today`. Raises PeriodNotPossible.

    A month that runs, and a time without an end, ends with `today`.
    """
    if month:
        try:
            first = walltimes.of_our_days(date.fromisoformat(f"{month}-01"), "month")
        except ValueError as error:
            raise PeriodNotPossible(field="month", reason="a month as 2026-11") from error
    else:
        first = walltimes.of_our_days(since or (until or today).replace(day=1), "since")
    if month:
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        last = max(first, min(last, today))
    else:
        last = walltimes.of_our_days(until, "until") if until else max(first, today)
    if not 0 <= (last - first).days <= LONGEST:
        raise PeriodNotPossible(field="until", reason="from a day to one not before it, at most ten years")
    return Period(first, last)


@action
async def see_statement(
    caller: Caller, member_id: UUID, now: datetime, *, month: str = "", since: date | None = None, until: date | None = None
) -> Statement:
    """One's own; or that of a member where the caller reads the ledger, which is noted in the audit.

    To everybody else the member does not exist. Raises SignInNeeded, NotFound, Malformed; NotBegun and BeforeJoining for a time
    of which there is nothing to tell. Locks nothing.
    """
    node = await _reach(caller, member_id)
    chosen = period(month, since, until, today := walltimes.day_of(now, node.time_zone))
    walltimes.begun(chosen.since, today, "month" if month else "since")
    if caller.member() != member_id:
        await audit.write(caller.id, "statement.read", f"member:{member_id}", now, since=chosen.since, until=chosen.until)
    made = await _made(member_id, node, chosen, now)
    if caller.member() == member_id or caller.may(Right.SUPPORT, node.ancestor_ids):
        return made
    return msgspec.structs.replace(made, lines=[_plain(line) for line in made.lines])


def _plain(line: Line) -> Line:
    """That a pool paid for somebody in need is not for everybody who reads ledgers: to them points came from the pool."""
    if line.kind != "support":
        return line
    return msgspec.structs.replace(line, kind="issue" if (line.units or 0) > 0 else "donate")


async def _reach(caller: Caller, member_id: UUID) -> Node:
    """Where the member lives. Raises NotFound for another's statement as for nobody's (ledger-122)."""
    own = caller.member() == member_id
    node = await tree.of_member(member_id)
    if not own and not caller.may(Right.READ_LEDGER, node.ancestor_ids):
        raise NotFound(what="member")
    return node


async def _made(member_id: UUID, node: Node, chosen: Period, now: datetime) -> Statement:
    zone = node.time_zone
    start = walltimes.midnight(chosen.since, zone)
    end = walltimes.days_later(walltimes.midnight(chosen.until, zone), 1, zone)
    opening = Sides(await points.balance_before(member_id, start), (await hours.before(member_id, start)).total)
    posted = await points.lines(member_id, start, end)
    recorded = await hours.lines(member_id, start, end)
    lines = running(opening, joined(posted, recorded, zone, await above.lines(member_id, start, end)))
    moved = [line.units for line in lines if line.units is not None]
    member, rules = await members.one(member_id), await _rules(node, now)
    joined_on = walltimes.day_of(member.joined_at, zone)
    if chosen.until < joined_on and not lines and opening == Sides(0, 0):
        raise BeforeJoining(field="until", reason="before membership", joined_on=joined_on)
    balance = await wallets.balance(member_id, now)
    return Statement(
        member_id=member_id,
        number=member.number,
        name=member.name,
        community=member.community,
        community_en=member.community_en,
        unit_zh=rules.unit_zh,
        unit_en=rules.unit_en,
        time_zone=zone,
        joined_on=joined_on,
        since=chosen.since,
        until=chosen.until,
        made_at=now,
        opening=opening,
        closing=Sides(lines[-1].units_after, lines[-1].minutes_after) if lines else opening,
        hours=await hours.before(member_id, end),
        units_in=sum(units for units in moved if units > 0),
        units_out=-sum(units for units in moved if units < 0),
        minutes=sum(line.minutes or 0 for line in lines),
        lines=lines,
        for_others=await _for_others(member_id, start, end, zone),
        balance=balance,
        expiring=[each for each in await wallets.expiring(member_id, now) if each.expires_at] if balance.posted else [],
    )


async def _rules(node: Node, now: datetime) -> Rules:
    try:
        return (await policies.in_force(node.id, walltimes.day_of(now, node.time_zone))).rules
    except NoPolicy:
        return Rules()


async def _for_others(member_id: UUID, start: datetime, end: datetime, zone: str) -> list[ForOther]:
    """Newest last. At most AT_MOST of each kind: who enters hours all day has a page of their own for that."""
    acted = [
        ForOther(
            booked_on=walltimes.day_of(each.recorded_at, zone),
            name=each.name,
            kind=each.kind,
            what=each.what,
            what_en=each.what_en,
            is_room=each.is_room,
            units=each.units,
        )
        for each in await points.acted(member_id, start, end, AT_MOST)
    ]
    entered = [
        ForOther(
            booked_on=walltimes.day_of(each.recorded_at, zone),
            name=each.name,
            kind="service",
            what=each.activity_name,
            what_en="",
            minutes=each.minutes,
        )
        for each in await hours.entered(member_id, start, end, AT_MOST)
    ]
    return sorted([*acted, *entered], key=lambda each: each.booked_on)
