"""What in the scan log looks odd. Signs for people to look at: nothing here judges anybody, and nothing follows by itself.

`KINDS` says how each sign is found: whom the newest rows concern, and which rows of a day or month are then looked at.
What they show is decided by pure functions in oddity_rules.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import passages, presence, sql, undos

MOST = 500
"""Rows that are looked at for one finding: evidence enough."""
BATCH = 2000
NEAR_ROWS = 50_000
BatchName = Literal["scans", "undos"]
SCANS: BatchName = "scans"
UNDONE: BatchName = "undos"
"""What was looked through up to a mark: the log, and what undid scans of it."""

Positive = Annotated[int, Meta(ge=1)]
KindName = Literal[
    "one_phone",
    "shared_code",
    "too_soon",
    "two_desks",
    "stale_tries",
    "lost_card",
    "unreadable",
    "one_household",
    "own_household",
    "forced_often",
    "undone_often",
    "told_late",
]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """From where on something is put on the list; None: it is not looked for. Part of a community's dated policy."""

    phone_people: Positive | None = 3
    """Members, not all of one household, who checked in with one browser on one local day."""
    code_networks: Positive | None = 12
    """Members who used one venue code, which shows for fifteen seconds, from as many networks."""
    travel_minutes: Annotated[int, Meta(ge=1, le=240)] | None = 10
    """Between two places that are not rooms of one community."""
    desk_seconds: Annotated[int, Meta(ge=1, le=3600)] | None = 10
    """Between two desks that scanned one code."""
    stale_tries: Positive | None = 5
    """Codes out of date, of one member on one day."""
    revoked_scans: Positive | None = 3
    """Scans of a member's replaced pass in a month."""
    forged_codes: Positive | None = 3
    """Damaged or altered codes at one desk on one day."""
    unknown_codes: Positive | None = 30
    """Codes that lead to nobody, at one desk on one day."""
    lone_scans: Positive | None = 6
    """Scans of a desk in a month, where all of them are of one household."""
    own_by_name: Positive | None = 4
    """Scans of the operator's own household in a month, and check-ins by name of it where these are at least half."""
    forced_entries: Positive | None = 10
    """Of one operator in a month."""
    undone_scans: Positive | None = 10
    """Of one desk or operator in a month."""
    late_hours: Annotated[int, Meta(ge=1, le=720)] | None = 24
    """From a desk's first contact after a scan until it told of the scan."""
    keep_days: Annotated[int, Meta(ge=1, le=366)] = 30
    """How long browser and network of a self check-in are kept, as fingerprints."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the log as evidence. `place` tells places apart: rooms of one community count as one."""

    id: int
    person_id: UUID | None
    scanner_id: UUID
    operator_id: UUID | None
    source: str
    direction: str
    reason: str
    session_id: UUID | None
    at: datetime
    """The instant that counts: the server's; of an upload the desk's, corrected."""
    forced: bool
    force_reason: str
    place: str | None
    received_at: datetime
    contact_at: datetime | None = None
    """Of an upload that was told late: when the server first heard of the scanner after the scan."""
    network: bytes | None = None


class Kind(msgspec.Struct, frozen=True):
    """One sign. `span`: what its rows have in common beside the subject: nothing more, a local day, a month.

    `touched` is a condition on the newest rows, `subject` the column that names whom it concerns; `rows` is the condition on
    all rows of the subject, $1.
    """

    span: Literal["all", "day", "month"]
    subject: str
    touched: str
    rows: str


AT = passages.instant("c")


def also(differs: str, hours: int) -> str:
    """The person has an earlier row, not far from this one, that differs: most scans end here, without a look of their own.

    Only the last NEAR_ROWS of the log are asked: more than anybody uploads late. OFFSET 0 keeps it a look along the person's
    own rows; as a join it would read the whole log.
    """
    within = f"interval '{hours} h'"
    return (
        f"EXISTS (SELECT FROM scan b WHERE b.person_id = c.person_id AND b.id < c.id AND b.id > c.id - {NEAR_ROWS} "
        f"AND {differs} AND {passages.instant('b')} BETWEEN {AT} - {within} AND {AT} + {within} OFFSET 0)"
    )


STOOD_THERE = (*presence.EVIDENCE, "already_elsewhere")
PRESENT = f"c.reason IN {STOOD_THERE} AND c.source <> 'job' AND NOT (c.source = 'manual' AND c.raw_code IN ('roll', 'word'))"
UNDOABLE = undos.EVIDENCE
UNREADABLE = "c.reason IN ('bad_signature', 'unknown_pass', 'foreign_pass')"
LATE = "c.source = 'upload' AND c.received_at - c.counts_at > interval '1 hour'"
CONTACT = "(SELECT min(b.received_at) FROM scan b WHERE b.scanner_id = c.scanner_id AND b.received_at > c.counts_at)"
LETS_IN = "c.reason = 'ok' AND c.source IN ('desk', 'upload', 'manual')"

KINDS: dict[KindName, Kind] = {
    "one_phone": Kind(
        "all",
        "encode(o.browser, 'hex')",
        "c.reason = 'ok' AND o.browser IS NOT NULL",
        "c.reason = 'ok' AND o.browser = decode($1, 'hex')",
    ),
    "shared_code": Kind(
        "all",
        "o.session_id || ':' || o.step",
        "c.reason = 'ok' AND o.step IS NOT NULL",
        "c.reason = 'ok' AND o.session_id = split_part($1, ':', 1)::uuid AND o.step = split_part($1, ':', 2)::bigint",
    ),
    "too_soon": Kind(
        "day",
        "c.person_id::text",
        f"{PRESENT} AND {also('b.session_id <> c.session_id', 4)}",
        f"c.person_id = $1::text::uuid AND {PRESENT}",
    ),
    "two_desks": Kind(
        "day",
        "c.person_id::text",
        f"c.source IN ('desk', 'upload') AND {also('b.scanner_id <> c.scanner_id', 1)}",
        "c.person_id = $1::text::uuid AND c.source IN ('desk', 'upload')",
    ),
    "stale_tries": Kind(
        "day", "c.person_id::text", "c.reason = 'stale_code'", "c.person_id = $1::text::uuid AND c.reason = 'stale_code'"
    ),
    "lost_card": Kind(
        "month",
        "c.person_id::text",
        "c.reason = 'revoked'",
        "c.person_id = $1::text::uuid AND c.reason = 'revoked'",
    ),
    "unreadable": Kind("day", "c.scanner_id::text", UNREADABLE, f"c.scanner_id = $1::text::uuid AND {UNREADABLE}"),
    "one_household": Kind("month", "c.scanner_id::text", LETS_IN, f"c.scanner_id = $1::text::uuid AND {LETS_IN}"),
    "own_household": Kind(
        "month",
        "c.operator_id::text",
        "c.reason = 'ok' AND (c.source = 'manual' OR c.is_own)",
        "c.operator_id = $1::text::uuid AND c.reason = 'ok' AND (c.source = 'manual' OR c.is_own)",
    ),
    "forced_often": Kind("month", "c.operator_id::text", "c.forced", "c.operator_id = $1::text::uuid AND c.forced"),
    "undone_often": Kind(
        "month",
        "",
        "",  # an undo comes after its scan: see touched_undos
        "(c.scanner_id, c.nonce) IN (SELECT x.scanner_id, x.scan_nonce FROM scan_undo x "
        "WHERE coalesce(x.by_id, x.operator_id, x.scanner_id) = $1::text::uuid) "
        f"AND {UNDOABLE}",
    ),
    "told_late": Kind(
        "day",
        "c.scanner_id::text",
        f"{LATE} AND c.received_at - {CONTACT} > interval '1 hour'",
        f"c.scanner_id = $1::text::uuid AND {LATE}",
    ),
}
FROM = """scan c LEFT JOIN session s ON s.id = c.session_id LEFT JOIN space p ON p.id = s.space_id
 LEFT JOIN scan_origin o ON o.scan_id = c.id"""
COLUMNS = f"""c.id, c.person_id, c.scanner_id, c.operator_id, c.source, c.direction, c.reason, c.session_id,
 {AT} AS at, c.forced, c.force_reason, coalesce(p.community_id::text, s.place) AS place, c.received_at,
 CASE WHEN {LATE} THEN {CONTACT} END AS contact_at, o.network"""


class Batch(msgspec.Struct, frozen=True):
    """Rows of the log after `after`, up to and including `upto`."""

    after: int
    upto: int
    name: BatchName = SCANS


class Touched(msgspec.Struct, frozen=True):
    """Somebody or something that the newest rows concern, and between which instants."""

    kind: KindName
    subject: str
    first_at: datetime
    last_at: datetime


STOPS = """
WITH running AS (SELECT x::xid AS id FROM pg_snapshot_xip(pg_current_snapshot()) x ORDER BY x LIMIT 1),
next AS (SELECT c.id, c.received_at > $3 OR coalesce(age(c.xmin) <= age(r.id), false) AS may_follow_another
           FROM {table} c LEFT JOIN running r ON true WHERE c.id > $1 ORDER BY c.id LIMIT $2)
SELECT max(id) FROM next WHERE id < coalesce((SELECT min(id) FROM next WHERE may_follow_another), 9223372036854775807)
"""


async def next_batch(settled_at: datetime, name: BatchName = SCANS) -> Batch | None:
    """The rows of the log, or of what undid scans, that nobody has looked at, up to `settled_at`; None where there are none."""
    after = await sql.value("SELECT scan_id FROM review_mark WHERE name = $1", name) or 0
    # A row gets its number before it is committed, and an upload commits rows that bear the instant at which it began. So the
    # mark stops before a row that was written while a transaction ran that still runs: that one may bring a smaller number.
    upto = await sql.value(STOPS.format(table="scan" if name == SCANS else "scan_undo"), after, BATCH, settled_at)
    return Batch(after, upto, name) if upto else None


async def advance(batch: Batch) -> None:
    """The batch was looked through. Safe to repeat, and in two processes: the mark never goes back."""
    await sql.rows(
        "INSERT INTO review_mark AS m (name, scan_id) VALUES ($1, $2) "
        "ON CONFLICT (name) DO UPDATE SET scan_id = greatest(m.scan_id, excluded.scan_id)",
        batch.name,
        batch.upto,
    )


def touched_statement(kind: Kind) -> str:
    """Along the log's own number, $1 to $2."""
    return (
        f"SELECT {kind.subject} AS subject, min({AT}), max({AT}) FROM scan c LEFT JOIN scan_origin o ON o.scan_id = c.id "
        f"WHERE c.id > $1 AND c.id <= $2 AND {kind.touched} AND {kind.subject} IS NOT NULL GROUP BY 1 ORDER BY 1"
    )


def rows_statement(kind: Kind, *, of_people: bool = False) -> str:
    """Of the subject $1, from $2 to $3, the last $4; of the people $5."""
    whose = "AND c.person_id = ANY ($5)" if of_people else ""
    return (
        f"SELECT {COLUMNS} FROM {FROM} WHERE {kind.rows} AND {AT} >= $2 AND {AT} < $3 {whose} "
        "ORDER BY at DESC, c.id DESC LIMIT $4"
    )


async def touched(batch: Batch) -> list[Touched]:
    """Whom the batch concerns, for each kind. One statement each, along the log's own number."""
    found = []
    for name, kind in KINDS.items():
        if not kind.touched:
            continue
        rows = await sql.rows(touched_statement(kind), batch.after, batch.upto)
        found += [Touched(name, *row) for row in rows]
    return found


UNDOS = f"""
SELECT coalesce(x.by_id, x.operator_id, x.scanner_id)::text AS subject, min({AT}), max({AT})
  FROM scan_undo x JOIN scan c ON c.scanner_id = x.scanner_id AND c.nonce = x.scan_nonce AND {UNDOABLE}
 WHERE x.id > $1 AND x.id <= $2
 GROUP BY 1 ORDER BY 1
"""


async def touched_undos(batch: Batch) -> list[Touched]:
    """Who undid scans in this batch of undos. One that comes before its scan is seen with the scanner's next one."""
    return [Touched("undone_often", *row) for row in await sql.rows(UNDOS, batch.after, batch.upto)]


async def rows_about(
    kind: KindName, subject: str, since: datetime, until: datetime, people: Sequence[UUID] | None = None
) -> list[Row]:
    """The rows of one subject from `since` to `until`, of these people where any are named, by time; the last MOST of them."""
    found = await sql.rows(
        rows_statement(KINDS[kind], of_people=people is not None),
        subject,
        since,
        until,
        MOST,
        *([list(people)] if people is not None else []),
    )
    return [Row(**dict(row)) for row in reversed(found)]


async def rows_of(scan_ids: Sequence[int]) -> list[Row]:
    """These rows by time: the evidence of a finding."""
    found = await sql.rows(f"SELECT {COLUMNS} FROM {FROM} WHERE c.id = ANY ($1) ORDER BY at, c.id", list(scan_ids))
    return [Row(**dict(row)) for row in found]
