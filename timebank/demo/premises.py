"""What stands in the neighbourhood: rooms with their hours, rewards at their places, a desk and a kiosk beside them."""

from __future__ import annotations

from datetime import time, timedelta
from uuid import UUID

import msgspec

from schedules.opening import Window
from timebank.actions.community.devices import NewDevice, register_device
from timebank.actions.rewards.change_stock import Move, change_stock
from timebank.actions.rewards.offer_reward import add_place, offer_reward
from timebank.actions.rooms.keep_spaces import Room, create_space
from timebank.demo import rooms, shop
from timebank.demo.diary import PlacedRoom
from timebank.demo.moving_in import acting, coordinator, morning, today
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.progress import Progress
from timebank.demo.tree import Node
from timebank.people.callers import Caller, Grant
from timebank.rewards.catalogue import Details

A_COMMUNITY_EACH = 5
"""From so many communities on, each has a desk and a kiosk of its own; fewer share one."""


class Corner(msgspec.Struct, frozen=True):
    """A service centre: its node, the place of its rewards, its desk and its kiosk."""

    node: Node
    place_id: UUID
    desk: Caller
    kiosk: Caller


class Ware(msgspec.Struct, frozen=True):
    """A reward that is offered."""

    id: UUID
    price: int
    """Units of 1/100 point."""
    stock: int
    """Units at each place."""


async def furnish(drawn: Neighbourhood, progress: Progress) -> dict[UUID, UUID]:
    """The rooms; answers the space of each drawn room."""
    since = morning(drawn, today(drawn) - timedelta(days=371))
    progress.stage("Rooms", len(drawn.rooms))
    found = {}
    for placed in drawn.rooms:
        found[placed.id] = await create_space(coordinator(drawn), placed.community.id, written(placed), since)
        progress.step()
    return found


def written(placed: PlacedRoom) -> Room:
    """The drawn room as staff write it down."""
    room, community = placed.room, placed.community
    return Room(
        name=f"{community.name.removesuffix('社区')}{room.name.zh}",
        name_en=f"{room.name.en}, {community.name_en}",
        about=room.about.zh,
        about_en=room.about.en,
        seats=room.seats,
        longest=room.longest,
        turnaround=room.turnaround,
        week_quota=room.week_quota,
        hours=tuple(
            Window(day, time.fromisoformat(opens), time.fromisoformat(closes)) for day, opens, closes in rooms.hours_of(room)
        ),
    )


async def equip(drawn: Neighbourhood) -> list[Corner]:
    """One service centre in the small cut, one in each community of the full."""
    since = morning(drawn, today(drawn) - timedelta(days=370))
    by = coordinator(drawn)
    found = []
    for node in drawn.tree.communities if len(drawn.tree.communities) >= A_COMMUNITY_EACH else [drawn.tree.top]:
        place_id = await add_place(by, node.id, f"{node.name}服务中心", f"{node.name_en} service centre", since)
        at_door = NewDevice("desk", f"{node.name}签到台", node.id, name_en=f"Desk, {node.name_en}")
        in_hall = NewDevice("kiosk", f"{node.name}兑换机", node.id, place_id, f"Kiosk, {node.name_en}")
        desk, kiosk = await register_device(by, at_door, since), await register_device(by, in_hall, since)
        found.append(
            Corner(
                node,
                place_id,
                Caller(device_id=desk, device_kind="desk", device_community_id=node.id),
                Caller(device_id=kiosk, device_kind="kiosk", device_community_id=node.id, place_id=place_id),
            )
        )
    return found


async def stock(drawn: Neighbourhood, corners: list[Corner]) -> list[Ware]:
    """The rewards, and a first delivery of each to every place."""
    since = morning(drawn, today(drawn) - timedelta(days=369))
    keeper = acting(drawn.cast["keeper"], Grant("keeper", drawn.tree.top.id))
    found = []
    for good in shop.GOODS:
        details = Details(
            good.name.zh,
            good.price,
            good.name.en,
            good.about.zh,
            good.about.en,
            good.picture,
            good.donor.zh if good.donor else "",
            good.donor.en if good.donor else "",
            good.value_fen,
            good.category,
        )
        reward_id = await offer_reward(keeper, drawn.tree.top.id, details, since)
        found.append(Ware(reward_id, good.price, good.stock))
        for corner in corners:
            await change_stock(keeper, Move(reward_id, corner.place_id, good.stock, "delivered"), since)
    return found
