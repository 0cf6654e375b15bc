"""The books in words: what each check looks at, why a block does not hold, and the ledger as a table."""

from __future__ import annotations

from collections.abc import Sequence

from timebank.actions.community.books import Movement
from timebank.points.reconcile import Report
from timebank.points.seals import Verdict
from timebank.web.sheets import Sheet
from timebank.web.words import Language, _, say

CHECKS = {
    "wallet_is_its_postings": _("Every balance is the sum of its lines."),
    "postings_follow_each_other": _("The lines of every wallet follow each other without a gap."),
    "wallet_is_its_transfers": _("Every balance is what came in less what went out."),
    "wallet_is_its_lots": _("Every balance is the sum of its points with their dates."),
    "held_is_its_holds": _("Points set aside are those of the open holds."),
    "lot_is_what_its_uses_left": _("Of all points earned, what is left is what was not used."),
    "transfer_out_drew_lots": _("Whatever was spent was taken from points that were there."),
    "transfer_in_made_lots": _("Whatever was received became points with their date."),
    "transfer_has_its_lines": _("Every movement has its lines, and they add up."),
    "transfer_names_what_exists": _("Movements name accounts and rules that exist."),
    "debts_are_receivable": _("What members owe is what was advanced."),
    "revived_had_expired": _("What came back of points that were taken back had expired before."),
    "promise_kept_is_one_credit": _("Every promise that was kept is one credit of its amount."),
    "attendance_has_its_promise": _("All service that counts has its promise of points."),
    "stay_comes_to_its_last_version": _("Corrected service came to what its correction says."),
    "wallets_are_what_was_issued": _("All wallets together are what was issued less what was redeemed and expired."),
    "stock_is_its_moves": _("Every stock is what was delivered less what was taken."),
    "redemption_is_one_transfer": _("Every redemption is one movement of its price."),
    "nothing_below_its_floor": _("No wallet and no stock is below its limit."),
    "live_holds_have_their_unit": _("Whatever is kept for somebody lies there."),
    "annulled_stay_brings_nothing": _("Service that was annulled brings nothing."),
    "gift_is_its_hold": _("Every gift is the points that were set aside for it."),
    "exchange_is_its_hold": _("Every exchange between neighbours is the points that were set aside for it."),
    "above_cap_is_its_transfer": _("What lay above the most that a member can have went where its promise said."),
    "support_is_its_moves": _("What pools paid for neighbours in need is what their exchanges say."),
    "closed_wallet_is_empty": _("Nothing is in the wallets of members who have left."),
    "issue_is_its_moves": _("Every issue from a pool moved what was approved."),
    "opening_is_its_balance": _("Every balance taken over from an old scheme is one movement of its amount."),
    "transfer_is_sealed": _("Every movement that was there when a block was made is in a block."),
    "seals_follow_each_other": _("The blocks follow each other and have all their movements."),
}
"""A view of the schema `reconcile` has its sentence here."""

WHY = {
    "block_missing": _("Block %(seq)s is missing."),
    "does_not_follow": _("Block %(seq)s does not follow the block before it."),
    "line_missing": _("Movements of block %(seq)s are missing."),
    "movement_missing": _("A movement of block %(seq)s is gone."),
    "movement_altered": _("A movement of block %(seq)s was altered."),
    "block_altered": _("Block %(seq)s itself was altered."),
}


def checks(report: Report, language: Language) -> list[tuple[str, int, Sequence[tuple[str, str]]]]:
    """Each check as a sentence, with how much is wrong and the first cases; what is wrong comes first."""
    found = {finding.view: finding for finding in report.findings}
    lines = [
        (named(view, language), found[view].total if view in found else 0, found[view].shown if view in found else [])
        for view in report.views
    ]
    return sorted(lines, key=lambda line: not line[1])


def named(view: str, language: Language) -> str:
    """The check as a sentence; one that nobody has named is called as the database calls it."""
    return say(language, CHECKS[view]) if view in CHECKS else view.replace("_", " ")


def broken(verdict: Verdict, language: Language) -> str:
    """Why the first block that does not hold does not; empty where all hold."""
    return say(language, WHY[verdict.broken.why], seq=verdict.broken.seq) if verdict.broken else ""


def grouped(found: str) -> list[str]:
    """A hash in groups of four signs, as one reads it aloud."""
    return [found[at : at + 4] for at in range(0, len(found), 4)]


HEADS = (
    _("Block"),
    _("Line in the block"),
    _("Movement"),
    _("Kind of movement"),
    _("From account"),
    _("To account"),
    _("Units of 1/100 point"),
    _("Date it belongs to"),
    _("Recorded at"),
    _("Reason given"),
    _("Takes back"),
    _("Belongs to"),
    _("Row as sealed"),
    "SHA-256",
)


def table(movements: Sequence[Movement], language: Language) -> Sheet:
    """A line a movement, instants in UTC as they are sealed."""
    rows = [
        (
            each.block,
            each.line,
            str(each.id),
            each.kind,
            each.from_account,
            each.to_account,
            each.units,
            each.effective_at.isoformat(),
            each.recorded_at.isoformat(),
            each.reason,
            str(each.reverses) if each.reverses else None,
            str(each.relates_to) if each.relates_to else None,
            each.row,
            each.hash,
        )
        for each in movements
    ]
    return Sheet(title=say(language, _("Ledger")), heads=[say(language, head) for head in HEADS], rows=rows)
