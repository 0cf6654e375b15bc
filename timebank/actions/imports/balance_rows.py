"""Rows that are balances of an old scheme: each a movement of its own kind, once for a member, scheme and reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import sql
from timebank.actions.imports import letters, persons
from timebank.actions.imports.runs import Import, Line
from timebank.actions.imports.values import Fault
from timebank.communities import policies
from timebank.outbox import messages
from timebank.outbox.functions import call
from timebank.points import rates
from timebank.points.refusals import LEDGER, AlreadySpent

KNOWN = """
SELECT member_id, reference, units, 0 AS line FROM opening_balance
 WHERE member_id = ANY ($2) AND lower(source) = lower($3) AND undone_at IS NULL
UNION ALL
SELECT member_id, coalesce(said ->> 'reference', ''), 0, line FROM import_line
 WHERE import_id = $1 AND member_id = ANY ($2) AND verdict = 'new' AND outcome IS NULL AND line < $4
"""


async def judge(run: Import, lines: Sequence[Line]) -> list[Line]:
    """What each line would do now. Changes nothing."""
    good, faulty = await persons.matched(run, lines)
    ids = [line.member_id for line in good if line.member_id]
    found = await sql.rows(KNOWN, run.id, ids, run.source, min(line.line for line in lines))
    there = {(row["member_id"], row["reference"].lower()): (row["units"], row["line"]) for row in found}
    closed = await _closed(ids)
    return [*faulty, *(_judged(line, there, closed) for line in good)]


def _judged(line: Line, there: dict[tuple[UUID | None, str], tuple[int, int]], closed: set[UUID]) -> Line:
    """`there`: units of balances that were taken over, or the line above that names the same one."""
    key = (line.member_id, line.said.get("reference", "").lower())
    if key not in there and line.member_id in closed:
        return msgspec.structs.replace(line, verdict="faulty", faults=[Fault("account_closed")])
    if key not in there:
        there[key] = (0, line.line)
        return msgspec.structs.replace(line, verdict="new")
    units, first = there[key]
    if first:
        return msgspec.structs.replace(line, verdict="faulty", faults=[Fault("twice", line=first)])
    if units == line.said["points"]:
        return msgspec.structs.replace(line, verdict="same")
    return msgspec.structs.replace(line, verdict="faulty", faults=[Fault("another_balance", "points")])


async def _closed(member_ids: Sequence[UUID]) -> set[UUID]:
    found = await sql.rows("SELECT owner_id FROM account WHERE owner_id = ANY ($1) AND closed_at IS NOT NULL", list(member_ids))
    return {row["owner_id"] for row in found}


OPEN = """
SELECT n.line, ledger.open_balance($1, n.line, n.member_id, n.units, $2, n.reference, $3, $4, $5, $6) AS transfer_id
  FROM (SELECT u.* FROM unnest($7::int[], $8::uuid[], $9::bigint[], $10::text[]) AS u (line, member_id, units, reference)
          LEFT JOIN account a ON a.owner_id = u.member_id ORDER BY a.id, u.line) n
"""


async def apply(run: Import, lines: Sequence[Line], now: datetime) -> list[Line]:
    """The movements, the lowest account first. They live as long as points earned today. Raises NoPolicy, and the ledger's."""
    new = [line for line in lines if line.verdict == "new"]
    if not new:
        return []
    zone = ZoneInfo(run.time_zone)
    today = now.astimezone(zone).date()
    policy = await policies.in_force(run.community_id, today)
    made = await call(
        LEDGER,
        OPEN,
        run.id,
        run.source,
        rates.expires_at(today, policy.rules, zone),
        policy.id,
        run.applied_by_id,
        now,
        [line.line for line in new],
        [line.member_id for line in new],
        [line.said["points"] for line in new],
        [line.said.get("reference", "") for line in new],
    )
    transfers = {row["line"]: row["transfer_id"] for row in made}
    await messages.promise(letters.opened(run, new, policy), now)
    return [msgspec.structs.replace(line, outcome="made", made_id=transfers[line.line]) for line in new]


async def undo(run: Import, lines: Sequence[Line], now: datetime) -> list[Line]:
    """Takes each balance back in full, the lowest account first. What was spent is owed, or stays where no debts are taken."""
    today = now.astimezone(ZoneInfo(run.time_zone)).date()
    policy = await policies.in_force(run.community_id, today)
    found = await sql.rows(
        "SELECT t.id, t.to_account, a.closed_at FROM transfer t JOIN account a ON a.id = t.to_account WHERE t.id = ANY ($1)",
        [line.made_id for line in lines],
    )
    accounts = {row["id"]: row["to_account"] for row in found}
    closed = {row["id"] for row in found if row["closed_at"]}
    done = []
    # Points that two of these members give each other meanwhile: everybody locks wallets in this order.
    for line in sorted(lines, key=lambda each: accounts.get(each.made_id, 0)):
        if line.outcome != "made":
            done.append(msgspec.structs.replace(line, undone="nothing"))
            continue
        # The points went on with the member who left; nobody asks them of an account that has none.
        if line.made_id in closed:
            done.append(msgspec.structs.replace(line, undone="kept", kept_for="account_closed"))
            continue
        try:
            async with sql.savepoint():
                await call(
                    LEDGER,
                    "SELECT ledger.close_opening($1, $2, $3, $4, $5)",
                    line.made_id,
                    run.undone_by_id,
                    run.undo_reason,
                    policy.rules.spent_credit,
                    now,
                )
            done.append(msgspec.structs.replace(line, undone="taken_back"))
        except AlreadySpent:
            done.append(msgspec.structs.replace(line, undone="kept", kept_for="already_spent"))
    await messages.promise(letters.taken_back(run, done, policy), now)
    return done
