"""What an activity asks of the people who come: skills by role, a leader, experience, a number of people, a briefing, hosts.

It belongs to the activity and its roles by name, so every session made later asks the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import sql
from schedules.errors import Malformed, NotFound, Refusal

LONGEST = 60 * 24 * 60
"""Minutes before the start that a warning may come at the earliest: sixty days."""


class RoleNeeds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one role asks. `is_lead`: a session needs somebody here.

    `keeps_experienced`: the last place is kept for somebody who was there before, as long as only first-timers have signed up
    (schedule-31).
    """

    role: Annotated[str, Meta(min_length=1, max_length=60)]
    skill_ids: Annotated[tuple[UUID, ...], Meta(max_length=10)] = ()
    is_lead: bool = False
    keeps_experienced: bool = False


class Needs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`minimum`: people per session, 0 for none; `warn_before`: minutes before the start that the organiser is warned.

    `briefing` is read and ticked before a first sign-up. `group_ids`: trusted groups that may sign up earlier.
    """

    roles: Annotated[tuple[RoleNeeds, ...], Meta(max_length=20)] = ()
    minimum: Annotated[int, Meta(ge=0, le=100_000)] = 0
    warn_before: Annotated[int, Meta(ge=1, le=LONGEST)] = 1440
    briefing: Annotated[str, Meta(max_length=4000)] = ""
    briefing_en: Annotated[str, Meta(max_length=4000)] = ""
    group_ids: Annotated[tuple[UUID, ...], Meta(max_length=20)] = ()
    partner_ids: Annotated[tuple[UUID, ...], Meta(max_length=20)] = ()


class MinimumBeyondPlaces(Refusal):
    """More people are asked for than any session has places. Facts: field, minimum, places."""


class Briefing(msgspec.Struct, frozen=True):
    """One wording of what is read before signing up."""

    id: int
    text: str
    text_en: str


async def of_activity(activity_id: UUID) -> Needs:
    """As it stands; a role that asks nothing is left out. Raises NotFound."""
    row = await sql.row(
        """
        SELECT a.minimum, a.warn_before, coalesce(b.text, '') AS briefing, coalesce(b.text_en, '') AS briefing_en,
               ARRAY(SELECT group_id FROM activity_group WHERE activity_id = a.id ORDER BY 1) AS group_ids,
               ARRAY(SELECT partner_id FROM activity_partner WHERE activity_id = a.id ORDER BY 1) AS partner_ids
          FROM activity a LEFT JOIN briefing b ON b.id = a.briefing_id WHERE a.id = $1
        """,
        activity_id,
    )
    if row is None:
        raise NotFound(what="activity")
    found = await sql.rows(
        "SELECT r.role, r.is_lead, r.keeps_experienced, ARRAY("
        "SELECT skill_id FROM role_need n WHERE (n.activity_id, n.role) = (r.activity_id, r.role) ORDER BY 1) AS skill_ids "
        "FROM role_rule r WHERE r.activity_id = $1 ORDER BY r.role",
        activity_id,
    )
    return msgspec.convert({**dict(row), "roles": [dict(each) for each in found]}, Needs)


async def keep(activity_id: UUID, wanted: Needs, by_id: UUID, now: datetime) -> None:
    """Replaces all of it. Sign-ups made before stay; who lacks something is in `lacking.of_sessions` (schedule-33).

    Raises Malformed for a role that the activity does not have. Locks the activity. Safe to repeat.
    """
    await _check_roles(activity_id, wanted.roles)
    # Two who save at once queue on the activity's row.
    await sql.rows(
        "UPDATE activity SET minimum = $2, warn_before = $3 WHERE id = $1", activity_id, wanted.minimum, wanted.warn_before
    )
    await sql.rows("DELETE FROM role_rule WHERE activity_id = $1", activity_id)
    await sql.rows(
        "INSERT INTO role_rule (activity_id, role, is_lead, keeps_experienced) "
        "SELECT $1, * FROM unnest($2::text[], $3::bool[], $4::bool[])",
        activity_id,
        [each.role for each in wanted.roles],
        [each.is_lead for each in wanted.roles],
        [each.keeps_experienced for each in wanted.roles],
    )
    pairs = [(each.role, skill_id) for each in wanted.roles for skill_id in dict.fromkeys(each.skill_ids)]
    await sql.rows(
        "INSERT INTO role_need (activity_id, role, skill_id) SELECT $1, * FROM unnest($2::text[], $3::uuid[])",
        activity_id,
        [role for role, _skill in pairs],
        [skill for _role, skill in pairs],
    )
    await _link("activity_group", "group_id", activity_id, wanted.group_ids)
    await _link("activity_partner", "partner_id", activity_id, wanted.partner_ids)
    await _brief(activity_id, wanted, by_id, now)


async def check_minimum(activity_id: UUID, minimum: int) -> None:
    """Raises MinimumBeyondPlaces where every role of every session is limited and no session holds so many."""
    row = await sql.row(
        "SELECT max(places)::int AS places, bool_or(is_open) AS is_open FROM ("
        "SELECT sum(r.places) AS places, bool_or(r.places IS NULL) AS is_open "
        "FROM session_role r JOIN session s ON s.id = r.session_id WHERE s.activity_id = $1 GROUP BY s.id) each_session",
        activity_id,
    )
    if row and row["is_open"] is False and minimum > row["places"]:
        raise MinimumBeyondPlaces(field="minimum", minimum=minimum, places=row["places"])


async def _check_roles(activity_id: UUID, roles: Sequence[RoleNeeds]) -> None:
    known = await sql.value(
        "SELECT array_agg(DISTINCT r.name) FROM session_role r JOIN session s ON s.id = r.session_id WHERE s.activity_id = $1",
        activity_id,
    )
    names = [each.role for each in roles]
    for number, name in enumerate(names):
        if name not in (known or ()):
            raise Malformed(field=f"roles.{number}.role", reason="the activity has no such role")
        if name in names[:number]:
            raise Malformed(field=f"roles.{number}.role", reason="named twice")


async def _link(table: str, column: str, activity_id: UUID, ids: Sequence[UUID]) -> None:
    await sql.rows(f"DELETE FROM {table} WHERE activity_id = $1", activity_id)
    await sql.rows(
        f"INSERT INTO {table} (activity_id, {column}) SELECT $1, * FROM unnest($2::uuid[])",
        activity_id,
        list(dict.fromkeys(ids)),
    )


async def _brief(activity_id: UUID, wanted: Needs, by_id: UUID, now: datetime) -> None:
    """A new wording has to be read anew; the same one does not."""
    text, text_en = wanted.briefing.strip(), wanted.briefing_en.strip()
    current = await briefing(activity_id)
    if (current.text, current.text_en) == (text, text_en) if current else not text:
        return
    made = text and await sql.value(
        "INSERT INTO briefing (activity_id, text, text_en, made_by, made_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        activity_id,
        text,
        text_en,
        by_id,
        now,
    )
    await sql.rows("UPDATE activity SET briefing_id = $2::bigint WHERE id = $1", activity_id, made or None)


async def briefing(activity_id: UUID) -> Briefing | None:
    """What is read before signing up, as it is worded now."""
    row = await sql.row(
        "SELECT b.id, b.text, b.text_en FROM activity a JOIN briefing b ON b.id = a.briefing_id WHERE a.id = $1", activity_id
    )
    return Briefing(*row) if row else None


async def acknowledge(briefing_id: int, person_id: UUID, now: datetime) -> None:
    """The person has read it. The first time is kept. Safe to repeat. Raises NotFound."""
    if not await sql.rows("SELECT 1 FROM briefing WHERE id = $1", briefing_id):
        raise NotFound(what="briefing")
    await sql.rows(
        "INSERT INTO acknowledgement (briefing_id, person_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        briefing_id,
        person_id,
        now,
    )


async def acknowledged(activity_id: UUID) -> dict[UUID, datetime]:
    """Who has read the present wording, and when."""
    found = await sql.rows(
        "SELECT k.person_id, k.at FROM activity a JOIN acknowledgement k ON k.briefing_id = a.briefing_id WHERE a.id = $1",
        activity_id,
    )
    return {row["person_id"]: row["at"] for row in found}


async def copy(from_id: UUID, to_id: UUID, now: datetime) -> None:
    """What one activity asks, asked by another as well: for copies and for series that are split. Safe to repeat."""
    wanted = await of_activity(from_id)
    organiser: UUID = await sql.value("SELECT organiser_id FROM activity WHERE id = $1", to_id)
    names = await sql.value(
        "SELECT array_agg(DISTINCT r.name) FROM session_role r JOIN session s ON s.id = r.session_id WHERE s.activity_id = $1",
        to_id,
    )
    kept = tuple(each for each in wanted.roles if each.role in (names or ()))
    await keep(to_id, msgspec.structs.replace(wanted, roles=kept), organiser, now)
