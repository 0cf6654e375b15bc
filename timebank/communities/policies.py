"""The dated rules of a community: what an hour earns, what points may do.

Inherited down the tree, never edited, never dated back.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal
from schedules.oddity_limits import Limits

Units = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
"""1/100 point."""
Percent = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=1440)]
Hours = Annotated[int, msgspec.Meta(ge=1, le=2160)]
Days = Annotated[int, msgspec.Meta(ge=0, le=3660)]
Months = Annotated[int, msgspec.Meta(ge=1, le=600)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Wall = Annotated[time, msgspec.Meta(tz=False)]
UnitName = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
Category = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class NoPolicy(Refusal):
    """No policy is in force there on that day; none is invented (ledger-113). Facts: community_id, on."""


class DatedBack(Refusal):
    """A policy may start today at the earliest, in the community's own zone (ledger-112). Facts: valid_from, today."""


class DayTaken(Refusal):
    """The community has a policy from that day on already; it is never edited. Facts: valid_from.

    Only one that has not begun gives way to another for its day, to somebody who has seen it.
    """


class Bonus(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A window on the community's wall in which minutes earn more: nights, holidays, unpopular times.

    From `from_time` until `until_time`, over midnight where that is earlier, the whole day where they are one. It belongs to
    the day on which it begins: one of `weekdays` (0 is Monday) and of `days`, where these are named.
    """

    percent: Annotated[int, msgspec.Meta(ge=100, le=1000)]
    """150: an hour counts one and a half. Where windows overlap the highest counts alone."""
    name_zh: Annotated[str, msgspec.Meta(max_length=60)] = ""
    name_en: Annotated[str, msgspec.Meta(max_length=60)] = ""
    from_time: Wall = time()
    until_time: Wall = time()
    weekdays: tuple[Annotated[int, msgspec.Meta(ge=0, le=6)], ...] = ()
    days: Annotated[tuple[date, ...], msgspec.Meta(max_length=400)] = ()


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every knob with its start value (`scenarios/ledger.md` E). Units are 1/100 point.

    A start value never changes its meaning.
    """

    unit_zh: UnitName = "积分"
    unit_en: UnitName = "points"
    decimals: Annotated[int, msgspec.Meta(ge=0, le=2)] = 2
    """Decimals of a point that are shown."""
    units_per_hour: Units = 100
    category_percents: Annotated[dict[Category, Percent], msgspec.Meta(max_length=100)] = {}
    """Rate by category of activity, in hundredths: 150 is one and a half."""
    grain_minutes: Minutes = 15
    rounding: Literal["down", "nearest", "up"] = "down"
    """How minutes become grains, and grains become units; hours stay exact."""
    class_a: Literal["at_once", "after_confirmation"] = "at_once"
    """Class B earns after a second person, class C never; no rule can change that."""
    session_cap: Literal["planned"] | Minutes | None = "planned"
    """Minutes of one session that earn: its planned length, a number, or all."""
    day_cap_units: Units | None = None
    wallet_cap_units: Positive | None = None
    above_cap: Literal["pool", "not_granted"] = "not_granted"
    expiry: Literal["never", "end_of_year"] | Months = "never"
    """A number is months after the service day."""
    shortest_life_days: Days = 30
    reminder_days: tuple[Positive, ...] = (30, 7)
    gifts: Literal["off", "relatives", "anyone"] = "relatives"
    gift_days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 7
    """How long a gift waits to be accepted."""
    takes_donations: bool = True
    recruit_units: Positive | None = None
    """For who brought a new member along, once that member has served a confirmed hour; None: nothing."""
    support_month_units: Positive | None = None
    """The most that a pool pays in a month for what one member in need exchanges; None: not at all."""
    exchanges: Literal["off", "on"] = "on"
    """Help between neighbours, paid by the one who is helped."""
    exchange_days: Annotated[int, msgspec.Meta(ge=1, le=60)] = 7
    """How long both have, after they have met, to say how long it was; and to be heard by a mediator."""
    group_earns_for: Literal["member", "pool"] = "member"
    kiosk_hold_minutes: Minutes = 3
    quote_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 10
    """How long a price that somebody has seen is honoured."""
    pickup_days: Annotated[int, msgspec.Meta(ge=1, le=60)] = 3
    """How long a reward that was ordered waits to be fetched."""
    undo_days: Days = 30
    grace_days: Days = 7
    """Life of points that come back after their date."""
    spent_credit: Literal["owe", "refuse"] = "owe"
    """What happens when a credit is taken back after it was spent."""
    leaving: tuple[Literal["beneficiary", "pool", "expire"], ...] = ("pool", "expire")
    """Where the points of somebody who leaves go, one after the other; what none of them takes expires."""
    erasure_days: Days = 30
    """From the leaving until the data of who asked for it go."""
    bonuses: Annotated[tuple[Bonus, ...], msgspec.Meta(max_length=50)] = ()
    no_shows_before_approval: Positive | None = 3
    """Final no-shows within their months after which an organiser decides about each sign-up; None: never."""
    no_show_months: Months = 6
    objection_hours: Hours = 48
    """From the moment a member was told of a no-show."""
    correction_hours: Hours = 24
    """From the moment a member was told of a check-out that was set by itself."""
    issues_certificates: bool = False
    """Whether the community may certify hours; else the same sheet is a copy of the record and bears another name."""
    notice_days: Annotated[int, msgspec.Meta(ge=0, le=60)] = 0
    """How long the unit is told, with a masked name, before somebody gets a certificate; 0: not at all."""
    alarm_day_minutes: Minutes | None = 720
    """Entered hours (class B and C) of one person and day beyond which somebody looks at them; None: never."""
    alarm_day_entries: Positive | None = 50
    """Entries of one enterer and day beyond which somebody looks at them."""
    alarm_gap_minutes: Minutes | None = 1
    """Entries typed faster one after the other than this are looked at."""
    pair_month_minutes: Annotated[int, msgspec.Meta(ge=1, le=44_640)] | None = 600
    """Help between two neighbours in a month beyond which, where neither has a third, somebody talks with them; None: never."""
    close_day: Annotated[int, msgspec.Meta(ge=1, le=28)] = 5
    """Day of the following month on which a month's books close."""
    review: Limits = Limits()
    """From where on something in the scan log is shown to people."""


class Policy(msgspec.Struct, frozen=True):
    """Rules in force; `community_id` is the node that made them."""

    id: UUID
    community_id: UUID
    valid_from: date
    rules: Rules
    text_zh: str
    text_en: str


COLUMNS = "SELECT id, community_id, valid_from, rules, text_zh, text_en FROM policy"
NEAREST = (
    "SELECT p.id, p.community_id, p.valid_from, p.rules, p.text_zh, p.text_en "
    "FROM community c CROSS JOIN unnest(c.ancestor_ids) WITH ORDINALITY AS above (id, depth) "
    f"CROSS JOIN LATERAL ({COLUMNS} WHERE community_id = above.id AND valid_from <= $2 "
    "ORDER BY valid_from DESC, version DESC LIMIT 1) p "
    "WHERE c.id = $1 ORDER BY above.depth DESC LIMIT 1"
)


async def in_force(community_id: UUID, on: date) -> Policy:
    """The policy of the nearest node up the tree that has one by `on`, a local day. One statement. Raises NoPolicy."""
    found = await sql.row(NEAREST, community_id, on)
    if found is None:
        raise NoPolicy(community_id=community_id, on=on)
    return _policy(dict(found))


async def find(policy_id: UUID) -> Policy:
    """The policy that an intent or a transfer names. Raises NotFound."""
    found = await sql.row(f"{COLUMNS} WHERE id = $1", policy_id)
    if found is None:
        raise NotFound(what="policy")
    return _policy(dict(found))


async def of(community_id: UUID) -> list[Policy]:
    """All that this node has made itself, latest first; of several for one day the last one holds."""
    found = await sql.rows(f"{COLUMNS} WHERE community_id = $1 ORDER BY valid_from DESC, version DESC", community_id)
    return [_policy(dict(row)) for row in found]


def _policy(row: dict[str, object]) -> Policy:
    row["rules"] = msgspec.json.decode(str(row["rules"]), type=Rules)
    return Policy(**row)  # type: ignore[arg-type]


async def publish(
    community_id: UUID,
    valid_from: date,
    rules: Rules,
    made_by: UUID | None,
    at: datetime,
    text_zh: str = "",
    text_en: str = "",
    *,
    instead_of: UUID | None = None,
) -> UUID:
    """A policy from a local day on. What was in force before that day stays as it was.

    `instead_of` is the policy of that same day which the maker has seen: while its day has not begun, and no credit can name
    it, the new one takes its place. Raises NotFound, DatedBack where the day is before the community's today at `at`, DayTaken
    where it has one for that day.
    """
    version = await _version(community_id, valid_from, at, instead_of)
    made = uuid4()
    # Two who publish for one day: the key lets one through.
    if not await sql.rows(
        "INSERT INTO policy (id, community_id, valid_from, version, rules, text_zh, text_en, made_by, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (community_id, valid_from, version) DO NOTHING RETURNING id",
        made,
        community_id,
        valid_from,
        version,
        msgspec.json.encode(rules).decode(),
        text_zh,
        text_en,
        made_by,
        at,
    ):
        raise DayTaken(valid_from=valid_from)
    return made


async def _version(community_id: UUID, valid_from: date, at: datetime, instead_of: UUID | None) -> int:
    """The number of the next policy of that day, from 1. Raises as `publish`."""
    today = await sql.value(
        "SELECT ($2::timestamptz AT TIME ZONE time_zone)::date FROM community WHERE id = $1", community_id, at
    )
    if today is None:
        raise NotFound(what="community")
    if valid_from < today:
        raise DatedBack(valid_from=valid_from, today=today)
    last = await sql.row(
        "SELECT id, version FROM policy WHERE community_id = $1 AND valid_from = $2 ORDER BY version DESC LIMIT 1",
        community_id,
        valid_from,
    )
    if last is None:
        return 1
    if last["id"] != instead_of or valid_from == today:
        raise DayTaken(valid_from=valid_from)
    return int(last["version"]) + 1
