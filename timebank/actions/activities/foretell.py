"""What a session earns whoever keeps its times, told before anybody signs up: the sum that is shown is the sum that is paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import activities
from schedules.activities import Activity
from schedules.sessions import Session
from timebank.communities import policies
from timebank.communities.policies import NoPolicy, Rules
from timebank.points import bonuses, earning, pools, rates
from timebank.points.pools import Pool


class Window(msgspec.Struct, frozen=True):
    """Minutes of the session that count `percent`; the name is the policy's, empty where it gives none."""

    minutes: int
    percent: int
    name_zh: str
    name_en: str


class Foretold(msgspec.Struct, frozen=True):
    """`units` of 1/100 point by the policy of the session's day (schedule-90, ledger-114).

    `pool` and `pool_en` name the pool that they go to where a group serves and the policy says so (ledger-89); else empty.
    `wallet_cap` is the most that a wallet takes, in units; what lies above it goes where `above_cap` says.
    """

    units: int
    unit_zh: str
    unit_en: str
    windows: list[Window]
    pool: str = ""
    pool_en: str = ""
    wallet_cap: int | None = None
    above_cap: Literal["pool", "not_granted"] = "not_granted"


async def foretell(sessions: Sequence[Session]) -> dict[UUID, Foretold]:
    """By session; those of no service, or on a day without a policy, are absent.

    Reads one policy a day of service, and each activity and each pool once.
    """
    found, known = {}, _Known()
    for session in sessions:
        if session.is_service and (rules := await known.rules(session)):
            activity = await known.activity(session.activity_id)
            one = _one(session, rules, activity.category)
            goes_to_pool = activity.is_group and rules.group_earns_for == "pool"
            found[session.id] = _pooled(one, await known.pool(session.community_id)) if goes_to_pool else one
    return found


class _Known:
    """What many sessions share, each read when it is first asked for."""

    def __init__(self) -> None:
        self._rules: dict[tuple[UUID, date], Rules | None] = {}
        self._activities: dict[UUID, Activity] = {}
        self._pools: dict[UUID, Pool] = {}

    async def rules(self, session: Session) -> Rules | None:
        place = (session.community_id, session.starts_at.astimezone(ZoneInfo(session.time_zone)).date())
        if place not in self._rules:
            self._rules[place] = await _rules(*place)
        return self._rules[place]

    async def activity(self, activity_id: UUID) -> Activity:
        if activity_id not in self._activities:
            self._activities[activity_id] = await activities.find(activity_id)
        return self._activities[activity_id]

    async def pool(self, community_id: UUID) -> Pool:
        if community_id not in self._pools:
            self._pools[community_id] = await pools.one(await pools.of_node(community_id))
        return self._pools[community_id]


def _one(session: Session, rules: Rules, category: str) -> Foretold:
    zone = ZoneInfo(session.time_zone)
    units = earning.preview(session.minutes, rules, category, session.starts_at, zone)
    earns = rates.earning_minutes(session.minutes, session.minutes, rules)
    parts = bonuses.parts(session.starts_at, earns, rules, zone)
    windows = [Window(part.minutes, part.percent, part.bonus.name_zh, part.bonus.name_en) for part in parts]
    return Foretold(units, rules.unit_zh, rules.unit_en, windows, wallet_cap=rules.wallet_cap_units, above_cap=rules.above_cap)


def _pooled(one: Foretold, pool: Pool) -> Foretold:
    return msgspec.structs.replace(one, pool=pool.name, pool_en=pool.name_en, wallet_cap=None)


async def _rules(community_id: UUID, day: date) -> Rules | None:
    try:
        return (await policies.in_force(community_id, day)).rules
    except NoPolicy:
        return None
