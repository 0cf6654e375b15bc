"""The public board for programs: what is on, what is free, what was given."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromQuery

from timebank.actions.activities.see_board import Totals, see_board
from timebank.api.sessions import SessionView, view
from timebank.communities import tree
from timebank.web.access import anyone
from timebank.web.request import Installed, Now, Who


class FreeRoomView(msgspec.Struct):
    """A room and the first stretch of the rest of today in which nothing stands."""

    space_id: UUID
    name: str
    name_en: str
    free_from: datetime
    free_until: datetime


class BoardView(msgspec.Struct):
    """`sessions` of the next seven local days by start; `has_more` where they are cut off. `totals` are of all communities."""

    today: date
    sessions: list[SessionView]
    has_more: bool
    rooms: list[FreeRoomView]
    totals: Totals


@get("/api/v1/board", guards=[anyone])
async def get_board(
    caller: Who, settings: Installed, now: Now, community_id: FromQuery[UUID | None] = None, open_to_me: FromQuery[bool] = False
) -> BoardView:
    """What is on around one community or everywhere, which rooms are free today, and what was given, as the rows have it."""
    zone = (await tree.node(community_id)).time_zone if community_id else settings.time_zone
    is_member = caller.member_id is not None
    board = await see_board(caller, community_id, zone, now, open_to_me and is_member)
    return BoardView(
        board.today,
        [view(seen, is_member=is_member) for _, found in board.days for seen in found],
        board.has_more,
        [
            FreeRoomView(room.space.id, room.space.name, room.space.name_en, room.next.starts_at, room.next.ends_at)
            for room in board.rooms
        ],
        board.totals,
    )


routes: list[Any] = [get_board]
