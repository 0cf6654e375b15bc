"""The desk for programs: what it takes along before its network is cut."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import post
from litestar.params import JSONBody
from msgspec import Meta

from timebank.actions.prepare_desk import MOST, Pack, prepare_desk
from timebank.web.door import scanner
from timebank.web.request import Now, Who


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


routes: list[Any] = [post_pack]
