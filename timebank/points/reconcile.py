"""Proof that the ledger agrees with itself: every view of the schema `reconcile` has to be empty, all read in one snapshot."""

from __future__ import annotations

import msgspec

from schedules import sql

LONGEST = 600
"""Seconds for one view; a year of a whole sub-district takes a few."""
SHOWN = 20


class Finding(msgspec.Struct, frozen=True):
    """What a view found wrong: `total` rows, of which `shown` are told as (what it concerns, what is wrong)."""

    view: str
    total: int
    shown: list[tuple[str, str]]


class Report(msgspec.Struct, frozen=True, tag="reconcile"):
    """The views that were read, and what was found."""

    views: list[str]
    findings: list[Finding]

    @property
    def wrong(self) -> int:
        return sum(finding.total for finding in self.findings)


async def check() -> Report:
    """Reads every view in one snapshot: no false alarm while others write (ledger-125).

    The first statement of its transaction, which the caller has just opened and only this uses (P7).
    """
    await sql.rows("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    await sql.rows(f"SET LOCAL statement_timeout = '{LONGEST}s'")
    return await read()


async def read() -> Report:
    """Reads every view on the running transaction, with whatever that sees."""
    views = [row[0] for row in await sql.rows("SELECT viewname FROM pg_views WHERE schemaname = 'reconcile' ORDER BY viewname")]
    findings = [await _read(view) for view in views]
    return Report(views, [finding for finding in findings if finding.total])


async def _read(view: str) -> Finding:
    running = sql.engine().current_transaction.get()
    if running is None:
        raise RuntimeError("the views are read in one transaction")
    statement = f'SELECT subject, detail, count(*) OVER () AS total FROM reconcile."{view}" LIMIT {SHOWN}'
    found = await running.connection.fetch(statement, timeout=LONGEST)  # the pool's own limit is for people who wait
    return Finding(view, found[0]["total"] if found else 0, [(row["subject"], row["detail"]) for row in found])


async def keep(report: Report) -> None:
    """Notes the result where the status page, `doctor` and the metrics read it: the row "reconcile" of job_run."""
    worst = "; ".join(f"{finding.view}: {finding.total}" for finding in report.findings) or None
    await sql.rows(
        "INSERT INTO job_run AS j (name, started_at, succeeded_at, handled, last_error) "
        "VALUES ('reconcile', clock_timestamp(), CASE WHEN $2::text IS NULL THEN clock_timestamp() END, $1, $2) "
        "ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, handled = excluded.handled, "
        "last_error = excluded.last_error, succeeded_at = coalesce(excluded.succeeded_at, j.succeeded_at)",
        report.wrong,
        worst,
    )
