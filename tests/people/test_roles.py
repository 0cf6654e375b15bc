"""Roles at nodes of the tree."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import asyncpg
import pytest

from schedules import sql
from schedules.errors import Malformed, NotFound
from tests import given
from tests.given import People
from timebank.actions.community.roles import end_role, grant_role
from timebank.communities import tree
from timebank.people import audit, callers, roles
from timebank.people.callers import RIGHTS, Caller, Grant, NotAllowed, Right, SignInNeeded
from timebank.people.roles import OwnRole, RoleHeld


async def test_a_role_reaches_its_node_and_below_and_ends_at_once(tx: None, people: People, now: datetime) -> None:
    made = await grant_role(people.erin.caller, people.bob.id, "supervisor", people.grid, now)
    caller = await callers.identify(people.bob.token, None, now)
    assert caller.may(Right.SCAN, await tree.ancestors(people.building))
    assert caller.may(Right.SCAN, await tree.ancestors(people.grid))
    assert not caller.may(Right.SCAN, await tree.ancestors(people.community))
    assert not caller.may(Right.SCAN, await tree.ancestors(people.elsewhere))
    await end_role(people.erin.caller, made, now)
    assert (await callers.identify(people.bob.token, None, now)).grants == ()


async def test_nobody_gives_a_role_above_or_beside_their_own(tx: None, people: People, now: datetime) -> None:
    frank = await given.member("Frank", "19900000006", people.community, now, "coordinator", people.community)
    for node in (people.sub_district, people.elsewhere):
        with pytest.raises(NotAllowed):
            await grant_role(frank.caller, people.bob.id, "organiser", node, now)
    with pytest.raises(NotAllowed):
        await grant_role(people.alice.caller, people.bob.id, "organiser", people.community, now)
    await grant_role(frank.caller, people.bob.id, "coordinator", people.community, now)


async def test_nobody_gives_or_takes_their_own_role(tx: None, people: People, now: datetime) -> None:
    """rules-22, as far as roles go."""
    with pytest.raises(OwnRole):
        await grant_role(people.erin.caller, people.erin.id, "auditor", people.community, now)
    own = (await roles.of_member(people.erin.id))[0]
    with pytest.raises(OwnRole):
        await end_role(people.erin.caller, own.id, now)


async def test_the_database_refuses_a_role_of_ones_own_too(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await sql.rows(
            "INSERT INTO role_grant (id, member_id, community_id, role, granted_by, granted_at) "
            "VALUES ($1, $2, $3, 'auditor', $2, $4)",
            uuid4(),
            people.erin.id,
            people.community,
            now,
        )


async def test_a_role_is_held_once_and_can_be_given_again_after_its_end(tx: None, people: People, now: datetime) -> None:
    made = await grant_role(people.erin.caller, people.bob.id, "steward", people.community, now)
    with pytest.raises(RoleHeld):
        await grant_role(people.erin.caller, people.bob.id, "steward", people.community, now)
    await end_role(people.erin.caller, made, now)
    with pytest.raises(NotFound):
        await end_role(people.erin.caller, made, now)
    await grant_role(people.erin.caller, people.bob.id, "steward", people.community, now)


async def test_giving_and_taking_stand_in_the_audit(tx: None, people: People, now: datetime) -> None:
    made = await grant_role(people.erin.caller, people.bob.id, "keeper", people.community, now)
    await end_role(people.erin.caller, made, now)
    entries = await audit.about(f"member:{people.bob.id}")
    assert [(entry.did, entry.actor_id, entry.detail["role"]) for entry in entries] == [
        ("role.ended", people.erin.id, "keeper"),
        ("role.granted", people.erin.id, "keeper"),
    ]


async def test_an_unknown_role_node_or_member_is_refused(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(Malformed):
        await grant_role(people.erin.caller, people.bob.id, "king", people.community, now)
    with pytest.raises(NotFound):
        await grant_role(people.erin.caller, people.bob.id, "steward", uuid4(), now)
    with pytest.raises(NotFound):
        await grant_role(people.erin.caller, uuid4(), "steward", people.community, now)


async def test_the_list_shows_roles_at_and_below_a_node(tx: None, people: People, now: datetime) -> None:
    held = [(each.member, each.role, each.community) for each in await roles.at_or_below([people.community])]
    assert held == [("Alice", "organiser", "春晖社区"), ("Dan", "organiser", "春晖社区")]


async def test_many_roles_at_once(tx: None, people: People, now: datetime) -> None:
    await roles.grant_many([(people.bob.id, "steward", people.grid), (people.carol.id, "keeper", people.community)], None, now)
    await roles.grant_many([(people.bob.id, "steward", people.grid)], None, now)
    assert [each.role for each in await roles.of_member(people.bob.id)] == ["steward"]


def test_rights_of_the_roles() -> None:
    assert RIGHTS["coordinator"] == frozenset(Right)
    assert Right.CHECK_IN_BY_NAME in RIGHTS["supervisor"]
    assert Right.CHECK_IN_BY_NAME not in RIGHTS["steward"]
    node = uuid4()
    steward = Caller(member_id=uuid4(), grants=(Grant("steward", node),))
    assert steward.nodes(Right.SCAN) == [node]
    assert steward.nodes(Right.GRANT_ROLES) == []
    with pytest.raises(NotAllowed):
        steward.require(Right.CHECK_IN_BY_NAME, [node])
    with pytest.raises(SignInNeeded):
        Caller().require(Right.SCAN)


async def test_the_database_refuses_roles_without_rights(tx: None, people: People, now: datetime) -> None:
    allowed = await sql.value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'role_grant_role_check'")
    assert all(f"'{role}'" in allowed for role in RIGHTS)
    assert allowed.count("::text,") + 1 == len(RIGHTS)


async def test_a_tree_is_ordered_and_cannot_be_bent(tx: None, people: People) -> None:
    nodes = [each.id for each in await tree.below([people.sub_district])]
    assert (
        nodes.index(people.sub_district)
        < nodes.index(people.community)
        < nodes.index(people.grid)
        < nodes.index(people.building)
    )
    assert [each.id for each in await tree.below([people.grid])] == [people.grid, people.building]
    with pytest.raises(asyncpg.RestrictViolationError):
        await sql.rows("UPDATE community SET parent_id = $2 WHERE id = $1", people.grid, people.elsewhere)


async def test_a_building_holds_no_grid(tx: None, people: People) -> None:
    with pytest.raises(tree.DoesNotFit):
        await tree.add("grid", "倒置", "Asia/Shanghai", people.building)


async def test_a_whole_tree_at_once(tx: None, people: People) -> None:
    top, leaf = uuid4(), uuid4()
    await tree.add_many([tree.NewNode(top, None, "community", "甲"), tree.NewNode(leaf, top, "building", "乙")])
    assert await tree.ancestors(leaf) == [top, leaf]
