"""What bookings cost whom: held, charged, given back; each once, and the ledger agrees."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from schedules import bookings, spaces, sql
from schedules.booking_moves import Change
from schedules.bookings import Booking
from schedules.wishes import NotBookable, Wish
from tests.given import People, Person
from tests.spaces.rooms import FRIDAY, NOW, at, room, span
from timebank.actions.leaving.leave import Wish as Leaving
from timebank.actions.leaving.leave import leave
from timebank.actions.rooms import booking_prices
from timebank.actions.rooms.book_space import book_space, may_book
from timebank.actions.rooms.cancel_booking import cancel_booking, cancel_by_house
from timebank.actions.rooms.decide_booking import accept_request
from timebank.actions.rooms.keep_bookings import set_prices
from timebank.actions.rooms.keep_spaces import close_space
from timebank.actions.rooms.move_booking import may_move, move_booking
from timebank.jobs import items, lapse_requests, settle_bookings
from timebank.points import accounts, booking_costs, reconcile, wallets
from timebank.points.prices import PriceList, PriceRule

USUAL = PriceRule(units=100)
PEAK = PriceRule(units=300, is_peak=True, opens=time(17), closes=time(21))
LIST = PriceList(slot=60, rules=(USUAL, PEAK), free_until=120, late_refund=50, no_show_refund=25, unused_refund=100)


async def give(person: Person, units: int) -> None:
    """Points that were earned."""
    account = await accounts.open_for(person.id)
    await sql.rows("SELECT ledger.credit($1, $2, $3, $4, NULL, $5)", f"gift:{uuid4()}", uuid4(), account, units, NOW)


async def priced(people: People, kept: PriceList = LIST, name: str = "舞蹈室", **chosen: Any) -> UUID:
    made = await room(people.community, name, **chosen)
    await set_prices(people.erin.caller, made, kept, NOW)
    return made


async def book(person: Person, space_id: UUID, text: str, **wish: object) -> Booking:
    return (await book_space(person.caller, Wish(space_id, span(text), **wish), NOW)).value  # type: ignore[arg-type]


async def purse(person: Person) -> tuple[int, int]:
    """Posted and held units; the ledger has to agree with itself."""
    assert (await reconcile.read()).findings == []
    found = await wallets.balance(person.id)
    return found.posted, found.held


async def transfers() -> list[tuple[str, int]]:
    found = await sql.rows("SELECT kind, amount FROM transfer WHERE kind <> 'credit' ORDER BY recorded_at, id")
    return [(row["kind"], row["amount"]) for row in found]


@pytest.mark.scenario("booking-108", "booking-109")
async def test_the_price_is_said_before_and_held_with_the_booking(tx: None, people: People) -> None:
    dance = await priced(people)
    await give(people.bob, 1000)
    space = await spaces.one(dance)
    quoted = await booking_prices.quote(space, span("16:00-18:00"))
    assert quoted is not None
    assert [(line.is_peak, line.total) for line in quoted.lines] == [(False, 100), (True, 300)]
    mine = await book(people.bob, dance, "16:00-18:00")
    assert await purse(people.bob) == (1000, 400)
    price = await booking_costs.of(mine.id)
    assert price is not None
    assert (price.units, price.lines) == (400, quoted.lines)
    assert await transfers() == []


@pytest.mark.scenario("booking-18")
async def test_too_few_points_are_one_more_broken_rule(tx: None, people: People) -> None:
    dance = await priced(people)
    await give(people.bob, 150)
    wish = Wish(dance, span("16:00-18:00"))
    assert [broken.code for broken in (await may_book(people.bob.caller, wish, NOW)).broken] == ["points"]
    with pytest.raises(NotBookable) as caught:
        await book_space(people.bob.caller, wish, NOW)
    assert caught.value.broken[0].code == "points"
    assert caught.value.broken[0].data == {"needed": 400, "available": 150, "short": 250}
    with pytest.raises(NotBookable) as both:
        await book_space(people.bob.caller, Wish(dance, span("16:10-18:10")), NOW)
    assert [broken.code for broken in both.value.broken] == ["grid", "points"]
    assert await purse(people.bob) == (150, 0)
    assert await bookings.of_space(dance, NOW) == []


@pytest.mark.scenario("booking-62")
async def test_what_the_house_uses_costs_nobody_anything(tx: None, people: People) -> None:
    dance = await priced(people)
    made = await book(people.erin, dance, "16:00-18:00", counts=False)
    assert await booking_costs.of(made.id) is None


@pytest.mark.scenario("booking-110")
async def test_an_edit_settles_the_difference_and_what_is_held_counts(tx: None, people: People) -> None:
    dance = await priced(people)
    await give(people.bob, 400)
    mine = await book(people.bob, dance, "10:00-12:00")
    assert await purse(people.bob) == (400, 200)
    await move_booking(people.bob.caller, mine.id, Change(when=span("10:00-11:00")), NOW)
    assert await purse(people.bob) == (400, 100)
    longer = await may_move(people.bob.caller, mine.id, Change(when=span("10:00-14:00")), NOW)
    assert (longer.verdict.broken, longer.quote and longer.quote.units) == ([], 400)
    await move_booking(people.bob.caller, mine.id, Change(when=span("10:00-14:00")), NOW)
    assert await purse(people.bob) == (400, 400)
    too_long = await may_move(people.bob.caller, mine.id, Change(when=span("10:00-15:00")), NOW)
    assert [broken.code for broken in too_long.verdict.broken] == ["points"]
    with pytest.raises(NotBookable) as caught:
        await move_booking(people.bob.caller, mine.id, Change(when=span("10:00-15:00")), NOW)
    assert [broken.code for broken in caught.value.broken] == ["points"]
    assert await purse(people.bob) == (400, 400)
    assert (await bookings.one(mine.id)).ends_at == at("14:00")


async def test_another_room_has_its_own_price(tx: None, people: People) -> None:
    dance, study = await priced(people), await room(people.community, "书画室")
    dear = await priced(people, PriceList(slot=60, rules=(PriceRule(units=250),)), "大厅")
    await give(people.bob, 600)
    mine = await book(people.bob, dance, "10:00-12:00")
    await move_booking(people.bob.caller, mine.id, Change(space_id=dear), NOW)
    assert await purse(people.bob) == (600, 500)
    await move_booking(people.bob.caller, mine.id, Change(space_id=study), NOW)
    assert await purse(people.bob) == (600, 0)
    await move_booking(people.bob.caller, mine.id, Change(space_id=dance), NOW)
    assert await purse(people.bob) == (600, 200)


@pytest.mark.scenario("booking-114")
async def test_a_new_price_list_changes_no_booking(tx: None, people: People) -> None:
    dance = await priced(people)
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    await set_prices(people.erin.caller, dance, PriceList(slot=60, rules=(PriceRule(units=900),)), NOW)
    assert await purse(people.bob) == (1000, 200)
    await move_booking(people.bob.caller, mine.id, Change(when=span("13:00-16:00")), NOW)
    assert await purse(people.bob) == (1000, 300)
    assert (await cancel_booking(people.bob.caller, mine.id, at("12:00"))).is_cancelled
    assert await purse(people.bob) == (850, 0)  # by the deadline and the share that were promised


@pytest.mark.scenario("booking-111")
@pytest.mark.parametrize(("when", "posted"), [("08:00", 1000), ("08:01", 900)])
async def test_cancelling_gives_back_by_the_frozen_deadline_once(tx: None, people: People, when: str, posted: int) -> None:
    dance = await priced(people)
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    for later in (0, 30):
        await cancel_booking(people.bob.caller, mine.id, at(when) + timedelta(minutes=later))
        assert await purse(people.bob) == (posted, 0)
    assert len(await transfers()) == (posted < 1000)


@pytest.mark.scenario("booking-112")
async def test_a_no_show_pays_though_the_time_was_released(tx: None, people: People) -> None:
    """Defect 31 of booking.md: a released no-show was refunded in full."""
    dance = await priced(people)
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    await sql.rows("UPDATE booking SET state = 'released' WHERE id = $1", mine.id)
    await booking_prices.end(await bookings.one(mine.id), people.bob.id, at("10:16"))
    assert await purse(people.bob) == (850, 0)


@pytest.mark.scenario("booking-113")
async def test_the_house_gives_everything_back_also_what_was_charged(tx: None, people: People) -> None:
    dance = await priced(people)
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    await booking_prices.end(arrived(mine), people.bob.id, at("10:00"))  # charged at check-in
    assert await purse(people.bob) == (800, 0)
    for _ in range(2):
        await cancel_by_house(people.erin.caller, mine.id, "Water leak", at("10:30"))
        assert await purse(people.bob) == (1000, 0)
    assert await transfers() == [("capture", 200), ("reverse", 200)]
    lines = await wallets.history(people.bob.id)
    assert [(line.kind, line.what_en, line.is_room) for line in lines[:2]] == [
        ("reverse", "Dance room", True),
        ("capture", "Dance room", True),
    ]
    other = await book(people.bob, dance, "14:00-15:00")
    await close_space(people.erin.caller, dance, span("13:00-16:00"), "Water leak", "cancel", at("13:59"))
    assert (await bookings.one(other.id)).state == "cancelled_by_house"
    assert await purse(people.bob) == (1000, 0)
    told = await sql.value(
        "SELECT count(*) FROM message WHERE person_id = $1 AND kind = 'booking.cancelled_by_house'", people.bob.id
    )
    assert told == 2


def arrived(booking: Booking) -> Booking:
    """The booking as it is once somebody is there."""
    return msgspec.structs.replace(booking, state="in_use")


@pytest.mark.scenario("booking-98")
async def test_who_leaves_early_pays_the_used_part_also_after_the_charge(tx: None, people: People) -> None:
    dance = await priced(people)
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    await booking_prices.end(arrived(mine), people.bob.id, at("10:00"))
    early = "UPDATE booking SET state = 'ended_early', planned_ends_at = ends_at, ends_at = $2 WHERE id = $1"
    await sql.rows(early, mine.id, at("11:00"))
    for _ in range(2):
        await booking_prices.end(await bookings.one(mine.id), people.bob.id, at("11:00"))
        assert await purse(people.bob) == (900, 0)
    assert await transfers() == [("capture", 200), ("reverse", 200), ("capture", 100)]


@pytest.mark.scenario("booking-88")
async def test_a_request_holds_points_until_it_is_over(tx: None, people: People) -> None:
    dance = await priced(people)
    await spaces.set_approval(dance, "competing", 60, True, now=NOW)
    await give(people.bob, 200)
    await give(people.carol, 200)
    mine, other = await book(people.bob, dance, "10:00-12:00"), await book(people.carol, dance, "11:00-13:00")
    assert (await purse(people.bob), await purse(people.carol)) == ((200, 200), (200, 200))
    await accept_request(people.erin.caller, mine.id, [other.id], NOW)
    assert (await purse(people.bob), await purse(people.carol)) == ((200, 200), (200, 0))
    late = await book(people.carol, dance, "14:00-15:00")
    assert await lapse_requests.run(NOW + timedelta(minutes=60)) == 1
    assert (await bookings.one(late.id)).state == "lapsed"
    assert await purse(people.carol) == (200, 0)


async def test_what_is_over_is_charged_by_the_job_once(tx: None, people: People) -> None:
    dance = await priced(people)
    await give(people.bob, 1000)
    await book(people.bob, dance, "10:00-12:00")
    assert [await settle_bookings.run(at(clock)) for clock in ("11:59", "12:00", "12:01")] == [0, 1, 0]
    assert await purse(people.bob) == (800, 0)


@pytest.mark.parametrize("then", ["the house cancels", "it is given back early", "it is over"])
async def test_nothing_comes_back_to_who_has_left_meanwhile_and_nothing_more_is_charged(
    tx: None, people: People, then: str
) -> None:
    """Bob pays at the door and leaves from there: his wallet stays empty, whatever ends the booking later. What is over by then
    is paid as he leaves, as the job would have done, also where the job has failed at it and rests.
    """
    dance = await priced(people)
    await give(people.bob, 1000)
    used, over = await book(people.bob, dance, "10:00-12:00"), await book(people.bob, dance, "08:30-09:30")
    begun = await book(people.bob, await priced(people, name="书画室"), "10:00-11:00")
    await booking_prices.end(arrived(used), people.bob.id, at("10:00"))
    await items.note("settle bookings", str(over.id), TimeoutError(), at("10:05"))
    assert await settle_bookings.run(at("10:05")) == 0
    await leave(people.bob.caller, Leaving(), at("10:05"))
    assert await purse(people.bob) == (0, 0)
    if then == "the house cancels":
        await cancel_by_house(people.erin.caller, used.id, "Water leak", at("10:30"))
        assert (await bookings.one(used.id)).state == "cancelled_by_house"
    elif then == "it is given back early":
        early = "UPDATE booking SET state = 'ended_early', planned_ends_at = ends_at, ends_at = $2 WHERE id = $1"
        await sql.rows(early, used.id, at("11:00"))
        assert await booking_prices.end(await bookings.one(used.id), people.erin.id, at("11:00")) == 200
    assert [await settle_bookings.run(at("12:01")) for _ in range(2)] == [1, 0]
    assert await purse(people.bob) == (0, 0)
    assert [(await booking_costs.of(each.id)).charged for each in (used, over, begun)] == [200, 100, 0]  # type: ignore[union-attr]
    assert await transfers() == [("capture", 200), ("capture", 100), ("donate", 700)]


SATURDAY = FRIDAY + timedelta(days=1)
STRICT = msgspec.structs.replace(LIST, late_refund=0)
LATE = at("09:00")


@pytest.mark.scenario("booking-111")
@pytest.mark.parametrize(
    "how", ["to a far day", "to a free room", "shorter", "where it waits for approval", "and does not come"]
)
async def test_who_moves_it_too_late_and_then_gives_it_up_pays_as_for_cancelling(tx: None, people: People, how: str) -> None:
    dance, study = await priced(people, STRICT), await room(people.community, "书画室")
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    if how == "where it waits for approval":
        await spaces.set_approval(dance, "holds", 60, True, now=NOW)
    wanted, costs = {
        "to a far day": (Change(when=span("10:00-12:00", SATURDAY)), 200),
        "to a free room": (Change(space_id=study), 0),
        "shorter": (Change(when=span("10:00-11:00")), 100),
        "where it waits for approval": (Change(when=span("15:00-17:00")), 200),
        "and does not come": (Change(space_id=study), 0),
    }[how]
    await move_booking(people.bob.caller, mine.id, wanted, LATE)
    assert await purse(people.bob) == (1000, costs)  # the difference returns while it stands
    if how == "and does not come":
        await sql.rows("UPDATE booking SET state = 'released' WHERE id = $1", mine.id)
        await booking_prices.end(await bookings.one(mine.id), people.bob.id, at("10:16"))
    for _ in range(2):
        if how != "and does not come":
            await cancel_booking(people.bob.caller, mine.id, at("09:05"))
        assert await purse(people.bob) == (800, 0)


async def test_what_was_moved_too_late_and_then_used_costs_its_new_price(tx: None, people: People) -> None:
    dance, study = await priced(people, STRICT), await room(people.community, "书画室")
    await give(people.bob, 1000)
    shorter, free = await book(people.bob, dance, "10:00-12:00"), await book(people.bob, dance, "13:00-15:00")
    await move_booking(people.bob.caller, shorter.id, Change(when=span("10:00-11:00")), LATE)
    await move_booking(people.bob.caller, free.id, Change(space_id=study), at("12:00"))
    assert [await settle_bookings.run(at(clock)) for clock in ("15:00", "15:01")] == [2, 0]
    assert await purse(people.bob) == (900, 0)


async def test_moved_too_late_it_still_costs_nothing_where_the_house_ends_it(tx: None, people: People) -> None:
    dance, study = await priced(people, STRICT), await room(people.community, "书画室")
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    await move_booking(people.bob.caller, mine.id, Change(space_id=study), LATE)
    await cancel_by_house(people.erin.caller, mine.id, "Water leak", at("09:30"))
    assert await settle_bookings.run(at("13:00")) == 0
    assert await purse(people.bob) == (1000, 0)


async def test_what_is_no_longer_there_keeps_nobody_from_cancelling(tx: None, people: People) -> None:
    dance, study = await priced(people, STRICT), await room(people.community, "书画室")
    await give(people.bob, 200)
    mine = await book(people.bob, dance, "10:00-12:00")
    await move_booking(people.bob.caller, mine.id, Change(space_id=study), LATE)
    await book(people.bob, dance, "15:00-16:30")
    assert (await cancel_booking(people.bob.caller, mine.id, at("09:05"))).is_cancelled
    assert await purse(people.bob) == (150, 150)


async def test_moved_in_time_a_booking_is_cancelled_for_nothing(tx: None, people: People) -> None:
    dance = await priced(people, STRICT)
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    await move_booking(people.bob.caller, mine.id, Change(when=span("10:00-12:00", SATURDAY)), at("08:00"))
    await cancel_booking(people.bob.caller, mine.id, LATE)
    assert await purse(people.bob) == (1000, 0)
