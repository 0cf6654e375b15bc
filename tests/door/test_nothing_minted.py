"""No sequence of scans, uploads and undos, by whomever, leaves more points than the stays that count earn: the rest is owed."""

from __future__ import annotations

import random
from typing import Any

import pytest

from schedules import sql
from tests.door.doors import Door, put, stays
from tests.door.test_uploads import item, rows_of
from tests.given import Device, Person
from timebank.actions.uploads.undo import annul
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.jobs import close_sessions
from timebank.outbox import intents
from timebank.people import passes
from timebank.people.passes import Pass
from timebank.points import reconcile
from timebank.points.wallets import Balance, balance

SOME, MANY = 5, 150


class TakeBack(Exception):
    """Ends a run: nothing of it stays."""


def phone(person: Person) -> Device:
    """Somebody who scans with their own phone, as a scanner."""
    return Device(person.id, "member", person.token)


async def keep_promises(door: Door, minutes: float) -> None:
    now = await door.clock(minutes)
    for row in await sql.rows("SELECT id FROM intent WHERE state = 'pending'"):
        await intents.keep(row["id"], now)


async def spend(door: Door, person: Person, minutes: float) -> int:
    """All that there is goes to Carol; units."""
    now = await door.clock(minutes)
    units = (await balance(person.id, now)).available
    if units > 0:
        await sql.rows(
            "SELECT ledger.move(gen_random_uuid()::text, 'gift', a.id, b.id, $3, $1, NULL, $4) "
            "FROM account a CROSS JOIN account b WHERE a.owner_id = $1 AND b.owner_id = $2",
            person.id,
            door.people.carol.id,
            units,
            now,
        )
    return units


def points_of(stay: Any) -> int:
    """Units of a class A stay: a point an hour, whole quarters of an hour."""
    return stay["minutes"] // 15 * 25 if stay["is_by_code"] and stay["state"] == "counts" else 0


async def held(person: Person, door: Door) -> Balance:
    return await balance(person.id, await door.clock(800))


async def check(door: Door, person: Person, spent: int, told: str) -> None:
    """What is left and was spent, less what is owed, is what the stays that count come to."""
    found = await held(person, door)
    earned = sum(points_of(stay) for stay in await stays(person))
    assert found.available + spent - found.owed == earned, f"{told}: {person.name} {found} spent {spent} earned {earned}"


async def cards(door: Door) -> dict[str, tuple[Person, Pass]]:
    """Bob's, and that of Alice, who scans with her own phone and is signed up."""
    await put(door.people.alice, door.session)
    alices = await passes.issue(door.people.alice.id, door.people.now)
    return {"bob": (door.people.bob, door.bobs), "alice": (door.people.alice, alices)}


async def wants_no_debts(door: Door) -> None:
    rules = Rules(spent_credit="refuse")
    await policies.publish(door.people.community, door.start.date(), rules, door.people.erin.id, door.people.now)


@pytest.mark.scenario("checkin-63", "checkin-61")
@pytest.mark.parametrize("takes_debts", [True, False])
async def test_who_spends_undoes_and_scans_again_owes_what_was_spent(door: Door, takes_debts: bool) -> None:
    if not takes_debts:
        await wants_no_debts(door)
    spent = 0
    for round_ in range(3):
        first = round_ * 20
        await door.clock(115)
        out = first + 15
        await rows_of(door, item(door, first, f"i-{round_}"), item(door, out, f"o-{round_}", direction="out"))
        await keep_promises(door, 116)
        spent += await spend(door, door.people.bob, 117)
        scanned = [(first, f"i-{round_}"), (out, f"o-{round_}")]
        undone = [item(door, minute + 1, f"u-{nonce}", undoes=nonce) for minute, nonce in scanned]
        assert [row["code"] for row in await rows_of(door, *undone)] == ["annulled"] * 2
    assert spent == 25, "the second and the third credit repaid what was owed"
    found = await held(door.people.bob, door)
    assert (found.available, found.owed) == (0, 25)
    await check(door, door.people.bob, spent, "in the end")
    assert {row["kind"] for row in await sql.rows("SELECT kind FROM door_conflict")} == {"points_owed"}
    assert (await reconcile.read()).findings == []


async def test_nobody_keeps_the_points_of_stays_that_they_undid_at_their_own_phone(door: Door) -> None:
    """Class A by another desk, then undone and shortened by scans of one's own: nothing stays for want of a second person."""
    alice, card = (await cards(door))["alice"]
    own = phone(alice)
    await door.clock(115)
    await rows_of(door, item(door, 0, "i", code=card.text), item(door, 99, "o", code=card.text, direction="out"))
    await keep_promises(door, 116)
    assert (await held(alice, door)).available == 150
    await door.clock(118)
    await rows_of(door, item(door, 8, "own-o", code=card.text, direction="out"), desk=own)
    await keep_promises(door, 119)
    await check(door, alice, 0, "shortened")
    assert (await reconcile.read()).findings == []


@pytest.mark.scenario("checkin-63")
async def test_an_annulled_stay_that_kept_its_points_is_found(door: Door) -> None:
    await door.let_in()
    await door.let_out(90)
    await keep_promises(door, 95)
    assert (await reconcile.read()).findings == []
    await sql.rows("UPDATE attendance SET state = 'annulled'")
    (found,) = (await reconcile.read()).findings
    assert (found.view, found.shown[0][1]) == ("annulled_stay_brings_nothing", "annulled, and 150 units stay")


async def test_points_that_could_not_be_taken_stand_on_the_list_and_are_no_alarm(door: Door) -> None:
    """A dead promise of the stay has to be seen to first."""
    await door.clock(0)
    await door.scan(nonce="n-1")
    await door.clock(90)
    await door.scan(nonce="n-2", direction="out")
    await sql.rows("UPDATE intent SET state = 'dead', reason = 'not possible'")
    await door.clock(91)
    await rows_of(door, item(door, 60, "n-3", direction="out"))
    assert await sql.value("SELECT array_agg(kind) FROM door_conflict") == ["points_not_taken"]
    assert [found.view for found in (await reconcile.read()).findings] == []


class World:
    """One morning of anything that anybody can do with scans, and of spending in between."""

    def __init__(self, door: Door, seed: int, people: dict[str, tuple[Person, Pass]], scanners: list[Device]) -> None:
        self.door, self.chance = door, random.Random(seed)
        self.people, self.scanners = people, scanners
        self.nonces: list[tuple[Device, str, float]] = []
        self.spent = dict.fromkeys(people, 0)

    async def go(self) -> None:
        for number, minute in enumerate(sorted(self.chance.sample(range(115), self.chance.randint(6, 14)))):
            deed = self.chance.choice([self.scan, self.scan, self.upload, self.upload, self.undo, self.spend, self.annul])
            await deed(minute, number)

    async def scan(self, minute: float, number: int) -> None:
        await self.door.clock(minute)
        desk, (_, card) = self.chance.choice(self.scanners), self.chance.choice(list(self.people.values()))
        direction = self.chance.choice(["in", "out"])
        await self.door.scan(card, nonce=f"n-{number}", direction=direction, headers=desk.bearer)
        self.nonces.append((desk, f"n-{number}", minute))

    async def upload(self, minute: float, number: int) -> None:
        """In and out at times chosen at will."""
        now = await self.door.clock(minute)
        desk, (_, card) = self.chance.choice(self.scanners), self.chance.choice(list(self.people.values()))
        begun = self.chance.uniform(-20, minute)
        ways = [("in", begun), ("out", self.chance.uniform(begun, minute))]
        for direction, at in ways if self.chance.random() < 0.7 else self.chance.sample(ways, 1):
            one = item(self.door, at, f"{direction}-{number}", code=card.text, direction=direction)
            await rows_of(self.door, one, desk=desk, sent_at=now)
            self.nonces.append((desk, f"{direction}-{number}", at))

    async def undo(self, minute: float, number: int) -> None:
        now = await self.door.clock(minute)
        for desk, nonce, at in self.chance.sample(self.nonces, min(2, len(self.nonces))):
            taken = item(self.door, at + 1, f"u-{number}-{nonce}", undoes=nonce)
            await rows_of(self.door, taken, desk=desk, sent_at=now)

    async def annul(self, minute: float, number: int) -> None:
        now = await self.door.clock(minute)
        scan_id = await sql.value(
            "SELECT id FROM scan WHERE reason = 'ok' AND signup_id IS NOT NULL ORDER BY md5(id::text) LIMIT 1"
        )
        if scan_id:
            await annul(self.door.people.dan.caller, scan_id, "It was somebody else", now)

    async def spend(self, minute: float, number: int) -> None:
        await keep_promises(self.door, minute)
        name = self.chance.choice(list(self.people))
        self.spent[name] += await spend(self.door, self.people[name][0], minute)

    async def end(self) -> None:
        await close_sessions.run(await self.door.clock(600))
        await keep_promises(self.door, 601)


async def play(door: Door, seed: int, people: dict[str, tuple[Person, Pass]], scanners: list[Device]) -> None:
    world = World(door, seed, people, scanners)
    try:
        async with sql.savepoint():
            if seed % 2:
                await wants_no_debts(door)
            allows = world.chance.choice([(True, False), (False, False), (True, True)])
            await sql.rows("UPDATE activity SET allows_reentry = $1, allows_many = $2", *allows)
            await world.go()
            await world.end()
            for name, (person, _) in people.items():
                await check(door, person, world.spent[name], f"seed {seed}")
            assert (await reconcile.read()).findings == [], f"seed {seed}"
            raise TakeBack
    except TakeBack:
        pass


@pytest.mark.scenario("checkin-63", "checkin-78")
async def test_whatever_anybody_does_with_scans_mints_nothing(door: Door) -> None:
    people, scanners = await cards(door), [door.desk, phone(door.people.alice)]
    for seed in range(SOME):
        await play(door, seed, people, scanners)


@pytest.mark.long
async def test_whatever_anybody_does_with_scans_mints_nothing_many_times(door: Door) -> None:
    people, scanners = await cards(door), [door.desk, phone(door.people.alice)]
    for seed in range(1000, 1000 + MANY):
        await play(door, seed, people, scanners)
