"""What a public activity says of itself, in two languages: reworded later, without touching a time, a place or a sign-up."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import session_rows, sql
from schedules.edits import TOLD
from schedules.errors import Malformed, NotFound, Refusal
from schedules.plans import LONG, Name, Text, check_legible

FIELDS = ("title", "content", "risks")
"""Each has an English line beside it, `..._en`."""


class NotPublic(Refusal):
    """A draft is rewritten as a whole, and what was called off stays as it was. Facts: state."""


class RewordedMeanwhile(Refusal):
    """It says something else than what was read. Facts: version and wording, as they are now."""


class Wording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is read before signing up. An empty English line: the other one is shown in both languages."""

    title: Name
    title_en: Annotated[str, Meta(max_length=120)] = ""
    content: Text
    content_en: Text = ""
    risks: Text
    risks_en: Text = ""


def version(wording: Wording) -> str:
    """Another one for every other text."""
    return hashlib.sha256(msgspec.json.encode(wording)).hexdigest()[:16]


class Reworded(msgspec.Struct, frozen=True):
    """`before` and `after`; `fields` that changed; of title, content, risks those that read otherwise than before.

    `matters` is so for readers of Chinese, `matters_en` for those of English: a title is one language's, tasks and risks are
    everybody's. A line that was empty says nothing new when it is filled in, nor does another spacing. `people`: who is to
    come.
    """

    before: Wording
    after: Wording
    fields: tuple[str, ...]
    matters: tuple[str, ...]
    matters_en: tuple[str, ...]
    people: tuple[UUID, ...]


async def reword(activity_id: UUID, wanted: Wording, now: datetime, seen: str = "") -> Reworded:
    """The sequence of sessions that are not over rises once, for calendars. Safe to repeat: nothing changes then.

    `seen` is the version that was read; empty: whatever it says now. Raises NotFound, NotPublic, RewordedMeanwhile, Malformed
    where title, content or risks are empty or something cannot be read. Locks the activity, then its sessions to come with
    their roles.
    """
    # Two who reword at once queue here; the second sees what the first has written.
    row = await sql.row(
        f"SELECT state, {', '.join(Wording.__struct_fields__)} FROM activity WHERE id = $1 FOR NO KEY UPDATE", activity_id
    )
    if row is None:
        raise NotFound(what="activity")
    if row["state"] != "published":
        raise NotPublic(state=row["state"])
    before = of(row)
    after = _tidy(wanted)
    fields = tuple(name for name in Wording.__struct_fields__ if getattr(before, name) != getattr(after, name))
    if not fields:
        return Reworded(before, after, (), (), (), ())
    if seen and seen != version(before):
        raise RewordedMeanwhile(version=version(before), wording=before)
    await _write(activity_id, after, now)
    both = tuple(name for name in FIELDS[1:] if _says_else(before, after, name) or _says_else(before, after, f"{name}_en"))
    matters = (*_name(before, after, "title"), *both)
    matters_en = (*_name(before, after, "title_en" if before.title_en else "title"), *both)
    return Reworded(before, after, fields, matters, matters_en, await _to_come(activity_id, now))


def _name(before: Wording, after: Wording, line: str) -> tuple[str, ...]:
    return ("title",) if _says_else(before, after, line) else ()


def of(row: Mapping[str, str]) -> Wording:
    """What a row, or the fields, of an activity say."""
    return Wording(**{name: _plain(row[name]) for name in Wording.__struct_fields__})


def _plain(text: str) -> str:
    """As it is compared and kept: browsers send the ends of lines in their own way."""
    return text.replace("\r\n", "\n").strip()


def _tidy(wanted: Wording) -> Wording:
    found = Wording(**{name: _plain(getattr(wanted, name)) for name in Wording.__struct_fields__})
    for name in FIELDS:
        if not getattr(found, name):
            raise Malformed(field=name, reason="nobody signs up without knowing this")
    for name in Wording.__struct_fields__:
        check_legible(name, getattr(found, name), has_lines=name in LONG)
    return found


def _says_else(before: Wording, after: Wording, name: str) -> bool:
    old, new = getattr(before, name).split(), getattr(after, name).split()
    return bool(old) and old != new


async def _write(activity_id: UUID, after: Wording, now: datetime) -> None:
    names = Wording.__struct_fields__
    written = ", ".join(f"{name} = ${number}" for number, name in enumerate(names, start=2))
    await sql.rows(f"UPDATE activity SET {written} WHERE id = $1", activity_id, *msgspec.structs.astuple(after))
    ahead = [
        row["id"]
        for row in await sql.rows(
            "SELECT id FROM session WHERE activity_id = $1 AND ends_at > $2 AND state = 'planned' ORDER BY id", activity_id, now
        )
    ]
    await session_rows.lock(ahead)
    await sql.rows("UPDATE session SET sequence = sequence + 1, changed_at = $2 WHERE id = ANY ($1::uuid[])", ahead, now)


async def _to_come(activity_id: UUID, now: datetime) -> tuple[UUID, ...]:
    found = await sql.rows(
        "SELECT DISTINCT u.person_id FROM signup u JOIN session s ON s.id = u.session_id "
        "WHERE s.activity_id = $1 AND s.ends_at > $2 AND s.state = 'planned' AND u.state = ANY ($3::text[]) ORDER BY 1",
        activity_id,
        now,
        list(TOLD),
    )
    return tuple(row["person_id"] for row in found)
