"""Finding members: for the office with what it may see, for the desk with a name and a number only."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from uuid import UUID

import msgspec

from schedules import sql
from timebank.people.members import State
from timebank.people.phones import masked

PAGE = 30
LETTERS_AT_DESK = 4


class Found(msgspec.Struct, frozen=True):
    """A line of the office's list; lists show `masked_phone`."""

    id: UUID
    number: int
    name: str
    phone: str | None
    state: State
    community: str
    community_en: str
    household: str

    @property
    def masked_phone(self) -> str:
        return masked(self.phone)


class Face(msgspec.Struct, frozen=True):
    """What a desk may know: no contact data (checkin-88)."""

    id: UUID
    number: int
    name: str


async def search(
    text: str, within: Sequence[UUID], after: int = 0, limit: int = PAGE, *, with_left: bool = False
) -> list[Found]:
    """Members who live at these nodes or below, by number, from the one after `after`.

    `text` is a part of the name, the whole number, the end of a phone number (four digits or more), the code under a pass, or a
    door; empty: everybody. `with_left`: also who has left or died, by name or number alone.
    """
    wanted = unicodedata.normalize("NFKC", text).strip()
    figures = wanted.removeprefix("#")
    found = await sql.rows(
        """
        SELECT m.id, m.number, m.name, m.phone, m.state, c.name AS community, c.name_en AS community_en, h.label AS household
          FROM member m JOIN community c ON c.id = m.community_id JOIN household h ON h.id = m.household_id
         WHERE c.ancestor_ids && $1::uuid[] AND m.number > $2
           AND (m.state <> 'left' OR $9 AND $3 <> '' AND (m.name ILIKE $4 OR m.number = $5))
           AND ($3 = '' OR m.name ILIKE $4 OR h.label = $3 OR m.number = $5 OR m.phone LIKE $6
                OR m.id = (SELECT member_id FROM pass WHERE typed_code = $7 AND revoked_at IS NULL))
         ORDER BY m.number LIMIT $8
        """,
        list(within),
        after,
        wanted,
        f"%{escaped(wanted)}%",
        int(figures) if figures.isascii() and figures.isdigit() and len(figures) < 19 else None,
        f"%{figures}" if figures.isascii() and figures.isdigit() and len(figures) >= 4 else None,
        wanted.upper().replace("-", "").replace(" ", ""),
        limit,
        with_left,
    )
    return [Found(**dict(row)) for row in found]


async def with_card_of(key_id: str, within: Sequence[UUID], after: int, limit: int) -> list[Face]:
    """Members at these nodes or below whose card in force this key signed, by number, from the one after `after`."""
    found = await sql.rows(
        "SELECT m.id, m.number, m.name FROM pass p JOIN member m ON m.id = p.member_id "
        "JOIN community c ON c.id = m.community_id "
        "WHERE p.key_id = $1 AND p.revoked_at IS NULL AND m.state <> 'left' AND c.ancestor_ids && $2::uuid[] AND m.number > $3 "
        "ORDER BY m.number LIMIT $4",
        key_id,
        list(within),
        after,
        limit,
    )
    return [Face(**dict(row)) for row in found]


async def named(text: str, within: Sequence[UUID]) -> UUID | None:
    """The one member at these nodes or below with exactly this number, or with the card that bears this code; else nobody.

    To act for somebody: `search` also finds by doors, names and the ends of phone numbers.
    """
    wanted = unicodedata.normalize("NFKC", text).strip().removeprefix("#")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    return await sql.value(  # type: ignore[no-any-return]
        "SELECT m.id FROM member m JOIN community c ON c.id = m.community_id "
        "WHERE c.ancestor_ids && $1::uuid[] AND m.state <> 'left' AND (m.number = $2 OR $2 IS NULL "
        "AND m.id = (SELECT member_id FROM pass WHERE typed_code = $3 AND revoked_at IS NULL))",
        list(within),
        number,
        wanted.upper().replace("-", "").replace(" ", ""),
    )


AT_DESK = 8
"""Faces, as many as a desk shows at once: for others one types more of the name."""


async def search_at_desk(text: str, within: Sequence[UUID]) -> list[Face]:
    """Members by a part of their name, with at least four letters; a Chinese character says as much as two (checkin-88)."""
    wanted = unicodedata.normalize("NFKC", text).strip()
    if letters(wanted) < LETTERS_AT_DESK:
        return []
    found = await sql.rows(
        "SELECT m.id, m.number, m.name FROM member m JOIN community c ON c.id = m.community_id "
        "WHERE c.ancestor_ids && $1::uuid[] AND m.state <> 'left' AND m.name ILIKE $2 ORDER BY m.name, m.number LIMIT $3",
        list(within),
        f"%{escaped(wanted)}%",
        AT_DESK,
    )
    return [Face(**dict(row)) for row in found]


async def count_below(community_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many members live at each of these nodes or below it."""
    found = await sql.rows(
        """
        SELECT n.id, count(m.id) AS members
          FROM unnest($1::uuid[]) AS n (id)
          LEFT JOIN community c ON n.id = ANY(c.ancestor_ids)
          LEFT JOIN member m ON m.community_id = c.id AND m.state <> 'left'
         GROUP BY n.id
        """,
        list(community_ids),
    )
    return {row["id"]: row["members"] for row in found}


def letters(text: str) -> int:
    """How much of a name was typed: letters, a wide one (Chinese) counting twice."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text if sign.isalpha())


def escaped(text: str) -> str:
    """The text with LIKE's wildcards taken literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
