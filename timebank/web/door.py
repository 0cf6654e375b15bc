"""What the door's API and pages share: who may scan, how a request becomes a question, in which words an admission is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
import structlog
from litestar.handlers.base import BaseRouteHandler
from msgspec import Meta

from schedules import codes, door_questions
from schedules.reasons import DeskRevoked
from schedules.scans import Direction
from timebank.actions.door.admission import Admission
from timebank.actions.door.check_in_by_name import ByName
from timebank.actions.door.door import Asking, reach, scanner_id
from timebank.actions.door.walk_in import WalkIn
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.people.devices import is_revoked
from timebank.web import formats
from timebank.web.access import DEVICE_COOKIE, Connection, caller_of
from timebank.web.words import Language, _, say

security = structlog.get_logger("security")


class MayNotScan(NotAllowed):
    """Neither a paired desk nor somebody with the right to scan. Facts: right."""


async def scanner(connection: Connection, handler: BaseRouteHandler) -> None:
    """A paired desk, or a member with the right to scan somewhere. Anybody else is told 403 and is in the security log."""
    caller = await caller_of(connection)
    if caller.device_kind == "desk" or caller.may(Right.SCAN):
        return
    token = connection.cookies.get(DEVICE_COOKIE) or connection.headers.get("authorization", "").removeprefix("Bearer ").strip()
    revoked = bool(token) and await is_revoked(token)
    security.warning("scan refused", code="desk_revoked" if revoked else "not_allowed", path=connection.url.path)
    raise DeskRevoked() if revoked else MayNotScan(right=Right.SCAN.value)


async def namer(connection: Connection, handler: BaseRouteHandler) -> None:
    """Who scans and may vouch for somebody: a supervisor, not a steward, no desk without somebody signed in (checkin-92)."""
    await scanner(connection, handler)
    if not (await caller_of(connection)).may(Right.CHECK_IN_BY_NAME):
        security.warning("check-in by name refused", code="not_allowed", path=connection.url.path)
        raise NotAllowed(right=Right.CHECK_IN_BY_NAME.value)


Nonce = Annotated[str, Meta(max_length=200)]


async def oneself(connection: Connection, handler: BaseRouteHandler) -> None:
    """A member is signed in; for programs a stranger at the door is one who may not (checkin-89)."""
    if (await caller_of(connection)).member_id is None:
        raise NotAllowed(right="check_in")


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry that overrules a refusal, with its reason."""

    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


Given = Annotated[str, Meta(max_length=door_questions.LONGEST)] | float | bool | None
"""What somebody answers at the door."""


class AtDesk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scan as a desk sends it. `session` is the choice after `ambiguous`."""

    activities: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=50)]
    code: Annotated[str, Meta(min_length=1, max_length=codes.LONGEST)]
    direction: Direction = "in"
    nonce: Nonce = ""
    happened_at: Annotated[datetime, Meta(tz=True)] | None = None
    session: UUID | None = None
    questions_supported: bool = True
    answers: dict[str, Given] = {}
    override: Override | None = None


class ByHand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody picked from the list of those signed up."""

    signup_id: UUID
    direction: Direction = "in"
    nonce: Nonce = ""
    happened_at: Annotated[datetime, Meta(tz=True)] | None = None
    questions_supported: bool = True
    answers: dict[str, Given] = {}
    override: Override | None = None

    def asked(self) -> ByName:
        return ByName(
            signup_id=self.signup_id,
            direction=self.direction,
            nonce=self.nonce or uuid4().hex,
            happened_at=self.happened_at,
            override_reason=self.override.reason.strip() if self.override else "",
            shows_questions=self.questions_supported,
            answers=self.answers,
        )


class Uninvited(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who came without a sign-up; `role` where the person chose one of several."""

    session: UUID
    code: Annotated[str, Meta(min_length=1, max_length=codes.LONGEST)]
    nonce: Nonce = ""
    role: UUID | None = None
    happened_at: Annotated[datetime, Meta(tz=True)] | None = None
    questions_supported: bool = True
    answers: dict[str, Given] = {}

    def asked(self) -> WalkIn:
        return WalkIn(
            session_id=self.session,
            code=self.code,
            nonce=self.nonce or uuid4().hex,
            role_id=self.role,
            happened_at=self.happened_at,
            shows_questions=self.questions_supported,
            answers=self.answers,
        )


class BySelf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A self check-in: the address in the venue's QR, or the typed code under it."""

    code: Annotated[str, Meta(min_length=1, max_length=codes.LONGEST)]
    direction: Direction = "in"
    nonce: Nonce = ""
    session: UUID | None = None
    answers: dict[str, Given] = {}


def asked_at_desk(caller: Caller, scan: AtDesk) -> Asking:
    """The question of a desk, which reaches its node and all below, or of a member who scans with a phone."""
    return Asking(
        scanner_id=scanner_id(caller),
        operator_id=caller.member_id,
        source="desk",
        direction=scan.direction,
        raw_code=scan.code,
        nonce=scan.nonce or uuid4().hex,
        happened_at=scan.happened_at,
        activity_ids=scan.activities,
        session_id=scan.session,
        nodes=reach(caller),
        override_nodes=tuple(caller.nodes(Right.CHECK_IN_BY_NAME)),
        override_reason=scan.override.reason.strip() if scan.override else "",
        shows_questions=scan.questions_supported,
        answers=scan.answers,
    )


def asked_by_oneself(
    caller: Caller,
    code: str,
    direction: Direction,
    nonce: str = "",
    session: UUID | None = None,
    seen_at: datetime | None = None,
    answers: Mapping[str, Given] | None = None,
) -> Asking:
    """The question of a member who has opened a venue code. Raises SignInNeeded."""
    return Asking(
        scanner_id=caller.member(),
        operator_id=None,
        source="self",
        direction=direction,
        raw_code=code,
        nonce=nonce or uuid4().hex,
        member_id=caller.member(),
        session_id=session,
        seen_at=seen_at,
        answers=dict(answers or {}),
    )


def given(sent: Mapping[str, Any]) -> dict[str, Given]:
    """Answers to questions: the names of the fields say of which kind each is. One that is no number stays as it was typed."""
    found: dict[str, Given] = {}
    for name, value in sent.items():
        word, _, rest = name.partition("-")
        kind, _, question = rest.partition("-")
        if word != "answer" or not question or not str(value).strip():
            continue
        text = str(value)[: door_questions.LONGEST]
        found[question] = True if kind == "acknowledge" else _number(text) if kind == "number" else text
    return found


def _number(text: str) -> float | str:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def shown_name(admission: Admission, language: Language) -> str:
    """The name, or the number of somebody who has given none (checkin-10)."""
    return admission.name or say(language, "Volunteer No. %(number)s", number=admission.number)


def title(admission: Admission, language: Language) -> str:
    """What happened, in a few words."""
    if admission.direction == "in":
        return say(language, _("Checked in, late") if admission.is_late else _("Checked in"))
    if admission.lacks_entry:
        return say(language, _("Checked out without a check-in"))
    if admission.was_out:
        return say(language, _("Checked out already"))
    return say(language, _("Checked out"))


def detail(admission: Admission, language: Language) -> str:
    """What follows from it."""
    if admission.direction == "in":
        return say(language, "In since %(time)s.", time=formats.clock(admission.at, admission.session.time_zone))
    if admission.minutes is None:
        return say(language, "Noted. Tell the organiser when you came.")
    counted = say(language, "%(hours)s counted.", hours=formats.hours(admission.minutes, language))
    if not admission.minutes and admission.at < admission.session.starts_at:
        return say(language, "Nothing counted yet: it is before the start.")
    if not admission.was_out:
        return counted
    left = formats.clock(admission.at, admission.session.time_zone)
    return say(language, "Left at %(time)s. %(counted)s", time=left, counted=counted)


def told(admission: Admission, language: Language) -> dict[str, Any]:
    """The answer to an accepted scan, in the reader's language; programs act on `code`."""
    return {
        **msgspec.structs.asdict(admission),
        "session": msgspec.structs.asdict(admission.session),
        "code": "ok",
        "status": 201,
        "title": title(admission, language),
        "detail": detail(admission, language),
        "name": shown_name(admission, language),
    }
