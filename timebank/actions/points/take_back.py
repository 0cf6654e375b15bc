"""Staff take back points that were credited wrongly: by a new movement, with a reason, in a month that is open."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import sql, walltimes
from timebank.actions.action import action
from timebank.communities import policies, tree
from timebank.communities.tree import Node
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.points import ledger, periods
from timebank.points.refusals import UnknownTransfer

Dated = Literal["service", "today"]


class TakeBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`dated`: the figures of which day it changes, that of the service while its month is open, or today's."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    dated: Dated = "service"


class Credited(msgspec.Struct, frozen=True):
    """One movement with what staff need to judge it.

    `belongs_on` is the local day of the service; bookings into its month are taken until `open_until`. `taken_back_by` is the
    movement that took it back; `expired` are those of its units that had expired when it or a part of it was taken back, so
    that they are not owed.
    """

    id: UUID
    kind: str
    owner: str
    owner_id: UUID
    units: int
    belongs_on: date
    booked_on: date
    what: str
    what_en: str
    open_until: date
    is_closed: bool
    taken_back_by: UUID | None
    taken_back_on: date | None
    expired: int = 0


MOVEMENT = """
SELECT t.id, t.kind, t.amount AS units, t.effective_at, t.recorded_at, m.id AS owner_id, m.name AS owner, m.community_id,
       coalesce(i.payload ->> 'what', '') AS what, coalesce(i.payload ->> 'what_en', '') AS what_en,
       r.id AS taken_back_by, r.recorded_at AS taken_back_at,
       (SELECT coalesce(sum(e.amount), 0)::bigint FROM transfer e WHERE e.relates_to = t.id AND e.kind = 'revive') AS expired
  FROM transfer t JOIN account a ON a.id = CASE WHEN t.to_account > 0 THEN t.to_account ELSE t.from_account END
  JOIN member m ON m.id = a.owner_id LEFT JOIN intent i ON i.id = t.id LEFT JOIN transfer r ON r.reverses = t.id
 WHERE t.id = $1
"""


async def see_movement(caller: Caller, transfer_id: UUID, now: datetime) -> Credited:
    """For who approves hours in the member's community. Raises SignInNeeded, NotAllowed, UnknownTransfer, NoPolicy."""
    return (await _reached(caller, transfer_id, now))[0]


@action
async def take_back(caller: Caller, transfer_id: UUID, asked: TakeBack, now: datetime) -> UUID:
    """Takes a credit back, as far as no correction has: the new movement. Safe to repeat.

    What was spent is owed or refused, by today's rules; what expired is neither.
    Locks the wallet. Raises SignInNeeded, NotAllowed, UnknownTransfer, PeriodClosed, NotReversible, NothingLeft, AlreadySpent,
    FourEyes, ReasonMissing, NoPolicy.
    """
    seen, node = await _reached(caller, transfer_id, now)
    today = walltimes.day_of(now, node.time_zone)
    rules = (await policies.in_force(node.id, today)).rules
    if asked.dated == "service" and not seen.taken_back_by:
        periods.refuse_closed(seen.belongs_on, today, rules.close_day)
    effective_at = now if asked.dated == "today" else None
    made = await ledger.reverse(
        transfer_id, caller.member(), asked.reason.strip(), rules.spent_credit, effective_at=effective_at
    )
    if not seen.taken_back_by:
        await audit.write(
            caller.id, "points.taken_back", f"transfer:{transfer_id}", now, reason=asked.reason, dated=asked.dated
        )
        units = await sql.value("SELECT amount FROM transfer WHERE id = $1", made)
        facts = {"units": units, "unit": rules.unit_zh, "unit_en": rules.unit_en, "reason": asked.reason.strip()}
        told = Message(
            key=f"taken_back:{made}", person_id=seen.owner_id, kind="points_taken_back", facts=facts, path="/me/points"
        )
        await messages.promise([told], now)
    return made


async def _reached(caller: Caller, transfer_id: UUID, now: datetime) -> tuple[Credited, Node]:
    found = await sql.row(MOVEMENT, transfer_id)
    if found is None:
        raise UnknownTransfer()
    node = await tree.node(found["community_id"])
    caller.require(Right.APPROVE_HOURS, node.ancestor_ids)
    today = walltimes.day_of(now, node.time_zone)
    belongs_on = walltimes.day_of(found["effective_at"], node.time_zone)
    open_until = periods.last_day(belongs_on, (await policies.in_force(node.id, today)).rules.close_day)
    names = ("id", "kind", "owner", "owner_id", "units", "what", "what_en", "taken_back_by", "expired")
    seen = Credited(
        **{name: found[name] for name in names},
        belongs_on=belongs_on,
        booked_on=walltimes.day_of(found["recorded_at"], node.time_zone),
        open_until=open_until,
        is_closed=today > open_until,
        taken_back_on=walltimes.day_of(found["taken_back_at"], node.time_zone) if found["taken_back_by"] else None,
    )
    return seen, node
