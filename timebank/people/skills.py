"""Skills that places may need: the catalogue of a community and all below it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal


class SkillKnown(Refusal):
    """The community has a skill of this name. Facts: field, name."""


class Skill(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody can do. `way`: how one gets it confirmed, as people read it; `months`: how long a confirmation holds."""

    id: UUID
    community_id: UUID
    community: str
    community_en: str
    name: str
    name_en: str
    needs_confirmation: bool
    by_briefing: bool
    way: str
    way_en: str
    months: int | None
    retired_at: datetime | None
    claims: int = 0
    """Members who say they have it and wait for a confirmation."""
    confirmed: int = 0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A skill as staff write it down."""

    name: str
    name_en: str = ""
    needs_confirmation: bool = True
    by_briefing: bool = False
    way: str = ""
    way_en: str = ""
    months: int | None = None


FOUND = """
SELECT k.id, k.community_id, c.name AS community, c.name_en AS community_en, k.name, k.name_en, k.needs_confirmation,
       k.by_briefing, k.way, k.way_en, k.months, k.retired_at
  FROM skill k JOIN community c ON c.id = k.community_id
"""


async def one(skill_id: UUID) -> Skill:
    """Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE k.id = $1", skill_id)
    if row is None:
        raise NotFound(what="skill")
    return Skill(**dict(row))


async def known_at(ancestor_ids: Sequence[UUID]) -> list[Skill]:
    """Skills in use at a node: its own and those of the nodes above, by name."""
    found = await sql.rows(
        f"{FOUND} WHERE k.community_id = ANY($1) AND k.retired_at IS NULL ORDER BY k.name_en, k.name", list(ancestor_ids)
    )
    return [Skill(**dict(row)) for row in found]


async def in_reach(node_ids: Sequence[UUID]) -> list[Skill]:
    """Every skill of these nodes, of those above and of those below them, with counts of members; retired ones last."""
    found = await sql.rows(
        """
        SELECT f.*, coalesce(n.claims, 0) AS claims, coalesce(n.confirmed, 0) AS confirmed
          FROM ("""
        + FOUND
        + """ WHERE c.ancestor_ids && $1::uuid[] OR c.id IN
                    (SELECT unnest(b.ancestor_ids) FROM community b WHERE b.id = ANY($1))) f
          LEFT JOIN LATERAL (
               SELECT count(*) FILTER (WHERE h.state = 'claimed') AS claims,
                      count(*) FILTER (WHERE h.state = 'confirmed') AS confirmed
                 FROM held_skill h JOIN member m ON m.id = h.person_id JOIN community w ON w.id = m.community_id
                WHERE h.skill_id = f.id AND m.state <> 'left' AND w.ancestor_ids && $1::uuid[]) n ON true
         ORDER BY f.retired_at IS NOT NULL, f.name_en, f.name
        """,
        list(node_ids),
    )
    return [Skill(**dict(row)) for row in found]


async def add(community_id: UUID, wanted: Wanted, by_id: UUID, now: datetime) -> UUID:
    """A new skill; its id. Raises SkillKnown."""
    made = await sql.value(
        "INSERT INTO skill (id, community_id, name, name_en, needs_confirmation, by_briefing, way, way_en, months, made_by, "
        "made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
        "ON CONFLICT (community_id, name) DO NOTHING RETURNING id",
        uuid4(),
        community_id,
        *_values(wanted),
        by_id,
        now,
    )
    if made is None:
        raise SkillKnown(field="name", name=wanted.name.strip())
    return UUID(str(made))


async def change(skill_id: UUID, wanted: Wanted) -> None:
    """What was confirmed stays confirmed. Raises NotFound, SkillKnown. Safe to repeat."""
    taken = await sql.rows(
        "SELECT 1 FROM skill a JOIN skill b ON b.community_id = a.community_id AND b.id <> a.id "
        "WHERE a.id = $1 AND b.name = $2",
        skill_id,
        wanted.name.strip(),
    )
    if taken:
        raise SkillKnown(field="name", name=wanted.name.strip())
    if not await sql.rows(
        "UPDATE skill SET name = $2, name_en = $3, needs_confirmation = $4, by_briefing = $5, way = $6, way_en = $7, "
        "months = $8 WHERE id = $1 RETURNING 1",
        skill_id,
        *_values(wanted),
    ):
        raise NotFound(what="skill")


def _values(wanted: Wanted) -> tuple[object, ...]:
    """In the order of the columns, without spaces around."""
    return tuple(value.strip() if isinstance(value, str) else value for value in msgspec.structs.astuple(wanted))


async def retire(skill_id: UUID, now: datetime | None) -> None:
    """No longer offered to members and organisers, or (`now` none) offered again. Raises NotFound. Safe to repeat."""
    if not await sql.rows("UPDATE skill SET retired_at = $2 WHERE id = $1 RETURNING 1", skill_id, now):
        raise NotFound(what="skill")


async def claim_words(named: Sequence[tuple[UUID, str]], now: datetime) -> None:
    """Skills in words, as staff typed them for new members: claims of a skill of that name which their branch knows.

    A word that nobody wrote down before becomes a skill of the whole sub-district, to be confirmed by staff. Safe to repeat.
    """
    pairs = dict.fromkeys((person, word.strip()) for person, word in named if word.strip())
    people, words = [person for person, _word in pairs], [word for _person, word in pairs]
    await sql.rows(
        """
        INSERT INTO skill (id, community_id, name, made_at)
        SELECT gen_random_uuid(), w.root, w.word, $3
          FROM (SELECT DISTINCT c.ancestor_ids[1] AS root, n.word
                  FROM unnest($1::uuid[], $2::text[]) AS n (person, word)
                  JOIN member m ON m.id = n.person JOIN community c ON c.id = m.community_id
                 WHERE NOT EXISTS (SELECT FROM skill k WHERE k.name = n.word AND k.community_id = ANY(c.ancestor_ids))) w
        ON CONFLICT DO NOTHING
        """,
        people,
        words,
        now,
    )
    await sql.rows(
        """
        WITH held AS (
             INSERT INTO held_skill (skill_id, person_id, state, changed_at)
             SELECT k.id, n.person, 'claimed', $3
               FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS n (person, word, place)
               JOIN member m ON m.id = n.person JOIN community c ON c.id = m.community_id
               JOIN LATERAL (SELECT k.id FROM skill k WHERE k.name = n.word AND k.community_id = ANY(c.ancestor_ids)
                              ORDER BY array_position(c.ancestor_ids, k.community_id) DESC LIMIT 1) k ON true
              ORDER BY n.place
             ON CONFLICT DO NOTHING RETURNING id)
        INSERT INTO held_skill_change (held_id, state, at) SELECT id, 'claimed', $3 FROM held
        """,
        people,
        words,
        now,
    )
