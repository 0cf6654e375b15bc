"""Times at which a room is shut."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules.closures import Closed, Over
from schedules.intervals import proper
from timebank.actions.rooms.keep_spaces import close_space, lift_closure
from timebank.api.bookings import Aware
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_SPACES)]


class Shutting(msgspec.Struct, forbid_unknown_fields=True):
    """`over` says what becomes of what stands there: refuse (the answer names it), around (closed is what is left), cancel
    (bookings are cancelled by the house with this reason; sessions never are).
    """

    starts_at: Aware
    ends_at: Aware
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    over: Over = "refuse"
    exempt_people: Annotated[tuple[UUID, ...], Meta(max_length=100)] = ()
    """Members who may book in it all the same: their booking cuts the closure."""
    exempt_groups: Annotated[tuple[UUID, ...], Meta(max_length=20)] = ()


@post("/api/v1/spaces/{space_id:uuid}/closures", guards=staff)
async def post_closure(
    space_id: FromPath[UUID], data: JSONBody[Shutting], caller: Who, now: Now, key: Key = None
) -> Response[Closed]:
    """Shuts a room for a time. Nothing that stands there gives way unless `over` says so."""
    whole = proper(data.starts_at, data.ends_at)
    key_of = request_key(caller, key, (space_id, data), now, "close space")
    answer = await close_space.once(
        key_of, caller, space_id, whole, data.reason, data.over, now, data.exempt_people, data.exempt_groups
    )
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@post("/api/v1/closures/{closure_id:uuid}/lift", guards=staff, status_code=200)
async def post_lift(closure_id: FromPath[UUID], caller: Who, now: Now) -> Made:
    """Opens the room again; answers the room's id. Safe to repeat."""
    return Made(await lift_closure(caller, closure_id, now))


routes: list[Any] = [post_closure, post_lift]
