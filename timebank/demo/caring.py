"""A pool with points in it, a neighbour for whom it pays, and a young member whose guardian has agreed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from schedules import sql
from timebank.actions.guardians.consents import record_consent
from timebank.actions.points.donate import Donating, donate
from timebank.actions.points.support import Proposal, approve_support, propose_support
from timebank.demo.moving_in import acting, coordinator, today
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.residents import Resident
from timebank.people.callers import Grant
from timebank.people.guardians import ALONE_FROM, Given
from timebank.points import wallets

A_MONTH = 300
"""Units."""
HALF_A_YEAR = timedelta(days=182)
RICHEST = """
SELECT m.id FROM member m JOIN community c ON c.id = m.community_id JOIN account a ON a.owner_id = m.id
  JOIN wallet w ON w.account_id = a.id
 WHERE $1 = ANY (c.ancestor_ids) AND m.state = 'active' ORDER BY w.posted DESC, m.number LIMIT 12
"""


async def show(drawn: Neighbourhood) -> None:
    """After the year: what somebody gives for others has been earned by then."""
    await _fill_the_pool(drawn)
    await _support(drawn)
    await _agree(drawn)


async def _fill_the_pool(drawn: Neighbourhood) -> None:
    """Those who have most in the first community give half of it; the cast keeps what there is to try things with."""
    found = await sql.rows(RICHEST, drawn.tree.communities[0].id)
    played = {each.id for each in drawn.cast.values()}
    people = {each.id: each for each in drawn.people.residents if each.id not in played}
    for giver in (people[row["id"]] for row in found if row["id"] in people):
        half = (await wallets.balance(giver.id)).available // 200 * 100
        if half:
            await donate(acting(giver), Donating(half), drawn.now)


async def _support(drawn: Neighbourhood) -> None:
    """Proposed by one coordinator, approved by the other."""
    day = today(drawn)
    wanted = Proposal(
        number=await _number(drawn.cast["without_phone"].id),
        month_units=A_MONTH,
        from_on=day,
        until_on=day + HALF_A_YEAR,
        reason="独居，行动不便，难以参加服务",
        agreed="said",
    )
    made = await propose_support(coordinator(drawn), wanted, drawn.now)
    colleague = acting(drawn.cast["colleague"], Grant("coordinator", drawn.tree.top.id))
    await approve_support(colleague, made.support_id, drawn.now)


async def _agree(drawn: Neighbourhood) -> None:
    """The first young member behind whose door somebody of age lives too."""
    day = today(drawn)
    for young in (each for each in drawn.people.residents if each.age(day) < ALONE_FROM):
        guardian = _grown_up(young, drawn)
        if guardian:
            given = Given("parent", "present", day, guardian_number=await _number(guardian.id))
            await record_consent(coordinator(drawn), young.id, given, drawn.now)
            return


def _grown_up(young: Resident, drawn: Neighbourhood) -> Resident | None:
    day = today(drawn)
    behind = (each for each in drawn.people.residents if each.household_id == young.household_id)
    return next((each for each in behind if ALONE_FROM + 20 <= each.age(day) < ALONE_FROM + 50), None)


async def _number(member_id: UUID) -> int:
    return int(await sql.value("SELECT number FROM member WHERE id = $1", member_id))
