"""Residents book rooms, give some of them back, and come to the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

from schedules import room_codes, wishes
from schedules.intervals import Interval
from schedules.room_codes import RoomCode
from timebank.actions.rooms.book_space import book_space
from timebank.actions.rooms.cancel_booking import cancel_booking
from timebank.actions.rooms.room_door import ROOM_KEY, check_in
from timebank.demo.almanac import Almanac
from timebank.demo.bookings import Wish
from timebank.demo.moving_in import acting
from timebank.demo.neighbourhood import Neighbourhood
from timebank.people import keys


def enter(almanac: Almanac, drawn: Neighbourhood, space_of: Mapping[UUID, UUID]) -> None:
    """Puts every booking where it was made; `space_of` names the space of a drawn room."""
    for wish in drawn.wishes:
        almanac.put(wish.asked_at, "book", partial(_book, almanac, wish, space_of[wish.room.id]))


async def _book(almanac: Almanac, wish: Wish, space_id: UUID) -> None:
    asked = wishes.Wish(space_id, Interval(wish.starts_at, wish.ends_at), wish.purpose, wish.people)
    made = (await book_space(acting(wish.person), asked, wish.asked_at)).value
    if wish.is_cancelled:
        later = wish.asked_at + timedelta(minutes=20)
        almanac.put(later, "cancel", lambda: cancel_booking(acting(wish.person), made.id, later))
    elif wish.is_past:
        poster = RoomCode(space_id, None, room_codes.mark(keys.derive(ROOM_KEY), "poster", space_id, 1))
        almanac.put(wish.starts_at, "book", lambda: check_in(acting(wish.person), poster, None, wish.starts_at))
