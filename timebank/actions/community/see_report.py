"""The yearly report of a node of the tree: what was done there, straight from records and ledger, each figure with its rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec

from schedules import sql, walltimes
from schedules.errors import Malformed, NotFound
from timebank.actions.action import action
from timebank.communities import tree
from timebank.communities.tree import Node
from timebank.hours import yearly as hours
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.points import yearly as points

Name = Literal[
    "sessions",
    "people",
    "hours",
    "teams",
    "issued",
    "redeemed",
    "expired",
    "donated",
    "to_pools",
    "from_pools",
    "supported",
    "rooms",
    "late",
    "papers",
    "revoked",
]
NAMES: tuple[Name, ...] = get_args(Name)
ROWS: dict[str, str] = {**hours.ROWS, **points.ROWS}  # type: ignore[dict-item]
LINES = 100
MOST_FEN = 1_000_000


class YearNotPossible(Malformed):
    """Facts: field."""


class YearFigure(msgspec.Struct, frozen=True):
    """`total` is the sum of `months` (January first) and of the rows: whole minutes, units of 1/100 point, or a number."""

    name: Name
    total: int
    rows: int
    months: list[int]


class Report(msgspec.Struct, frozen=True):
    """`value_fen` is 1/100 yuan for an hour of service as somebody typed it, None where nobody did; no point is priced."""

    node: Node
    year: int
    first_year: int
    """Nothing is on record of earlier ones."""
    made_at: datetime
    figures: list[YearFigure]
    value_fen: int | None
    contributed_fen: int | None
    """Hours of the year times that value."""

    def total(self, name: Name) -> int:
        return next(each.total for each in self.figures if each.name == name)


class ReportRow(msgspec.Struct, frozen=True):
    """One session, person, record, team, booking, movement or sheet. `kind`: a class of hours, or a kind of movement.

    `name` is whose it is: a member, or a pool, which has one in English too (`name_en`).
    """

    id: str
    day: date
    kind: str
    what: str
    what_en: str
    name: str | None
    name_en: str | None
    number: int | None
    amount: int


class ReportRows(msgspec.Struct, frozen=True):
    """Some of the rows behind a figure, the first day first; `next_after` begins the next page, None where this is the last."""

    node: Node
    year: int
    name: Name
    total: int
    lines: list[ReportRow]
    next_after: str | None


def named(text: str) -> Name:
    """Raises NotFound for a figure that the report does not have."""
    for name in NAMES:
        if name == text:
            return name
    raise NotFound(what="figure")


def _days(year: int, today: date) -> tuple[date, date]:
    if not 2000 <= year <= 2199:
        raise YearNotPossible(field="year", reason="a year from 2000 to 2199")
    return walltimes.begun(date(year, 1, 1), today, "year"), date(year, 12, 31)


FIRST = """
SELECT least((SELECT min(f.served_on) FROM member m JOIN community c ON c.id = m.community_id AND c.ancestor_ids && $1::uuid[]
               CROSS JOIN LATERAL (SELECT r.served_on FROM service_record r WHERE r.member_id = m.id
                                    ORDER BY r.served_on LIMIT 1) f),
             (SELECT (min(starts_at) AT TIME ZONE $2)::date FROM session),
             (SELECT (min(recorded_at) AT TIME ZONE $2)::date FROM transfer))
"""


async def years(nodes: Sequence[UUID], zone: str, now: datetime) -> range:
    """The years of which there may be something to tell below these nodes, the last is this one."""
    this, first = walltimes.day_of(now, zone).year, await sql.value(FIRST, list(nodes), zone)
    return range(min(first.year, this) if first else this, this + 1)


@action
async def see_report(caller: Caller, community_id: UUID, year: int, value_fen: int | None, now: datetime) -> Report:
    """Of the node and all below it, for who reads its ledger; no name in it. Members count where they live today.

    Raises SignInNeeded, NotAllowed, NotFound, YearNotPossible, NotBegun, Malformed.
    """
    node = await tree.node(community_id)
    caller.require(Right.READ_LEDGER, node.ancestor_ids)
    first, last = _days(year, walltimes.day_of(now, node.time_zone))
    if value_fen is not None and not 0 < value_fen <= MOST_FEN:
        raise Malformed(field="value", reason="above nothing, 10,000 at most")
    figures = [await _figure(name, node, first, last, now) for name in NAMES]
    minutes = next(each.total for each in figures if each.name == "hours")
    since = (await years([community_id], node.time_zone, now)).start
    return Report(node, year, since, now, figures, value_fen, None if value_fen is None else minutes * value_fen // 60)


async def _figure(name: Name, node: Node, first: date, last: date, now: datetime) -> YearFigure:
    found = await sql.rows(
        "SELECT extract(month FROM r.day)::int AS month, count(*) AS rows, sum(r.amount)::bigint AS amount "
        f"FROM ({ROWS[name]}) r GROUP BY 1",
        node.id,
        first,
        last,
        node.time_zone,
        now,
    )
    sums = {row["month"]: int(row["amount"]) for row in found}
    return YearFigure(name, sum(sums.values()), sum(row["rows"] for row in found), [sums.get(n, 0) for n in range(1, 13)])


@action
async def see_report_rows(caller: Caller, community_id: UUID, year: int, name: Name, after: str, now: datetime) -> ReportRows:
    """The rows behind a figure, a hundred at a time behind the row that `after` names, with names; noted in the audit.

    Raises SignInNeeded, NotAllowed, NotFound, YearNotPossible, NotBegun, Malformed.
    """
    node = await tree.node(community_id)
    caller.require(Right.READ_LEDGER, node.ancestor_ids)
    first, last = _days(year, walltimes.day_of(now, node.time_zone))
    day, row_id = behind(after, first, last)
    found = await sql.rows(
        f"SELECT r.* FROM ({ROWS[name]}) r WHERE (r.day, r.id) > ($6::date, $7::text) ORDER BY r.day, r.id LIMIT $8",
        node.id,
        first if name in hours.FIRST_OF_SEVERAL else day,
        last,
        node.time_zone,
        now,
        day,
        row_id,
        LINES + 1,
    )
    await audit.write(caller.id, "report.read", f"community:{community_id}", now, figure=name, year=year)
    figure = await _figure(name, node, first, last, now)
    lines = [ReportRow(**dict(row)) for row in found[:LINES]]
    next_after = f"{lines[-1].day}.{lines[-1].id}" if len(found) > LINES else None
    return ReportRows(node, year, name, figure.total, lines, next_after)


def behind(after: str, first: date, last: date) -> tuple[date, str]:
    """The day and the id of a row as `next_after` names them; where it is empty, before every row. Raises Malformed."""
    day, _, row_id = (after or f"{first}.").partition(".")
    try:
        found = date.fromisoformat(day)
    except ValueError:
        found = date.min
    if not first <= found <= last:
        raise Malformed(field="after", reason="as the page before gave it in next_after")
    return found, row_id
