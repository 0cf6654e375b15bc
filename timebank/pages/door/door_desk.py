"""The desk: which sessions it serves, and the page that scans. Camera and retries need JavaScript, the rest does not."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Meta

from schedules import codes, decision
from schedules.errors import Refusal
from schedules.scans import Direction
from timebank.actions.door import desk
from timebank.actions.door.door import scanner_id
from timebank.actions.door.scan import scan
from timebank.actions.door.walk_in import TAKES_PLACE
from timebank.pages.forms import Ask, Short
from timebank.pages.render import go, page
from timebank.people.callers import Caller
from timebank.web import desk_words
from timebank.web.door import AtDesk, Override, asked_at_desk, given, scanner, told
from timebank.web.refusals import problem
from timebank.web.request import Now, Who, language_of

Chosen = Annotated[list[UUID], Meta(max_length=50)]


class Scanned(msgspec.Struct):
    """`sessions` are those that the desk serves (a form sends one of them bare), `choice` one of several that would do."""

    sessions: Chosen | UUID
    code: Annotated[str, Meta(max_length=codes.LONGEST)] = ""
    direction: Direction = "in"
    nonce: Short = ""
    choice: UUID | None = None
    reason: Annotated[str, Meta(max_length=500)] = ""
    """Of an override."""

    @property
    def chosen(self) -> list[UUID]:
        return self.sessions if isinstance(self.sessions, list) else [self.sessions]


@get("/desk", guards=[scanner])
async def choose(request: Ask, caller: Who, now: Now) -> Response[str]:
    """The sessions near now; those with an open door are ticked."""
    return page(request, "door/desk.html", served=await desk.near(caller, now))


@get("/sessions/{session_id:uuid}/desk", guards=[scanner])
async def serve_one(session_id: FromPath[UUID]) -> Redirect:
    """From the session's own page."""
    return go(f"/desk/scan?sessions={session_id}")


@get("/desk/scan", guards=[scanner])
async def serve(
    request: Ask, caller: Who, now: Now, sessions: FromQuery[Chosen], direction: FromQuery[Direction] = "in"
) -> Response[str]:
    return await draw(request, caller, now, sessions, direction)


@get("/desk/counts", guards=[scanner])
async def show_counts(request: Ask, caller: Who, now: Now, sessions: FromQuery[Chosen]) -> Response[str]:
    """The part of the page that keeps itself up to date."""
    return page(request, "door/counts.html", served=await desk.serve(caller, sessions, now))


@post("/desk/scan", guards=[scanner])
async def take_scan(data: URLEncodedBody[Scanned], request: Ask, caller: Who, now: Now) -> Response[str]:
    """A hand scanner or a keyboard without JavaScript: the same page with the answer on it."""
    served = await desk.serve(caller, data.chosen, now)
    asked = AtDesk(
        activities=tuple({session.activity_id for session in served}),
        code=data.code or " ",
        direction=data.direction,
        nonce=data.nonce,
        session=data.choice,
        answers=given(await request.form()),
        override=Override(data.reason) if data.reason.strip() else None,
    )
    try:
        answer = told(await scan(asked_at_desk(caller, asked), now), language_of(request))
    except Refusal as refusal:
        answer = problem(refusal, language_of(request))
    return await draw(request, caller, now, data.chosen, data.direction, answer, data.code)


async def draw(
    request: Ask,
    caller: Caller,
    now: datetime,
    session_ids: list[UUID],
    direction: Direction,
    answer: dict[str, Any] | None = None,
    code: str = "",
    signup: UUID | None = None,
) -> Response[str]:
    """The scanning page; its status is the answer's. `code`, or `signup` where it was by name, is what may be sent again."""
    served = await desk.serve(caller, session_ids, now)
    counts_address = "/desk/counts?" + urlencode([("sessions", str(session.id)) for session in served])
    context: dict[str, Any] = {
        "served": served,
        "direction": direction,
        "answer": answer,
        "code": code,
        "counts_address": counts_address,
    }
    context |= {"signup": signup, "welcoming": [each for each in served if each.walk_ins and each.is_open(now)]}
    context |= {"may_override": all(session.by_name for session in served), "passable": sorted(decision.PASSABLE)}
    context |= {"takes_place": TAKES_PLACE}
    context |= {"owner": scanner_id(caller)}
    language = language_of(request)
    context |= {"refusals": desk_words.refusals(language), "of_typed": desk_words.of_typed(language)}
    return page(request, "door/scan.html", answer["status"] if answer else 200, **context)


routes: list[Any] = [choose, serve_one, serve, show_counts, take_scan]
