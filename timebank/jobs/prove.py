"""Seals the ledger, and proves the books: by themselves every hour and every night, and when somebody asks."""

from __future__ import annotations

from datetime import datetime

import structlog

from timebank.database import transaction
from timebank.points import proofs, reconcile, seals
from timebank.points.reconcile import Report
from timebank.points.seals import Verdict

log = structlog.get_logger()


async def seal(now: datetime) -> int:
    """Puts under a seal what no block has yet, a block a transaction: how many movements."""
    sealed = 0
    while True:
        async with transaction():
            count = await seals.seal()
        sealed += count
        if count < seals.AT_ONCE:
            return sealed


async def ledger(now: datetime) -> int:
    """Reconciles, keeps the result, raises the alarm where something is wrong: how many rows are."""
    report = await _reconcile()
    await proofs.note(report)
    return report.wrong


async def verify(now: datetime) -> int:
    """Computes all seals anew, keeps the verdict, raises the alarm where one does not hold: how much is wrong."""
    verdict = await _verify()
    await proofs.note(verdict)
    return verdict.wrong


async def on_request(now: datetime) -> int:
    """Makes the proofs that somebody asked for on the page of the books: how many kinds."""
    asked = await proofs.asked()
    if ids := asked.get("reconcile"):
        await proofs.note(await _reconcile(), ids)
    if ids := asked.get("seals"):
        await proofs.note(await _verify(), ids)
    return len(asked)


async def _reconcile() -> Report:
    async with transaction():
        report = await reconcile.check()
    await reconcile.keep(report)
    for finding in report.findings:
        log.error("alarm: the ledger does not agree", view=finding.view, total=finding.total, first=finding.shown[:3])
    return report


async def _verify() -> Verdict:
    async with transaction():
        verdict = await seals.verify()
    if verdict.wrong:
        log.error("alarm: a seal does not hold", broken=verdict.broken, passed_over=verdict.passed_over)
    return verdict
