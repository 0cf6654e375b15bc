"""What one scan of an upload is judged by: its facts, and what its scanner has told before under the same nonce."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from schedules import presence, sql
from schedules.codes import Card, Code, Phone, Typed
from schedules.courses import Course
from schedules.decision import Asked
from schedules.presence import Event
from schedules.reasons import DeskRevoked
from timebank.actions.door import door
from timebank.actions.door.door import Known, Scan
from timebank.actions.uploads.queue import Timed
from timebank.people.callers import RIGHTS, Caller, Right


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """A row of this desk's with the same nonce. `is_disputed`: an organiser is shown it."""

    id: int
    nonce: str
    source: str
    reason: str
    desk_reason: str | None
    session_id: UUID | None
    raw_code: str
    answer: str | None
    is_disputed: bool


class Past(msgspec.Struct, frozen=True):
    """What came before with these nonces: rows of the log, and undos, by whom and when that counts, None for staff's."""

    rows: dict[str, list[Before]]
    undone: dict[str, list[tuple[frozenset[UUID | None], datetime | None]]]

    def is_undone(self, event: Event) -> bool:
        """As the view `passage` has it: by staff, or within fifteen minutes by the desk, but not by whom it is about."""
        mine = event.person_id
        return any(
            when is None or (when <= event.at + presence.UNDO and mine not in hands | {event.scanner_id})
            for hands, when in self.undone.get(event.nonce, [])
        )


class Place(msgspec.Struct, frozen=True):
    """A sign-up and its session as they were at the instant of a scan."""

    state: str
    is_called_off: bool
    is_qualified: bool


class Then(msgspec.Struct, frozen=True, kw_only=True):
    """What was so when each scan of a group happened, where it may be otherwise now: by its place in the request and
    the sign-up; `replaced`: since when.
    """

    suspended: Mapping[int, bool]
    places: Mapping[tuple[int, UUID], Place]
    replaced: Mapping[str, datetime | None]


class Case(msgspec.Struct, frozen=True):
    """One item with everything that decides about it. `course` is the person's, None where the code leads to nobody.
    `asked` is what the decision would be asked at a door.

    `overrules`: whoever uploads may overrule, so that a reason that came along is one to overrule with.
    """

    one: Timed
    scan: Scan
    known: Known
    asked: Asked
    course: Course | None
    past: Past
    then: Then
    now: datetime
    overrules: bool = True

    @property
    def earlier(self) -> list[Before]:
        return self.past.rows.get(self.one.item.nonce, [])


LOCK_DESK = """
SELECT 1 FROM device d WHERE d.id = $1
   AND (d.revoked_at IS NULL OR EXISTS (SELECT FROM desk_hand_in h WHERE h.device_id = d.id AND h.by_id = $2))
   FOR {strength} OF d
"""
LOCK_MEMBER = "SELECT 1 FROM member WHERE id = $1 FOR {strength}"
HOLDERS = """
SELECT member_id FROM pass WHERE id = ANY ($1) OR typed_code = ANY ($2)
UNION SELECT member_id FROM phone_pass WHERE id = ANY ($1)
"""
WHOSE = """
SELECT id::text AS name, member_id FROM pass WHERE id = ANY ($1)
UNION ALL SELECT typed_code, member_id FROM pass WHERE typed_code = ANY ($2)
UNION ALL SELECT id::text, member_id FROM phone_pass WHERE id = ANY ($1)
"""
BEFORE = "SELECT * FROM scans_before($1, $2)"


MAY_SCAN = """
SELECT q.place FROM json_to_recordset($1) AS q (place int, operator uuid, activities uuid[], at timestamptz)
 WHERE EXISTS (SELECT FROM role_grant g JOIN member m ON m.id = g.member_id AND m.state <> 'left'
                WHERE g.member_id = q.operator AND g.role = ANY ($2) AND g.granted_at <= q.at
                  AND (g.ended_at IS NULL OR g.ended_at > q.at))
   AND NOT EXISTS (
       SELECT FROM unnest(q.activities) AS named (id) LEFT JOIN activity a ON a.id = named.id
         LEFT JOIN community c ON c.id = a.community_id
        WHERE NOT EXISTS (SELECT FROM role_grant g JOIN member m ON m.id = g.member_id AND m.state <> 'left'
                           WHERE g.member_id = q.operator AND g.role = ANY ($2) AND g.community_id = ANY (c.ancestor_ids)
                             AND g.granted_at <= q.at AND (g.ended_at IS NULL OR g.ended_at > q.at)))
"""


async def operators(caller: Caller, items: Sequence[Timed]) -> dict[int, UUID]:
    """Whom the desk names, by place in the request, where that member could scan there then. One statement, where any is named.

    An undo names no activity, and its scan may not be here yet: there, somebody who could scan anywhere. It is the desk's
    word: it says who stands in the log, and gives nobody a right.
    """
    asked = [
        {"place": one.place, "operator": one.item.operator, "activities": one.item.activities, "at": one.at}
        for one in items
        if one.item.operator not in (None, caller.member_id)
    ]
    roles = [role for role, rights in RIGHTS.items() if Right.SCAN in rights]
    found = await sql.rows(MAY_SCAN, msgspec.json.encode(asked).decode(), roles) if asked else []
    able = {row["place"] for row in found}
    return {one.place: one.item.operator for one in items if one.item.operator and one.place in able}


async def lock_desk(caller: Caller, is_shared: bool = False) -> None:
    """One group of an upload, or one undo, of a scanner at a time; `is_shared`: beside others that are shared.

    Raises DeskRevoked where the desk was withdrawn meanwhile, unless the caller hands in what it had not sent.
    """
    # A refusal beside the scan of its nonce, or a scan beside its undo: the second waits here and finds what the first kept.
    # Groups of nothing but scans need not wait: where two bring the same scan, the log's unique key lets one of them in.
    is_desk, scanner_id = caller.device_kind == "desk", door.scanner_id(caller)
    strength = "SHARE" if is_shared else "NO KEY UPDATE"
    statement, *values = (LOCK_DESK, scanner_id, caller.member_id) if is_desk else (LOCK_MEMBER, scanner_id)
    if not await sql.rows(statement.format(strength=strength), *values):
        raise DeskRevoked()


async def holders(scans: Sequence[Scan]) -> list[UUID]:
    """Whom the codes lead to, before anything about them is believed: for locks."""
    found = await sql.rows(HOLDERS, *named(scan.code for scan in scans))
    return [row["member_id"] for row in found]


async def whose(items: Sequence[Timed]) -> dict[int, UUID]:
    """The same by place in the request; nobody's codes have none. Whoever shows a card and a phone is one person."""
    of = {row["name"]: row["member_id"] for row in await sql.rows(WHOSE, *named(one.code for one in items))}
    return {one.place: of[name] for one in items if (name := name_of(one.code)) in of}


def named(codes: Iterable[Code | None]) -> tuple[list[UUID], list[str]]:
    """The passes and the typed codes among them."""
    read = list(codes)
    return [code.pass_id for code in read if isinstance(code, Card | Phone)], [
        code.code for code in read if isinstance(code, Typed)
    ]


def name_of(code: Code | None) -> str:
    """What the statements about codes name its pass or typed code; empty for a code of another kind."""
    return str(code.pass_id) if isinstance(code, Card | Phone) else code.code if isinstance(code, Typed) else ""


async def past(scanner_id: UUID, nonces: Sequence[str]) -> Past:
    """One statement."""
    return past_of(await sql.rows(BEFORE, scanner_id, list(nonces)))


def past_of(found: Sequence[Record]) -> Past:
    """What BEFORE has answered."""
    rows: dict[str, list[Before]] = {}
    undone: dict[str, list[tuple[frozenset[UUID | None], datetime | None]]] = {}
    for row in found:
        if row["id"] is None:
            undone.setdefault(row["nonce"], []).append((frozenset(row["undone_by"]), row["undone_at"]))
        else:
            rows.setdefault(row["nonce"], []).append(Before(**{name: row[name] for name in Before.__struct_fields__}))
    return Past(rows, undone)
