"""Shared rooms: what each kind is called, how many it seats, when it is open and what its rules are."""

from __future__ import annotations

import msgspec

from timebank.demo.occasions import RoomKind, Words
from timebank.demo.tree import Node, Size, Tree

DAILY = "08:30-21:00"


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """`hours`: one text for all days, or seven from Monday; `-` is closed. Minutes for all lengths, bookings for the quota."""

    kind: RoomKind
    name: Words
    about: Words
    seats: int
    hours: str = DAILY
    longest: int = 180
    turnaround: int = 0
    week_quota: int | None = 2


BASE: tuple[Room, ...] = (
    Room(
        kind="hall",
        name=Words("多功能厅", "Multi-purpose hall"),
        about=Words("活动桌椅、投影和音响，一楼无障碍。", "Movable tables, projector, sound; ground floor, step-free."),
        seats=80,
        turnaround=30,
        week_quota=1,
    ),
    Room(
        kind="dance",
        name=Words("舞蹈室", "Dance room"),
        about=Words("整面镜子、木地板，请换软底鞋。", "Mirrors and a wooden floor; soft shoes please."),
        seats=30,
        hours="07:00-21:30",
        longest=120,
    ),
    Room(
        kind="parents",
        name=Words("亲子活动室", "Parent-child room"),
        about=Words("软垫、绘本、母婴间。", "Mats, picture books, a nursing corner."),
        seats=25,
        hours="08:30-20:00",
        longest=120,
        turnaround=15,
    ),
    Room(
        kind="clinic",
        name=Words("健康小屋", "Health room"),
        about=Words("血压计、诊床、洗手池；空闲时可约。", "Blood-pressure meters, a couch, a basin."),
        seats=12,
        hours="08:00-18:00",
        longest=120,
        turnaround=15,
    ),
    Room(
        kind="meeting",
        name=Words("议事厅", "Meeting room"),
        about=Words("长桌二十座，有白板。", "A long table for twenty and a white board."),
        seats=20,
        hours="08:30-21:30",
    ),
)
MORE: tuple[Room, ...] = (
    Room(
        kind="study",
        name=Words("书画室", "Study"),
        about=Words("画案、毡垫、四面书架。", "Drawing tables and shelves all round."),
        seats=16,
    ),
    Room(
        kind="workshop",
        name=Words("共享工坊", "Workshop"),
        about=Words("工具墙、台钳、缝纫机；用完归位。", "Tools, a vice, sewing machines; please put things back."),
        seats=10,
        hours="- 08:30-18:00 08:30-18:00 08:30-18:00 08:30-18:00 08:30-18:00 08:30-18:00",
        longest=120,
    ),
    Room(
        kind="kitchen",
        name=Words("共享厨房", "Shared kitchen"),
        about=Words("两口灶、烤箱、长条桌，收拾干净再走。", "Two stoves, an oven, a long table; leave it clean."),
        seats=15,
        hours="07:30-20:00",
        turnaround=30,
        week_quota=1,
    ),
    Room(
        kind="screen",
        name=Words("智慧课堂", "Computer room"),
        about=Words("十六台平板，投屏教学。", "Sixteen tablets and a screen."),
        seats=18,
        hours="08:30-20:30",
    ),
    Room(
        kind="table",
        name=Words("乒乓球室", "Table-tennis room"),
        about=Words("两张球台，球拍可借。", "Two tables; bats can be borrowed."),
        seats=12,
        hours="07:00-22:00",
        longest=60,
    ),
)


def spread(tree: Tree, size: Size) -> list[tuple[Node, Room]]:
    """Which rooms stand where: the same five in every community, then one more in each, kind by kind, until all are there."""
    found = [(community, room) for community in tree.communities for room in BASE]
    further = [(tree.communities[n % len(tree.communities)], MORE[n % len(MORE)]) for n in range(size.spaces - len(found))]
    return found[: size.spaces] + further


def hours_of(room: Room) -> list[tuple[int, str, str]]:
    """Weekday (Monday is 0), opens, closes."""
    days = room.hours.split() if " " in room.hours else [room.hours] * 7
    return [(day, *text.split("-")) for day, text in enumerate(days) if text != "-"]  # type: ignore[misc]


def kind_of(name: str) -> Room | None:
    """The kind of room that is called so in some community."""
    return next((room for room in (*BASE, *MORE) if name.endswith(room.name.zh)), None)
