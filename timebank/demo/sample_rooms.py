"""Rooms that show what staff can set: a divided hall, desks, things to borrow, prices, decisions, a group, a line, lots."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec

from schedules.booking_patterns import Pattern
from schedules.booking_series import NewSeries, SeriesNotBookable
from schedules.intervals import Interval
from schedules.lottery_rounds import NewRound
from schedules.opening import Window
from schedules.room_wishes import NewWish
from schedules.wishes import Borrowed, NotBookable, Wish
from timebank.actions.rooms.book_series import book_series
from timebank.actions.rooms.book_space import book_space
from timebank.actions.rooms.booking_groups import create_group, join_group
from timebank.actions.rooms.keep_bookings import Deciding, set_approval, set_prices
from timebank.actions.rooms.keep_spaces import Room, change_space, create_space
from timebank.actions.rooms.lottery import enter_round, open_round
from timebank.actions.rooms.room_line import wait_for_room
from timebank.actions.rooms.set_rules import NewRule, add_accessory, add_rule, divide_space, set_units
from timebank.demo import moving_in, premises
from timebank.demo.moving_in import acting
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.neighbours import Neighbours
from timebank.demo.occasions import RoomKind
from timebank.demo.residents import Resident
from timebank.points.prices import PriceList, PriceRule

DESKS, SEATS_OF_HALF = 8, 40
PRICES = PriceList(
    slot=60,
    rules=(
        PriceRule(units=50),
        PriceRule(units=100, is_peak=True, weekdays=(0, 1, 2, 3, 4), opens=time(18), closes=time(21, 30)),
        PriceRule(units=100, is_peak=True, weekdays=(5, 6)),
    ),
    free_until=1440,
    late_refund=50,
)
ALL_DAY = tuple(Window(day, time(0), time(0)) for day in range(7))


class Special(msgspec.Struct, frozen=True):
    """Rooms of the first community: by kind, and those that are only here."""

    of_kind: Mapping[RoomKind, UUID]
    east: UUID
    west: UUID
    desks: UUID
    chairs: UUID
    projector: UUID


async def furnish(drawn: Neighbourhood, space_of: Mapping[UUID, UUID]) -> Special:
    """Before anything is booked: the two halves of the hall, the desks, what can be borrowed, a study that opens far ahead."""
    by, since = moving_in.coordinator(drawn), moving_in.morning(drawn, moving_in.today(drawn) - timedelta(days=370))
    community = drawn.tree.communities[0]
    placed = {each.room.kind: each for each in drawn.rooms if each.community.id == community.id}
    of_kind = {kind: space_of[each.id] for kind, each in placed.items()}
    whole = premises.written(placed["hall"])
    names = (("东厅", "east half"), ("西厅", "west half"))
    halves = [await create_space(by, community.id, _half(whole, zh, en), since) for zh, en in names]
    await divide_space(by, of_kind["hall"], halves, since)
    desks = await create_space(by, community.id, _desks(community.name, community.name_en), since)
    await set_units(by, desks, DESKS, since)
    study = msgspec.structs.replace(premises.written(placed["study"]), horizon=60)
    await change_space(by, of_kind["study"], study, since)
    chairs = await add_accessory(by, of_kind["hall"], "折叠椅", "Folding chair", 40, True, since)
    projector = await add_accessory(by, of_kind["hall"], "投影仪", "Projector", 1, True, since)
    return Special(of_kind, halves[0], halves[1], desks, chairs, projector)


def _half(whole: Room, zh: str, en: str) -> Room:
    return msgspec.structs.replace(
        whole,
        name=f"{whole.name}{zh}",
        name_en=f"{whole.name_en}, {en}",
        about="活动隔断拉上后的半个厅。",
        about_en="Half of the hall, behind the folding wall.",
        seats=SEATS_OF_HALF,
    )


def _desks(community: str, community_en: str) -> Room:
    return Room(
        name=f"{community.removesuffix('社区')}共享自习室",
        name_en=f"Shared desks, {community_en}",
        about="八张书桌，按桌预约，昼夜开放。",
        about_en="Eight desks, booked one by one, open day and night.",
        seats=DESKS,
        longest=240,
        hours=ALL_DAY,
    )


async def use(drawn: Neighbourhood, special: Special, neighbours: Neighbours) -> None:
    """After the year: what staff have set since, and what people do with it."""
    await _earlier_for_partners(drawn, special)
    await _ask_for_rooms(drawn, special, neighbours)
    await _pay(drawn, special)
    await _come_again(drawn, special, neighbours)
    await _wait(drawn, special)
    await _sit_down(drawn, special)
    await _draw_lots(drawn, special)


async def _earlier_for_partners(drawn: Neighbourhood, special: Special) -> None:
    """Partners book two months ahead; the second organiser is one of theirs."""
    by, at = moving_in.coordinator(drawn), drawn.now - timedelta(days=3)
    group = await create_group(by, drawn.tree.top.id, "共建单位", "Partners", 1, at)
    await join_group(by, group, drawn.cast["second"].id, at)
    name, name_en = "共建单位可提前两个月", "Partners may book two months ahead"
    rule = NewRule(kind="horizon", amount=60, scope="community", group_id=group, name=name, name_en=name_en)
    await add_rule(by, special.of_kind["hall"], rule, at)


async def _ask_for_rooms(drawn: Neighbourhood, special: Special, neighbours: Neighbours) -> None:
    """In the meeting room a request holds its time; in the parents' room two compete for one afternoon."""
    by, at = moving_in.coordinator(drawn), drawn.now - timedelta(days=2)
    await set_approval(by, special.of_kind["meeting"], Deciding("holds"), at)
    await set_approval(by, special.of_kind["parents"], Deciding("competing"), at)
    await _book(drawn, drawn.cast["resident"], special.of_kind["meeting"], 3, time(10), 2, "楼组居民议事", 12)
    day = await _book(drawn, drawn.cast["second"], special.of_kind["parents"], 4, time(14), 2, "亲子阅读角", 10)
    if day:
        wish = _wish(drawn, special.of_kind["parents"], day, time(15), 1, "孩子生日会", 12)
        await book_space(acting(neighbours.take(day, 1)[0]), wish, drawn.now - timedelta(hours=2))


async def _pay(drawn: Neighbourhood, special: Special) -> None:
    """The dance room has a price, higher in the evening and at weekends; points are set aside for one booking."""
    await set_prices(moving_in.coordinator(drawn), special.of_kind["dance"], PRICES, drawn.now - timedelta(days=2))
    for key in ("resident", "volunteer", "without_phone"):
        if await _book(drawn, drawn.cast[key], special.of_kind["dance"], 3, time(19), 1, "扇子舞练习", 8, tries=4):
            return


async def _come_again(drawn: Neighbourhood, special: Special, neighbours: Neighbours) -> None:
    """The organiser has the study five times; a neighbour was quicker for the second date, which is watched."""
    study = special.of_kind["study"]
    other = neighbours.take(neighbours.today, 1)[0]
    second = await _book(drawn, other, study, 9, time(9), 2, "家庭聚会", 8)
    if second is None:
        return
    pattern = Pattern(rule="FREQ=WEEKLY;COUNT=5", first_on=second - timedelta(days=7), starts=time(9), ends=time(10, 30))
    wanted = NewSeries(space_id=study, pattern=pattern, purpose="书画社备课", people=6)
    try:
        await book_series(acting(drawn.cast["organiser"]), wanted, "free", drawn.now - timedelta(hours=6))
    except SeriesNotBookable:
        return


async def _wait(drawn: Neighbourhood, special: Special) -> None:
    """The second organiser has half of the hall, with chairs and the projector; the volunteer waits for that afternoon."""
    lent = (Borrowed(special.chairs, 20), Borrowed(special.projector, 1))
    day = await _book(drawn, drawn.cast["second"], special.east, 5, time(14), 2, "社区影像放映", 30, lent=lent)
    if day is None:
        return
    starts_at = datetime.combine(day, time(14), drawn.zone)
    within = Interval(starts_at, starts_at + timedelta(hours=2))
    wish = NewWish(space_ids=[special.east], within=within, minutes=120, people=15, purpose="合唱排练")
    await wait_for_room(acting(drawn.cast["volunteer"]), wish, drawn.now - timedelta(hours=3))


async def _sit_down(drawn: Neighbourhood, special: Special) -> None:
    """Two desks from the next half hour on, so that the door of a room can be tried at once."""
    local = drawn.now.astimezone(drawn.zone)
    starts_at = local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0) + timedelta(minutes=30)
    wish = Wish(special.desks, Interval(starts_at, starts_at + timedelta(hours=2)), "看书", 2, units=2)
    await book_space(acting(drawn.cast["resident"]), wish, drawn.now - timedelta(hours=1))


async def _draw_lots(drawn: Neighbourhood, special: Special) -> None:
    """The Saturday evenings of half of the hall are drawn by lot in five days; two of the cast have entered."""
    today = moving_in.today(drawn)
    wanted = NewRound(
        title="周六晚间半厅抽签",
        title_en="Saturday evenings, half of the hall",
        first_on=today + timedelta(days=24),
        last_on=today + timedelta(days=37),
        weekdays=(5,),
        starts=time(17),
        ends=time(21),
        minutes=90,
        closes_at=datetime.combine(today + timedelta(days=5), time(18), drawn.zone),
    )
    made = await open_round(moving_in.coordinator(drawn), special.west, wanted, _lately(drawn))
    await enter_round(acting(drawn.cast["volunteer"]), made.id, (1, 2), 12, _lately(drawn))
    await enter_round(acting(drawn.cast["second"]), made.id, (2, 4), 20, _lately(drawn))


async def _book(
    drawn: Neighbourhood,
    person: Resident,
    space_id: UUID,
    after: int,
    starts: time,
    hours: int,
    purpose: str,
    people: int,
    *,
    lent: tuple[Borrowed, ...] = (),
    tries: int = 4,
) -> date | None:
    """On the first of some days, from so many days ahead on, when the rules allow it; that day, or None."""
    for ahead in range(after, after + tries):
        day = moving_in.today(drawn) + timedelta(days=ahead)
        try:
            await book_space(acting(person), _wish(drawn, space_id, day, starts, hours, purpose, people, lent), _lately(drawn))
        except NotBookable:
            continue
        return day
    return None


def _wish(
    drawn: Neighbourhood,
    space_id: UUID,
    day: date,
    starts: time,
    hours: int,
    purpose: str,
    people: int,
    lent: tuple[Borrowed, ...] = (),
) -> Wish:
    starts_at = datetime.combine(day, starts, drawn.zone)
    return Wish(space_id, Interval(starts_at, starts_at + timedelta(hours=hours)), purpose, people, accessories=lent)


def _lately(drawn: Neighbourhood) -> datetime:
    return drawn.now - timedelta(hours=5)
