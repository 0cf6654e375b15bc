"""The scan log: append-only, accepted and refused scans alike.

What decides about a scan is read in one statement, what follows is written in one; between them decision.py decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID

import msgspec

from schedules import codes, decision, sql
from schedules.attendance import Closed, Inside, Opened

T = TypeVar("T")
Source = Literal["desk", "self", "manual", "upload", "job"]
Direction = Literal["in", "out"]

LARGEST_SKEW = 2**31 - 1
QUICKER = frozenset(("scan_accepted_once", "scan_uploaded_once", "attendance_one_place", "attendance_ends_once"))
"""Where the slower of two scans stops: one nonce for two passes, one person in two places, one stay ended twice."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A scan as it came: who scanned what, when by the scanner's clock and by ours. A `force_reason` makes it an override."""

    nonce: str
    scanner_id: UUID
    operator_id: UUID | None
    source: Source
    direction: Direction
    raw_code: str
    happened_at: datetime
    received_at: datetime
    force_reason: str = ""
    is_own: bool = False
    """By the person themselves, or somebody of their household, in the part of the desk: no second pair of eyes."""

    @property
    def is_by_code(self) -> bool:
        """The person's own code, read at the place by somebody else or by self check-in; not a name picked from a list."""
        return self.source in ("desk", "self", "upload") and not self.is_own

    @property
    def skew_ms(self) -> int:
        """How far the scanner's clock is ahead of ours."""
        skew = (self.happened_at - self.received_at) // timedelta(milliseconds=1)
        return max(-LARGEST_SKEW, min(LARGEST_SKEW, skew))


class Earlier(msgspec.Struct, frozen=True):
    """What this scanner's nonce was used for before; `answer`, `direction` and `session` where that scan was accepted."""

    person_id: UUID | None
    raw_code: str
    answer: msgspec.Raw = msgspec.Raw()
    direction: Direction | None = None
    session: UUID | None = None
    has_undo: bool = False
    """Somebody undid it; whether that holds is `undos.undone`'s to say."""

    @property
    def was_accepted(self) -> bool:
        return bool(bytes(self.answer))


class Stay(msgspec.Struct, frozen=True):
    """The latest attendance of a sign-up, ended or not."""

    id: UUID
    in_at: datetime
    out_at: datetime | None
    minutes: int | None


class Here(decision.Place, frozen=True, kw_only=True):
    """A sign-up of the person near now, as the decision takes it and with what is told about it afterwards.

    `has_changed`: it may have been otherwise at the instant of the scan, in its state, its session or what is needed for it.
    """

    activity_id: UUID
    signup_id: UUID
    ends_at: datetime
    last_entry: int
    first_at: datetime | None
    first_scan: int | None
    last: Stay | None
    is_service: bool
    title: str
    title_en: str
    place: str
    place_en: str
    time_zone: str
    role: str
    role_en: str
    note: str
    has_changed: bool = False


class Facts(msgspec.Struct, frozen=True):
    """What `door_look` answers about a person, a scanner's nonce and the activities named."""

    earlier: Earlier | None
    inside: Inside | None
    places: tuple[Here, ...]


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row of the log; the field names are its columns. What is as usual is not said of each row again: see USUAL."""

    nonce: str
    scanner_id: UUID
    operator_id: UUID | None
    source: Source
    direction: Direction
    raw_code: str
    reason: str
    session_id: str | None
    signup_id: UUID | None
    person_id: UUID | None
    happened_at: datetime
    received_at: datetime
    skew_ms: int = 0
    is_late: bool = False
    lacks_entry: bool = False
    force_sent: bool = False
    forced: bool = False
    force_reason: str = ""
    answer: object = None
    passed_over: tuple[str, ...] = ()
    is_own: bool = False
    counts_at: datetime | None = None
    """Of an upload the scanner's clock, corrected; of somebody's word when they left; of anything else when it came."""
    desk_reason: str | None = None
    """Of an upload: what the desk itself had answered."""


USUAL = msgspec.json.encode({field.name: field.default for field in msgspec.structs.fields(Row) if not field.required}).decode()
"""What a row is where it says nothing else; PostgreSQL puts it there."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A judged scan as it is to be written, with the attendance that it closes and the one that it opens."""

    scan: Row
    closed: Closed | None = None
    opened: Opened | None = None


def entry(
    sent: Sent,
    verdict: decision.Verdict,
    person_id: UUID | None,
    here: Here | None,
    answer: object = None,
    closed: Closed | None = None,
    opened: Opened | None = None,
) -> Entry:
    """`answer` is what an accepted scan is told, for its repeat."""
    row = Row(
        nonce=sent.nonce,
        scanner_id=sent.scanner_id,
        operator_id=sent.operator_id,
        source=sent.source,
        direction=sent.direction,
        raw_code=codes.kept(sent.raw_code),
        reason=verdict.reason,
        session_id=here.session if here else None,
        signup_id=here.signup_id if here else None,
        person_id=person_id,
        happened_at=sent.happened_at,
        received_at=sent.received_at,
        skew_ms=sent.skew_ms,
        is_late=verdict.is_late,
        lacks_entry=verdict.lacks_entry,
        force_sent=bool(sent.force_reason),
        forced=verdict.is_forced,
        force_reason=sent.force_reason,
        answer=answer,
        passed_over=verdict.passed_over,
        is_own=sent.is_own,
    )
    return Entry(scan=row, closed=closed, opened=opened)


async def keep(entries: Sequence[Entry]) -> None:
    """Writes them in their order. One statement.

    Raises asyncpg's UniqueViolationError of one of QUICKER where another scan was quicker: judge anew.
    """
    if entries:
        closed, opened = [entry.closed for entry in entries], [entry.opened for entry in entries]
        rows = msgspec.json.encode([entry.scan for entry in entries]).decode()
        await sql.rows("SELECT scans_keep($1, $2, $3, $4)", rows, USUAL, _beside(closed), _beside(opened))


def _beside(follow: Sequence[Closed | Opened | None]) -> str | None:
    """What follows from each scan, in their order; nothing where nothing follows from any."""
    return msgspec.json.encode([one or {} for one in follow]).decode() if any(follow) else None


COLUMNS = ", ".join(Row.__struct_fields__)
LOG = f"""
INSERT INTO scan ({COLUMNS}) SELECT {COLUMNS} FROM json_populate_recordset(json_populate_record(NULL::scan, $2), $1)
RETURNING scanner_id, nonce, id
"""


async def log(rows: Sequence[Row]) -> dict[tuple[UUID, str], int]:
    """`log_beside` with nothing to do meanwhile."""
    return (await log_beside(rows, lambda: None))[0]


async def log_beside(rows: Sequence[Row], meanwhile: Callable[[], T]) -> tuple[dict[tuple[UUID, str], int], T]:
    """Writes them and nothing that follows from them; their ids by scanner and nonce, each of which may be there once; and
    what `meanwhile` computes.

    One statement; none for nothing. Raises asyncpg's UniqueViolationError where one is there already: judge anew.
    """
    if not rows:
        return {}, meanwhile()
    made, done = await sql.beside(meanwhile, LOG, msgspec.json.encode(rows).decode(), USUAL)
    return {(row["scanner_id"], row["nonce"]): row["id"] for row in made}, done
