"""How each odd sign is found in the scan log: whom the newest rows concern, and which rows of a day or month are looked at."""

from __future__ import annotations

from typing import Literal

import msgspec

from schedules import passages, presence, undos

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
NEAR_ROWS = 50_000


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
