"""Why a scan is refused, as facts. A refused scan is kept in the log all the same; see scans.py.

Each may carry what is known by then, for the scanner to show: `session` (id, title, title_en, place, starts_at, ends_at), and
`name`, `number` and `notes` of the person. Names in snake case are the codes of decision.STATUS.
"""

from __future__ import annotations

import re

from schedules.errors import Refusal


class ScanRefused(Refusal):
    """A scan that was not accepted."""


class DeskRevoked(ScanRefused):
    """The desk was withdrawn; its scans count no more. Facts: none."""


class NonceConflict(ScanRefused):
    """This scanner gave the nonce to another pass before; nothing was written. Facts: none."""


class UnknownPass(ScanRefused):
    """Not one of our codes, or it leads to nobody. Facts: key_was_removed, where it was signed with a key of the past."""


class ForeignPass(ScanRefused):
    """The pass of another installation. Facts: none."""


class BadSignature(ScanRefused):
    """The code was altered. Facts: none."""


class Revoked(ScanRefused):
    """The pass was replaced by a newer one. Facts: none."""


class StaleCode(ScanRefused):
    """The rotating code is out of date. Facts: none."""


class Blocked(ScanRefused):
    """The person is suspended. Facts: staff_reason, for staff only."""


class NotSignedUpHere(ScanRefused):
    """No sign-up at the sessions near now of the activities named. Facts: elsewhere (sessions), for staff who may see them."""


class Ambiguous(ScanRefused):
    """Several sessions would do. Facts: choices (sessions)."""


class ActivityCancelled(ScanRefused):
    """The session was called off. Facts: none."""


class Cancelled(ScanRefused):
    """The organiser cancelled the sign-up. Facts: none."""


class Withdrawn(ScanRefused):
    """The person withdrew. Facts: none."""


class Rejected(ScanRefused):
    """The organiser did not take the person. Facts: none."""


class NotApproved(ScanRefused):
    """The organiser has not decided yet. Facts: none."""


class Waitlisted(ScanRefused):
    """The person is on the waiting list. Facts: none."""


class TooEarly(ScanRefused):
    """Facts: opens_at, time (the same as the local clock shows it)."""


class TooLate(ScanRefused):
    """Facts: closed_at, time (the same as the local clock shows it)."""


class QualificationMissing(ScanRefused):
    """A proof that the role needs is missing or has expired. Facts: none."""


class Incomplete(ScanRefused):
    """Questions are to be answered first. Facts: questions (`door_questions.Question`), open (ids of those still to answer)."""


class AlreadyIn(ScanRefused):
    """Inside already, or out again where nobody comes back. Facts: first_at; desk and since of the present stay, as people
    read both, and the same in English; has_left where there is none."""


class AlreadyElsewhere(ScanRefused):
    """Inside at another session that is not over. Facts: elsewhere (a session), for staff who may see it and the person."""


def code_of(refusal: type[Refusal]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", refusal.__name__).lower()


REFUSALS: dict[str, type[ScanRefused]] = {code_of(refusal): refusal for refusal in ScanRefused.__subclasses__()}
