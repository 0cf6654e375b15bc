"""Any interleaving and any duplication of the same scans and uploads gives the same attendance, hours and points."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

import pytest

from schedules import sql
from tests import given
from tests.door.doors import Door, another, put, stays
from tests.door.test_uploads import item, rows_of
from tests.given import Device
from timebank.hours import summaries
from timebank.jobs import close_sessions
from timebank.outbox import intents
from timebank.points import reconcile
from timebank.points.wallets import balance

SOME, MANY = 6, 150


class TakeBack(Exception):
    """Ends a run: nothing of it stays."""


@dataclass
class Deed:
    """Something at a door that many minutes after nine: scanned at a desk with a network, or without, or undone there."""

    minutes: float
    nonce: str
    desk: int
    session: int
    direction: str
    is_online: bool
    undoes: str = ""


@dataclass
class World:
    door: Door
    desks: list[Device]
    activities: list[str]
    sessions: list[str]


def deeds(chance: random.Random) -> list[Deed]:
    """Of one person on one morning: at one session with and without a network, or at two without. No two at one instant."""
    is_mixed = chance.random() < 0.6
    minutes = sorted(chance.sample(range(-20, 170), chance.randint(2, 8)))
    found = []
    for number, minute in enumerate(minutes):
        deed = Deed(
            minutes=minute + chance.choice([0, 0.25, 0.5]),
            nonce=f"n-{number}",
            desk=chance.randrange(2),
            session=0 if is_mixed else chance.randrange(2),
            direction=chance.choice(["in", "in", "out"]),
            is_online=is_mixed and chance.random() < 0.5,
        )
        found.append(deed)
        if chance.random() < 0.25:
            after = deed.minutes + chance.choice([0.1, 3, 14.9])
            found.append(replace(deed, minutes=after, nonce=f"u-{number}", undoes=deed.nonce))
    return found


def deliveries(chance: random.Random, planned: list[Deed]) -> list[tuple[float, Deed]]:
    """When each reaches the server: at once with a network, else later, some of them twice, all of them in the end."""
    found = [(deed.minutes, deed) for deed in planned if deed.is_online]
    for deed in planned:
        if not deed.is_online:
            found += [(chance.uniform(deed.minutes, 400), deed) for _ in range(chance.randint(0, 2))]
    found.sort(key=lambda each: each[0])
    late = [(500.0, deed) for deed in planned if not deed.is_online]
    chance.shuffle(late)
    return found + late


async def deliver(world: World, minutes: float, deed: Deed) -> None:
    door, desk = world.door, world.desks[deed.desk]
    now = await door.clock(minutes)
    if deed.is_online and deed.undoes:
        await door.client.post("/api/v1/scans/undo", json={"nonce": deed.undoes, "undo_nonce": deed.nonce}, headers=desk.bearer)
    elif deed.is_online:
        await door.scan(nonce=deed.nonce, direction=deed.direction, headers=desk.bearer)
    else:
        await rows_of(door, queued(world, deed), desk=desk, sent_at=now)


def queued(world: World, deed: Deed) -> dict[str, Any]:
    where = {"activities": [world.activities[deed.session]], "session": world.sessions[deed.session]}
    return item(world.door, deed.minutes, deed.nonce, direction=deed.direction, undoes=deed.undoes, **where)


async def outcome(world: World) -> dict[str, Any]:
    """Attendance, hours and points once everything is in and the closing job has been round."""
    door = world.door
    now = await door.clock(600)
    await close_sessions.run(now)
    for row in await sql.rows("SELECT id FROM intent WHERE state = 'pending'"):
        await intents.keep(row["id"], now)
    columns = ("session_id", "in_at", "out_at", "minutes", "is_late", "is_self", "is_by_code", "is_automatic")
    counting = [row for row in await stays(door.people.bob) if row["state"] == "counts"]
    return {
        "stays": [tuple(row[column] for column in columns) for row in counting],
        "hours": await summaries.sums(door.people.bob.id),
        "points": (await balance(door.people.bob.id, now)).available,
        "wrong": (await reconcile.read()).findings,
    }


async def run(world: World, order: list[tuple[float, Deed]]) -> dict[str, Any]:
    """One way in which it may have come; nothing of it stays."""
    found: dict[str, Any] = {}
    try:
        async with sql.savepoint():
            for minutes, deed in order:
                await deliver(world, minutes, deed)
            found = await outcome(world)
            raise TakeBack
    except TakeBack:
        return found


async def world_of(door: Door) -> World:
    reading = await another(door, 10, 2)
    await put(door.people.bob, reading)
    desks = [door.desk, await given.device("desk", "Back door", door.people.community, door.people.now)]
    return World(
        door,
        desks,
        [str(each.activity_id) for each in (door.session, reading)],
        [str(each.id) for each in (door.session, reading)],
    )


async def compare(world: World, seed: int) -> None:
    chance = random.Random(seed)
    flags = chance.choice([(True, False), (True, False), (False, False), (True, True)])
    await sql.rows("UPDATE activity SET allows_reentry = $1, allows_many = $2", *flags)
    planned = deeds(chance)
    first = await run(world, deliveries(chance, planned))
    assert first["wrong"] == [], f"seed {seed}: {planned}"
    assert first["points"] == sum(points_of(stay) for stay in first["stays"]), f"seed {seed}: {planned}"
    for _ in range(2):
        assert await run(world, deliveries(chance, planned)) == first, f"seed {seed}: {planned}"


def points_of(stay: tuple[Any, ...]) -> int:
    """Units of a class A stay: a point and two thirds of an hour, whole quarters of an hour."""
    return stay[3] // 15 * 25 if stay[6] else 0


@pytest.mark.scenario("checkin-78", "checkin-81", "checkin-107", "checkin-61")
async def test_whatever_the_order_of_arrival_the_outcome_is_the_same(door: Door) -> None:
    world = await world_of(door)
    for seed in range(SOME):
        await compare(world, seed)


@pytest.mark.long
async def test_whatever_the_order_of_arrival_the_outcome_is_the_same_many_times(door: Door) -> None:
    world = await world_of(door)
    for seed in range(1000, 1000 + MANY):
        await compare(world, seed)
