"""`timebank reconcile`: says what it checked and what is wrong. Exit code 0: nothing is."""

from __future__ import annotations

import asyncio
import sys

from timebank import database
from timebank.points import proofs, reconcile
from timebank.points.reconcile import Report
from timebank.settings import Settings


def main(settings: Settings) -> int:
    """Checks, notes the result for the status page and the metrics, and prints it."""
    report = asyncio.run(_run())
    sys.stdout.write(told(report))
    return 1 if report.findings else 0


async def _run() -> Report:
    await database.start_pool(2)
    try:
        async with database.transaction():
            report = await reconcile.check()
        await reconcile.keep(report)
        await proofs.note(report)
        return report
    finally:
        await database.close_pool()


def told(report: Report) -> str:
    """The report as lines: what was checked, then each finding with the accounts or things it concerns."""
    lines = [f"{len(report.views)} checks in one snapshot: {', '.join(view.replace('_', ' ') for view in report.views)}."]
    for finding in report.findings:
        lines.append(f"✗ {finding.view.replace('_', ' ')}: {finding.total} wrong")
        lines += [f"    {subject}: {detail}" for subject, detail in finding.shown]
        if finding.total > len(finding.shown):
            lines.append(f"    ... and {finding.total - len(finding.shown)} more")
    lines.append("The ledger does not agree with itself." if report.findings else "✓ The ledger agrees with itself.")
    return "\n".join(lines) + "\n"
