"""The words of the scan log and of what two desks made of one person; and the log as a table to take along."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from schedules.conflicts import Conflict, Passage, Pile
from schedules.reasons import REFUSALS
from timebank.actions.activities.see_activity import Person
from timebank.actions.hours.see_door_log import Line, Log
from timebank.web import formats
from timebank.web.refusals import told
from timebank.web.sheets import Cell, Sheet
from timebank.web.words import Language, _, ngettext, numbered, say

OWN = {
    "ok": _("let in"),
    "out": _("let out"),
    "duplicate_offline": _("let in as well, told later"),
    "unjudged": _("left to the server"),
}
SOURCES = {
    "desk": _("Desk"),
    "upload": _("Desk, without a network"),
    "self": _("Own phone"),
    "manual": _("By hand"),
    "job": _("Set by itself"),
}
BY_WORD = _("taken over from a withdrawn desk, on the word of whoever handed it in")
KINDS = {
    "two_desks": (
        _("Two desks let the same person in"),
        _("One attendance counts, both scans are kept. Nothing has to be done."),
    ),
    "disputed": (
        _("The desk refused, the server did not"),
        _("The person was turned away at the desk although the server would let them in, or had. Ask whether they stayed."),
    ),
    "refused_upload": (
        _("Let in without a network, refused by the server"),
        _("It counts as no attendance. If the person was there, put it right in the close of the day."),
    ),
    "two_places": (
        _("Let in somewhere else while still in here"),
        _("The first stay ended when the second began, and waits to be confirmed. If that is wrong, undo one of the scans."),
    ),
    "late_undo": (
        _("Undone without a network, told an hour later or more"),
        _("The scan counts no more, and its stay may be gone. Ask who was at the desk; the close of the day puts it right."),
    ),
    "hours_kept": (
        _("Later scans say otherwise than the hours that were decided"),
        _("The hours stay as a person decided them. Correct them if the scans are right."),
    ),
    "points_owed": (
        _("Points were taken back that had been spent"),
        _("The member owes them now; what they earn next goes there first. Tell them yourself before the statement does."),
    ),
    "points_not_taken": (
        _("Points could not be taken back"),
        _("The hours are corrected, the points are not. The coordinator settles it in the ledger."),
    ),
}

ONE_DESK = (_("One desk scanned the same person twice"), KINDS["two_desks"][1])
ONE_UNDONE = _("One of these scans was undone, and the other counts. You can put this away.")
BOTH_UNDONE = _("Both scans were undone: nothing counts. You can put this away.")
UNJUDGED = (
    _("Noted without a network, refused by the server"),
    _("The desk could not check this code. If the person was there, put it right in the close of the day."),
)
WRITTEN_DOWN = (
    _("Turned away without a network, and written down"),
    _("The desk could sign nobody up. If the person was there, put it right in the close of the day."),
)
NOBODY = (
    numbered("count", ngettext("%(count)s code that leads to nobody", "%(count)s codes that lead to nobody")),
    _(
        "Each is kept in the scan log. Often they are codes of another app. If people stood there with them, put it right in "
        "the close of the day."
    ),
)
NOT_BELIEVED = (
    _("The desk says: in already. The server says: could not be"),
    _("It counts as no attendance. If the person was there, put it right in the close of the day."),
)


class Words:
    """For templates: everything in one language and one zone of time."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def title(self, conflict: Conflict) -> str:
        if conflict.pile:
            return say(self.language, NOBODY[0], count=conflict.pile.size)
        return say(self.language, _words(conflict)[0])

    def next_step(self, conflict: Conflict) -> str:
        if conflict.pile:
            return say(self.language, NOBODY[1])
        undone = [scan.is_undone for scan in (conflict.scan, conflict.other) if scan]
        if conflict.kind == "two_desks" and any(undone):
            return say(self.language, BOTH_UNDONE if all(undone) else ONE_UNDONE)
        return say(self.language, _words(conflict)[1])

    def pile(self, pile: Pile, zone: str) -> str:
        """Where and when the codes were read; with the days where there are several."""
        scan, days = pile.codes[0].scan, [formats.day(at, zone, language=self.language) for at in (pile.first_at, pile.last_at)]
        first, last = (formats.clock(at, zone) for at in (pile.first_at, pile.last_at))
        if days[0] != days[1]:
            first, last = f"{days[0]} {first}", f"{days[1]} {last}"
        desk = self.source(scan.source, scan.desk, scan.desk_en)
        return say(self.language, _("%(desk)s · %(first)s to %(last)s"), desk=desk, first=first, last=last)

    def on(self, conflict: Conflict) -> date:
        """The local day of what it is about."""
        scan = conflict.scan or conflict.other
        at = conflict.pile.first_at if conflict.pile else scan.at if scan else conflict.noted_at
        return at.astimezone(ZoneInfo(conflict.time_zone)).date()

    def name(self, person: Person | None) -> str:
        """Somebody without a name is a number; nobody known is said so."""
        if person is None:
            return say(self.language, "Nobody known")
        return person.name or say(self.language, "Volunteer No. %(number)s", number=person.number)

    def reason(self, code: str, direction: str = "in") -> str:
        """What the scanner was told, in a few words."""
        own = OWN.get("out" if code == "ok" and direction == "out" else code)
        return say(self.language, own or told(REFUSALS[code]()).title)

    def source(self, source: str, desk: str, desk_en: str) -> str:
        kind = say(self.language, SOURCES[source])
        called = (desk_en or desk) if self.language == "en" else desk
        return say(self.language, "%(desk)s (%(kind)s)", desk=called, kind=kind) if desk else kind

    def time(self, at: datetime, zone: str) -> str:
        return at.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")

    def forced(self, reason: str) -> str:
        """Why it was forced; without a reason it came out of the file of a withdrawn desk."""
        return reason or say(self.language, BY_WORD)

    def way(self, direction: str) -> str:
        return say(self.language, _("In") if direction == "in" else _("Out"))

    def passage(self, passage: Passage, zone: str) -> str:
        """One scan in a line: when, where, what the desk said and what the server."""
        facts = {
            "time": self.time(passage.at, zone),
            "desk": self.source(passage.source, passage.desk, passage.desk_en),
            "way": self.way(passage.direction),
            "server": self.reason(passage.reason, passage.direction),
        }
        if passage.desk_reason in (None, passage.reason):
            if passage.reason == "ok":
                return say(self.language, "%(time)s · %(desk)s: %(server)s", **facts)
            return say(self.language, "%(time)s · %(desk)s · %(way)s: %(server)s", **facts)
        said = self.reason(passage.desk_reason, passage.direction)
        return say(
            self.language, "%(time)s · %(desk)s · %(way)s: the desk: %(said)s · the server: %(server)s", **facts, said=said
        )


def _words(conflict: Conflict) -> tuple[str, str]:
    """A desk may refuse with what would be evidence, and the server object to that; it may repeat itself, or decide nothing."""
    scan, other = conflict.scan, conflict.other
    if conflict.kind == "two_desks" and scan and other and scan.scanner_id == other.scanner_id:
        return ONE_DESK
    if conflict.kind == "refused_upload" and scan and scan.desk_reason == "unjudged":
        return UNJUDGED
    if conflict.kind == "refused_upload" and scan and scan.desk_reason == scan.reason:
        return WRITTEN_DOWN
    is_believed = conflict.kind != "disputed" or conflict.detail.get("server", "ok") == "ok"
    return KINDS[conflict.kind] if is_believed else NOT_BELIEVED


HEADS = (
    _("Day"),
    _("Counts at"),
    _("Scanner's clock"),
    _("Received at"),
    _("Clock ahead, seconds"),
    _("Way"),
    _("Desk"),
    _("At the desk"),
    _("Number"),
    _("Person"),
    _("Answer"),
    _("Answer of the desk"),
    _("Forced because"),
    _("Undone"),
    _("Code"),
)


def table(log: Log, language: Language) -> Sheet:
    """The log as a file, the first scan first."""
    words = Words(language)
    rows = [_row(line, log.session.time_zone, words) for line in reversed(log.lines)]
    return Sheet(title=say(language, "Scan log"), heads=[say(language, head) for head in HEADS], rows=rows)


def _row(line: Line, zone: str, words: Words) -> list[Cell]:
    row = line.row
    return [
        formats.day(row.at, zone, language=words.language, with_year=True),
        words.time(row.at, zone),
        words.time(row.happened_at, zone),
        words.time(row.received_at, zone),
        round(row.skew_ms / 1000),
        words.way(row.direction),
        words.source(row.source, row.desk, row.desk_en),
        words.name(line.operator) if line.operator else None,
        line.person.number if line.person else None,
        words.name(line.person) if line.person else None,
        words.reason(row.reason, row.direction),
        words.reason(row.desk_reason, row.direction) if row.desk_reason else None,
        words.forced(row.force_reason) if row.forced else row.force_reason or None,
        (row.undone_reason or words.name(line.undone_by) if line.undone_by else words.time(row.undone_at, zone))
        if row.undone_at
        else None,
        row.raw_code if row.was_refused else None,
    ]
