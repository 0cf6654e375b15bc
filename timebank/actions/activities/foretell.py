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
    """By session; those of no service, or on a day without a policy, are absent. Reads one policy a day of service."""
    found: dict[UUID, Foretold] = {}
    known: dict[tuple[UUID, date], Rules | None] = {}
    kinds: dict[UUID, Activity] = {}
    for session in sessions:
        day = session.starts_at.astimezone(ZoneInfo(session.time_zone)).date()
        place = (session.community_id, day)
        if session.is_service and place not in known:
            known[place] = await _rules(*place)
        rules = known.get(place)
        if session.is_service and rules is not None:
            if session.activity_id not in kinds:
                kinds[session.activity_id] = await activities.find(session.activity_id)
            activity = kinds[session.activity_id]
            one = _one(session, rules, activity.category)
            found[session.id] = await _pooled(one, session) if activity.is_group and rules.group_earns_for == "pool" else one
    return found


def _one(session: Session, rules: Rules, category: str) -> Foretold:
    zone = ZoneInfo(session.time_zone)
    units = earning.preview(session.minutes, rules, category, session.starts_at, zone)
    earns = rates.earning_minutes(session.minutes, session.minutes, rules)
    parts = bonuses.parts(session.starts_at, earns, rules, zone)
    windows = [Window(part.minutes, part.percent, part.bonus.name_zh, part.bonus.name_en) for part in parts]
    return Foretold(units, rules.unit_zh, rules.unit_en, windows, wallet_cap=rules.wallet_cap_units, above_cap=rules.above_cap)


async def _pooled(one: Foretold, session: Session) -> Foretold:
    pool = await pools.one(await pools.of_node(session.community_id))
    return msgspec.structs.replace(one, pool=pool.name, pool_en=pool.name_en, wallet_cap=None)


async def _rules(community_id: UUID, day: date) -> Rules | None:
    try:
        return (await policies.in_force(community_id, day)).rules
    except NoPolicy:
        return None
