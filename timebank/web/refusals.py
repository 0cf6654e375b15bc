"""How each refusal is told: status, stable code, title and what to do next. One table; a test fails when a refusal is missing.

Rooms add their refusals with `tell` in their own module of `timebank/web/told/`. The words are message ids; facts fill them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules.errors import Malformed, NotFound
from schedules.sql import Busy
from timebank.actions.action import KeyConflict
from timebank.people.callers import DeviceNeeded, NotAllowed, SignInNeeded
from timebank.web.words import Language, Numbered, _, say

Retell = Callable[[Any, Language], dict[str, Any]]
"""Members of the problem document that need more than a sentence with facts: a time in its zone, a list of reasons."""


class Told(msgspec.Struct, frozen=True):
    """How one kind of refusal is told. `title` says what happened, `next_step` what to do; `retell` adds to them."""

    status: int
    code: str
    title: str | Numbered
    next_step: str | Numbered = ""
    retry_after: int | None = None
    retell: Retell | None = None


TABLE: dict[type[Exception], Told] = {}


def tell(
    refusal: type[Exception],
    status: int,
    title: str | Numbered,
    next_step: str | Numbered = "",
    *,
    code: str = "",
    retry_after: int | None = None,
    retell: Retell | None = None,
) -> None:
    """Adds a refusal to the table; `code` is the class name in snake case unless given."""
    name = code or re.sub(r"(?<!^)(?=[A-Z])", "_", refusal.__name__).lower()
    TABLE[refusal] = Told(status, name, title, next_step, retry_after, retell)


tell(SignInNeeded, 401, _("Please sign in first."), _("Sign in, then send it again."))
tell(NotAllowed, 403, _("You may not do this here."), _("Ask the coordinator of your community for the role it needs."))
tell(DeviceNeeded, 403, _("This is for a paired device."), _("Pair this screen with a code from the coordinator's page."))
tell(NotFound, 404, _("This is not here."), _("Check the address, or go back to the start."))
tell(Malformed, 400, _("Something in the request makes no sense."), _("Correct it and send it again."))
tell(KeyConflict, 409, _("This request was already sent with other content."), _("Reload the page and try again."))
tell(Busy, 503, _("The service is busy. Nothing was changed."), _("Wait a moment and send it again."), retry_after=2)


def told(refusal: Exception) -> Told:
    """The row for this refusal or the nearest class above it."""
    for kind in type(refusal).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    raise KeyError(type(refusal))


def plain(value: Any) -> Any:
    """A fact as JSON shows it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return msgspec.to_builtins(value)


def problem(refusal: Exception, language: Language) -> dict[str, Any]:
    """The problem document (RFC 9457); facts stand beside the standard members."""
    row = told(refusal)
    facts = {name: plain(value) for name, value in getattr(refusal, "facts", {}).items()}
    document = {
        **facts,
        "type": f"/problems/{row.code}",
        "code": row.code,
        "status": row.status,
        "title": sentence(row.title, refusal, language),
        "detail": sentence(row.next_step, refusal, language),
    }
    return document | row.retell(refusal, language) if row.retell else document


def sentence(message: str | Numbered, refusal: Exception, language: Language) -> str:
    """The message in the reader's language, facts filled in."""
    return say(language, message, **getattr(refusal, "facts", {})) if message else ""
