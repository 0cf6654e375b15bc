"""The door's pages over HTTP, as they are without JavaScript."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from schedules import sql
from tests.door.doors import Door, another, log, put, stays
from tests.given import Person
from timebank.communities import policies
from timebank.communities.policies import Policy
from timebank.outbox import intents
from timebank.people import passes
from timebank.web.access import DEVICE_COOKIE, MEMBER_COOKIE
from timebank.web.tickets import TICKET_COOKIE

ENGLISH = {"accept": "text/html", "accept-language": "en"}


def path_of(address: str) -> str:
    return address.removeprefix("http://testserver")


class Browser:
    """Keeps cookies, sends forms, reads English."""

    def __init__(self, door: Door, person: Person | None = None) -> None:
        self.client = door.client
        self.client.cookies.clear()
        if person:
            self.client.cookies.set(MEMBER_COOKIE, person.token)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path, headers=ENGLISH)

    async def post(self, path: str, **fields: object) -> httpx.Response:
        return await self.client.post(path, data=fields, headers=ENGLISH)


def nonce_in(answer: httpx.Response) -> str:
    found = re.search(r'name="nonce" value="(\w+)"', answer.text)
    assert found, answer.text
    return found[1]


async def test_a_get_never_checks_anybody_in(door: Door) -> None:
    bob = Browser(door, door.people.bob)
    for _ in range(3):
        answer = await bob.get(path_of(door.venue(door.start)))
        assert answer.status_code == 200
        assert "Check in" in answer.text
    assert (await door.client.head(path_of(door.venue(door.start)), headers=ENGLISH)).status_code in (200, 405)
    assert await log() == []
    assert await stays(door.people.bob) == []


async def test_a_promise_that_is_dead_says_so_and_is_not_asked_for_again(door: Door) -> None:
    await door.let_in()
    told = await door.let_out(90)
    await sql.rows("UPDATE intent SET state = 'dead', reason = 'boom'")
    bob = Browser(door, door.people.bob)
    for address in (f"/attendance/{told['attendance_id']}", f"/attendance/{told['attendance_id']}/points"):
        html = (await bob.get(address)).text
        assert "held up" in html
        assert "data-again" not in html
        assert "on the way" not in html


async def test_the_page_of_a_stay_goes_by_the_policy_of_its_local_day(door: Door) -> None:
    """Friday 07:00 in Shanghai is Thursday in UTC; and where no policy holds at all, the page is still there."""
    early = await another(door, 24 + 7, person=door.people.carol)
    await door.client.put("/test/clock", json={"now": early.starts_at.isoformat()})
    carols = await passes.issue(door.people.carol.id, door.people.now)
    told = (await door.scan(carols, activities=[str(early.activity_id)])).json()
    carol = Browser(door, door.people.carol)
    address = f"/attendance/{told['attendance_id']}"
    asked: list[date] = []
    in_force = policies.in_force

    async def noted(community_id: UUID, on: date) -> Policy:
        asked.append(on)
        return await in_force(community_id, on)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policies, "in_force", noted)
        assert (await carol.get(address)).status_code == 200
    assert asked == [date(2026, 11, 27)]
    await sql.rows("UPDATE activity SET community_id = $2 WHERE id = $1", early.activity_id, await lawless(door))
    assert (await carol.get(address)).status_code == 200


async def lawless(door: Door) -> UUID:
    """A community without any policy above it."""
    made = uuid4()
    await sql.rows(
        "INSERT INTO community (id, kind, name, time_zone, ancestor_ids) "
        "VALUES ($1::uuid, 'community', '新', 'Asia/Shanghai', ARRAY[$1::uuid])",
        made,
    )
    return made


@pytest.mark.scenario("checkin-74", "ledger-4")
async def test_one_tap_in_one_tap_out_and_the_points_arrive(door: Door) -> None:
    bob = Browser(door, door.people.bob)
    page = await bob.get(path_of(door.venue(door.start)))
    answer = await bob.post(path_of(door.venue(door.start)), direction="in", nonce=nonce_in(page))
    assert answer.status_code == 303
    stay = await bob.get(answer.headers["location"])
    assert "You are in since 09:00." in stay.text
    moment = await door.clock(90)
    page = await bob.get(path_of(door.venue(moment)))
    assert "You are in since 09:00." in page.text
    assert "Check out" in page.text
    answer = await bob.post(path_of(door.venue(moment)), direction="out", nonce=nonce_in(page))
    stay = await bob.get(answer.headers["location"])
    assert "1 h 30 min" in stay.text
    assert "on the way" in stay.text
    part = await bob.get(answer.headers["location"] + "/points")
    assert "on the way" in part.text
    assert "data-again" in part.text
    await intents.keep(await sql.value("SELECT id FROM intent"))
    part = await bob.get(answer.headers["location"] + "/points")
    assert "credited" in part.text
    assert "you now have 1.5 points" in part.text
    assert "data-again" not in part.text


async def test_who_comes_early_reads_from_when_the_time_counts(door: Door) -> None:
    await sql.rows("UPDATE activity SET tolerance = 10")
    told = await door.let_in(-25)
    bob, address = Browser(door, door.people.bob), f"/attendance/{told['attendance_id']}"
    assert "Your time counts from 08:50." in (await bob.get(address)).text
    assert "before the start" in (await door.let_out(-15))["detail"]
    assert "It was before 08:50, when time begins to count." in (await bob.get(address)).text
    later = await door.let_in(-5)
    assert "Your time counts" not in (await bob.get(f"/attendance/{later['attendance_id']}")).text


async def test_two_taps_are_one(door: Door) -> None:
    bob = Browser(door, door.people.bob)
    path = path_of(door.venue(door.start))
    nonce = nonce_in(await bob.get(path))
    first, second = [await bob.post(path, direction="in", nonce=nonce) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert len(await stays(door.people.bob)) == 1


@pytest.mark.scenario("checkin-75")
async def test_a_stranger_signs_in_and_the_code_still_holds_for_this_browser(door: Door) -> None:
    path = path_of(door.venue(door.start))
    phone = Browser(door)
    answer = await phone.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?back=%2Fv%2F")
    assert door.client.cookies.get(TICKET_COOKIE)
    door.client.cookies.set(MEMBER_COOKIE, door.people.bob.token)
    await door.clock(9)
    page = await phone.get(path)
    assert page.status_code == 200
    answer = await phone.post(path, direction="in", nonce=nonce_in(page))
    assert answer.headers["location"].startswith("/attendance/")
    assert not door.client.cookies.get(TICKET_COOKIE), "the ticket is used up"
    again = await phone.get(path)
    assert (again.status_code, "out of date" in again.text) == (409, True)


@pytest.mark.scenario("checkin-75")
async def test_a_forwarded_link_is_stale_and_so_is_a_borrowed_or_old_ticket(door: Door) -> None:
    path = path_of(door.venue(door.start))
    bob = Browser(door, door.people.bob)
    await door.clock(2)
    answer = await bob.get(path)
    assert (answer.status_code, "out of date" in answer.text) == (409, True)
    refused = await bob.post(path, direction="in")
    assert refused.status_code == 409
    for false in (f"{int(door.start.timestamp())}.{'0' * 32}", "nonsense", "99999999999.x", "."):
        door.client.cookies.set(TICKET_COOKIE, false, path="/v")
        assert (await bob.post(path, direction="in")).status_code == 409
    door.client.cookies.delete(TICKET_COOKIE)
    fresh = path_of(door.venue(door.start + timedelta(minutes=2)))
    await bob.get(fresh)
    assert any(cookie.name == TICKET_COOKIE for cookie in door.client.cookies.jar)
    assert (await bob.post(path, direction="in")).status_code == 409, "a ticket is for its own code"
    await door.clock(12, 3)
    assert (await bob.post(fresh, direction="in")).status_code == 409, "ten minutes and no more"
    assert await stays(door.people.bob) == []


@pytest.mark.scenario("checkin-75")
async def test_a_ticket_of_one_place_opens_no_other(door: Door) -> None:
    """Somebody at the choir has been sent a picture of the code at the reading, of the same moment."""
    other = await another(door, person=door.people.bob)
    bob = Browser(door, door.people.bob)
    await bob.get(path_of(door.venue(door.start)))
    await door.clock(2)
    sent = path_of(door.venue(door.start, other.id))
    assert (await bob.post(sent, direction="in")).status_code == 409
    assert await stays(door.people.bob) == []
    assert (await bob.post(path_of(door.venue(door.start)), direction="in")).status_code == 303


@pytest.mark.scenario("checkin-74")
async def test_who_is_not_signed_up_sees_what_is_to_come(door: Door) -> None:
    carol = Browser(door, door.people.carol)
    answer = await carol.get(path_of(door.venue(door.start)))
    assert answer.status_code == 409
    assert "Not signed up here." in answer.text
    assert f"/activities/{door.session.activity_id}" in answer.text
    assert "The desk here may give you a place." not in answer.text
    await sql.rows("UPDATE activity SET walk_ins = true")
    answer = await carol.get(path_of(door.venue(door.start)))
    assert "The desk here may give you a place." in answer.text


@pytest.mark.scenario("checkin-74")
async def test_several_sign_ups_there_are_a_choice(door: Door) -> None:
    late = await another(door, 9.5, 2)
    await sql.rows("UPDATE session SET activity_id = $2 WHERE id = $1", late.id, door.session.activity_id)
    await put(door.people.bob, late)
    bob = Browser(door, door.people.bob)
    path = path_of(door.venue(door.start))
    page = await bob.get(path)
    assert f'value="{late.id}"' in page.text
    answer = await bob.post(path, direction="in", nonce=nonce_in(page), session=str(late.id))
    assert answer.status_code == 303
    assert str((await stays(door.people.bob))[0]["session_id"]) == str(late.id)


async def test_the_typed_code_leads_to_the_same_page(door: Door) -> None:
    organiser = Browser(door, door.people.alice)
    screen = await organiser.get(f"/sessions/{door.session.id}/screen")
    typed = re.search(r'class="typed">(\S{9})<', screen.text)
    assert typed, screen.text
    bob = Browser(door, door.people.bob)
    answer = await bob.post("/v", code=typed[1].lower())
    assert answer.status_code == 303
    assert (await bob.get(answer.headers["location"])).status_code == 200
    wrong = await bob.post("/v", code="ABCD-EFGH")
    assert wrong.status_code == 404
    assert 'value="ABCD-EFGH"' in wrong.text


async def test_the_screen_shows_a_new_code_each_step_and_who_is_in(door: Door) -> None:
    organiser = Browser(door, door.people.alice)
    first = await organiser.get(f"/sessions/{door.session.id}/screen/code")
    assert 'data-left="15000"' in first.text
    await door.clock(0, 16)
    await door.scan()
    second = await organiser.get(f"/sessions/{door.session.id}/screen/code")
    assert re.search(r'class="typed">(\S{9})<', first.text) != re.search(r'class="typed">(\S{9})<', second.text)
    assert re.search(r'class="figure" data-here>1</span> <span[^>]*>person is in', second.text)


async def test_the_screen_is_not_for_everybody(door: Door) -> None:
    assert (await Browser(door, door.people.bob).get(f"/sessions/{door.session.id}/screen")).status_code == 403
    assert (await Browser(door).get(f"/sessions/{door.session.id}/screen/code")).status_code == 403


async def test_somebody_elses_stay_is_not_there(door: Door) -> None:
    told = await door.let_in()
    assert (await Browser(door, door.people.bob).get(f"/attendance/{told['attendance_id']}")).status_code == 200
    assert (await Browser(door, door.people.carol).get(f"/attendance/{told['attendance_id']}")).status_code == 404


async def test_the_desk_works_by_forms_alone(door: Door) -> None:
    desk = Browser(door)
    door.client.cookies.set(DEVICE_COOKIE, door.desk.token)
    start = await desk.get("/desk")
    assert str(door.session.id) in start.text
    page = await desk.get(f"/desk/scan?sessions={door.session.id}")
    answer = await desk.post("/desk/scan", sessions=str(door.session.id), code=door.bobs.typed_shown, nonce=nonce_in(page))
    assert answer.status_code == 201
    assert "Checked in" in answer.text
    assert "Bob" in answer.text
    again = await desk.post("/desk/scan", sessions=str(door.session.id), code=door.bobs.text, nonce=nonce_in(answer))
    assert again.status_code == 409
    assert "Already checked in." in again.text
    counts = await desk.get(f"/desk/counts?sessions={door.session.id}")
    assert "<b>1</b> in" in counts.text
    empty = await desk.post("/desk/scan", sessions=str(door.session.id), code="", nonce=nonce_in(again))
    assert empty.status_code == 404


async def test_the_desk_offers_the_choice_as_buttons(door: Door) -> None:
    other = await another(door, person=door.people.bob)
    desk = Browser(door)
    door.client.cookies.set(DEVICE_COOKIE, door.desk.token)
    both = [str(door.session.id), str(other.id)]
    answer = await desk.post("/desk/scan", sessions=both, code=door.bobs.text, nonce="n-12345678")
    assert answer.status_code == 409
    chosen = await desk.post("/desk/scan", sessions=both, code=door.bobs.text, nonce="n-12345679", choice=str(other.id))
    assert chosen.status_code == 201
    assert str((await stays(door.people.bob))[0]["session_id"]) == str(other.id)


async def test_the_desk_is_for_desks_and_those_who_scan(door: Door) -> None:
    assert (await Browser(door, door.people.bob).get("/desk")).status_code == 403
    assert (await Browser(door, door.people.alice).get("/desk")).status_code == 200
    assert (await Browser(door, door.people.alice).get(f"/sessions/{door.session.id}/desk")).status_code == 303
    foreign = await another(door, 9, 2, community_id=door.people.elsewhere, by=door.people.erin)
    assert (await Browser(door, door.people.alice).get(f"/desk/scan?sessions={foreign.id}")).status_code == 403


async def test_the_activity_and_my_page_follow_the_day_from_sign_up_to_check_out(door: Door) -> None:
    bob = {"accept": "text/html", "accept-language": "en"} | door.people.bob.bearer
    page = f"/activities/{door.session.activity_id}"

    async def read(path: str) -> str:
        return " ".join((await door.client.get(path, headers=bob)).text.split())

    await door.clock(-60)
    assert "Check-in opens at 08:30." in await read(page)
    await door.clock(10)
    shown = await read(page)
    assert "Check-in is open now" in shown
    assert "that is over" in shown
    assert "Check-in opens" not in shown
    await door.let_in(15)
    shown = await read(page)
    assert "You are in since 09:15." in shown
    assert "If you cannot come" not in shown
    await door.let_out(90)
    assert "You were there from 09:15 to 10:30." in await read(page)
    assert "When you are there" not in await read("/me"), "who has left is not asked to come"
