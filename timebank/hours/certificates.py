"""What was issued about somebody's hours: versions of records as they stood that day (Order 67 art. 14 to 17). Never changed.

A number is the year and 55 bits that nobody guesses; the last sign checks the rest, so that a slip is told from a try.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.codes import TYPED_ALPHABET
from schedules.errors import NotFound, Refusal
from timebank.hours.summaries import IN_FORCE, LATER

State = Literal["valid", "replaced", "revoked"]
SIGNS = 12
WHOLE = 4 + SIGNS
"""Signs of a number: the year and the rest."""
PARTS = re.compile(rf"([0-9]{{4}})([{TYPED_ALPHABET}]{{{SIGNS}}})")


class NothingServed(Refusal):
    """There is no record in this time. Facts: field."""


class CertificateOver(Refusal):
    """It was revoked, or another has taken its place. Facts: state."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """As it was issued, and how it stands. `minutes_a`, `minutes_b` and `minutes_c` are whole minutes by
    class on the day of issue.

    `state`: "replaced" where another took its place, or a record on it was corrected since (`is_corrected`).
    """

    id: UUID
    number: str
    member_id: UUID
    name: str
    volunteer_number: int
    community_id: UUID
    unit: str
    unit_en: str
    time_zone: str
    is_certificate: bool
    first_on: date
    last_on: date
    issued_by: UUID
    issued_name: str
    issued_at: datetime
    replaces: str | None
    replaced_by: str | None
    is_corrected: bool
    revoked_at: datetime | None
    reason: str
    minutes_a: int
    minutes_b: int
    minutes_c: int
    identity_kind: str = ""
    """Of a document that the person gave for this sheet; empty where there is none, or it was forgotten since."""
    identity: str = ""
    """What is printed of its number: masked."""

    @property
    def minutes(self) -> int:
        return self.minutes_a + self.minutes_b + self.minutes_c

    @property
    def state(self) -> State:
        """Revoked before replaced: who looks has to know that it was taken back."""
        if self.revoked_at:
            return "revoked"
        return "replaced" if self.replaced_by or self.is_corrected else "valid"


class Line(msgspec.Struct, frozen=True):
    """One record in the seven fields of the national rules, as it stood when the certificate was issued.

    `activity_name_en` is what the activity was called in English when the hours were entered; empty where it had no such name.
    """

    record_id: UUID
    activity_name: str
    activity_name_en: str
    served_on: date
    place: str
    service_content: str
    service_minutes: int
    organising_unit: str
    person_in_charge: str
    hour_class: str
    is_corrected: bool


FOUND = f"""
SELECT k.id, k.number, k.member_id, m.name, m.number AS volunteer_number, k.community_id, k.unit, k.unit_en, c.time_zone,
       k.is_certificate, k.first_on, k.last_on, k.issued_by, i.name AS issued_name, k.issued_at, b.number AS replaces,
       f.number AS replaced_by, sums.is_corrected, v.revoked_at, coalesce(v.reason, '') AS reason,
       sums.minutes_a, sums.minutes_b, sums.minutes_c, coalesce(d.kind, '') AS identity_kind, coalesce(d.shown, '') AS identity
  FROM certificate k JOIN member m ON m.id = k.member_id JOIN member i ON i.id = k.issued_by
  JOIN community c ON c.id = k.community_id LEFT JOIN certificate b ON b.id = k.replaces
  LEFT JOIN certificate f ON f.replaces = k.id LEFT JOIN certificate_revocation v ON v.certificate_id = k.id
  LEFT JOIN certificate_identity d ON d.certificate_id = k.id
 CROSS JOIN LATERAL (
       SELECT coalesce(bool_or({LATER}), false) AS is_corrected,
              coalesce(sum(r.service_minutes) FILTER (WHERE r.class = 'A'), 0)::int AS minutes_a,
              coalesce(sum(r.service_minutes) FILTER (WHERE r.class = 'B'), 0)::int AS minutes_b,
              coalesce(sum(r.service_minutes) FILTER (WHERE r.class = 'C'), 0)::int AS minutes_c
         FROM certificate_line n JOIN service_record r ON r.id = n.record_id WHERE n.certificate_id = k.id) sums
"""


def new_number(year: int) -> str:
    """A number that nobody has seen: `2026-7KXA-M9FD-2TRC`."""
    signs = "".join(secrets.choice(TYPED_ALPHABET) for _ in range(SIGNS - 1))
    return _grouped(f"{year:04}", signs + _check(f"{year:04}", signs))


def _check(year: str, signs: str) -> str:
    """The places weigh 1, 2, 3 ... modulo a prime: one slip and one swap of neighbours change it."""
    values = [int(digit) for digit in year] + [TYPED_ALPHABET.index(sign) for sign in signs]
    return TYPED_ALPHABET[sum(weight * value for weight, value in enumerate(values, 1)) % len(TYPED_ALPHABET)]


def _grouped(year: str, signs: str) -> str:
    return "-".join([year, *(signs[place : place + 4] for place in range(0, SIGNS, 4))])


def read_number(text: str) -> str | None:
    """The number as it is kept, however it was typed; None for what is none of ours: a slip, or something else."""
    found = PARTS.fullmatch(_plain(text))
    if found is None or _check(found[1], found[2][:-1]) != found[2][-1]:
        return None
    return _grouped(found[1], found[2])


def signs_typed(text: str) -> int:
    """How many signs of a number somebody has typed; what stands between them does not count. A whole number has WHOLE."""
    return len(_plain(text))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text[:100]).upper())


async def one(certificate_id: UUID) -> Certificate:
    """Raises NotFound."""
    return await _found("k.id = $1", certificate_id)


async def by_number(number: str) -> Certificate:
    """Raises NotFound."""
    return await _found("k.number = $1", number)


async def _found(where: str, value: object) -> Certificate:
    row = await sql.row(f"{FOUND} WHERE {where}", value)
    if row is None:
        raise NotFound(what="certificate")
    return Certificate(**dict(row))


async def of_member(member_id: UUID) -> list[Certificate]:
    """The last first."""
    found = await sql.rows(f"{FOUND} WHERE k.member_id = $1 ORDER BY k.issued_at DESC, k.id LIMIT 100", member_id)
    return [Certificate(**dict(row)) for row in found]


LINES = f"""
SELECT r.id AS record_id, r.activity_name, r.activity_name_en, r.served_on, r.place,
       r.service_content, r.service_minutes, r.organising_unit, r.person_in_charge, r.class AS hour_class,
       {LATER} AS is_corrected
  FROM certificate_line n JOIN service_record r ON r.id = n.record_id
 WHERE n.certificate_id = $1 ORDER BY r.served_on, r.id
"""


async def lines(certificate_id: UUID) -> list[Line]:
    """Its records as they stood then, the oldest service first."""
    return [Line(**dict(row)) for row in await sql.rows(LINES, certificate_id)]


async def span(member_id: UUID) -> tuple[date, date] | None:
    """The first and the last day of service in force; None without any."""
    row = await sql.one(f"SELECT min(served_on) AS first, max(served_on) AS last FROM ({IN_FORCE}) r", member_id)
    return (row["first"], row["last"]) if row["first"] else None


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """What is issued, before it has its number and its lines."""

    member_id: UUID
    community_id: UUID
    unit: str
    unit_en: str
    is_certificate: bool
    first_on: date
    last_on: date
    issued_by: UUID
    replaces: UUID | None


async def issue(wanted: Issue, year: int, now: datetime) -> UUID:
    """With the records in force of its days. Raises NothingServed; CertificateOver where another came first."""
    made = uuid4()
    # One follows one: of two who replace a certificate at once, one does.
    if not await sql.rows(
        "INSERT INTO certificate (id, number, member_id, community_id, unit, unit_en, is_certificate, first_on, last_on, "
        "issued_by, issued_at, replaces) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
        "ON CONFLICT (replaces) DO NOTHING RETURNING 1",
        made,
        new_number(year),
        wanted.member_id,
        wanted.community_id,
        wanted.unit,
        wanted.unit_en,
        wanted.is_certificate,
        wanted.first_on,
        wanted.last_on,
        wanted.issued_by,
        now,
        wanted.replaces,
    ):
        raise CertificateOver(state="replaced")
    written = await sql.rows(
        "INSERT INTO certificate_line (certificate_id, record_id) "
        f"SELECT $2, r.id FROM ({IN_FORCE}) r WHERE r.served_on BETWEEN $3 AND $4 AND r.service_minutes > 0 RETURNING 1",
        wanted.member_id,
        made,
        wanted.first_on,
        wanted.last_on,
    )
    if not written:
        raise NothingServed(field="since")
    return made


async def revoke(certificate_id: UUID, reason: str, by_id: UUID, now: datetime) -> bool:
    """Whether it stood until now. Safe to repeat."""
    return bool(
        await sql.rows(
            "INSERT INTO certificate_revocation (certificate_id, reason, revoked_by, revoked_at) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT DO NOTHING RETURNING 1",
            certificate_id,
            reason,
            by_id,
            now,
        )
    )
