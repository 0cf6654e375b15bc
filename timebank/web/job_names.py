"""What each job does, in words: `job_run` keeps its name as the code calls it. A new job is named here."""

from __future__ import annotations

from timebank.web.words import Language, _, say

NAMES = {
    "watch backlog": _("Watch that points arrive"),
    "deliver messages": _("Deliver messages"),
    "carry on imports": _("Take over rows of imported files"),
    "forget imports": _("Forget what old imported files said of people"),
    "make exports": _("Make exports that were asked for"),
    "forget exports": _("Clear away old exports"),
    "remind": _("Reminders before the start"),
    "remind of expiry": _("Tell of points that expire soon"),
    "daily summaries": _("Evening summaries"),
    "generate sessions": _("Make the sessions of series"),
    "move queues": _("Offer free places to who waits"),
    "watch sessions": _("Warn of sessions that lack people"),
    "tell waiting": _("Tell who may confirm hours what waits"),
    "watch entries": _("Look for hours that were entered fast or in great number"),
    "watch records": _("Tell who has to record service"),
    "close sessions": _("Close stays that nobody ended"),
    "no-shows": _("Find who did not come"),
    "lapse requests": _("End requests for rooms that nobody answered"),
    "draw lots": _("Draw the lots of rounds whose deadline is over"),
    "watch series": _("Look again for dates that series lack"),
    "keep wall times": _("Keep bookings at their time on the clock"),
    "settle bookings": _("Charge bookings that are over"),
    "pay recruits": _("Pay who brought new members along"),
    "forget identities": _("Forget identity documents on old sheets"),
    "settle supports": _("Give back to pools what exchanges did not take"),
    "release rooms": _("Release rooms for which nobody came"),
    "move room queues": _("Offer free rooms to who waits"),
    "find oddities": _("Find what looks odd at the doors"),
    "end gifts": _("Give back gifts that nobody accepted"),
    "settle leavers": _("Close the wallets of members who have left"),
    "erase leavers": _("Remove the data of members who left and asked for it"),
    "end exchanges": _("End help between neighbours that nobody has answered"),
    "settle wallets": _("Expire points and holds"),
    "clean people": _("Clear away old sign-ins and codes"),
    "clean visits": _("Clear away old visits at kiosks"),
    "forget failures": _("Clear away old failures"),
    "forget keys": _("Clear away old request keys"),
    "prove ledger": _("Prove the ledger"),
    "seal ledger": _("Seal the ledger"),
    "verify seals": _("Verify the seals"),
    "prove on request": _("Prove the books when asked"),
    "credit points": _("Credit points"),
    "process api": _("Process: pages and API"),
    "process worker": _("Process: worker"),
    "process sweeper": _("Process: sweeper"),
}


def told(job: str, language: Language) -> str:
    """The job in words; one that nobody has named is called as the code calls it."""
    return say(language, NAMES[job]) if job in NAMES else job
