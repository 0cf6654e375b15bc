"""The books of the whole ledger, for auditors: seals, proofs, what is stuck, and every movement to take along."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import sql, walltimes
from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.communities import tree
from timebank.outbox import intents
from timebank.outbox.intents import Dead
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.points import proofs, seals, support_payments, support_readings
from timebank.points.proofs import Kind, Proof
from timebank.points.seals import Comparison, Head

MOST = 50


class Books(msgspec.Struct, frozen=True):
    """`head` is the last block, `sealed` how many movements are under a seal, `unsealed` how many came since.

    `reconciliation` and `verification` are the last of their kind; `asked` since when another one waits. `stuck` are promises
    of points that were given up.
    """

    head: Head | None
    sealed: int
    unsealed: int
    reconciliation: Proof | None
    verification: Proof | None
    asked: dict[Kind, datetime]
    stuck: list[Dead]


class Movement(msgspec.Struct, frozen=True):
    """One transfer. `block` and `line` say where it is sealed, `row` is what is sealed, `hash` its SHA-256 in hex.

    Accounts are the code of a system account, `member 12` with the member's number, or `pool 7` with the account's.

    Who may not know for whom pools pay reads only that points came from the pool or went there, without `reason` and `row`, of
    whatever moved so: what lacks them would tell who is in need. `hash` is there for everybody.
    """

    block: int | None
    line: int | None
    id: UUID
    kind: str
    from_account: str
    to_account: str
    units: int
    effective_at: datetime
    recorded_at: datetime
    reason: str
    reverses: UUID | None
    relates_to: UUID | None
    row: str
    hash: str


async def see_books(caller: Caller) -> Books:
    """For auditors and coordinators of the whole. Reads only. Raises SignInNeeded, NotAllowed."""
    await _require(caller, Right.READ_LEDGER)
    head = await seals.head()
    return Books(
        head=head,
        sealed=await seals.sealed(),
        unsealed=await seals.unsealed(head),
        reconciliation=await proofs.latest("reconcile"),
        verification=await proofs.latest("seals"),
        asked=await proofs.waiting(),
        stuck=await intents.dead(MOST),
    )


async def see_head(caller: Caller) -> Head | None:
    """The last block, to print. Raises SignInNeeded, NotAllowed."""
    await _require(caller, Right.READ_LEDGER)
    return await seals.head()


async def compare_head(caller: Caller, text: str) -> Comparison:
    """Whether a head on paper is a block of this ledger. Raises SignInNeeded, NotAllowed, Malformed."""
    await _require(caller, Right.READ_LEDGER)
    return await seals.compare(seals.printed(text))


@action
async def ask_proof(caller: Caller, kind: Kind, now: datetime) -> None:
    """Reconciles or verifies within two minutes; one that waits already is enough. Raises SignInNeeded, NotAllowed."""
    await _require(caller, Right.READ_LEDGER)
    await proofs.ask(kind, caller.member(), now)


@action
async def retry_promise(caller: Caller, intent_id: UUID, now: datetime) -> None:
    """A dead promise whose cause was mended is tried again, with its first amount, instant, policy and expiry (ledger-34).

    For coordinators of the whole; auditors move nothing. Safe to repeat. Raises SignInNeeded, NotAllowed, NotFound,
    NothingPromised.
    """
    await _require(caller, Right.GRANT_ROLES)
    await intents.retry(intent_id)
    await audit.write(caller.id, "promise.retried", f"intent:{intent_id}", now)


@action
async def put_promise_aside(caller: Caller, intent_id: UUID, now: datetime) -> None:
    """A dead promise that nobody can keep is seen to, and raises no alarm any more. The hours stand.

    For coordinators of the whole. Safe to repeat. Raises SignInNeeded, NotAllowed, NotFound, StillPromised.
    """
    await _require(caller, Right.GRANT_ROLES)
    await intents.put_aside(intent_id)
    await audit.write(caller.id, "promise.put_aside", f"intent:{intent_id}", now)


ACCOUNT = """CASE WHEN {0}.kind = 'system' THEN {0}.code
 WHEN {0}.kind = 'member' THEN 'member ' || coalesce({0}m.number, {0}.id)
 ELSE coalesce({0}.kind, 'account') || ' ' || t.{1} END"""
MOVEMENTS = f"""
SELECT l.seal_seq AS block, l.position AS line, t.id, t.kind, {ACCOUNT.format("f", "from_account")} AS from_account,
       {ACCOUNT.format("o", "to_account")} AS to_account, t.amount AS units, t.effective_at, t.recorded_at,
       coalesce(t.reason_code, '') AS reason, t.reverses, t.relates_to, {seals.SEALED_ROW} AS row
  FROM transfer t LEFT JOIN seal_line l ON l.transfer_id = t.id
  LEFT JOIN account f ON f.id = t.from_account LEFT JOIN member fm ON fm.id = f.owner_id
  LEFT JOIN account o ON o.id = t.to_account LEFT JOIN member om ON om.id = o.owner_id
 WHERE t.recorded_at >= $1 AND t.recorded_at < $2 ORDER BY t.recorded_at, t.id
"""


@action
async def take_ledger(caller: Caller, month: str, now: datetime) -> list[Movement]:
    """Every movement recorded in a month (`2026-11`) of the whole, in order. Noted in the audit, and for each member for whom a
    pool paid in it where the caller reads that.

    Raises SignInNeeded, NotAllowed, NotBegun, Malformed.
    """
    await _require(caller, Right.READ_LEDGER)
    zone = str(await sql.value("SELECT time_zone FROM community WHERE parent_id IS NULL ORDER BY id LIMIT 1"))
    today = walltimes.day_of(now, zone)
    first, after = _month(month or today.strftime("%Y-%m"))
    walltimes.begun(first, today, "month")
    await audit.write(caller.id, "ledger.taken_along", f"month:{first:%Y-%m}", now)
    since, until = walltimes.midnight(first, zone), walltimes.midnight(after, zone)
    found = await sql.rows(MOVEMENTS, since, until)
    movements = [Movement(**dict(row), hash=seals.line_hash(row["row"]).hex()) for row in found]
    if caller.may(Right.SUPPORT, [await sql.value("SELECT id FROM community WHERE parent_id IS NULL ORDER BY id LIMIT 1")]):
        await support_readings.read(await support_payments.moved(since, until), caller.member(), now)
        return movements
    return [_plain(each) for each in movements]


def _plain(movement: Movement) -> Movement:
    """As on a statement: that a pool paid for somebody in need is not for everybody who reads ledgers."""
    if movement.kind not in ("support", "issue", "donate"):
        return movement
    kind = "issue" if movement.from_account.startswith("pool") else "donate"
    return msgspec.structs.replace(movement, kind=kind, reason="", row="")


def _month(typed: str) -> tuple[date, date]:
    """Its first day and that of the next."""
    try:
        first = walltimes.of_our_days(date.fromisoformat(f"{typed}-01"), "month")
        return first, date(first.year + first.month // 12, first.month % 12 + 1, 1)
    except ValueError as error:
        raise Malformed(field="month", reason="a month such as 2026-11") from error


async def _require(caller: Caller, right: Right) -> None:
    """The ledger is one for all communities, so it is for those whose role reaches the whole."""
    caller.require(right, await tree.roots())
