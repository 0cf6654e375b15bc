"""Gifts between members: held at the giver until the receiver says yes; each ends once."""

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

State = Literal["waiting", "accepted", "declined", "withdrawn", "timed_out", "closed"]
End = Literal["declined", "withdrawn", "timed_out", "closed"]


class Gift(msgspec.Struct, frozen=True):
    """`units` of 1/100 point; nobody can accept from `answer_by` on. `word` is the giver's, read by both.

    `state` says how it stands now: one whose time is over is `timed_out`, whether or not a job has run.
    """

    id: UUID
    giver_id: UUID
    giver: str
    giver_number: int
    receiver_id: UUID
    receiver: str
    receiver_number: int
    units: int
    word: str
    made_at: datetime
    answer_by: datetime
    state: State
    ended_at: datetime | None


SELECT = """
SELECT g.id, g.giver_id, f.name AS giver, f.number AS giver_number, g.receiver_id, t.name AS receiver,
       t.number AS receiver_number, g.units, g.word, g.made_at, g.answer_by,
       CASE WHEN g.state = 'waiting' AND g.answer_by <= clock_timestamp() THEN 'timed_out' ELSE g.state END AS state, g.ended_at
  FROM gift g JOIN member f ON f.id = g.giver_id JOIN member t ON t.id = g.receiver_id
"""


async def one(gift_id: UUID) -> Gift:
    """Raises NotFound. Locks nothing."""
    found = await sql.row(f"{SELECT} WHERE g.id = $1", gift_id)
    if found is None:
        raise NotFound(what="gift")
    return Gift(**dict(found))


async def of_member(member_id: UUID, at_most: int = 100) -> list[Gift]:
    """Given and received, newest first."""
    found = await sql.rows(
        f"{SELECT} WHERE g.giver_id = $1 OR g.receiver_id = $1 ORDER BY g.made_at DESC, g.id LIMIT $2", member_id, at_most
    )
    return [Gift(**dict(row)) for row in found]


async def refuse_full(receiver_id: UUID, units: int, cap: int | None) -> None:
    """Raises WalletFull where the gift would lift the receiver above `cap`, and AccountClosed. Locks nothing."""
    account_id = await accounts.open_for(receiver_id)
    await call(LEDGER, "SELECT ledger.refuse_closed($1), ledger.refuse_full($1, $2, $3)", account_id, units, cap)


async def give(
    giver_id: UUID, receiver_id: UUID, units: int, word: str, lasts: timedelta, cap: int | None, at: datetime | None = None
) -> Gift:
    """Sets the points aside at the giver until the receiver answers. A repeat is another gift: see `Action.once`.

    `cap` is the most that the receiver's wallet takes, in units. Locks the giver's wallet. Raises InsufficientPoints,
    BadAmount, WalletFull, AccountClosed.
    """
    await refuse_full(receiver_id, units, cap)
    made, giver = uuid4(), await accounts.open_for(giver_id)
    digest = hashlib.sha256(f"gift {giver_id} {receiver_id} {units}".encode()).digest()
    receiver = await accounts.open_for(receiver_id)
    hold = await holds.place(f"gift:{made}", "gift", digest, giver, units, "gift", giver_id, lasts, to_account=receiver, at=at)
    await sql.rows(
        "INSERT INTO gift (id, giver_id, receiver_id, units, word, hold_id, made_at, answer_by) "
        "SELECT $1, $2, $3, $4, $5, id, made_at, expires_at FROM hold WHERE id = $6",
        made,
        giver_id,
        receiver_id,
        units,
        word,
        hold.id,
    )
    return await one(made)


async def accept(gift_id: UUID, cap: int | None, at: datetime | None = None) -> UUID:
    """The transfer; a repeat gives the same one. Judged by the database's clock after the locks: gift, hold, both wallets.

    Raises HoldOver, WalletFull, AccountClosed.
    """
    gift = await one(gift_id)
    found = await call(LEDGER, "SELECT ledger.accept_gift($1, $2, $3, $4)", gift_id, cap, gift.receiver_id, at)
    return UUID(str(found[0][0]))


async def end(gift_id: UUID, how: End, at: datetime | None = None) -> State:
    """Gives it back to the giver, once: how it ended. Safe to repeat; `timed_out` where its time was over before.

    Locks the gift, the hold, the giver's wallet. Raises HoldOver where it ended another way or its time is not over.
    """
    return (await call(LEDGER, "SELECT ledger.end_gift($1, $2, $3)", gift_id, how, at))[0][0]  # type: ignore[no-any-return]


async def over(now: datetime, at_most: int = 200) -> Sequence[UUID]:
    """Gifts that nobody can accept any more, by the clock of the database: out of time, or the receiver takes nothing more.

    What failed rests by `now`, as everywhere in the jobs.
    """
    found = await sql.rows(
        "SELECT g.id FROM gift g JOIN account a ON a.owner_id = g.receiver_id WHERE g.state = 'waiting' "
        "AND (g.answer_by <= clock_timestamp() OR a.closed_at IS NOT NULL) "
        "AND NOT is_resting('end gifts', g.id::text, $1) ORDER BY g.answer_by LIMIT $2",
        now,
        at_most,
    )
    return [row["id"] for row in found]
