"""Members: people with a place in a household, with or without a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound, Refusal
from timebank.people import skills

State = Literal["active", "suspended", "left"]
Language = Literal["zh", "en"]
Sex = Literal["female", "male"]

GUARDIAN_UNTIL = 14


class PhoneTaken(Refusal):
    """Another member has this number. Facts: field."""


class NameNeeded(Malformed):
    """Facts: field, reason."""


class GuardianNeeded(Refusal):
    """Under fourteen nothing is kept without a guardian's consent (rules.md 7). Facts: field."""


class NotABirth(Malformed):
    """A day to come. Facts: field, reason."""


class NewMember(msgspec.Struct, frozen=True):
    """A member to be made. `phone` as phones.normal gives it, empty for none; `id` is chosen by whoever loads many."""

    household_id: UUID
    name: str
    phone: str = ""
    language: Language = "zh"
    sex: Sex | None = None
    born_on: date | None = None
    skills: tuple[str, ...] = ()
    staff_note: str = ""
    has_guardian: bool = False
    """A guardian's consent is recorded in the same transaction."""
    id: UUID = msgspec.field(default_factory=uuid4)


class Member(msgspec.Struct, frozen=True):
    """`number` is the volunteer's own; `state_reason` and `staff_note` are for staff only."""

    id: UUID
    number: int
    name: str
    phone: str | None
    language: Language
    state: State
    state_reason: str
    staff_note: str
    skills: list[str]
    joined_at: datetime
    household_id: UUID
    household: str
    community_id: UUID
    community: str
    community_en: str


COLUMNS = """m.id, m.number, m.name, m.phone, m.language, m.state, m.state_reason, m.staff_note, m.joined_at,
 ARRAY(SELECT k.name FROM held_skill s JOIN skill k ON k.id = s.skill_id
        WHERE s.person_id = m.id AND s.state <> 'withdrawn' ORDER BY s.id) AS skills,
 m.household_id, h.label AS household, m.community_id, c.name AS community, c.name_en AS community_en"""
TABLES = "member m JOIN household h ON h.id = m.household_id JOIN community c ON c.id = m.community_id"


def check(new: NewMember, today: date) -> None:
    """Raises NameNeeded, NotABirth, and GuardianNeeded for somebody under fourteen without a guardian's consent."""
    if not new.name.strip():
        raise NameNeeded(field="name", reason="empty")
    if new.born_on is not None and new.born_on > today:
        raise NotABirth(field="born_on", reason="a day to come")
    if new.born_on is not None and age(new.born_on, today) < GUARDIAN_UNTIL and not new.has_guardian:
        raise GuardianNeeded(field="born_on")


def age(born_on: date, today: date) -> int:
    """Whole years; someone born on 29 February is older from 1 March."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


async def create(new: NewMember, now: datetime) -> UUID:
    """A new member, who lives where the household does; `now` in the community's zone, whose day settles the age.

    Raises NameNeeded, NotABirth, GuardianNeeded, PhoneTaken, NotFound (household).
    """
    check(new, now.date())
    if not await _insert([new], now):
        if await sql.rows("SELECT 1 FROM household WHERE id = $1", new.household_id):
            raise PhoneTaken(field="phone")
        raise NotFound(what="household")
    return new.id


async def create_many(members: Sequence[NewMember], now: datetime) -> None:
    """The same for many in one statement, for loading. Raises as `create`; the first refusal ends it."""
    for new in members:
        check(new, now.date())
    if await _insert(members, now) != len(members):
        raise PhoneTaken(field="phone")


async def _insert(members: Sequence[NewMember], now: datetime) -> int:
    """How many rows were written: a taken phone or an unknown household writes none."""
    made = await sql.rows(
        """
        INSERT INTO member (id, community_id, household_id, name, phone, language, sex, born_on, staff_note, joined_at)
        SELECT n.id, h.community_id, h.id, n.name, nullif(n.phone, ''), n.language, n.sex, n.born_on, n.staff_note, $9
          FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::date[], $8::text[])
               WITH ORDINALITY AS n (id, household_id, name, phone, language, sex, born_on, staff_note, place)
          JOIN household h ON h.id = n.household_id
         ORDER BY n.place
        ON CONFLICT (phone) DO NOTHING RETURNING 1
        """,
        [new.id for new in members],
        [new.household_id for new in members],
        [new.name.strip() for new in members],
        [new.phone for new in members],
        [new.language for new in members],
        [new.sex for new in members],
        [new.born_on for new in members],
        [new.staff_note for new in members],
        now,
    )
    named = [(new.id, word) for new in members for word in new.skills]
    if named and len(made) == len(members):
        await skills.claim_words(named, now)
    return len(made)


async def one(member_id: UUID) -> Member:
    """Raises NotFound."""
    found = await sql.row(f"SELECT {COLUMNS} FROM {TABLES} WHERE m.id = $1", member_id)
    if found is None:
        raise NotFound(what="member")
    return Member(**dict(found))


async def by_phone(phone: str) -> UUID | None:
    """The member with this number, kept as phones.normal gives it; nobody who has left."""
    found = await sql.value("SELECT id FROM member WHERE phone = $1 AND state <> 'left'", phone)
    return found and UUID(str(found))


async def by_number(number: int, *, with_suspended: bool = False) -> UUID | None:
    """The active member with this number, or the suspended one too; None: nobody has it, or who has it counts no more."""
    states = ["active", "suspended"] if with_suspended else ["active"]
    found: UUID | None = await sql.value("SELECT id FROM member WHERE number = $1 AND state = ANY ($2)", number, states)
    return found


async def of_household(household_id: UUID) -> list[Member]:
    """Everybody who shares the household's quotas, by number."""
    found = await sql.rows(
        f"SELECT {COLUMNS} FROM {TABLES} WHERE m.household_id = $1 AND m.state <> 'left' ORDER BY m.number", household_id
    )
    return [Member(**dict(row)) for row in found]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What staff may change about a member; what is UNSET stays. An empty phone takes the number away."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    phone: str | msgspec.UnsetType = msgspec.UNSET
    language: Language | msgspec.UnsetType = msgspec.UNSET
    staff_note: str | msgspec.UnsetType = msgspec.UNSET


async def change(member_id: UUID, wanted: Change) -> None:
    """Raises NameNeeded, PhoneTaken, NotFound. The number, the pass and the past stay as they are."""
    values = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not msgspec.UNSET}
    if "name" in values and not values["name"].strip():
        raise NameNeeded(field="name", reason="empty")
    if values.get("phone") and await sql.rows("SELECT 1 FROM member WHERE phone = $1 AND id <> $2", values["phone"], member_id):
        raise PhoneTaken(field="phone")
    changed = await sql.rows(
        "UPDATE member SET name = coalesce($2, name), language = coalesce($3, language), "
        "staff_note = coalesce($4, staff_note), "
        "phone = CASE WHEN $5::text IS NULL THEN phone ELSE nullif($5, '') END WHERE id = $1 RETURNING 1",
        member_id,
        values.get("name"),
        values.get("language"),
        values.get("staff_note"),
        values.get("phone"),
    )
    if not changed:
        raise NotFound(what="member")


async def set_state(member_id: UUID, state: State, reason: str) -> None:
    """Suspends a member or takes the suspension back; the reason is for staff only. Raises NotFound. Safe to repeat."""
    if not await sql.rows(
        "UPDATE member SET state = $2, state_reason = $3 WHERE id = $1 AND state <> 'left' RETURNING 1",
        member_id,
        state,
        reason,
    ):
        raise NotFound(what="member")
