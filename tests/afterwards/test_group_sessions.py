"""Where a group serves and the rules say so, the pool earns; the hours are each member's own, and that is told before."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from schedules import sql
from tests.afterwards import given
from tests.door.doors import Door
from tests.given import People
from timebank.actions.activities.foretell import foretell
from timebank.actions.door.stays import find, service
from timebank.actions.hours.approve_hours import approve
from timebank.actions.hours.close_day import close_day
from timebank.actions.hours.stay import see_stay
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.hours import summaries
from timebank.outbox import intents
from timebank.points import earning, pools, reconcile, wallets

POOLED = Rules(group_earns_for="pool", wallet_cap_units=100, above_cap="pool", day_cap_units=50, expiry="end_of_year")
"""Neither cap is the pool's, nor does what it earns expire."""


@pytest.mark.scenario("ledger-89")
@pytest.mark.parametrize(
    ("is_group", "group_earns_for", "pool"), [(True, "pool", 200), (False, "pool", 0), (True, "member", 0)]
)
async def test_what_a_group_earns_is_the_pools_and_the_hours_are_bobs(
    door: Door, is_group: bool, group_earns_for: str, pool: int
) -> None:
    people = door.people
    rules = Rules(group_earns_for="pool" if group_earns_for == "pool" else "member")
    await policies.publish(people.community, people.now.date(), rules, people.erin.id, people.now)
    await sql.rows("UPDATE activity SET is_group = $1", is_group)
    bob = people.bob.bearer | {"accept-language": "en"}
    foretold = (await door.client.get(f"/api/v1/sessions/{door.session.id}/earnings", headers=bob)).json()
    shown = (await door.client.get(f"/activities/{door.session.activity_id}", headers=bob)).text
    assert (foretold["units"], bool(foretold["pool"]), "A group serves here" in shown) == (200, pool > 0, pool > 0)
    await door.let_in()
    await door.let_out(120)
    await intents.keep(await sql.value("SELECT id FROM intent"))
    assert (await pools.one(people.community)).available == pool
    assert (await wallets.balance(people.bob.id)).available == 200 - pool
    assert (await summaries.sums(people.bob.id)).total == 120
    stay = await see_stay(people.bob.caller, await sql.value("SELECT id FROM attendance"), people.now)
    assert (stay.points, bool(stay.pool), stay.units) == ("credited", pool > 0, 200)
    assert (await reconcile.read()).findings == []


@pytest.mark.usefixtures("tx")
async def test_many_sessions_of_a_group_ask_for_their_pool_once(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    await policies.publish(people.community, people.now.date(), POOLED, people.erin.id, people.now)
    session = await given.choir(people, people.bob)
    await sql.rows("UPDATE activity SET is_group = true")
    asked, one = [], pools.one

    async def counted(community_id: UUID) -> pools.Pool:
        asked.append(community_id)
        return await one(community_id)

    monkeypatch.setattr(pools, "one", counted)
    many = [msgspec.structs.replace(session, id=uuid4(), starts_at=session.starts_at + timedelta(days=n)) for n in range(3)]
    found = await foretell(many)
    assert ([bool(each.pool) for each in found.values()], len(asked)) == ([True] * 3, 1)


@pytest.mark.scenario("ledger-89")
@pytest.mark.usefixtures("tx")
async def test_the_pool_stays_the_pools_when_a_list_is_approved_or_corrected(people: People) -> None:
    await policies.publish(people.community, people.now.date(), POOLED, people.erin.id, people.now)
    session = await given.choir(people, people.bob)
    await sql.rows("UPDATE activity SET is_group = true")
    stay = await given.was_in(people.bob, session, 0, 120, is_by_code=False)
    (entry,) = (await close_day(people.alice.caller, session.id, [], given.over(session))).entry_ids
    await approve(people.erin.caller, entry, given.over(session))
    await sql.rows("UPDATE activity SET is_group = false")
    await sql.rows("SELECT ledger.run_intent(id) FROM intent")
    assert (await pools.one(people.community)).available == 200
    assert await sql.value("SELECT expires_at FROM lot") is None
    await earning.correct(service(await find(stay), 2, "B", 60), people.dan.id, "left early", given.over(session))
    assert (await pools.one(people.community)).available == 100
    assert (await wallets.balance(people.bob.id)).posted == 0
