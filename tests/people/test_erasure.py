"""What goes with a person's data and what stays: every text beside a person is asked about."""

from __future__ import annotations

import re

import pytest

from schedules import sql
from tests.conftest import NOW
from tests.given import People
from timebank.people.erasure import GONE, ITSELF, erase
from timebank.people.kept_words import STAYS

TEXTS = """
SELECT DISTINCT a.attrelid::regclass::text AS name, a.attname AS text
  FROM pg_attribute a
 WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
   AND a.attrelid IN (
       SELECT conrelid FROM pg_constraint WHERE contype = 'f' AND confrelid = 'member'::regclass
       UNION SELECT name::regclass FROM unnest(ARRAY['member', 'scan', 'door_answer', 'signup_change', 'audit']) name)
   AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND c.conkey = ARRAY[a.attnum]
                   AND pg_get_constraintdef(c.oid) LIKE '%= ANY (ARRAY[%')
"""
"""Columns that may hold words beside a person; those whose few values a CHECK lists are none."""


def gone() -> tuple[set[str], set[str]]:
    """Tables of which rows go, and single columns."""
    tables = {found[1] for each in GONE if (found := re.match(r"DELETE FROM (\w+)", each))}
    columns = set()
    for each in (*GONE, ITSELF):
        if found := re.match(r"UPDATE (\w+) SET (.*) WHERE", each):
            columns |= {f"{found[1]}.{column}" for column in re.findall(r"(?:^|, )(\w+) = ", found[2])}
    return tables, columns


async def test_each_text_beside_a_person_goes_or_stays_for_a_reason(tx: None) -> None:
    """rules-17: a column added later is asked about here."""
    tables, columns = gone()
    stays = {name for names in STAYS.values() for name in names}
    found = {f"{row['name']}.{row['text']}" for row in await sql.rows(TEXTS)}
    unknown = {text for text in found if not {text, text.split(".")[0]} & (tables | columns | stays)}
    assert not unknown, "neither in people/erasure.py nor in people/kept_words.py"
    assert not {text for text in found & columns if text in stays or text.split(".")[0] in stays}
    assert not {name for name in stays if not any(name in (text, text.split(".")[0]) for text in found)}, "not there any more"


CLAIM = (
    "INSERT INTO estate_claim (id, member_id, evidence, made_by, made_at) VALUES (gen_random_uuid(), $1, $2, $3, now())",
    "SELECT evidence FROM estate_claim",
)
SKILL = (
    "WITH s AS (INSERT INTO skill (id, community_id, name, made_by, made_at) "
    "SELECT gen_random_uuid(), community_id, 'Songs', $3, now() FROM member WHERE id = $3 RETURNING id) "
    "INSERT INTO held_skill (person_id, skill_id, state, note, changed_at) SELECT $1, s.id, 'claimed', $2, now() FROM s",
    "SELECT note FROM held_skill",
)


@pytest.mark.parametrize(("put", "left"), [CLAIM, SKILL])
async def test_words_go_with_the_data(tx: None, people: People, put: str, left: str) -> None:
    await sql.rows(
        "INSERT INTO departure (member_id, kind, left_at, left_by, reason, points_order, erase_at) "
        "VALUES ($1, 'left', $2, $3, 'Bob moved', '{}', $2)",
        people.bob.id,
        NOW,
        people.erin.id,
    )
    await sql.rows(put, people.bob.id, "Bob's own words", people.erin.id)
    await erase(people.bob.id, NOW)
    assert await sql.value(left) in ("", "…")
    assert await sql.value("SELECT reason FROM departure") == "…"
