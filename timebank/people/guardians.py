"""A guardian's consent: without it nothing is kept about a child, and nobody under 18 takes a place (rules.md 7 and 10).

A day of birth that nobody has entered says nothing: such a member counts as of age.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid4

import asyncpg
import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound, Refusal
from schedules.legible import is_legible
from timebank.people import members
from timebank.people.members import GUARDIAN_UNTIL, age

ALONE_FROM = 18
"""Years."""

CONSENT_ENDED = "consent_ended"
GUARDIAN_AWAY = "guardian_away"
"""Why a place was freed, as its history keeps it: pages say it in a sentence."""

Relation = Literal["parent", "grandparent", "other"]
How = Literal["paper", "present"]


class ConsentMissing(Refusal):
    """From 14 to 17 nobody takes a place without a guardian's consent, under 14 nobody begins anything.

    Facts: years, is_own (whether the person themself is told; else somebody who acts for them).
    """


class GuardianNotThere(Refusal):
    """Under 14 one comes to sessions at which the guardian has a place too.

    Facts: years, may_come (whether the guardian is a member, who can have one).
    """


class ConsentHeld(Refusal):
    """There is one already. Facts: field."""


class OfAge(Refusal):
    """The member needs nobody's consent. Facts: field, years."""


class GuardianUnfit(Malformed):
    """The guardian is nobody, the person themself, or not of age. Facts: field, reason."""


class GuardianRecords(Refusal):
    """Whoever of staff is the guardian lets somebody else of staff record it. Facts: field."""


class PaperMissing(Malformed):
    """A consent on paper says where the paper lies. Facts: field, reason."""


class WrongDay(Malformed):
    """A consent was given today or before, and not before the member's birth. Facts: field, reason."""


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the guardian has said to staff: a member by `guardian_number`, or somebody else by name."""

    relation: Relation
    how: How
    given_on: date
    guardian_number: int | None = None
    guardian_name: str = ""
    paper_at: str = ""


class Consent(msgspec.Struct, frozen=True):
    """`guardian` is a name; `guardian_id` none where they are no member. `ended_at`: it was taken back."""

    id: UUID
    member_id: UUID
    member: str
    guardian_id: UUID | None
    guardian: str
    relation: Relation
    how: How
    paper_at: str
    given_on: date
    recorded_by: str
    recorded_at: datetime
    ended_at: datetime | None
    ended_by: str


class Minor(msgspec.Struct, frozen=True):
    """Somebody under 18: how old, and whether a guardian's consent stands."""

    years: int
    has_consent: bool

    @property
    def is_child(self) -> bool:
        """Under 14: nothing is kept without consent."""
        return self.years < GUARDIAN_UNTIL


SELECT = """
SELECT k.id, k.member_id, m.name AS member, k.guardian_id, coalesce(g.name, k.guardian_name) AS guardian, k.relation, k.how,
       k.paper_at, k.given_on, r.name AS recorded_by, k.recorded_at, k.ended_at, coalesce(e.name, '') AS ended_by
  FROM guardian_consent k JOIN member m ON m.id = k.member_id LEFT JOIN member g ON g.id = k.guardian_id
  JOIN member r ON r.id = k.recorded_by LEFT JOIN member e ON e.id = k.ended_by
"""
STANDING = """
SELECT m.born_on, ($2::timestamptz AT TIME ZONE c.time_zone)::date AS today, k.id IS NOT NULL AS has_consent,
       k.guardian_id IS NOT NULL AS may_come,
       EXISTS (SELECT FROM signup u WHERE u.session_id = $3 AND u.person_id = k.guardian_id AND u.state = 'confirmed') AS comes
  FROM member m JOIN community c ON c.id = m.community_id
  LEFT JOIN guardian_consent k ON k.member_id = m.id AND k.ended_at IS NULL
 WHERE m.id = $1
"""


async def minor(member_id: UUID, now: datetime) -> Minor | None:
    """None for who is of age, or whose day of birth nobody knows. One statement."""
    return _minor(await _standing(member_id, None, now))


async def require(member_id: UUID, session_id: UUID, now: datetime, by: UUID | None = None) -> Minor | None:
    """Before somebody takes a place: as `minor`. `by` acts for them and is told; None: the person themself.

    Raises ConsentMissing, and GuardianNotThere under 14. Locks nothing.
    """
    found = await _standing(member_id, session_id, now)
    if (young := _minor(found)) is None or found is None:
        return None
    if not young.has_consent:
        raise _missing(ALONE_FROM, member_id, by)
    if young.is_child and not found["comes"]:
        raise GuardianNotThere(years=GUARDIAN_UNTIL, may_come=found["may_come"])
    return young


PLACES = """
SELECT u.session_id FROM guardian_consent k JOIN signup u ON u.person_id = k.guardian_id AND u.state = 'confirmed'
  JOIN session s ON s.id = u.session_id
 WHERE k.member_id = $1 AND k.ended_at IS NULL AND s.ends_at > $2
"""


async def places(member_id: UUID, now: datetime) -> frozenset[UUID]:
    """Sessions that are not over, at which the guardian who has agreed has a place."""
    return frozenset(row["session_id"] for row in await sql.rows(PLACES, member_id, now))


def _missing(years: int, member_id: UUID, by: UUID | None) -> ConsentMissing:
    return ConsentMissing(years=years, is_own=by in (None, member_id))


async def require_kept(member_id: UUID, now: datetime, by: UUID | None = None) -> None:
    """Before anything new is kept about somebody; `by` as for `require`. One statement, locks nothing.

    Raises ConsentMissing under 14 (PIPL 31).
    """
    young = await minor(member_id, now)
    if young is not None and young.is_child and not young.has_consent:
        raise _missing(GUARDIAN_UNTIL, member_id, by)


STOOD = """
SELECT EXISTS (SELECT FROM guardian_consent k JOIN member m ON m.id = k.member_id JOIN community c ON c.id = m.community_id
 WHERE k.member_id = $1 AND k.given_on <= $2 AND $2 <= (k.ended_at AT TIME ZONE c.time_zone)::date)
"""


async def require_day(member_id: UUID, day: date, now: datetime, by: UUID | None = None) -> None:
    """Before hours of a day are typed in, `by` as for `require`: a consent stands, or from 14 on stood that day.

    Raises ConsentMissing.
    """
    young = await minor(member_id, now)
    if young and not young.has_consent and (young.is_child or not await sql.value(STOOD, member_id, day)):
        raise _missing(ALONE_FROM, member_id, by)


async def _standing(member_id: UUID, session_id: UUID | None, now: datetime) -> asyncpg.Record | None:
    return await sql.row(STANDING, member_id, now, session_id)


def _minor(found: asyncpg.Record | None) -> Minor | None:
    if found is None or not is_minor(found["born_on"], found["today"]):
        return None
    return Minor(age(found["born_on"], found["today"]), found["has_consent"])


def is_minor(born_on: date | None, today: date) -> bool:
    """Under 18; a day of birth that nobody has entered says nothing."""
    return born_on is not None and age(born_on, today) < ALONE_FROM


CHILDREN = """
SELECT m.id, m.born_on, ($2::timestamptz AT TIME ZONE c.time_zone)::date AS today
  FROM guardian_consent k JOIN member m ON m.id = k.member_id JOIN community c ON c.id = m.community_id
 WHERE k.guardian_id = $1 AND k.ended_at IS NULL AND m.born_on IS NOT NULL ORDER BY m.id
"""


async def children(guardian_id: UUID, now: datetime) -> list[UUID]:
    """Those under 14 who come only where this guardian has a place too, by id."""
    found = await sql.rows(CHILDREN, guardian_id, now)
    return [row["id"] for row in found if age(row["born_on"], row["today"]) < GUARDIAN_UNTIL]


async def of_member(member_id: UUID) -> list[Consent]:
    """The one that stands first, then those that were taken back."""
    found = await sql.rows(f"{SELECT} WHERE k.member_id = $1 ORDER BY k.ended_at IS NOT NULL, k.recorded_at DESC", member_id)
    return [Consent(**dict(row)) for row in found]


async def by_guardian(guardian_id: UUID, now: datetime) -> list[Consent]:
    """Those that the guardian has given and not taken back, for who is still under 18."""
    found = await sql.rows(
        f"{SELECT} WHERE k.guardian_id = $1 AND k.ended_at IS NULL AND m.state <> 'left' ORDER BY m.number", guardian_id
    )
    return [Consent(**dict(row)) for row in found if await minor(row["member_id"], now)]


async def one(consent_id: UUID) -> Consent:
    """Raises NotFound."""
    found = await sql.row(f"{SELECT} WHERE k.id = $1", consent_id)
    if found is None:
        raise NotFound(what="consent")
    return Consent(**dict(found))


async def record(member_id: UUID, born_on: date, given: Given, by: UUID, today: date, now: datetime) -> UUID:
    """Raises GuardianUnfit, GuardianRecords, PaperMissing, WrongDay, ConsentHeld."""
    guardian_id = await _guardian(member_id, given, today)
    if guardian_id == by:
        raise GuardianRecords(field="guardian_number")
    if given.how == "paper" and not is_legible(given.paper_at.strip()):
        raise PaperMissing(field="paper_at", reason="empty")
    if not born_on <= given.given_on <= today:
        raise WrongDay(field="given_on", reason="after today, or before the birth")
    made = uuid4()
    # Two of staff at once: the key of what stands lets one through.
    if not await sql.rows(
        "INSERT INTO guardian_consent (id, member_id, guardian_id, guardian_name, relation, how, paper_at, given_on, "
        "recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING 1",
        made,
        member_id,
        guardian_id,
        "" if guardian_id else given.guardian_name.strip(),
        given.relation,
        given.how,
        given.paper_at.strip() if given.how == "paper" else "",
        given.given_on,
        by,
        now,
    ):
        raise ConsentHeld(field="guardian_name")
    return made


async def _guardian(member_id: UUID, given: Given, today: date) -> UUID | None:
    if given.guardian_number is None:
        if not is_legible(name := given.guardian_name.strip()):
            raise GuardianUnfit(field="guardian_name", reason="nobody is named")
        if name == await sql.value("SELECT name FROM member WHERE id = $1", member_id):
            raise GuardianUnfit(field="guardian_name", reason="this is the member")
        return None
    found = await members.by_number(given.guardian_number)
    if found is None or found == member_id:
        raise GuardianUnfit(field="guardian_number", reason="nobody else here has this number")
    if is_minor(await sql.value("SELECT born_on FROM member WHERE id = $1", found), today):
        raise GuardianUnfit(field="guardian_number", reason="not of age")
    return found


async def end(consent_id: UUID, by: UUID, now: datetime) -> bool:
    """Taken back. Once; a repeat answers False."""
    return bool(
        await sql.rows(
            "UPDATE guardian_consent SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL RETURNING 1",
            consent_id,
            now,
            by,
        )
    )
