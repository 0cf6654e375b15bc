"""Requests that somebody decides on: they hold their time or compete for it, and in the end each is one thing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from schedules import booking_requests, bookings, occupancy, spaces, sql
from schedules.booking_requests import Decided, OthersWouldLose
from schedules.bookings import Booking
from schedules.spaces import Approval
from schedules.wishes import NotBookable, Wish
from tests.given import People, Person
from tests.spaces.rooms import NOW, at, book, refused, room, span
from tests.sqllog import statements
from timebank.actions.rooms.book_space import book_space
from timebank.actions.rooms.cancel_booking import WhyNeeded, cancel_booking
from timebank.actions.rooms.decide_booking import accept_request, reject_request, requests_for
from timebank.jobs import lapse_requests
from timebank.people.callers import NotAllowed

DEADLINE = NOW + timedelta(minutes=600)


async def deciding(people: People, approval: Approval, **chosen: Any) -> UUID:
    """A room in which requests are decided within ten hours."""
    made = await room(people.community, **chosen)
    await spaces.set_approval(made, approval, 600, True, now=NOW)
    return made


async def told(person: Person) -> list[str]:
    rows = await sql.rows(
        "SELECT kind FROM message WHERE person_id = $1 AND kind LIKE 'booking.%' ORDER BY written_at", person.id
    )
    return [row["kind"] for row in rows]


async def ask(person: Person, space_id: UUID, text: str) -> Booking:
    return (await book_space(person.caller, Wish(space_id, span(text)), NOW)).value


@pytest.mark.scenario("booking-85")
async def test_a_request_that_holds_blocks_others_until_it_has_lapsed(tx: None, people: People) -> None:
    dance = await deciding(people, "holds")
    asked = await ask(people.bob, dance, "10:00-12:00")
    assert (asked.state, asked.decide_by) == ("pending", DEADLINE)
    assert await refused(people.carol, dance, span("11:00-13:00")) == ["taken"]
    later = DEADLINE  # no job has run: the hold gives way by itself
    assert (await book(people.carol, dance, span("11:00-13:00"), later)).state == "pending"
    with pytest.raises(Decided) as caught:
        await accept_request(people.erin.caller, asked.id, [], later)
    assert caught.value.state == "lapsed"


async def test_a_request_lapses_at_its_start_at_the_latest(tx: None, people: People) -> None:
    dance = await deciding(people, "holds")
    await spaces.set_approval(dance, "holds", 100_000, True, now=NOW)
    assert (await ask(people.bob, dance, "10:00-12:00")).decide_by == at("10:00")


@pytest.mark.scenario("booking-86")
async def test_of_requests_that_compete_one_is_accepted_and_the_confirmed_rest_rejected(tx: None, people: People) -> None:
    """Defect 7 of booking.md: nobody is told "confirmed" twice for one time."""
    dance = await deciding(people, "competing", turnaround=30)
    mine = await ask(people.bob, dance, "10:00-12:00")
    overlaps = await ask(people.carol, dance, "11:00-13:00")
    touches_only_turnaround = await ask(people.dan, dance, "12:00-13:00")
    apart = await ask(people.dan, dance, "15:00-16:00")
    assert {one.state for one in (mine, overlaps, apart)} == {"pending"}
    assert await occupancy.read([dance], span("00:00-24:00"), NOW) == []
    with pytest.raises(OthersWouldLose) as caught:
        await accept_request(people.erin.caller, mine.id, [overlaps.id], NOW)
    losers = {one.id for one in caught.value.rivals}
    assert losers == {overlaps.id, touches_only_turnaround.id}
    assert (await bookings.one(mine.id)).state == (await bookings.one(overlaps.id)).state == "pending"
    accepted = await accept_request(people.erin.caller, mine.id, losers, NOW)
    assert accepted.booking.state == "confirmed"
    assert [(await bookings.one(one)).state for one in (overlaps.id, apart.id)] == ["rejected", "pending"]
    assert (await told(people.bob), await told(people.carol)) == (["booking.accepted"], ["booking.lost"])
    assert await refused(people.carol, dance, span("11:00-13:00")) == ["taken"]


@pytest.mark.scenario("booking-87")
async def test_a_request_whose_time_was_taken_meanwhile_is_refused(tx: None, people: People) -> None:
    dance = await deciding(people, "competing")
    asked = await ask(people.bob, dance, "10:00-12:00")
    await book_space(people.erin.caller, Wish(dance, span("11:00-12:00"), counts=False), NOW)
    assert [one.waiting.is_taken for one in await requests_for(people.erin.caller, NOW)] == [True]
    with pytest.raises(NotBookable) as caught:
        await accept_request(people.erin.caller, asked.id, [], NOW)
    assert [broken.code for broken in caught.value.broken] == ["taken"]
    assert (await bookings.one(asked.id)).state == "pending"


@pytest.mark.scenario("booking-88")
async def test_a_request_that_nobody_handles_lapses_once_and_is_told(tx: None, people: People) -> None:
    dance = await deciding(people, "holds")
    asked = await ask(people.bob, dance, "10:00-12:00")
    assert await lapse_requests.run(DEADLINE - timedelta(seconds=1)) == 0
    assert asked.state_at(DEADLINE) == "lapsed"
    assert [await lapse_requests.run(DEADLINE) for _ in range(2)] == [1, 0]
    assert (await bookings.one(asked.id)).state == "lapsed"
    assert await told(people.bob) == ["booking.lapsed"]
    assert await occupancy.read([dance], span("00:00-24:00"), NOW) == []


@pytest.mark.scenario("booking-90")
@pytest.mark.parametrize("approval", ["holds", "competing"])
async def test_who_asked_cancels_at_any_time(tx: None, people: People, approval: Approval) -> None:
    dance = await deciding(people, approval)
    asked = await ask(people.bob, dance, "10:00-12:00")
    assert (await cancel_booking(people.bob.caller, asked.id, NOW)).state == "cancelled_by_user"
    assert await requests_for(people.erin.caller, NOW) == []
    with pytest.raises(Decided):
        await accept_request(people.erin.caller, asked.id, [], NOW)
    late = await ask(people.bob, dance, "10:00-12:00")
    assert (await cancel_booking(people.bob.caller, late.id, DEADLINE)).state == "lapsed"


@pytest.mark.scenario("booking-9")
async def test_a_rejected_request_reads_why_and_its_time_is_free(tx: None, people: People) -> None:
    dance = await deciding(people, "holds")
    asked = await ask(people.bob, dance, "10:00-12:00")
    with pytest.raises(WhyNeeded):
        await reject_request(people.erin.caller, asked.id, "  ", NOW)
    with pytest.raises(NotAllowed):
        await reject_request(people.carol.caller, asked.id, "no", NOW)
    rejected = await reject_request(people.erin.caller, asked.id, "The floor is being waxed", NOW)
    assert (rejected.state, rejected.reason) == ("rejected", "The floor is being waxed")
    assert await reject_request(people.erin.caller, asked.id, "again", NOW) == rejected
    assert await told(people.bob) == ["booking.rejected"]
    assert (await ask(people.carol, dance, "10:00-12:00")).state == "pending"


async def test_an_accepted_hold_is_a_booking_and_no_longer_expires(tx: None, people: People) -> None:
    dance = await deciding(people, "holds")
    asked = await ask(people.bob, dance, "10:00-12:00")
    assert await told(people.erin) == ["booking.requested"]
    await accept_request(people.erin.caller, asked.id, [], NOW)
    row = await sql.one("SELECT kind, expires_at FROM occupancy WHERE booking_id = $1 AND active", asked.id)
    assert (row["kind"], row["expires_at"]) == ("booking", None)
    assert await refused(people.carol, dance, span("10:00-12:00")) == ["taken"]


async def test_what_staff_book_for_a_member_is_decided(tx: None, people: People) -> None:
    dance = await deciding(people, "holds")
    made = (await book_space(people.erin.caller, Wish(dance, span("10:00-12:00")), NOW, None, people.bob.id)).value
    assert made.state == "confirmed"
    assert await told(people.bob) == ["booking.made_for_you"]


async def test_requests_of_other_rooms_and_hours_are_no_rivals(tx: None, people: People) -> None:
    dance, study = await deciding(people, "competing"), await deciding(people, "competing", name="书画室")
    mine = await ask(people.bob, dance, "10:00-12:00")
    await ask(people.carol, study, "10:00-12:00")
    await ask(people.carol, dance, "12:00-13:00")
    assert await booking_requests.rivals(mine.id, NOW) == []
    assert msgspec.json.encode(await requests_for(people.erin.caller, NOW))


async def test_ten_requests_are_read_with_as_many_statements_as_three(tx: None, people: People) -> None:
    dance = await deciding(people, "competing")
    sent = []
    for hours in (range(8, 11), range(11, 18)):
        for hour in hours:
            await ask(people.bob, dance, f"{hour}:00-{hour + 1}:00")
        with statements() as seen:
            found = await requests_for(people.erin.caller, NOW)
        sent.append((len(found), len(seen)))
    (three, few), (ten, many) = sent
    assert (three, ten) == (3, 10)
    assert few == many


async def test_nobody_stands_in_line_twice_for_one_time(tx: None, people: People) -> None:
    dance = await deciding(people, "competing")
    await ask(people.bob, dance, "10:00-12:00")
    assert await refused(people.bob, dance, span("11:00-13:00")) == ["asked_already"]
    with pytest.raises(NotBookable) as caught:
        await ask(people.bob, dance, "11:00-13:00")
    assert ([broken.code for broken in caught.value.broken], caught.value.alternatives) == (["asked_already"], [])
    assert (await ask(people.bob, dance, "12:00-13:00")).state == "pending"
    assert (await ask(people.carol, dance, "10:00-12:00")).state == "pending"
