"""What a body may be: JSON for the API, a form for a page."""

from __future__ import annotations

from typing import Any

from litestar import Request

from schedules.errors import Refusal
from timebank.web.answers import read_json_strictly
from timebank.web.refusals import tell
from timebank.web.words import _

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
PROGRAMS = ("/api/", "/test/")


class FormNeeded(Refusal):
    """A page was sent what no form of it sends. Facts: none."""


tell(FormNeeded, 415, _("This page reads forms only."), _("Go back to the page and send its form."))


async def read_strictly(request: Request[Any, Any, Any]) -> None:
    """Before a handler reads a body: Litestar would take any type as a form, text/plain of another site's form among them.

    Raises FormNeeded, and what `read_json_strictly` raises.
    """
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if has_body and not request.scope["path"].startswith(PROGRAMS) and request.content_type[0] not in FORMS:
        raise FormNeeded()
    await read_json_strictly(request)
