"""What tests start from: a small tree of communities and people with names."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx

from schedules import sql
from timebank.people.callers import Caller, Grant, token_hash
from timebank.web.access import DEVICE_COOKIE, MEMBER_COOKIE

ZONE = "Asia/Shanghai"


@dataclass
class Person:
    """A member with a token of a sign-in that holds for years."""

    id: UUID
    name: str
    phone: str
    household_id: UUID
    community_id: UUID
    token: str
    grants: tuple[Grant, ...] = ()

    @property
    def caller(self) -> Caller:
        return Caller(
            member_id=self.id,
            household_id=self.household_id,
            community_id=self.community_id,
            name=self.name,
            language="en",
            grants=self.grants,
        )

    @property
    def bearer(self) -> dict[str, str]:
        """Headers of a program that acts for this person."""
        return {"authorization": f"Bearer {self.token}"}

    def sign_in(self, client: httpx.AsyncClient) -> None:
        """The client's browser is now this person's."""
        client.cookies.set(MEMBER_COOKIE, self.token)


@dataclass
class People:
    """Sub-district > community > grid > building, and who lives and works there."""

    sub_district: UUID
    community: UUID
    grid: UUID
    building: UUID
    elsewhere: UUID
    """A second community beside the first."""
    alice: Person = field(init=False)
    bob: Person = field(init=False)
    carol: Person = field(init=False)
    dan: Person = field(init=False)
    erin: Person = field(init=False)
    """Coordinator of the sub-district."""
    now: datetime = field(init=False)


async def node(kind: str, name: str, name_en: str, above: list[UUID]) -> UUID:
    made = uuid4()
    await sql.rows(
        "INSERT INTO community (id, parent_id, kind, name, name_en, time_zone, ancestor_ids) VALUES ($1, $2, $3, "
        "$4, $5, $6, $7)",
        made,
        above[-1] if above else None,
        kind,
        name,
        name_en,
        ZONE,
        [*above, made],
    )
    return made


async def member(
    name: str, phone: str, home: UUID, now: datetime, role: str | None = None, at: UUID | None = None, language: str = "en"
) -> Person:
    """A member in a household of their own, signed in for ten years, with a points account; with a role where one is named."""
    household, made, token = uuid4(), uuid4(), "m" + secrets.token_urlsafe(24)
    await sql.rows("INSERT INTO household (id, community_id) VALUES ($1, $2)", household, home)
    await sql.rows(
        "INSERT INTO member (id, community_id, household_id, name, phone, language, joined_at) VALUES ($1, $2, $3, "
        "$4, $5, $6, $7)",
        made,
        home,
        household,
        name,
        phone,
        language,
        now,
    )
    await sql.rows(
        "WITH a AS (INSERT INTO account (kind, owner_id, opened_at) VALUES ('member', $1, $2) RETURNING id) INSERT "
        "INTO wallet (account_id) SELECT id FROM a",
        made,
        now,
    )
    await sql.rows(
        "INSERT INTO sign_in (token_hash, member_id, made_at, expires_at) VALUES ($1, $2, $3, $4)",
        token_hash(token),
        made,
        now,
        now + timedelta(days=3650),
    )
    grants: tuple[Grant, ...] = ()
    if role and at:
        await grant(made, role, at, now)
        grants = (Grant(role, at),)
    return Person(made, name, phone, household, home, token, grants)


async def grant(member_id: UUID, role: str, at: UUID, now: datetime) -> None:
    await sql.rows(
        "INSERT INTO role_grant (id, member_id, community_id, role, granted_at) VALUES ($1, $2, $3, $4, $5)",
        uuid4(),
        member_id,
        at,
        role,
        now,
    )


@dataclass
class Device:
    id: UUID
    kind: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def pair(self, client: httpx.AsyncClient) -> None:
        """The client's browser is now this device."""
        client.cookies.set(DEVICE_COOKIE, self.token)


async def device(kind: str, name: str, at: UUID, now: datetime, place_id: UUID | None = None) -> Device:
    """A paired desk or kiosk."""
    made, token = uuid4(), "d" + secrets.token_urlsafe(24)
    await sql.rows(
        "INSERT INTO device (id, kind, name, community_id, place_id, token_hash, made_at, paired_at) VALUES ($1, "
        "$2, $3, $4, $5, $6, $7, $7)",
        made,
        kind,
        name,
        at,
        place_id,
        token_hash(token),
        now,
    )
    return Device(made, kind, token)


async def people(now: datetime) -> People:
    """The tree and its people; joined a month before `now`."""
    joined = now - timedelta(days=30)
    top = await node("sub_district", "和平街道", "Heping", [])
    first = await node("community", "春晖社区", "Chunhui", [top])
    grid = await node("grid", "第一网格", "Grid 1", [top, first])
    building = await node("building", "3号楼", "Building 3", [top, first, grid])
    second = await node("community", "柳岸社区", "Liu'an", [top])
    found = People(top, first, grid, building, second)
    found.now = now
    found.alice = await member("Alice", "19900000001", building, joined, "organiser", first)
    found.bob = await member("Bob", "19900000002", building, joined)
    found.carol = await member("Carol", "19900000003", building, joined)
    found.dan = await member("Dan", "19900000004", building, joined, "organiser", first)
    found.erin = await member("Erin", "19900000005", first, joined, "coordinator", top)
    await sql.rows(
        "INSERT INTO policy (id, community_id, valid_from, rules, made_at) VALUES ($1, $2, '2020-01-01', '{}', $3)",
        uuid4(),
        top,
        joined,
    )
    return found
