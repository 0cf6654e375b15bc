"""The line for a room: who is asked, for how long, who is skipped, and that it moves whatever freed the time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schedules import bookings, closures, occupancy, room_doors, room_wishes, space_rules, sql
from schedules.bookings import Booking, OnlyOffered
from schedules.errors import Malformed
from schedules.room_doors import DoorRules
from schedules.room_offers import Offer, RoomOfferGone
from schedules.room_wishes import NewWish, NothingToWaitFor, RoomWish, TooManyWishes
from schedules.space_rules import SpaceRule
from schedules.wishes import NotBookable, Wish
from tests.given import People, Person
from tests.spaces.rooms import NOW, at, book, room, span
from timebank.actions.rooms import room_line
from timebank.actions.rooms.book_space import book_space
from timebank.actions.rooms.cancel_booking import cancel_booking, cancel_by_house
from timebank.actions.rooms.keep_spaces import close_space, lift_closure, retire_space
from timebank.actions.rooms.leave_room import leave_room, release_room
from timebank.actions.rooms.room_door import check_in_for
from timebank.jobs import move_room_queues
from timebank.people import groups
from timebank.points import price_lists
from timebank.points.prices import PriceList, PriceRule


async def wait(person: Person, space_id: UUID, window: str, minutes: int = 60, now: datetime = NOW, **more: Any) -> RoomWish:
    """This person waits for the room on Friday."""
    new = NewWish(space_ids=(space_id, *more.pop("others", ())), within=span(window), minutes=minutes, **more)
    return await room_line.wait_for_room(person.caller, new, now)


async def offers(person: Person, now: datetime = NOW) -> list[Offer]:
    return list((await room_line.see_waiting(person.caller, now)).offers)


async def offered(person: Person, now: datetime = NOW) -> list[str]:
    """The times held for a person, as on the clock of the house."""
    hours = timedelta(hours=8)
    return [f"{one.starts_at + hours:%H:%M}-{one.ends_at + hours:%H:%M}" for one in await offers(person, now)]


async def told(person: Person) -> list[str]:
    """The kinds of message promised to a person, in order; what was taken back is left out."""
    rows = await sql.rows(
        "SELECT kind FROM message WHERE person_id = $1 AND state <> 'withdrawn' ORDER BY written_at, key", person.id
    )
    return [row["kind"] for row in rows]


async def full(people: People, **chosen: Any) -> tuple[UUID, Booking]:
    """A room that Dan has on Friday from 10 to 12."""
    dance = await room(people.community, **chosen)
    return dance, await book(people.dan, dance, span("10:00-12:00"))


@pytest.mark.scenario("booking-100")
async def test_the_first_has_an_offer_for_half_an_hour_and_the_second_sees_a_position(tx: None, people: People) -> None:
    """Defect 33: in order, held, and nobody loses the place by a message."""
    dance, dans = await full(people)
    first, second = await wait(people.bob, dance, "10:00-12:00", 120), await wait(people.carol, dance, "10:00-12:00", 120)
    assert (first.position, second.position) == (1, 2)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    (offer,) = await offers(people.bob)
    assert (offer.use, offer.expires_at) == (span("10:00-12:00"), NOW + timedelta(minutes=30))
    assert await offers(people.carol) == []
    assert (await room_wishes.one(second.id, NOW)).position == 1
    assert (await told(people.bob), await told(people.carol)) == (["room_offer"], [])
    with pytest.raises(NotBookable):
        await book(people.erin, dance, span("10:00-11:00"))


async def test_an_accepted_offer_is_a_booking_like_any_other(tx: None, people: People) -> None:
    dance, dans = await full(people)
    wish = await wait(people.bob, dance, "10:00-12:00", 120, purpose="Birthday", people=12)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    (offer,) = await offers(people.bob)
    made = (await room_line.accept_offer(people.bob.caller, offer.id, NOW + timedelta(minutes=29))).value
    assert (made.state, made.use, made.purpose, made.people) == ("confirmed", span("10:00-12:00"), "Birthday", 12)
    assert (await room_wishes.one(wish.id, NOW)).state == "met"
    assert [one.booking_id for one in await occupancy.read([dance], span("10:00-12:00"), NOW)] == [made.id]
    with pytest.raises(RoomOfferGone):
        await room_line.accept_offer(people.bob.caller, offer.id, NOW + timedelta(minutes=29))


@pytest.mark.scenario("booking-101")
async def test_who_does_not_answer_is_told_and_the_next_is_asked(tx: None, people: People) -> None:
    dance, dans = await full(people)
    first = await wait(people.bob, dance, "10:00-12:00", 120)
    await wait(people.carol, dance, "10:00-12:00", 120)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    (offer,) = await offers(people.bob)
    later = NOW + timedelta(minutes=30)
    with pytest.raises(RoomOfferGone):
        await room_line.accept_offer(people.bob.caller, offer.id, later)
    assert [await move_room_queues.run(later) for _ in range(2)] == [1, 0]
    assert (await offered(people.bob, later), await offered(people.carol, later)) == ([], ["10:00-12:00"])
    assert (await told(people.bob), await told(people.carol)) == (["room_offer_ran_out"], ["room_offer"])
    assert (await room_wishes.one(first.id, later)).state == "waiting"
    # Carol says no: nobody is asked twice for one time, so it is free for all.
    await room_line.decline_offer(people.carol.caller, (await offers(people.carol, later))[0].id, later)
    assert (await offers(people.bob, later), await offers(people.carol, later)) == ([], [])
    await book(people.erin, dance, span("10:00-12:00"), now=later)


@pytest.mark.scenario("booking-103")
async def test_who_lacks_quota_is_skipped_and_told_why_once(tx: None, people: People) -> None:
    dance = await room(people.community, week_quota=1)
    dans = await book(people.dan, dance, span("10:00-12:00"))
    first = await wait(people.bob, dance, "10:00-12:00")
    await wait(people.carol, dance, "10:00-12:00", 120)
    await book(people.bob, dance, span("18:00-19:00"))
    await cancel_booking(people.dan.caller, dans.id, NOW)
    assert (await offered(people.bob), await offered(people.carol)) == ([], ["10:00-12:00"])
    skipped = (await room_wishes.one(first.id, NOW)).skipped
    assert skipped is not None
    assert [one.code for one in skipped.broken] == ["quota"]
    await room_line.decline_offer(people.carol.caller, (await offers(people.carol))[0].id, NOW)
    await move_room_queues.run(NOW + timedelta(minutes=1))
    assert await told(people.bob) == ["room_skipped"]


@pytest.mark.scenario("booking-103")
async def test_who_lacks_points_is_skipped_and_told_why(tx: None, people: People) -> None:
    dance, dans = await full(people)
    await price_lists.keep(dance, PriceList(rules=(PriceRule(units=100),)), people.erin.id, NOW)
    wish = await wait(people.bob, dance, "10:00-12:00")
    await cancel_booking(people.dan.caller, dans.id, NOW)
    skipped = (await room_wishes.one(wish.id, NOW)).skipped
    assert skipped is not None
    assert [one.code for one in skipped.broken] == ["points"]
    assert await told(people.bob) == ["room_skipped"]


@pytest.mark.scenario("booking-104")
async def test_an_offer_is_shorter_when_the_start_is_near_and_not_made_at_the_last_moment(tx: None, people: People) -> None:
    dance, dans = await full(people)
    await wait(people.bob, dance, "10:00-12:00", 120)
    late = await book(people.dan, dance, span("14:00-15:00"))
    await wait(people.carol, dance, "14:00-15:00")
    await cancel_booking(people.dan.caller, dans.id, at("09:50"))
    (offer,) = await offers(people.bob, at("09:50"))
    assert offer.expires_at == at("10:00")
    await cancel_booking(people.dan.caller, late.id, at("13:59"))
    assert await offers(people.carol, at("13:59")) == []
    await book(people.erin, dance, span("14:00-15:00"), now=at("13:59"))


async def test_an_offer_ends_before_the_notice_that_booking_would_need(tx: None, people: People) -> None:
    dance, dans = await full(people, notice=60)
    await wait(people.bob, dance, "10:00-12:00", 120)
    await cancel_booking(people.dan.caller, dans.id, at("08:45"))
    (offer,) = await offers(people.bob, at("08:45"))
    assert offer.expires_at == at("09:00")
    made = await room_line.accept_offer(people.bob.caller, offer.id, at("08:59"))
    assert made.value.state == "confirmed"


@pytest.mark.scenario("booking-105")
async def test_after_the_start_nobody_is_asked_and_nobody_is_told(tx: None, people: People) -> None:
    """Defect 34."""
    dance, dans = await full(people)
    wish = await wait(people.bob, dance, "10:00-12:00", 120)
    await cancel_by_house(people.erin.caller, dans.id, "Water damage", at("10:05"))
    await move_room_queues.run(at("10:06"))
    assert (await offers(people.bob, at("10:06")), await told(people.bob)) == ([], [])
    assert (await room_wishes.one(wish.id, at("10:06"))).state == "over"


@pytest.mark.scenario("booking-107")
async def test_raised_capacity_moves_the_line(tx: None, people: People) -> None:
    """Defect 35."""
    dance, _ = await full(people)
    await wait(people.bob, dance, "10:00-12:00", 120)
    await sql.rows("SELECT set_units($1, 2, $2)", dance, NOW)
    await move_room_queues.run(NOW)
    assert await offered(people.bob) == ["10:00-12:00"]


CAUSES = ("cancelled", "by the house", "closure lifted", "put into use again")


@pytest.mark.parametrize("cause", CAUSES)
async def test_whatever_frees_the_time_asks_in_the_same_transaction(tx: None, people: People, cause: str) -> None:
    dance, dans = await full(people)
    shut = await close_space(people.erin.caller, dance, span("14:00-16:00"), "Cleaning", "refuse", NOW)
    wish = await wait(people.bob, dance, "14:00-16:00" if cause == "closure lifted" else "10:00-12:00", 120)
    match cause:
        case "cancelled":
            await cancel_booking(people.dan.caller, dans.id, NOW)
        case "by the house":
            await cancel_by_house(people.erin.caller, dans.id, "Water damage", NOW)
        case "closure lifted":
            await lift_closure(people.erin.caller, shut.closure.id, NOW)
        case _:
            await retire_space(people.erin.caller, dance, True, NOW)
            await cancel_booking(people.dan.caller, dans.id, NOW)
            assert await offers(people.bob) == []
            await retire_space(people.erin.caller, dance, False, NOW)
    (offer,) = await offers(people.bob)
    assert offer.wish_id == wish.id


@pytest.mark.scenario("booking-92", "booking-98")
async def test_a_release_and_an_early_leave_ask_who_waits(tx: None, people: People) -> None:
    dance, dans = await full(people)
    await wait(people.bob, dance, "10:00-12:00")
    await release_room(dans.id, at("10:16"))
    assert await offered(people.bob, at("10:16")) == ["10:30-11:30"]
    assert await told(people.dan) == ["room_released"]
    other = await book(people.dan, dance, span("14:00-16:00"))
    await wait(people.carol, dance, "14:00-16:00")
    await check_in_for(people.erin.caller, other.id, at("14:00"))
    await leave_room(people.dan.caller, other.id, at("14:40"))
    assert await offered(people.carol, at("14:40")) == ["15:00-16:00"]


async def test_a_shorter_wish_is_met_by_a_part_of_the_gap_and_the_next_by_the_rest(tx: None, people: People) -> None:
    dance, dans = await full(people)
    for person in (people.bob, people.carol, people.erin):
        await wait(person, dance, "09:30-12:00" if person is people.carol else "10:00-12:00")
    await cancel_booking(people.dan.caller, dans.id, NOW)
    assert [await offered(person) for person in (people.bob, people.carol, people.erin)] == [
        ["10:00-11:00"],
        ["11:00-12:00"],
        [],
    ]
    assert (await room_line.see_waiting(people.erin.caller, NOW)).wishes[0].position == 1


async def test_a_wish_longer_than_the_gap_joins_it_with_free_time_beside_it(tx: None, people: People) -> None:
    dance, dans = await full(people)
    await wait(people.bob, dance, "09:00-12:30", 180)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    assert await offered(people.bob) == ["09:00-12:00"]


async def test_any_of_several_rooms_will_do(tx: None, people: People) -> None:
    dance, dans = await full(people)
    study = await room(people.community, "书画室")
    await book(people.erin, study, span("10:00-12:00"))
    wish = await wait(people.bob, study, "10:00-12:00", others=(dance,))
    assert len(wish.rooms) == 2
    await cancel_booking(people.dan.caller, dans.id, NOW)
    (offer,) = await offers(people.bob)
    assert (offer.space_id, offer.use) == (dance, span("10:00-11:00"))


async def test_who_takes_what_comes_is_not_asked_and_told_once_it_is_theirs(tx: None, people: People) -> None:
    dance, dans = await full(people)
    await wait(people.bob, dance, "10:00-12:00", accepts_at_once=True)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    assert await told(people.bob) == []
    await move_room_queues.run(NOW)
    await move_room_queues.run(NOW)
    assert await told(people.bob) == ["room_given"]
    states = "SELECT state FROM booking WHERE person_id = $1 AND state = 'confirmed'"
    assert len(await sql.rows(states, people.bob.id)) == 1


async def test_who_stops_waiting_lets_the_next_be_asked(tx: None, people: People) -> None:
    dance, dans = await full(people)
    first = await wait(people.bob, dance, "10:00-12:00", 120)
    await wait(people.carol, dance, "10:00-12:00", 120)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    for _ in range(2):
        assert (await room_line.stop_waiting(people.bob.caller, first.id, NOW)).state == "withdrawn"
    assert (await offered(people.bob), await offered(people.carol)) == ([], ["10:00-12:00"])


async def test_a_closure_takes_an_offer_back_and_says_why(tx: None, people: People) -> None:
    dance, dans = await full(people)
    wish = await wait(people.bob, dance, "10:00-12:00", 120)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    await close_space(people.erin.caller, dance, span("08:00-20:00"), "Cleaning", "cancel", NOW)
    assert await offers(people.bob) == []
    assert await told(people.bob) == ["room_offer_taken_back"]
    assert (await room_wishes.one(wish.id, NOW)).state == "waiting"


async def test_what_is_free_need_not_be_waited_for(tx: None, people: People) -> None:
    dance, _ = await full(people)
    with pytest.raises(NothingToWaitFor) as caught:
        await wait(people.bob, dance, "10:00-13:30")
    assert caught.value.starts_at == at("12:00")


@pytest.mark.parametrize(
    ("window", "minutes", "people_many", "codes"),
    [
        ("10:00-12:00", 75, 1, ["grid"]),
        ("10:00-12:00", 30, 1, ["too_short"]),
        ("08:00-20:00", 300, 1, ["too_long"]),
        ("10:00-12:00", 60, 99, ["too_many_people"]),
    ],
)
async def test_what_could_never_be_offered_is_refused_at_once(
    tx: None, people: People, window: str, minutes: int, people_many: int, codes: list[str]
) -> None:
    dance, _ = await full(people, shortest=60, longest=240)
    with pytest.raises(NotBookable) as caught:
        await wait(people.bob, dance, window, minutes, people=people_many)
    assert [one.code for one in caught.value.broken] == codes


async def test_nobody_waits_for_more_than_a_few_or_for_what_makes_no_sense(tx: None, people: People) -> None:
    dance, _ = await full(people)
    for _ in range(room_wishes.MOST_WAITING):
        await wait(people.bob, dance, "10:00-12:00")
    with pytest.raises(TooManyWishes):
        await wait(people.bob, dance, "10:00-12:00")
    for window, minutes in (("10:00-10:30", 60), ("10:00-12:00", 0)):
        with pytest.raises(Malformed):
            await wait(people.carol, dance, window, minutes)
    with pytest.raises(Malformed):
        await wait(people.carol, dance, "10:00-12:00", now=at("11:30"))


async def test_the_rooms_own_patience_is_used(tx: None, people: People) -> None:
    dance, dans = await full(people)
    await room_doors.change(dance, DoorRules(offer_minutes=120), people.erin.id, NOW)
    await wait(people.bob, dance, "10:00-12:00", 120)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    assert (await offers(people.bob))[0].expires_at == NOW + timedelta(hours=2)


async def test_an_offer_that_ran_out_gives_way_without_any_job(tx: None, people: People) -> None:
    dance, dans = await full(people)
    await wait(people.bob, dance, "10:00-12:00", 120)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    (offer,) = await offers(people.bob)
    later = NOW + timedelta(minutes=30)
    await book_space(people.carol.caller, Wish(dance, span("11:00-12:00")), later)
    with pytest.raises(RoomOfferGone):
        await room_line.accept_offer(people.bob.caller, offer.id, NOW + timedelta(minutes=29))


async def test_an_offer_is_nobodys_booking_yet(tx: None, people: People) -> None:
    dance, dans = await full(people)
    await wait(people.bob, dance, "10:00-12:00", 120)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    assert await bookings.of_person(people.bob.id, NOW) == []
    await room_line.decline_offer(people.bob.caller, (await offers(people.bob))[0].id, NOW)
    assert await bookings.of_person(people.bob.id, NOW) == []


@pytest.mark.scenario("booking-103")
async def test_rules_of_a_group_hold_in_the_line_too(tx: None, people: People) -> None:
    dance, dans = await full(people)
    await wait(people.bob, dance, "10:00-12:00", 120)
    await wait(people.carol, dance, "10:00-12:00", 120)
    guests = await groups.add(people.community, "Guests", "", 1, people.erin.id, NOW)
    await groups.join(guests, people.bob.id, people.erin.id, NOW)
    rule = SpaceRule(
        kind="bookings",
        amount=0,
        per="person",
        period="week",
        community_id=people.community,
        space_id=dance,
        group_id=guests,
    )
    await space_rules.add(rule, people.erin.id, NOW)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    assert (await offered(people.bob), await offered(people.carol)) == ([], ["10:00-12:00"])


async def test_who_may_book_in_a_closure_is_offered_the_time_beside_it(tx: None, people: People) -> None:
    """A closure gives way to a booking, never to an offer: what is offered has to be there."""
    dance, dans = await full(people)
    early = await book(people.erin, dance, span("09:00-10:00"))
    await wait(people.bob, dance, "09:00-12:00")
    await bookings.cancel(early.id, people.erin.id, NOW)
    await closures.close(dance, span("09:00-10:00"), "Painting", people.erin.id, NOW, exempt_people=[people.bob.id])
    await cancel_booking(people.dan.caller, dans.id, NOW)
    assert await offered(people.bob) == ["10:00-11:00"]


async def test_who_is_suspended_is_passed_over_and_told_why(tx: None, people: People) -> None:
    dance, standing = await full(people)
    await wait(people.bob, dance, "10:00-12:00")
    await wait(people.carol, dance, "10:00-12:00")
    await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", people.bob.id)
    await cancel_booking(people.dan.caller, standing.id, NOW)
    assert await offered(people.bob) == []
    assert await offered(people.carol) != []


@pytest.mark.scenario("booking-31")
async def test_what_an_exempt_person_gives_back_inside_a_closure_is_offered_to_nobody_else(tx: None, people: People) -> None:
    """The closure closes again before the line is asked, not only at commit."""
    dance = await room(people.community)
    await closures.close(dance, span("09:00-13:00"), "Paint", people.erin.id, NOW, exempt_people=[people.bob.id])
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await wait(people.carol, dance, "10:00-12:00")
    await cancel_booking(people.bob.caller, mine.id, NOW)
    assert await offered(people.carol) == []
    (closure,) = await closures.coming(dance, NOW)
    assert closure.parts == [span("09:00-13:00")]


async def test_an_offer_is_declined_and_not_cancelled(tx: None, people: People) -> None:
    dance = await room(people.community)
    dans = await book(people.dan, dance, span("10:00-12:00"))
    await wait(people.bob, dance, "10:00-12:00")
    await cancel_booking(people.dan.caller, dans.id, NOW)
    (offer,) = await offers(people.bob)
    with pytest.raises(OnlyOffered):
        await cancel_booking(people.bob.caller, offer.id, NOW)
    with pytest.raises(OnlyOffered):
        await cancel_by_house(people.erin.caller, offer.id, "Water leak", NOW)
    assert (await room_line.decline_offer(people.bob.caller, offer.id, NOW)).state == "declined"
