"""From service to a promise of points: the policy of the service day decides, once, and the intent keeps what it decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import sql
from timebank.communities import policies
from timebank.communities.policies import NoPolicy, Policy, Rules
from timebank.outbox import intents
from timebank.outbox.functions import call
from timebank.outbox.intents import Promise
from timebank.points import bonuses, rates, shares
from timebank.points.refusals import LEDGER
from timebank.points.shares import Share

Class = Literal["A", "B", "C"]


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """Service that was recorded.

    `served_on` is the local day of the session's start; `what` and `what_en` are told on the member's statement.
    """

    attendance_id: UUID
    version: int
    member_id: UUID
    community_id: UUID
    zone: ZoneInfo
    service_class: Class
    minutes: int
    planned_minutes: int
    category: str
    served_on: date
    earned_at: datetime
    what: str = ""
    what_en: str = ""
    begun_at: datetime | None = None
    """From when on its minutes count, for windows that earn more."""
    needs_confirmation: bool = False
    """Its activity wants the organiser's word before these hours bring points."""


def business_key(attendance_id: UUID, version: int) -> str:
    """The name of the promise that one version of an attendance makes."""
    return f"attendance:{attendance_id}:v{version}"


def waits(service: Service, rules: Rules) -> bool:
    """Whether somebody has to confirm before it earns: class B always, class A where the policy or the activity asks for it."""
    return service.service_class == "B" or (
        service.service_class == "A" and (service.needs_confirmation or rules.class_a == "after_confirmation")
    )


def amount(service: Service, rules: Rules) -> tuple[int, str | None]:
    """Units of 1/100 point, and why none: class C never earns, and less than a grain earns nothing (ledger-7, ledger-9)."""
    if service.service_class == "C":
        return 0, "class_c"
    minutes = rates.earning_minutes(service.minutes, service.planned_minutes, rules)
    units = _units(minutes, rules, service.category, service.begun_at, service.zone)
    return units, None if units else "below_grain"


def preview(
    planned_minutes: int, rules: Rules, category: str = "", begun_at: datetime | None = None, zone: ZoneInfo | None = None
) -> int:
    """Units that a session earns whoever keeps its times: what sign-up tells is what is credited (ledger-114, schedule-90)."""
    return _units(rates.earning_minutes(planned_minutes, planned_minutes, rules), rules, category, begun_at, zone)


def _units(minutes: int, rules: Rules, category: str, begun_at: datetime | None, zone: ZoneInfo | None) -> int:
    """One sum for the preview and for the credit."""
    extra = bonuses.units_for(begun_at, minutes, rules, zone, category) if begun_at and zone else 0
    return rates.points_for(minutes, rules, category) + extra


async def earn(service: Service, at: datetime, is_confirmed: bool = False) -> Promise | None:
    """Promises the points of a service, in the transaction that records it; None where a second person has yet to confirm.

    Two statements. Safe to repeat. With no policy in force the promise is dead with that reason, and the record stands
    (ledger-113). Raises KeyConflict where this version promised something else. Locks the member's day where it is capped.
    """
    return (await earn_all([service], at, is_confirmed))[0]


async def earn_all(services: Sequence[Service], at: datetime, is_confirmed: bool = False) -> list[Promise | None]:
    """Each as `earn` does, one after the other; one statement for each policy and one for all promises."""
    found: dict[tuple[UUID, date], Policy | None] = {}
    for where in dict.fromkeys((service.community_id, service.served_on) for service in services):
        found[where] = await _in_force(*where)
    known = [(service, found[service.community_id, service.served_on]) for service in services]
    parts = await shares.of(
        [(service.attendance_id, service.community_id, each.rules if each else None) for service, each in known]
    )
    waiting = [not is_confirmed and policy is not None and waits(service, policy.rules) for service, policy in known]
    await _wait([service for service, has_to in zip(services, waiting, strict=True) if has_to], at)
    wished = [_wished(*one, share) for one, share, has_to in zip(known, parts, waiting, strict=True) if not has_to]
    promises = iter(await intents.promise_all(wished, at))
    return [None if has_to else next(promises) for has_to in waiting]


async def _in_force(community_id: UUID, on: date) -> Policy | None:
    try:
        return await policies.in_force(community_id, on)
    except NoPolicy:
        return None


class Correction(msgspec.Struct, frozen=True):
    """What a corrected stay changes: `amount` in units, below zero where points were taken back; pending, done or nothing."""

    id: UUID
    amount: int
    state: Literal["pending", "nothing", "done", "dead"]
    reason: str | None


PROMISED = """
SELECT i.policy_id, a.owner_id, a.kind = 'pool' AS is_pools FROM intent i JOIN account a ON a.id = i.account_id
 WHERE i.business_key BETWEEN $1 || ':v' AND $1 || ':w' AND i.policy_id IS NOT NULL
 ORDER BY i.created_at, i.business_key LIMIT 1
"""
CORRECT = "SELECT id, amount, state, reason FROM ledger.correct($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"


async def correct(
    service: Service, actor_id: UUID | None, reason: str, at: datetime, spent: Literal["owe", "refuse"] | None = None
) -> Correction:
    """Books the difference that a new version of a stay makes, by the policy of the service day; safe to repeat.

    What lay above the cap of the wallet is taken back before the member's own, and promised no second time.

    Earlier promises are kept first; more is promised, less is taken back at once and owed where it was spent (ledger-101).
    `actor_id` is None where nobody decided it, as it follows from scans; `spent` says what then becomes of spent points,
    whatever the policy has for people who decide.
    Locks the stay's promises, then the wallet: two corrections follow each other. Raises NoPolicy, ReasonMissing, FourEyes,
    PromiseStuck, AlreadySpent where the policy takes no debts, KeyConflict where this version was corrected to something else.
    """
    policy = await policies.in_force(service.community_id, service.served_on)
    paid_by, share = await _promised_under(service, policy)
    total, _ = amount(service, paid_by.rules)
    found = await call(
        LEDGER,
        CORRECT,
        f"attendance:{service.attendance_id}",
        service.version,
        share.owner(service.member_id),
        total,
        None if share.is_pools else rates.expires_at(service.served_on, paid_by.rules, service.zone),
        service.earned_at,
        paid_by.id,
        msgspec.json.encode(_told(service) | share.terms(paid_by.rules)).decode(),
        actor_id,
        reason,
        spent or policy.rules.spent_credit,
        at,
        None if share.is_pools else policy.rules.day_cap_units,
        service.served_on,
    )
    return Correction(**dict(found[0]))


async def _promised_under(service: Service, policy: Policy) -> tuple[Policy, Share]:
    """By which policy the service is paid, and whom: that of the first version, as rules that began on that very day, after the
    promise, pay nothing a second time; and the one whom it was promised to, whatever has become of the activity.
    """
    promised = await sql.row(PROMISED, f"attendance:{service.attendance_id}")
    paid_by = await policies.find(promised["policy_id"]) if promised else policy
    (share,) = await shares.of([(service.attendance_id, service.community_id, paid_by.rules)])
    if promised:
        share = Share(promised["owner_id"] if promised["is_pools"] else share.pool_id, promised["is_pools"])
    return paid_by, share


def _told(service: Service) -> dict[str, object]:
    return {"what": service.what, "what_en": service.what_en, "minutes": service.minutes, "class": service.service_class}


WAIT = """
INSERT INTO stay_confirmation (attendance_id, version, member_id, asked_at)
SELECT s.attendance_id, s.version, s.member_id, $4
  FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS s (attendance_id, version, member_id) ON CONFLICT DO NOTHING
"""


async def _wait(services: Sequence[Service], at: datetime) -> None:
    """A record that stands without a promise says that it waits for the organiser; class B waits without a record."""
    if recorded := [service for service in services if service.service_class == "A"]:
        each = [(service.attendance_id, service.version, service.member_id) for service in recorded]
        await sql.rows(WAIT, *(list(column) for column in zip(*each, strict=True)), at)


def _wished(service: Service, policy: Policy | None, share: Share) -> intents.Wished:
    rules = policy.rules if policy else None
    units, reason = amount(service, rules) if rules else (0, "no_policy")
    return intents.Wished(
        business_key=business_key(service.attendance_id, service.version),
        member_id=share.owner(service.member_id),
        amount=units,
        earned_at=service.earned_at,
        expires_at=rates.expires_at(service.served_on, rules, service.zone) if rules and not share.is_pools else None,
        policy_id=policy.id if policy else None,
        payload=_told(service)
        | (share.terms(rules) if rules else {})
        | ({"member": service.member_id} if share.is_pools else {}),
        reason=reason,
        day_cap=rules.day_cap_units if rules and not share.is_pools else None,
        service_on=service.served_on,
    )
