"""What a member has: the balance as the next debit would find it, what expires when, and the lines of the wallet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql


class Balance(msgspec.Struct, frozen=True):
    """Units of 1/100 point.

    `available` is posted less held; `on_the_way` is promised and not yet posted; `owed` will be repaid.
    """

    posted: int
    held: int
    available: int
    owed: int
    on_the_way: int


class Expiring(msgspec.Struct, frozen=True):
    """Units that are gone from `expires_at` on; None: they stay."""

    expires_at: datetime | None
    units: int


class Line(msgspec.Struct, frozen=True):
    """One posting.

    `units` above zero came in; `effective_at` is when it was earned or fell due, `recorded_at` when it was booked.
    """

    seq: int
    kind: str
    units: int
    balance_after: int
    effective_at: datetime
    recorded_at: datetime
    transfer_id: UUID
    reason: str | None
    actor_id: UUID | None
    what: str
    what_en: str
    is_room: bool = False
    """It was paid for a room, or given back."""


class Waiting(msgspec.Struct, frozen=True):
    """A promise that is not in the wallet: on its way, without points (`reason` says why), or stuck."""

    id: UUID
    business_key: str
    state: str
    units: int
    reason: str | None
    earned_at: datetime
    what: str
    what_en: str


EMPTY = Balance(0, 0, 0, 0, 0)


async def balance(owner_id: UUID, now: datetime | None = None) -> Balance:
    """The balance at `now`, by the database's clock where none is given.

    Holds and points past their time do not count (ledger-55). One statement, no lock. A member without an account has nothing.
    """
    found = await sql.row(
        "SELECT b.posted, b.held, b.available, b.owed, b.on_the_way "
        "FROM account a, ledger.balance(a.id, coalesce($2, clock_timestamp())) b WHERE a.owner_id = $1",
        owner_id,
        now,
    )
    return Balance(**dict(found)) if found else EMPTY


async def expiring(owner_id: UUID, now: datetime) -> list[Expiring]:
    """What expires when, soonest first; the lines add up to posted (ledger-62). Due points that a hold keeps stand first."""
    found = await sql.rows(
        "WITH lots AS (SELECT l.expires_at, sum(l.remaining)::bigint AS units FROM account a JOIN lot l ON l.account_id = a.id "
        "WHERE a.owner_id = $1 AND l.remaining > 0 GROUP BY l.expires_at), "
        "due AS (SELECT coalesce(sum(units) FILTER (WHERE expires_at <= $2), 0)::bigint AS units FROM lots) "
        "SELECT NULL::timestamptz AS expires_at, 0::bigint AS units, true AS is_due, "
        "least(due.units, b.held) AS kept FROM due, account a, ledger.balance(a.id, $2) b WHERE a.owner_id = $1 "
        "UNION ALL SELECT expires_at, units, false, 0 FROM lots WHERE expires_at > $2 OR expires_at IS NULL "
        "ORDER BY is_due DESC, expires_at",
        owner_id,
        now,
    )
    kept = [Expiring(now, row["kept"]) for row in found if row["is_due"] and row["kept"]]
    return kept + [Expiring(row["expires_at"], row["units"]) for row in found if not row["is_due"]]


async def history(owner_id: UUID, before_seq: int | None = None, at_most: int = 50) -> list[Line]:
    """The wallet's lines, newest first; the next page starts before the last line's `seq`.

    `what` names what was bought, booked or done.
    """
    # The page's length stands in the text: a plan for any length reads the whole history, and PostgreSQL would keep that one.
    found = await sql.rows(
        "SELECT p.seq, t.kind, p.amount AS units, p.balance_after, t.effective_at, t.recorded_at, t.id AS transfer_id, "
        "t.reason_code AS reason, t.actor_id, coalesce(w.name, s.name, np.title, i.payload ->> 'what', '') AS what, "
        "coalesce(w.name_en, s.name_en, i.payload ->> 'what_en', '') AS what_en, s.id IS NOT NULL AS is_room "
        "FROM account a CROSS JOIN LATERAL (SELECT * FROM posting WHERE account_id = a.id "
        f"AND seq < coalesce($2::bigint, 9223372036854775807) ORDER BY seq DESC LIMIT {at_most:d}) p "
        "JOIN transfer t ON t.id = p.transfer_id "
        "LEFT JOIN redemption r ON r.transfer_id = coalesce(t.reverses, t.id) LEFT JOIN reward w ON w.id = r.reward_id "
        "LEFT JOIN intent i ON i.id = coalesce(t.reverses, t.relates_to, t.id) "
        "LEFT JOIN hold h ON h.transfer_id = coalesce(t.reverses, t.id) AND h.purpose = 'booking' "
        "LEFT JOIN booking b ON b.id = CASE WHEN h.scope ~ '^booking:[0-9a-f-]{36}$' THEN substr(h.scope, 9)::uuid END "
        "LEFT JOIN space s ON s.id = b.space_id "
        "LEFT JOIN exchange x ON x.transfer_id = coalesce(t.reverses, t.id) LEFT JOIN neighbour_post np ON np.id = x.post_id "
        "WHERE a.owner_id = $1 ORDER BY p.seq DESC",
        owner_id,
        before_seq,
    )
    return [Line(**dict(row)) for row in found]


async def waiting(owner_id: UUID, at_most: int = 50, states: Sequence[str] = ("pending", "nothing", "dead")) -> list[Waiting]:
    """Promises in these states that are not in the wallet, newest first."""
    found = await sql.rows(
        "SELECT i.id, i.business_key, i.state, i.amount AS units, i.reason, i.earned_at, "
        "coalesce(i.payload ->> 'what', '') AS what, coalesce(i.payload ->> 'what_en', '') AS what_en "
        "FROM account a JOIN intent i ON i.account_id = a.id "
        "WHERE a.owner_id = $1 AND i.state <> 'done' AND i.state = ANY($3) ORDER BY i.created_at DESC LIMIT $2",
        owner_id,
        at_most,
        list(states),
    )
    return [Waiting(**dict(row)) for row in found]
