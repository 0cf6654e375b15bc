"""What the API and the pages of uploads share: the request of a desk, and how what became of each item is told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules.decision import STATUS
from schedules.errors import Refusal
from timebank.actions.door.door import scanner_id
from timebank.actions.uploads.queue import MOST, Result
from timebank.actions.uploads.undo import Standing
from timebank.people.callers import Caller
from timebank.web import formats
from timebank.web.door import Nonce, told
from timebank.web.refusals import problem
from timebank.web.refusals import told as row_of
from timebank.web.words import Language, _, say

FOR_STAFF = _(
    "Where people come in without a sign-up, scan the card again and give a free place. Afterwards the organiser adds "
    "the person at the close of the day."
)
"""Of a sign-up that was withdrawn: whoever reads what became of an upload is not who signs up."""


class OtherDesk(Refusal):
    """The queue of another desk or member. Facts: desk."""


class Queue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a desk has queued. `sent_at` is its clock now; each item is read by itself, so that a bad one stops no other.

    `desk`: the desk or member whose queue it is, as the pack names it; without it, whoever sends it.
    """

    sent_at: Annotated[datetime, Meta(tz=True)]
    items: Annotated[list[Any], Meta(min_length=1, max_length=MOST)]
    desk: UUID | None = None

    def of(self, caller: Caller) -> list[Any]:
        """The items, where the caller is whose queue it is. Raises OtherDesk: under another name a scan would count twice."""
        if self.desk not in (None, scanner_id(caller)):
            raise OtherDesk(desk=str(self.desk))
        return self.items


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The accepted scan of this desk that is to count no more, and the undo's own nonce."""

    nonce: Annotated[str, Meta(min_length=1, max_length=200)]
    undo_nonce: Nonce


def told_result(result: Result, language: Language) -> dict[str, Any]:
    """One row of the answer: `status` and `code` as for a single scan, the admission's fields or the refusal's."""
    row: dict[str, Any] = {"nonce": result.nonce, "code": result.code, "disputed": result.disputed}
    if result.admission:
        return told(result.admission, language) | row | second(result, language)
    if result.code == "annulled":
        return row | undone(language)
    if result.code == "malformed":
        title, detail = say(language, "The desk sent something that makes no sense."), result.reason
        return row | {"status": 400, "title": title, "detail": detail}
    refusal = result.refusal or AssertionError(result.nonce)
    try:
        document = problem(refusal, language)
    except KeyError:  # the desk's own reason, without the facts that the server would have had for it
        kind = row_of(refusal)
        document = {"status": kind.status, "code": kind.code, "title": say(language, kind.title), "detail": ""}
    if document["code"] == "withdrawn":
        document |= {"detail": say(language, FOR_STAFF)}
    own = {"code": result.code, "status": STATUS[result.code]} if result.code in STATUS else {}
    return document | row | {"code": document["code"]} | own


def second(result: Result, language: Language) -> dict[str, str]:
    """A way in that was scanned before, there or at another desk: it is kept, and one of them counts."""
    if result.code != "duplicate_offline":
        return {}
    return {
        "title": say(language, "Scanned twice"),
        "detail": say(language, "Both are kept, one of them counts. Nothing more to do."),
    }


def undone(language: Language, direction: str | None = None) -> dict[str, Any]:
    return {
        "status": 201,
        "title": say(
            language, _("Check-in undone") if direction == "in" else _("Check-out undone") if direction else _("Undone")
        ),
        "detail": say(language, "The scan stays in the log and counts no more."),
    }


def told_undo(found: Standing, language: Language) -> dict[str, Any]:
    """The answer to an undo; programs act on `code`. `is_unchanged`: another scan the same way stands."""
    own = undone(language, found.direction)
    title = still(found, language) or own["title"]
    detail = f"{standing(found, language)}{'' if language == 'zh' else ' '}{own['detail']}"
    about = {"nonce": found.nonce, "session": found.session_id, "is_unchanged": found.is_unchanged}
    return {"code": "annulled", **own, "title": title, "detail": detail, **about}


def still(found: Standing, language: Language) -> str:
    """Where the undo changed nothing about who is in."""
    if not found.is_unchanged:
        return ""
    return say(language, _("Undone; still checked in") if found.direction == "in" else _("Undone; still checked out"))


def standing(found: Standing, language: Language) -> str:
    """Where the person is now, in a sentence; and in a second one, that the place of who had walked in is given back."""
    if found.stay is None:
        said = say(language, _("Not checked in here now."))
        if found.is_place_given_back:
            said += ("" if language == "zh" else " ") + say(language, _("The place taken at the door was given back."))
        return said
    at = found.stay.out_at or found.stay.in_at
    words = _("In since %(time)s.") if found.stay.out_at is None else _("Left at %(time)s.")
    return say(language, words, time=formats.clock(at, found.time_zone))
