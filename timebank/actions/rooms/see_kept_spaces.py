"""What those who keep rooms look at: their rooms, who comes, what is closed. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import bookings, closures, spaces, sql
from schedules.bookings import Booking
from schedules.closures import Closure
from schedules.opening import Window
from schedules.spaces import Space
from timebank.actions.rooms.keep_spaces import hours_of, reach
from timebank.communities import tree
from timebank.communities.tree import Node
from timebank.people.callers import Caller, Right


class KeptBooking(msgspec.Struct, frozen=True):
    """A booking as staff of the room see it. `is_outside`: the opening hours have changed and no longer cover it."""

    booking: Booking
    name: str
    is_outside: bool


class KeptSpace(msgspec.Struct, frozen=True):
    """A room with all that its staff look after."""

    space: Space
    node: Node
    hours: Sequence[Window]
    coming: Sequence[KeptBooking]
    closures: Sequence[Closure]


class KeptNode(msgspec.Struct, frozen=True):
    """A community with its rooms."""

    node: Node
    spaces: Sequence[Space]


async def kept_spaces(caller: Caller) -> list[KeptNode]:
    """The communities in the caller's reach that have rooms, and those rooms, retired ones too."""
    nodes = await tree.below(caller.nodes(Right.MANAGE_SPACES))
    found = await spaces.of_communities([node.id for node in nodes])
    kept = [KeptNode(node, [space for space in found if space.community_id == node.id]) for node in nodes]
    return [each for each in kept if each.spaces]


async def communities_for_rooms(caller: Caller) -> list[Node]:
    """Where the caller may make a room: sub-district and communities, not grids and buildings."""
    nodes = await tree.below(caller.nodes(Right.MANAGE_SPACES))
    return [node for node in nodes if node.kind in ("sub_district", "community")] or nodes


async def kept_space(caller: Caller, space_id: UUID, now: datetime) -> KeptSpace:
    """One room with its bookings to come, by name, and its closures. Raises NotAllowed and NotFound."""
    space = await reach(caller, space_id)
    hours = await hours_of(space_id)
    coming = await bookings.of_space(space_id, now)
    outside = {booking.id for booking in bookings.outside_hours(coming, hours)}
    rows = await sql.rows("SELECT id, name FROM member WHERE id = ANY($1)", [booking.person_id for booking in coming])
    names = {row["id"]: row["name"] for row in rows}
    kept = [KeptBooking(booking, names.get(booking.person_id, ""), booking.id in outside) for booking in coming]
    return KeptSpace(space, await tree.node(space.community_id), hours, kept, await closures.coming(space_id, now))
