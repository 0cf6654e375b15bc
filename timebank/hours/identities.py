"""The number of an identity document on a sheet: given for that sheet alone, masked at once, gone when it is needed no more.

The whole number is never kept: what is asked of a paper is that its holder can be told from others (rules.md 3 and 5).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import sql
from schedules.errors import Malformed

Kind = Literal["resident_id", "passport", "other"]
KEPT = timedelta(days=90)
"""From the issue: by then the sheet is printed and handed in. Printed again later it bears no number."""
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
SHAPES: dict[Kind, str] = {"resident_id": r"[0-9]{17}[0-9X]", "passport": r"[A-Z0-9]{6,20}", "other": r"[A-Z0-9\-/]{6,30}"}


class NotAnIdentity(Malformed):
    """The number does not fit the document, or its last sign does not fit the others. Facts: field, reason."""


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As the person gives it."""

    kind: Kind
    number: Annotated[str, Meta(max_length=40)]


def masked(given: Identity) -> Identity:
    """The same with what is printed in place of the number: its first and last signs. Raises NotAnIdentity.

    The last sign of a resident's number checks the others (GB 11643), so that a slip is told.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", given.number)).upper()
    if not re.fullmatch(SHAPES[given.kind], plain, re.ASCII) or (given.kind == "resident_id" and not _checks(plain)):
        raise NotAnIdentity(field="identity_number", reason="not such a number")
    first, last = (3, 4) if len(plain) >= 12 else (1, 2)
    return Identity(given.kind, plain[:first] + "*" * (len(plain) - first - last) + plain[-last:])


def _checks(plain: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, plain, strict=False))
    return plain[-1] == CHECKS[total % 11]


async def keep(certificate_id: UUID, given: Identity, now: datetime) -> None:
    """What is printed on one sheet: `given` masked, or as it is where it is masked already. Raises NotAnIdentity."""
    shown = given if "***" in given.number else masked(given)
    await sql.rows(
        "INSERT INTO certificate_identity (certificate_id, kind, shown, given_at) VALUES ($1, $2, $3, $4)",
        certificate_id,
        shown.kind,
        shown.number,
        now,
    )


async def forget(certificate_id: UUID) -> None:
    """The sheet holds no more. Safe to repeat."""
    await sql.rows("DELETE FROM certificate_identity WHERE certificate_id = $1", certificate_id)


async def forget_old(now: datetime) -> int:
    """Of sheets that were issued long ago; how many."""
    return len(await sql.rows("DELETE FROM certificate_identity WHERE given_at < $1 RETURNING 1", now - KEPT))
