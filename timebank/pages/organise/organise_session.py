"""One session for who runs it: who comes, who is here, and what is printed of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Meta

from schedules.decision import NEAR
from schedules.errors import Malformed, Refusal
from timebank.actions.activities.call_off import call_off_session
from timebank.actions.activities.change_places import change_places
from timebank.actions.activities.see_activity import see_activity, see_session
from timebank.actions.signups.decide_signup import Decision, decide_many
from timebank.actions.signups.sign_up import sign_up_for
from timebank.actions.signups.withdraw import take_back
from timebank.pages import qr
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go, page
from timebank.people import directory
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.refusals import problem, tell
from timebank.web.request import Installed, Now, Who, language_of, request_key
from timebank.web.words import _

runs = [needs(Right.RUN_ACTIVITIES)]


class NobodyFits(Refusal):
    """Nobody within reach has this number or card. Facts: field."""


class NobodyTicked(Refusal):
    """No request was chosen. Facts: field."""


tell(NobodyTicked, 409, _("Nobody is ticked."), _("Tick the people whom you decide about."))
tell(
    NobodyFits,
    409,
    _("No member here has this number or card."),
    _("Type the volunteer's number, or the code under the card's QR."),
)


class Why(msgspec.Struct):
    reason: Long = ""


class Places(msgspec.Struct):
    """`places` empty: unlimited."""

    role: UUID
    places: Annotated[str, Meta(max_length=7)] = ""


class Comer(msgspec.Struct):
    """Somebody whom the organiser signs up: the volunteer's number or the code of the card, and how they agreed."""

    role: UUID
    member: Short = ""
    reason: Long = ""
    override: Short = ""
    wait: Short = ""
    key: Short = ""


class Gone(msgspec.Struct):
    signup: UUID
    reason: Long = ""
    key: Short = ""


@get("/organise/sessions/{session_id:uuid}", guards=runs)
async def show_session(session_id: FromPath[UUID], request: Ask, caller: Who, number: FromQuery[str] = "") -> Response[str]:
    """With `number`, the form to sign somebody up is open and filled in: the way from the desk, where that person stands."""
    return await session_page(request, caller, session_id, number=number[:60])


@get("/organise/sessions/{session_id:uuid}/door", guards=runs)
async def show_door(session_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """The part of the page that keeps itself up to date."""
    return page(request, "organise/door.html", seen=await see_session(caller, session_id))


@post("/organise/sessions/{session_id:uuid}/call-off", guards=runs)
async def call_off(session_id: FromPath[UUID], data: URLEncodedBody[Why], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await call_off_session(caller, session_id, data.reason, now)
    except Refusal as refusal:
        return await session_page(request, caller, session_id, refusal)
    return go(f"/organise/sessions/{session_id}")


@post("/organise/sessions/{session_id:uuid}/places", guards=runs)
async def set_places(
    session_id: FromPath[UUID], data: URLEncodedBody[Places], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await change_places(caller, session_id, data.role, _number(data.places), now)
    except Refusal as refusal:
        return await session_page(request, caller, session_id, refusal)
    return go(f"/organise/sessions/{session_id}")


@post("/organise/sessions/{session_id:uuid}/add", guards=runs)
async def add_comer(
    session_id: FromPath[UUID], data: URLEncodedBody[Comer], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Signs somebody up by number or card; what was typed stays when it is refused."""
    try:
        person_id = await _member(caller, data.member)
        kept = request_key(caller, data.key, [session_id, data], now, "sign up for")
        await sign_up_for.once(
            kept, caller, session_id, person_id, data.reason, now, data.role, bool(data.override), bool(data.wait)
        )
    except Refusal as refusal:
        return await session_page(request, caller, session_id, refusal, data)
    return go(f"/organise/sessions/{session_id}")


@post("/organise/sessions/{session_id:uuid}/take-back", guards=runs)
async def remove_comer(
    session_id: FromPath[UUID], data: URLEncodedBody[Gone], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        kept = request_key(caller, data.key, [data.signup, data.reason], now, "take back")
        await take_back.once(kept, caller, data.signup, data.reason, now)
    except Refusal as refusal:
        return await session_page(request, caller, session_id, refusal)
    return go(f"/organise/sessions/{session_id}")


@post("/organise/sessions/{session_id:uuid}/decide", guards=runs)
async def decide(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Approves or rejects the requests that are ticked; each has its own result, shown at its row where it was refused."""
    sent = await request.form()
    reason = str(sent.get("reason", ""))[:500]
    decision: Decision = "reject" if sent.get("do") == "reject" else "approve"
    try:
        chosen = [msgspec.convert(one, UUID) for one in sent.getall("signup", [])]
    except msgspec.ValidationError as error:
        raise Malformed(field="signup", reason="no such request") from error
    if not chosen:
        return await session_page(request, caller, session_id, NobodyTicked(field="requests"), reason=reason)
    found = await decide_many(caller, chosen, decision, reason, now)
    failed = {one.signup_id: problem(one.refusal, language_of(request)) for one in found if one.refusal}
    if failed:
        return await session_page(request, caller, session_id, results=failed, reason=reason)
    return go(f"/organise/sessions/{session_id}#requests")


@get("/organise/sessions/{session_id:uuid}/poster", guards=runs)
async def show_poster(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now, settings: Installed) -> Response[str]:
    """An A4 sheet for the door: what, when, where, with whom, the risks, the QR of the activity's address."""
    seen = await see_session(caller, session_id)
    activity = (await see_activity(caller, seen.session.activity_id, now)).activity
    address = f"{settings.base_url}/a/{seen.session.number}"
    shown = f"{urlsplit(settings.base_url).netloc}{urlsplit(address).path}"
    return page(request, "organise/poster.html", seen=seen, activity=activity, picture=qr.svg(address), address=shown)


@get("/organise/sessions/{session_id:uuid}/list", guards=runs)
async def show_list(session_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """An A4 list of names to tick, for a door without a phone."""
    return page(request, "organise/list.html", seen=await see_session(caller, session_id))


async def session_page(
    request: Ask,
    caller: Caller,
    session_id: UUID,
    refusal: Refusal | None = None,
    comer: Comer | None = None,
    results: Mapping[UUID, dict[str, Any]] | None = None,
    reason: str = "",
    number: str = "",
) -> Response[str]:
    """The page; `results` are refusals at requests that were just decided, with the `reason` that was typed."""
    seen = await see_session(caller, session_id)
    typed = {"comer": comer, "number": number, "typed_reason": reason}
    return draw(request, "organise/session.html", refusal, seen=seen, near=NEAR, results=results or {}, **typed)


def _number(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isascii() or not text.strip().isdigit() or int(text) > 100_000:
        raise Malformed(field="places", reason="a whole number, or nothing for any number")
    return int(text)


async def _member(caller: Caller, text: str) -> UUID:
    """The member within the organiser's reach with this number or card. Raises NobodyFits."""
    found = await directory.named(text, caller.nodes(Right.RUN_ACTIVITIES))
    if found is None:
        raise NobodyFits(field="member")
    return found


routes: list[Any] = [
    show_session,
    show_door,
    call_off,
    set_places,
    add_comer,
    remove_comer,
    decide,
    show_poster,
    show_list,
]
