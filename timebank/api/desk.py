"""The desk for programs: what it takes along before its network is cut, names, and who comes without a sign-up."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from timebank.actions.door.check_in_by_name import check_in_by_name
from timebank.actions.door.prepare_desk import MOST, Pack, prepare_desk
from timebank.actions.door.search_people import Found, search_people
from timebank.actions.door.walk_in import walk_in
from timebank.web.door import ByHand, Uninvited, namer, scanner, told
from timebank.web.request import Now, Reads, Who

Sessions = Annotated[list[UUID], Meta(min_length=1, max_length=MOST)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sessions that the desk serves."""

    sessions: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MOST)]


@post("/api/v1/desk/packs", guards=[scanner], status_code=200)
async def post_pack(data: JSONBody[Wanted], caller: Who, now: Now) -> Pack:
    """All that a desk needs to decide about these sessions without a network; sessions further than 12 hours away are left out.

    Each person's line is sealed under the signature in their own pass: docs/vectors/roster.json. Changes nothing but the
    record of who took it along, so it may be asked for as often as one likes.
    """
    return await prepare_desk(caller, data.sessions, now)


@get("/api/v1/desk/people", guards=[scanner])
async def get_people(
    sessions: FromQuery[Sessions], name: FromQuery[Annotated[str, Meta(max_length=200)]], caller: Who, now: Now
) -> list[Found]:
    """Those signed up at these sessions whose name holds these letters, twenty at most, without contact data.

    Nobody for fewer than four letters, a Chinese character counting two; who may check in by name there needs two.
    """
    return await search_people(caller, sessions, name, now)


@post("/api/v1/check-ins/by-name", guards=[namer])
async def post_check_in_by_name(data: JSONBody[ByHand], caller: Who, now: Now, language: Reads) -> dict[str, Any]:
    """Checks somebody in or out without a code. Rules, answers and log are those of a scan, its source is `manual`.

    Safe to repeat with its nonce.
    """
    return told(await check_in_by_name(caller, data.asked(), now), language)


@post("/api/v1/desk/walk-ins", guards=[scanner])
async def post_walk_in(data: JSONBody[Uninvited], caller: Who, now: Now, language: Reads) -> dict[str, Any]:
    """Takes a free place for somebody who is not signed up, and lets them in: both or neither.

    Where questions are to be answered first (`incomplete`) the place is kept; scan again with the answers.
    Safe to repeat with its nonce.
    """
    return told(await walk_in(caller, data.asked(), now), language)


routes: list[Any] = [post_pack, get_people, post_check_in_by_name, post_walk_in]
