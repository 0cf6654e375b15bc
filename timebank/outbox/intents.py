"""Promises: an intent is written with the fact that earns points and kept later, exactly once, by whoever comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal
from timebank.outbox.functions import call

Outcome = Literal["done", "later", "dead", "gone"]


class Promise(msgspec.Struct, frozen=True):
    """What was promised: `amount` in units of 1/100 point after the day's cap; `reason` where that is nothing."""

    id: UUID
    amount: int
    state: Literal["pending", "nothing", "done", "dead"]
    reason: str | None


class Kept(msgspec.Struct, frozen=True):
    """`count` promises are kept; those left over wait for a wallet that somebody has locked."""

    count: int
    left_over: list[UUID]


class Backlog(msgspec.Struct, frozen=True):
    """Promises not kept.

    `oldest_seconds` is the age of the oldest since it could first be kept, failed before or not: the liveness of delivery
    (P2, A13).
    """

    pending: int
    dead: int
    oldest_seconds: float


class Dead(msgspec.Struct, frozen=True):
    """A promise given up after its attempts, or made on a day without rules: then `units` is 0, and no retry can keep it.

    `owner` is the name of the member or of the community whose pool it is; `what` and `what_en` what was done for it.
    """

    id: UUID
    owner: str
    number: int | None
    units: int
    reason: str
    attempts: int
    earned_at: datetime
    made_at: datetime
    what: str
    what_en: str
    is_void: bool = False
    """Nobody can keep it: it is of nothing, or the member has left."""


class NothingPromised(Refusal):
    """The promise is of nothing, since no rules were in force on its day: no retry can keep it. Facts: none."""


class Wished(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be promised: see `promise_all`."""

    business_key: str
    member_id: UUID
    amount: int
    earned_at: datetime
    kind: str = "credit"
    expires_at: datetime | None = None
    policy_id: UUID | None = None
    payload: Mapping[str, Any] = {}
    reason: str | None = None
    day_cap: int | None = None
    service_on: date | None = None


PROMISE_ALL = """
SELECT p.id, p.amount, p.state, p.reason
  FROM ROWS FROM (json_to_recordset($1) AS (business_key text, member_id uuid, amount bigint, earned_at timestamptz,
                                            kind text, expires_at timestamptz, policy_id uuid, payload jsonb, reason text,
                                            day_cap bigint, service_on date))
       WITH ORDINALITY AS w (business_key, member_id, amount, earned_at, kind, expires_at, policy_id, payload, reason, day_cap,
                             service_on, n)
 CROSS JOIN LATERAL ledger.promise(w.business_key, w.kind, w.member_id, w.amount, w.expires_at, w.earned_at, w.policy_id,
                                   w.payload, w.reason, $2, w.day_cap, w.service_on) p
 ORDER BY w.n
"""


async def promise_all(wished: Sequence[Wished], at: datetime) -> list[Promise]:
    """Writes intents in the transaction of the facts that earn them, one after the other. One statement; none for nothing.

    `business_key` is `attendance:<id>:v<version>`; a repeat gives the first promise. `amount` in units of 1/100 point; 0
    needs its `reason` and ends as "nothing". With `day_cap` units and `service_on`, the member's sum of that day stays
    within the cap however many arrive at once: locks the day's row. `member_id` may also be a community: its pool earns.
    Opens the account where there is none. Raises KeyConflict where the key promised another member or amount, UnknownOwner.
    """
    if not wished:
        return []
    found = await call({}, PROMISE_ALL, msgspec.json.encode(wished).decode(), at)
    return [Promise(**dict(row)) for row in found]


async def promise(
    business_key: str,
    member_id: UUID,
    amount: int,
    *,
    earned_at: datetime,
    at: datetime,
    kind: str = "credit",
    expires_at: datetime | None = None,
    policy_id: UUID | None = None,
    payload: Mapping[str, Any] | None = None,
    reason: str | None = None,
    day_cap: int | None = None,
    service_on: date | None = None,
) -> Promise:
    """One promise: see `promise_all`."""
    wished = Wished(
        business_key=business_key,
        member_id=member_id,
        amount=amount,
        earned_at=earned_at,
        kind=kind,
        expires_at=expires_at,
        policy_id=policy_id,
        payload=payload or {},
        reason=reason,
        day_cap=day_cap,
        service_on=service_on,
    )
    return (await promise_all([wished], at))[0]


async def keep(intent_id: UUID, at: datetime | None = None) -> Outcome:
    """Keeps one promise; "gone" where it is kept, somebody else has it, or its next attempt is not due.

    Safe to repeat and to run twice at once. Waits for the wallet. A failure is noted on the intent and is no error here. By
    the database's clock, unless a test gives the instant.
    """
    return await sql.value("SELECT ledger.run_intent($1, $2)", intent_id, at)  # type: ignore[no-any-return]


async def keep_many(intent_ids: Sequence[UUID], at: datetime | None = None) -> Kept:
    """Keeps many with a handful of statements; one bad promise costs the others nothing. Safe to repeat. Waits for no lock.

    By the database's clock, unless a test gives the instant.
    """
    found = await sql.one("SELECT kept, left_over FROM ledger.run_batch($1, $2)", list(intent_ids), at)
    return Kept(found["kept"], found["left_over"] or [])


async def sweep(at_most: int, older_than: float) -> tuple[int, int]:
    """Keeps the oldest promises that have waited `older_than` seconds: how many were kept, and how many were looked at."""
    found = await sql.one("SELECT kept, tried FROM ledger.sweep($1, make_interval(secs => $2))", at_most, older_than)
    return found["kept"], found["tried"]


async def waiting(at_most: int, older_than: float) -> list[UUID]:
    """Promises that nobody has tried yet and that have waited `older_than` seconds, oldest first."""
    found = await sql.rows(
        "SELECT id FROM intent WHERE state = 'pending' AND attempts = 0 AND last_error IS NULL "
        "AND next_at <= clock_timestamp() - make_interval(secs => $2) ORDER BY next_at LIMIT $1",
        at_most,
        older_than,
    )
    return [row["id"] for row in found]


async def due_again(at_most: int) -> list[UUID]:
    """Promises that failed before and whose next attempt is due, by the database's clock."""
    found = await sql.rows(
        "SELECT id FROM intent WHERE state = 'pending' AND (attempts > 0 OR last_error IS NOT NULL) "
        "AND next_at <= clock_timestamp() ORDER BY next_at LIMIT $1",
        at_most,
    )
    return [row["id"] for row in found]


async def note_failure(intent_id: UUID, error: BaseException) -> None:
    """Notes an error that ended the whole statement, such as a time-out, which the function itself cannot catch."""
    state = error.sqlstate if isinstance(error, asyncpg.PostgresError) else ""
    await sql.rows("SELECT ledger.note_failure($1, $2, $3)", intent_id, state, f"{type(error).__name__}: {error}")


async def retry(intent_id: UUID) -> None:
    """A dead promise whose cause was mended is pending again, with its first amount, instant, policy and expiry.

    Safe to repeat. Raises NotFound where it is not dead or pending, NothingPromised where it has no amount.
    """
    if await sql.value("SELECT amount FROM intent WHERE id = $1 AND state = 'dead'", intent_id) == 0:
        raise NothingPromised()
    if not await sql.rows(
        "UPDATE intent SET state = 'pending', reason = NULL, last_error = NULL, attempts = 0, next_at = clock_timestamp(), "
        "due_at = clock_timestamp() "
        "WHERE id = $1 AND state IN ('dead', 'pending') RETURNING id",
        intent_id,
    ):
        raise NotFound(what="intent")


class StillPromised(Refusal):
    """It was promised to somebody who can have it: it is tried again, not put aside. Facts: none."""


async def put_aside(intent_id: UUID) -> None:
    """A dead promise that nobody can keep is dealt with: of nothing, or to a member who has left (ledger-32). Safe to repeat.

    Raises NotFound where it was not given up, StillPromised.
    """
    found = await sql.row(
        "SELECT i.state, i.amount = 0 OR a.closed_at IS NOT NULL AS is_void "
        "FROM intent i JOIN account a ON a.id = i.account_id "
        "WHERE i.id = $1 AND (i.state = 'dead' OR i.reason LIKE 'put_aside%') FOR NO KEY UPDATE OF i",
        intent_id,
    )
    if found is None:
        raise NotFound(what="intent")
    if found["state"] == "dead" and not found["is_void"]:
        raise StillPromised()
    await sql.rows(
        "UPDATE intent SET state = 'nothing', reason = 'put_aside: ' || reason WHERE id = $1 AND state = 'dead'", intent_id
    )


async def dead(at_most: int) -> list[Dead]:
    """Promises given up, newest first (ledger-32). They stay until somebody retries them."""
    found = await sql.rows(
        "SELECT i.id, coalesce(m.name, c.name, '') AS owner, m.number, i.amount AS units, coalesce(i.reason, '') AS reason, "
        "i.attempts, i.earned_at, i.created_at AS made_at, coalesce(i.payload ->> 'what', '') AS what, "
        "coalesce(i.payload ->> 'what_en', '') AS what_en, i.amount = 0 OR a.closed_at IS NOT NULL AS is_void "
        "FROM intent i LEFT JOIN account a ON a.id = i.account_id "
        "LEFT JOIN member m ON m.id = a.owner_id LEFT JOIN community c ON c.id = a.owner_id "
        "WHERE i.state = 'dead' ORDER BY i.created_at DESC LIMIT $1",
        at_most,
    )
    return [Dead(**dict(row)) for row in found]


BACKLOG = (
    "SELECT pending, dead, oldest_seconds FROM (SELECT count(*) AS pending, "
    "greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0))::float8 AS oldest_seconds "
    "FROM intent WHERE state = 'pending') p, "
    "(SELECT count(*) AS dead FROM intent WHERE state = 'dead') d"
)


async def backlog() -> Backlog:
    """How far delivery is behind. Cheap: reads the indexes of what is not kept."""
    return Backlog(**dict(await sql.one(BACKLOG)))
