"""Desks and kiosks: registered by a coordinator, paired once with a short code, revoked at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound, Refusal
from schedules.legible import is_legible
from timebank.people import limits, seals
from timebank.people.callers import token_hash

Kind = Literal["desk", "kiosk"]
DIGITS = 8
LASTS = timedelta(minutes=15)
TRIES_OF_ADDRESS, TRIES_OF_ALL, WINDOW = 10, 1000, timedelta(minutes=15)
"""Wrong codes: of one address, and of all, which no stranger alone shall be able to use up."""


class DeviceNameNeeded(Malformed):
    """Facts: field, reason."""


class PlaceNeeded(Malformed):
    """A kiosk stands at a place with stock. Facts: field, reason."""


class WrongPairingCode(Refusal):
    """No device waits for this code, or no longer. Facts: none."""


class DeviceRevoked(Refusal):
    """The device was withdrawn; it cannot be paired again. Facts: none."""


class Device(msgspec.Struct, frozen=True):
    """`place` is where a kiosk's stock lies. `name_en` is empty where there is one name for both languages."""

    id: UUID
    kind: Kind
    name: str
    name_en: str
    community_id: UUID
    community: str
    community_en: str
    place_id: UUID | None
    place: str
    place_en: str
    made_at: datetime
    paired_at: datetime | None
    revoked_at: datetime | None


class PairingCode(msgspec.Struct, frozen=True):
    """Eight digits, shown once, good once until `expires_at`."""

    code: str
    expires_at: datetime


class Paired(msgspec.Struct, frozen=True):
    """`token` is shown this once; the device keeps it as a cookie or sends it as a bearer token."""

    token: str
    device_id: UUID
    kind: Kind
    name: str
    name_en: str = ""


class Called(msgspec.Struct, frozen=True):
    """What a device is called in both languages; `name_en` is empty where there is one name."""

    name: str
    name_en: str = ""


COLUMNS = """d.id, d.kind, d.name, d.name_en, d.community_id, c.name AS community, c.name_en AS community_en, d.place_id,
 coalesce(p.name, '') AS place, coalesce(p.name_en, '') AS place_en, d.made_at, d.paired_at, d.revoked_at"""
TABLES = "device d JOIN community c ON c.id = d.community_id LEFT JOIN place p ON p.id = d.place_id"


async def register(
    kind: Kind, name: str, community_id: UUID, place_id: UUID | None, made_by: UUID, now: datetime, name_en: str = ""
) -> UUID:
    """A new device, to be paired. A kiosk names its place, a desk has none. Raises DeviceNameNeeded, PlaceNeeded."""
    _check_names(name, name_en)
    if (kind == "kiosk") != (place_id is not None):
        raise PlaceNeeded(field="place_id", reason="a kiosk stands at a place, a desk does not")
    made = uuid4()
    await sql.rows(
        "INSERT INTO device (id, kind, name, community_id, place_id, made_by, made_at, name_en) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        made,
        kind,
        name.strip(),
        community_id,
        place_id,
        made_by,
        now,
        name_en.strip(),
    )
    return made


async def rename(device_id: UUID, name: str, name_en: str, now: datetime) -> Called | None:
    """What it is called from now on; the screen itself shows it at its next page.

    Tells the names before, None where they are the same; what it did is told under the name of that time.
    Raises NotFound, DeviceNameNeeded. Locks the device.
    """
    _check_names(name, name_en)
    names = Called(name.strip(), name_en.strip())
    row = await sql.row("SELECT name, name_en FROM device WHERE id = $1 FOR NO KEY UPDATE", device_id)
    if row is None:
        raise NotFound(what="device")
    before = Called(*row)
    if names == before:
        return None
    await sql.rows(
        "INSERT INTO device_name (device_id, until_at, name, name_en) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        device_id,
        now,
        before.name,
        before.name_en,
    )
    await sql.rows("UPDATE device SET name = $2, name_en = $3 WHERE id = $1", device_id, names.name, names.name_en)
    return before


def _check_names(name: str, name_en: str) -> None:
    """They are told at doors and kiosks. The English one may be missing."""
    if not is_legible(name.strip()):
        raise DeviceNameNeeded(field="name", reason="nothing to read, or with hidden characters")
    if name_en.strip() and not is_legible(name_en.strip()):
        raise DeviceNameNeeded(field="name_en", reason="hidden characters")


async def check_place(place_id: UUID, community_id: UUID) -> None:
    """Raises NotFound unless the place lies at this node or above it."""
    if not await sql.rows(
        "SELECT 1 FROM place p JOIN community c ON c.id = $2 WHERE p.id = $1 AND p.community_id = ANY(c.ancestor_ids)",
        place_id,
        community_id,
    ):
        raise NotFound(what="place")


async def one(device_id: UUID) -> Device:
    """Raises NotFound."""
    found = await sql.row(f"SELECT {COLUMNS} FROM {TABLES} WHERE d.id = $1", device_id)
    if found is None:
        raise NotFound(what="device")
    return Device(**dict(found))


async def called_then(seen: Iterable[tuple[UUID, datetime]]) -> dict[tuple[UUID, datetime], Called]:
    """The names that those of these which are devices had at that instant. One statement."""
    asked = list(set(seen))
    found = await sql.rows(
        "SELECT q.id, q.at, c.name, c.name_en "
        "FROM unnest($1::uuid[], $2::timestamptz[]) q (id, at), device_called(q.id, q.at) c",
        [device_id for device_id, _ in asked],
        [at for _, at in asked],
    )
    return {(row["id"], row["at"]): Called(row["name"], row["name_en"]) for row in found}


async def at_or_below(node_ids: Sequence[UUID]) -> list[Device]:
    """The devices of these nodes and below; those in use first."""
    found = await sql.rows(
        f"SELECT {COLUMNS} FROM {TABLES} WHERE c.ancestor_ids && $1::uuid[] ORDER BY d.revoked_at IS NOT NULL, d.kind, d.name",
        list(node_ids),
    )
    return [Device(**dict(row)) for row in found]


async def new_code(device_id: UUID, now: datetime) -> PairingCode:
    """A one-time pairing code; earlier ones of this device are void. Raises NotFound, DeviceRevoked. Locks the device's row."""
    found = await sql.row("SELECT revoked_at FROM device WHERE id = $1 FOR UPDATE", device_id)
    if found is None:
        raise NotFound(what="device")
    if found["revoked_at"] is not None:
        raise DeviceRevoked()
    made = PairingCode(seals.digits(DIGITS), now + LASTS)
    await sql.rows("DELETE FROM pairing WHERE device_id = $1", device_id)
    await sql.rows(
        "INSERT INTO pairing (code_hash, device_id, expires_at) VALUES ($1, $2, $3)",
        seals.seal("pairing codes", made.code),
        device_id,
        made.expires_at,
    )
    return made


def plain(code: str) -> str:
    """The digits, however they were typed or grouped."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code))


async def spend_try(address: str, now: datetime) -> None:
    """One guess at a pairing code. Raises TooManyTries, by address and over all. Outside every transaction."""
    await limits.spend(f"pair:{address}", TRIES_OF_ADDRESS, WINDOW, now)
    await limits.spend("pair:all", TRIES_OF_ALL, WINDOW, now)


async def give_back_try(address: str, now: datetime) -> None:
    """The code was right, so it was no guess. Outside every transaction."""
    await limits.give_back(f"pair:{address}", WINDOW, now)
    await limits.give_back("pair:all", WINDOW, now)


async def pair(code: str, now: datetime) -> Paired:
    """Makes this screen the device that waits for the code; one that was paired before loses its hold. Raises WrongPairingCode.

    Uses the code up; locks the device, then the code, so of two screens one is paired.
    """
    sealed = seals.seal("pairing codes", plain(code))
    # The device first, as new_code and revoke do: a code used while it is withdrawn cannot deadlock with that.
    await sql.rows("SELECT FROM device WHERE id = (SELECT device_id FROM pairing WHERE code_hash = $1) FOR UPDATE", sealed)
    used = await sql.row(
        "UPDATE pairing SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING device_id",
        sealed,
        now,
    )
    token = seals.token("d")
    found = used and await sql.row(
        "UPDATE device SET token_hash = $2, paired_at = $3 WHERE id = $1 AND revoked_at IS NULL "
        "RETURNING id, kind, name, name_en",
        used["device_id"],
        token_hash(token),
        now,
    )
    if not found:
        raise WrongPairingCode()
    return Paired(token, found["id"], found["kind"], found["name"], found["name_en"])


async def revoke(device_id: UUID, now: datetime) -> None:
    """From this instant the device is nobody; its code, if one is out, is void. Raises NotFound. Safe to repeat."""
    if not await sql.rows("UPDATE device SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING 1", device_id, now):
        raise NotFound(what="device")
    await sql.rows("DELETE FROM pairing WHERE device_id = $1", device_id)


async def is_revoked(token: str) -> bool:
    """Whether this is the token of a device that was withdrawn."""
    found = await sql.row("SELECT 1 FROM device WHERE token_hash = $1 AND revoked_at IS NOT NULL", token_hash(token))
    return found is not None


async def clean(now: datetime) -> int:
    """Pairing codes that have run out go; answers how many."""
    return len(await sql.rows("DELETE FROM pairing WHERE expires_at < $1 RETURNING 1", now))
