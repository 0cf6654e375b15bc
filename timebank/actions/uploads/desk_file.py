"""The file of a withdrawn desk, as its page saves it: a table for people, and in it each scan for the server."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql
from schedules.decision import NEAR
from schedules.errors import Malformed, Refusal
from timebank.actions.door.admission import Met
from timebank.actions.uploads import opened, queue
from timebank.actions.uploads.queue import Item, Timed
from timebank.actions.uploads.upload_facts import WHOSE, name_of, named

MARK = re.compile(rb"TBQ1\.([A-Za-z0-9_-]+)")
"""A scan stands in one cell, in letters that no spreadsheet and no encoding changes."""
LARGEST = 4_000_000
"""Bytes of a file."""
MOST = 2000


class NoScans(Malformed):
    """There is none that the server can read. Facts: field, reason."""


class FileOfAnother(Refusal):
    """It was saved on another desk, or under a member's name. Facts: none."""


class Holder(msgspec.Struct, frozen=True):
    """Whom a code leads to; nothing is believed of it yet. `name` is empty out of the reader's reach."""

    name: str
    number: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One scan of the file. `at` by the desk's clock, corrected. `reason`: what the desk said; `session`: where it let in.

    `is_readable`: its code was opened. `is_known`: the server has it already. `is_after`: made after the desk was withdrawn.
    `choices`: where whoever hands it in may say that it belongs, for one that the desk had only noted.
    """

    nonce: str
    at: datetime
    direction: str
    reason: str
    undoes: bool
    holder: Holder | None
    session: Met | None
    choices: tuple[Met, ...]
    remark: str
    override_reason: str
    is_readable: bool
    is_known: bool
    is_after: bool


def items(desk_id: UUID, file: bytes) -> list[Any]:
    """The items as the desk would have sent them, each once. Raises NoScans, FileOfAnother."""
    found = [one for one in map(_decoded, cells(file)) if one]
    if found and all(one["desk"] != str(desk_id) for one in found):
        raise FileOfAnother()
    by_nonce = {one["item"].get("nonce"): one["item"] for one in found if one["desk"] == str(desk_id)}
    if not 0 < len(by_nonce) <= MOST:
        raise NoScans(field="file", reason="no scans" if not by_nonce else "too many")
    return list(by_nonce.values())


def cells(file: bytes) -> list[bytes]:
    """What stands for the server in it. A spreadsheet may have written two bytes for each letter."""
    return MARK.findall(file.replace(b"\0", b""))


def _decoded(cell: bytes) -> dict[str, Any] | None:
    try:
        one = msgspec.json.decode(base64.urlsafe_b64decode(cell + b"=" * (-len(cell) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(one, dict) or not isinstance(one.get("item"), dict) or "desk" not in one:
        return None
    return one if isinstance(one["item"].get("nonce"), str) else None


KNOWN = """
SELECT nonce FROM scan WHERE scanner_id = $1 AND nonce = ANY ($2)
UNION SELECT nonce FROM scan_undo WHERE scanner_id = $1 AND nonce = ANY ($2) AND by_id IS NULL
"""


async def lines(desk_id: UUID, raw: Sequence[Any], nodes: Sequence[UUID], withdrawn_at: datetime, now: datetime) -> list[Line]:
    """As staff look at it before they take it over, by time. What makes no sense is left out. `nodes`: where they look."""
    read = zip(raw, await opened.read(desk_id, raw), strict=True)
    found = [item for one, each in read if (item := _item(one, each))]
    timed = [queue.timed(place, item, now, now) for place, item in enumerate(found)]
    known = {row["nonce"] for row in await sql.rows(KNOWN, desk_id, [one.item.nonce for one in timed])}
    holders, sessions = await _holders(timed, nodes), await _sessions(timed, nodes)
    return [
        Line(
            nonce=one.item.nonce,
            at=one.at,
            direction=one.item.direction,
            reason=one.item.reason,
            undoes=bool(one.item.undoes),
            holder=holders.get(name_of(one.code)),
            session=next((each.met for each in sessions if each.met.id == one.item.session), None),
            choices=_choices(one, sessions),
            remark=one.item.remark,
            override_reason=one.item.override_reason,
            is_readable=bool(one.item.code or one.item.undoes),
            is_known=one.item.nonce in known,
            is_after=one.at > withdrawn_at,
        )
        for one in sorted(timed, key=lambda one: (one.at, one.place))
    ]


def _item(raw: Mapping[str, Any], read: Item | queue.Result) -> Item | None:
    """Also one that cannot be opened: somebody stood there."""
    if isinstance(read, Item):
        return read
    again = queue.read(raw) if read.code == "cannot_open" else None
    return again if isinstance(again, Item) else None


class _At(msgspec.Struct, frozen=True):
    """A session, and when its door is open."""

    met: Met
    opens_at: datetime
    closes_at: datetime

    def is_near(self, at: datetime) -> bool:
        return self.opens_at <= at + NEAR and self.closes_at >= at - NEAR


SESSIONS = """
SELECT s.id, a.id AS activity_id, a.title, a.title_en, s.place, coalesce(p.name_en, '') AS place_en, s.starts_at, s.ends_at,
       a.time_zone, s.opens_at, s.closes_at
  FROM session s JOIN activity a ON a.id = s.activity_id JOIN community c ON c.id = a.community_id
  LEFT JOIN space p ON p.id = s.space_id
 WHERE c.ancestor_ids && $1::uuid[] AND a.state = 'published'
   AND s.opens_at <= $3::timestamptz + $4::interval AND s.closes_at >= $2::timestamptz - $4::interval
 ORDER BY s.starts_at, a.title, s.id
"""


async def _sessions(timed: Sequence[Timed], nodes: Sequence[UUID]) -> list[_At]:
    moments = [one.at for one in timed]
    found = await sql.rows(SESSIONS, list(nodes), min(moments), max(moments), NEAR) if moments else []
    return [_At(Met(**{name: row[name] for name in Met.__struct_fields__}), row["opens_at"], row["closes_at"]) for row in found]


def _choices(one: Timed, sessions: Sequence[_At]) -> tuple[Met, ...]:
    """Of one that was only noted: what the desk served near that time; where it served none, what the community had."""
    if one.item.reason != "unjudged" or one.item.session or one.item.undoes:
        return ()
    near = [each.met for each in sessions if each.is_near(one.at)]
    served = [each for each in near if each.activity_id in one.item.activities]
    return tuple(served or near)


HOLDERS = f"""
SELECT q.name AS code, CASE WHEN c.ancestor_ids && $3::uuid[] THEN m.name ELSE '' END AS name, m.number
  FROM ({WHOSE}) q
  JOIN member m ON m.id = q.member_id JOIN community c ON c.id = m.community_id
"""


async def _holders(timed: Sequence[Timed], nodes: Sequence[UUID]) -> dict[str, Holder]:
    ids, typed = named(one.code for one in timed)
    found = await sql.rows(HOLDERS, ids, typed, list(nodes)) if ids or typed else []
    return {row["code"]: Holder(row["name"], row["number"]) for row in found}
