"""Exchanges between neighbours: asked, agreed with the points held at the one who is helped, paid or given back; once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound
from timebank.outbox.functions import call
from timebank.points import accounts, holds
from timebank.points.refusals import LEDGER

State = Literal["asked", "agreed", "mediation", "settled", "declined", "withdrawn", "cancelled", "lapsed", "timed_out"]
End = Literal["declined", "withdrawn", "cancelled", "lapsed", "timed_out"]
Why = Literal["apart", "silent"]

APART = 15
"""Minutes: words of the two that are further apart than this go to a mediator (rules.md 10 and 11)."""


class Exchange(msgspec.Struct, frozen=True):
    """What two neighbours arrange under a post.

    `minutes` as planned, `units` (1/100 point) what they bring; `helper_minutes` and `helped_minutes` what each of the two
    says it was. `waits_for` has to say yes while it is asked. `state` is as of now: one whose points are free again by their
    date is `timed_out`, whether or not a job has run.
    """

    id: UUID
    post_id: UUID
    title: str
    category: str
    community_id: UUID
    owner_id: UUID
    helper_id: UUID
    helper: str
    helped_id: UUID
    helped: str
    asked_by: UUID
    starts_at: datetime
    minutes: int
    note: str
    terms: int
    waits_for: UUID | None
    state: State
    asked_at: datetime
    agreed_at: datetime | None
    policy_id: UUID | None
    units: int
    hold_id: UUID | None
    answer_by: datetime | None
    hold_until: datetime | None
    helper_minutes: int | None
    helped_minutes: int | None
    mediation_at: datetime | None
    mediation_why: Why | None
    mediator_id: UUID | None
    mediator: str
    decision: str
    settled_minutes: int | None
    settled_units: int | None
    ended_at: datetime | None

    @property
    def ends_at(self) -> datetime:
        """As planned."""
        return self.starts_at + timedelta(minutes=self.minutes)

    def other(self, member_id: UUID) -> UUID:
        """The other one of the two."""
        return self.helped_id if member_id == self.helper_id else self.helper_id


class Terms(msgspec.Struct, frozen=True):
    """When, for how many minutes, and a word for the two."""

    starts_at: datetime
    minutes: int
    note: str


COLUMNS = """
x.id, x.post_id, p.title, p.category, p.community_id, p.member_id AS owner_id, x.helper_id, h.name AS helper, x.helped_id,
d.name AS helped, x.asked_by, x.starts_at, x.minutes, x.note, x.terms, x.waits_for,
CASE WHEN x.state IN ('agreed', 'mediation') AND x.hold_until <= clock_timestamp() THEN 'timed_out' ELSE x.state END AS state,
x.asked_at, x.agreed_at, x.policy_id, x.units, x.hold_id, x.answer_by, x.hold_until, x.helper_minutes, x.helped_minutes,
x.mediation_at, x.mediation_why, x.mediator_id, coalesce(e.name, '') AS mediator, x.decision, x.settled_minutes,
x.settled_units, x.ended_at
"""
FOUND = f"""
SELECT {COLUMNS}
  FROM exchange x JOIN neighbour_post p ON p.id = x.post_id JOIN member h ON h.id = x.helper_id
  JOIN member d ON d.id = x.helped_id LEFT JOIN member e ON e.id = x.mediator_id
"""


async def one(exchange_id: UUID) -> Exchange:
    """Raises NotFound. Locks nothing."""
    found = await sql.row(f"{FOUND} WHERE x.id = $1", exchange_id)
    if found is None:
        raise NotFound(what="exchange")
    return Exchange(**dict(found))


async def locked(exchange_id: UUID) -> Exchange:
    """The same with its row locked. Raises NotFound."""
    # A yes, a word, a cancellation, a decision and the job may come at once: each waits for the one before and judges after it.
    await sql.rows("SELECT FROM exchange WHERE id = $1 FOR NO KEY UPDATE", exchange_id)
    return await one(exchange_id)


async def of_member(member_id: UUID, at_most: int = 100) -> list[Exchange]:
    """As helper and as helped: what is under way by its time, then what is over, the last first."""
    found = await sql.rows(
        f"{FOUND} WHERE x.helper_id = $1 OR x.helped_id = $1 ORDER BY x.ended_at IS NOT NULL, "
        "CASE WHEN x.ended_at IS NULL THEN x.starts_at END, x.ended_at DESC, x.id LIMIT $2",
        member_id,
        at_most,
    )
    return [Exchange(**dict(row)) for row in found]


async def of_post(post_id: UUID) -> list[Exchange]:
    """All that were asked for under one post, in that order."""
    found = await sql.rows(f"{FOUND} WHERE x.post_id = $1 ORDER BY x.asked_at, x.id", post_id)
    return [Exchange(**dict(row)) for row in found]


async def ask(post_id: UUID, helper_id: UUID, helped_id: UUID, asked_by: UUID, terms: Terms, now: datetime) -> UUID | None:
    """The proposal, which waits for the other's yes; None where this member has one under the post already."""
    made = uuid4()
    # Two answers of one member at once: the key lets one through.
    written = await sql.rows(
        "INSERT INTO exchange (id, post_id, helper_id, helped_id, asked_by, starts_at, minutes, note, waits_for, asked_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (post_id, asked_by) WHERE ended_at IS NULL DO NOTHING "
        "RETURNING 1",
        made,
        post_id,
        helper_id,
        helped_id,
        asked_by,
        terms.starts_at,
        terms.minutes,
        terms.note,
        helped_id if asked_by == helper_id else helper_id,
        now,
    )
    return made if written else None


async def propose(exchange_id: UUID, terms: Terms, waits_for: UUID) -> None:
    """Other terms, to which the other has to say yes. The caller holds the row."""
    await sql.rows(
        "UPDATE exchange SET starts_at = $2, minutes = $3, note = $4, terms = terms + 1, waits_for = $5 WHERE id = $1",
        exchange_id,
        terms.starts_at,
        terms.minutes,
        terms.note,
        waits_for,
    )


def held_under(exchange: Exchange) -> tuple[str, str]:
    """Scope and key of its hold."""
    return f"exchange:{exchange.id}", "exchange"


async def agree(
    exchange: Exchange,
    units: int,
    cap: int | None,
    policy_id: UUID,
    by: UUID,
    now: datetime,
    answer_by: datetime,
    hold_until: datetime,
) -> None:
    """Both have said yes: the points are set aside at the one who is helped. The caller holds the row.

    `cap` is the most that the helper's wallet takes. Locks the wallet. Raises InsufficientPoints, WalletFull, AccountClosed.
    """
    hold_id = None
    if units:
        payer, taker = await accounts.open_for(exchange.helped_id), await accounts.open_for(exchange.helper_id)
        await call(LEDGER, "SELECT ledger.refuse_closed($1), ledger.refuse_full($1, $2, $3)", taker, units, cap)
        digest = hashlib.sha256(f"exchange {exchange.id} {units}".encode()).digest()
        lasts = hold_until - now
        scope, key = held_under(exchange)
        held = await holds.place(scope, key, digest, payer, units, "exchange", by, lasts, to_account=taker)
        hold_id, hold_until = held.id, held.expires_at
    await sql.rows(
        "UPDATE exchange SET state = 'agreed', waits_for = NULL, agreed_at = $2, policy_id = $3, units = $4, hold_id = $5, "
        "answer_by = $6, hold_until = $7 WHERE id = $1",
        exchange.id,
        now,
        policy_id,
        units,
        hold_id,
        answer_by,
        hold_until,
    )


async def say(exchange: Exchange, member_id: UUID, minutes: int) -> None:
    """The word of one of the two; until the other has spoken it may be said anew. The caller holds the row."""
    side = "helper_minutes" if member_id == exchange.helper_id else "helped_minutes"
    await sql.rows(f"UPDATE exchange SET {side} = $2 WHERE id = $1", exchange.id, minutes)


def settled_minutes(helper: int, helped: int) -> int | None:
    """Whole minutes on which two words settle: their mean, rounded down; None: too far apart, a mediator decides.

    Words that differ on whether it took place at all are always too far apart.
    """
    if abs(helper - helped) > APART or (helper == 0) != (helped == 0):
        return None
    return (helper + helped) // 2


async def settle(
    exchange: Exchange, minutes: int, units: int, cap: int | None, by: UUID, now: datetime, decision: str | None = None
) -> int:
    """Pays what it comes to and ends it: the units that moved, less where the helper's wallet takes no more than `cap`.

    With a `decision`, its reason, `by` is the mediator. The caller holds the row. Locks hold and wallets, that of a pool
    that paid for it too, ascending; judged by the database's clock. Raises HoldOver, AccountClosed.
    """
    moved, transfer_id = 0, None
    if exchange.hold_id and units:
        paid = "SELECT moved, moved_by FROM ledger.pay_exchange($1, $2, $3, $4)"
        found = await call(LEDGER, paid, exchange.hold_id, units, cap, by)
        moved, transfer_id = found[0]["moved"], found[0]["moved_by"]
    elif exchange.hold_id:
        await holds.release(exchange.hold_id)
    await sql.rows(
        "UPDATE exchange SET state = 'settled', settled_minutes = $2, settled_units = $3, transfer_id = $4, ended_at = $5, "
        "mediator_id = $6, decision = $7 WHERE id = $1",
        exchange.id,
        minutes,
        moved,
        transfer_id,
        now,
        by if decision else None,
        decision or "",
    )
    return moved


async def end(exchange: Exchange, state: End, now: datetime) -> None:
    """It comes to nothing: what was set aside is free again, what a pool had put to it goes back there.

    The caller holds the row; locks the hold, then the wallet and that of the pool, ascending.
    """
    if exchange.hold_id:
        await holds.release(exchange.hold_id)
    await sql.rows("UPDATE exchange SET state = $2, waits_for = NULL, ended_at = $3 WHERE id = $1", exchange.id, state, now)


async def due(now: datetime, at_most: int = 200) -> Sequence[UUID]:
    """What nobody has answered in time: a proposal whose hour has come, words that are missing, points free by their date."""
    found = await sql.rows(
        "SELECT id FROM exchange x WHERE ended_at IS NULL AND NOT is_resting('end exchanges', id::text, $1) AND ("
        "(state = 'asked' AND starts_at <= $1) OR (state = 'agreed' AND answer_by <= $1) OR hold_until <= clock_timestamp()) "
        "ORDER BY starts_at LIMIT $2",
        now,
        at_most,
    )
    return [row["id"] for row in found]
