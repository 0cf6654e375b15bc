"""What each job does, in words: `job_run` keeps its name as the code calls it."""

from __future__ import annotations

from timebank.web.words import Language, _, say

NAMES = {
    "watch backlog": _("Watch that points arrive"),
    "deliver messages": _("Deliver messages"),
    "remind": _("Reminders before the start"),
    "daily summaries": _("Evening summaries"),
    "settle wallets": _("Expire points and holds"),
    "clean people": _("Clear away old sign-ins and codes"),
    "clean visits": _("Clear away old visits at kiosks"),
    "forget failures": _("Clear away old failures"),
    "forget keys": _("Clear away old request keys"),
    "prove ledger": _("Prove the ledger"),
    "credit points": _("Credit points"),
    "process api": _("Process: pages and API"),
    "process worker": _("Process: worker"),
    "process sweeper": _("Process: sweeper"),
}


def told(job: str, language: Language) -> str:
    """The job in words; one that nobody has named is called as the code calls it."""
    return say(language, NAMES[job]) if job in NAMES else job
