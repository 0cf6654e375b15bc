"""A guardian's consent on one's own page: whether there is one, and whom one has agreed for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from timebank.actions.guardians.consents import end_consent, see_own_consents
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.people import members
from timebank.web.access import signed_in
from timebank.web.request import Now, Who


@get("/me/guardian", guards=[signed_in])
async def show_own(request: Ask, caller: Who, now: Now) -> Response[str]:
    return draw(request, "guardians/own.html", seen=await see_own_consents(caller, now))


@get("/me/guardian/form", guards=[signed_in])
async def show_form(request: Ask, caller: Who, now: Now) -> Response[str]:
    """The sheet that the guardian signs, to print at home."""
    member, seen = await members.one(caller.member()), await see_own_consents(caller, now)
    return draw(request, "guardians/form.html", member=member, standing=seen.own, back="/me/guardian")


@post("/me/guardian/{consent_id:uuid}/end", guards=[signed_in])
async def take_end(consent_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """By the guardian, or by the member themself."""
    await end_consent(caller, consent_id, now)
    return go("/me/guardian")


routes: list[Any] = [show_own, show_form, take_end]
