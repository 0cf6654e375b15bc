"""What people try at a door over HTTP: every path holds the same line, and nothing is lost and nothing gets in by it."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from schedules import codes, sql
from schedules.decision import STATUS
from schedules.reasons import UnknownPass
from schedules.sessions import Session
from tests import given
from tests.door.doors import Door, another, log, put, stays
from tests.door.test_pages import ENGLISH, Browser, path_of
from tests.door.test_uploads import item, rows_of
from tests.people.test_routes import walked
from timebank.actions.door import typed_tries, unknown_codes
from timebank.actions.door.door import Asking, Scan
from timebank.people import limits, passes
from timebank.people.limits import TooManyTries
from timebank.people.passes import Pass
from timebank.web.access import DEVICE_COOKIE, MEMBER_COOKIE
from timebank.web.tickets import TICKET_COOKIE

DOORS = {"scanner", "oneself", "namer"}
"""Guards of what happens at a door."""
PREFETCH = {"purpose": "prefetch", "sec-purpose": "prefetch;prerender", "x-moz": "prefetch"}


@pytest.fixture
def app(usual_routes: Litestar) -> Litestar:
    return usual_routes


async def what_counts() -> tuple[list[Any], list[Any]]:
    """The whole log and every stay."""
    return [tuple(row) for row in await log()], [tuple(row) for row in await sql.rows("SELECT * FROM attendance ORDER BY id")]


def addresses(app: Litestar, door: Door) -> list[str]:
    """Every address of a door that can be read, with this session and a code of now in it."""
    venue = path_of(door.venue(door.start))
    _, session, step, mark = venue.strip("/").split("/")
    places = {"session:str": session, "step:str": step, "mark:str": mark, "session_id:uuid": str(door.session.id)}
    found = set()
    for verb, path, guards in walked(app):
        if verb not in ("GET", "HEAD") or not (DOORS & set(guards) or path.startswith(("/v", "/attendance"))):
            continue
        filled = re.sub(r"\{(\w+:\w+)\}", lambda part: places.get(part[1], str(uuid4())), path)
        # Who is let in by a parameter is tried as well; the live counts never end, and are read in their own test.
        if not path.startswith("/desk/events"):
            query = f"sessions={door.session.id}&direction=in&code={door.bobs.text}&name=Bobby&nonce=n-1"
            found |= {filled, f"{filled}?{query}"}
    assert len(found) > 15, found
    return sorted(found)


async def test_no_address_that_is_only_read_checks_anybody_in(door: Door, app: Litestar) -> None:
    """GET, HEAD and what browsers and chat programs load ahead; as the volunteer, as staff and as the desk."""
    before = await what_counts()
    people = door.people
    for name, token in (
        (MEMBER_COOKIE, people.bob.token),
        (MEMBER_COOKIE, people.erin.token),
        (DEVICE_COOKIE, door.desk.token),
    ):
        door.client.cookies.clear()
        door.client.cookies.set(name, token)
        for address in addresses(app, door):
            for verb, headers in (("GET", ENGLISH | PREFETCH), ("HEAD", ENGLISH)):
                answer = await door.client.request(verb, address, headers=headers)
                assert answer.status_code < 500, (verb, address)
    assert await what_counts() == before


# One status for one code, whichever way it comes


async def refusals(door: Door) -> dict[str, str | Pass]:
    """What can be scanned at this door at its start, and the code that it is refused with."""
    people = door.people
    found: dict[str, str | Pass] = {}
    for number, (state, code) in enumerate(
        {
            "withdrawn": "withdrawn",
            "cancelled": "cancelled",
            "rejected": "rejected",
            "requested": "not_approved",
            "waiting": "waitlisted",
            "offered": "waitlisted",
        }.items()
    ):
        person = await given.member(f"P{number}", f"199000003{number:02}", people.building, people.now)
        await put(person, door.session, state)
        found[f"{code} {state}"] = await passes.issue(person.id, people.now)
    found["not_signed_up_here"] = await passes.issue(people.carol.id, people.now)
    blocked = await given.member("Blocked", "19900000398", people.building, people.now)
    await put(blocked, door.session)
    await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", blocked.id)
    found["blocked"] = await passes.issue(blocked.id, people.now)
    text = door.bobs.text
    found["bad_signature"] = text[:-2] + ("AA" if text[-2:] != "AA" else "EA")
    found["foreign_pass"] = text[:3] + "AAAAAAAA" + text[11:]
    found["unknown_pass"] = "nonsense"
    lost = await passes.issue(people.dan.id, people.now)
    await put(people.dan, door.session)
    await passes.reissue(people.dan.id, people.now)
    found["revoked"] = lost
    return found


def text_of(code: str | Pass) -> str:
    return code if isinstance(code, str) else code.text


async def test_one_code_has_one_status_over_every_path(door: Door) -> None:
    """Defect guarded: the same refusal as 200 in one place and 400 in another."""
    alice = door.people.alice
    for name, code in (await refusals(door)).items():
        wanted = name.split()[0]
        single = await door.scan(text_of(code))
        assert (single.json()["code"], single.status_code) == (wanted, STATUS[wanted]), name
        door.client.cookies.clear()
        door.client.cookies.set(DEVICE_COOKIE, door.desk.token)
        page = await door.client.post(
            "/desk/scan", data={"sessions": str(door.session.id), "code": text_of(code)}, headers=ENGLISH
        )
        assert page.status_code == STATUS[wanted], name
        door.client.cookies.clear()
        (row,) = await rows_of(door, item(door, 0, f"u-{name}", code=text_of(code), reason=wanted))
        assert (row["code"], row["status"]) == (wanted, STATUS[wanted]), name
        if wanted in ("withdrawn", "cancelled", "rejected", "not_approved", "waitlisted", "blocked"):
            signup = await sql.value(
                "SELECT u.id FROM signup u JOIN pass p ON p.member_id = u.person_id WHERE p.id = $1",
                code.id if isinstance(code, Pass) else None,
            )
            by_name = await door.client.post(
                "/api/v1/check-ins/by-name", json={"signup_id": str(signup)}, headers=ENGLISH | alice.bearer
            )
            assert (by_name.json()["code"], by_name.status_code) == (wanted, STATUS[wanted]), name


# Nobody is in two places


async def by_desk(door: Door, second: Session) -> int:
    return (await door.scan(activities=[str(second.activity_id)])).status_code


async def by_oneself(door: Door, second: Session) -> int:
    moment = door.start + timedelta(minutes=60)
    body = {"code": door.venue(moment, second.id)}
    return (await door.client.post("/api/v1/check-ins", json=body, headers=door.people.bob.bearer)).status_code


async def by_name(door: Door, second: Session) -> int:
    signup = await sql.value("SELECT id FROM signup WHERE session_id = $1 AND person_id = $2", second.id, door.people.bob.id)
    body = {"signup_id": str(signup)}
    return (await door.client.post("/api/v1/check-ins/by-name", json=body, headers=door.people.alice.bearer)).status_code


async def by_upload(door: Door, second: Session) -> int:
    sent = item(door, 60, "u-1", activities=[str(second.activity_id)], session=str(second.id))
    (row,) = await rows_of(door, sent, sent_at=door.start + timedelta(minutes=60))
    return int(row["status"])


async def by_walking_in(door: Door, second: Session) -> int:
    await sql.rows("UPDATE activity SET walk_ins = true WHERE id = $1", second.activity_id)
    body = {"session": str(second.id), "code": door.bobs.text}
    return (await door.client.post("/api/v1/desk/walk-ins", json=body, headers=door.desk.bearer)).status_code


@pytest.mark.parametrize("way", [by_desk, by_oneself, by_name, by_upload, by_walking_in])
async def test_nobody_gets_into_a_second_place_by_any_way(door: Door, way: Any) -> None:
    """Bob sings; whatever is tried at the reading, at most one stay of his is open at a time."""
    second = await another(door, 10, 2, person=door.people.bob)
    await door.let_in()
    await door.clock(60)
    status = await way(door, second)
    assert status == 409 or way is by_upload
    held = await stays(door.people.bob)
    assert len([row for row in held if row["out_at"] is None and row["state"] == "counts"]) <= 1
    assert [row["session_id"] for row in held if row["state"] == "counts"][:1] == [door.session.id]


async def test_the_database_holds_one_person_in_one_place_whatever_the_code_does(door: Door) -> None:
    second = await another(door, 10, 2, person=door.people.bob)
    await door.let_in()
    signup = await sql.value("SELECT id FROM signup WHERE session_id = $1", second.id)
    with pytest.raises(asyncpg.UniqueViolationError, match="attendance_one_place"):
        await sql.rows(
            "INSERT INTO attendance (id, signup_id, session_id, person_id, in_at, in_scan, is_by_code) "
            "SELECT gen_random_uuid(), $1, $2, person_id, in_at, in_scan, true FROM attendance",
            signup,
            second.id,
        )


# Guessing


def wrong_codes(count: int) -> list[str]:
    """Typed codes with the right check character that lead to nobody."""
    return [codes.first_typed(number) for number in range(1, count + 1)]


async def test_a_desk_cannot_guess_typed_codes_at_length_and_scans_on(door: Door) -> None:
    for code in wrong_codes(typed_tries.TRIES):
        assert (await door.scan(code)).status_code == 404
    stopped = await door.scan(wrong_codes(typed_tries.TRIES + 1)[-1])
    assert (stopped.status_code, stopped.json()["code"]) == (429, "too_many_tries")
    right = await door.scan(door.bobs.typed_code)
    assert right.status_code == 429, "a right one tells no more than a wrong one"
    assert (await door.scan()).status_code == 201, "passes are read all the same"
    assert len(await log()) == typed_tries.TRIES + 1
    await door.clock(20)
    assert (await door.scan(door.bobs.typed_code, direction="out")).status_code == 201


async def test_a_right_typed_code_costs_nothing(door: Door) -> None:
    await sql.rows("UPDATE activity SET allows_many = true WHERE id = $1", door.session.activity_id)
    for _ in range(typed_tries.TRIES + 5):
        assert (await door.scan(door.bobs.typed_code)).status_code == 201


async def test_a_rush_of_right_typed_codes_at_one_scanner_is_let_in_whole(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """More at once than there are tries: only what leads to nobody uses them up, and of that no more than there are."""
    spent = 0

    async def spend(bucket: str, allowance: int, window: timedelta, now: datetime) -> None:
        nonlocal spent
        if spent >= allowance:
            raise TooManyTries(again_at=now, minutes=1)
        spent += 1

    async def give_back(bucket: str, window: timedelta, now: datetime) -> None:
        nonlocal spent
        spent -= 1

    monkeypatch.setattr(limits, "spend", spend)
    monkeypatch.setattr(limits, "give_back", give_back)
    scan = at_the_desk(door)

    async def typed(is_right: bool) -> str:
        try:
            async with typed_tries.counted(scan, door.start):
                await asyncio.sleep(0)
                if not is_right:
                    raise UnknownPass()
        except (UnknownPass, TooManyTries) as refusal:
            return type(refusal).__name__
        return "in"

    assert await asyncio.gather(*(typed(True) for _ in range(3 * typed_tries.TRIES))) == ["in"] * 3 * typed_tries.TRIES
    wrong = await asyncio.gather(*(typed(False) for _ in range(typed_tries.TRIES + 5)))
    assert (wrong.count("UnknownPass"), wrong.count("TooManyTries")) == (typed_tries.TRIES, 5)


def at_the_desk(door: Door) -> Scan:
    """Bob's typed code."""
    asking = Asking(
        scanner_id=door.desk.id,
        operator_id=None,
        source="desk",
        direction="in",
        raw_code=door.bobs.typed_code,
        nonce="",
        activity_ids=(door.session.activity_id,),
    )
    return Scan(asking, codes.read(door.bobs.typed_code), door.start)


async def test_an_upload_is_no_way_to_guess_either(door: Door) -> None:
    sent = [item(door, 0, f"u-{code}", code=code, reason="unjudged") for code in wrong_codes(typed_tries.TRIES + 3)]
    rows = await rows_of(door, *sent, item(door, 0, "u-card"))
    assert [row["status"] for row in rows] == [404] * typed_tries.TRIES + [503] * 3 + [201]
    assert (await door.scan(door.bobs.typed_code)).status_code == 429, "one limit for both ways"
    await door.clock(20)
    rows = await rows_of(door, *sent[-3:])
    assert [row["status"] for row in rows] == [404] * 3, "what was too much is judged later"


# Codes that lead to nobody, without end


async def test_a_scanner_that_reads_anything_fills_no_log_and_a_pass_is_never_held_up(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown_codes, "MOST", 5)
    for number in range(5):
        assert (await door.scan(f"nonsense {number}")).status_code == 404
    stopped = await door.scan("nonsense 5")
    assert (stopped.status_code, stopped.json()["code"]) == (429, "too_many_tries")
    assert datetime.fromisoformat(stopped.json()["again_at"]) == door.start + timedelta(hours=1)
    assert (await door.scan()).status_code == 201, "Bob's pass goes on"
    assert len(await log()) == 6
    other = await given.device("desk", "Side door", door.people.community, door.people.now)
    assert (await door.scan("nonsense", headers=other.bearer)).status_code == 404, "each scanner for itself"
    await door.clock(61)
    assert (await door.scan("nonsense 5")).status_code == 404


async def test_an_upload_keeps_as_many_unknown_codes_the_rest_waits_and_nothing_real_does(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown_codes, "MOST", 5)
    await door.clock(10)
    sent = [
        item(door, 1 + n / 60, f"j-{n}", code=f"nonsense {n}", reason=reason) for n, reason in enumerate(["ok", "too_late"] * 4)
    ]
    rows = await rows_of(door, *sent, item(door, 9, "n-1"))
    assert [row["status"] for row in rows] == [404, 409, 404, 409, 404, 503, 503, 503, 201]
    assert (rows[7]["code"], rows[7]["title"]) == ("busy", "This desk has read very many codes that lead to nobody.")
    assert rows[7]["detail"].startswith("This one waits on the desk and is sent again in 60 min.")
    assert await sql.value("SELECT count(*) FROM scan WHERE person_id IS NULL") == 5
    again = await rows_of(door, *sent)
    assert [row["status"] for row in again] == [404, 409, 404, 409, 404, 503, 503, 503], "a repeat is told the same"
    await door.clock(71)
    assert [row["status"] for row in await rows_of(door, *sent[5:])] == [409, 404, 409]


# Somebody else's


async def test_a_nonce_of_another_desk_or_person_is_worth_nothing(door: Door) -> None:
    """A nonce is a desk's own: another desk that sends it scans for itself, and hears nothing of the first."""
    far = await given.device("desk", "Side door", door.people.community, door.people.now)
    await put(door.people.carol, door.session)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    assert (await door.scan(nonce="n-1")).status_code == 201
    other = await door.scan(carols, nonce="n-1", headers=far.bearer)
    assert (other.status_code, other.json()["name"]) == (201, "Carol")
    mixed = await door.scan(carols, nonce="n-1")
    assert (mixed.status_code, mixed.json()["code"]) == (409, "nonce_conflict")
    assert "Bob" not in mixed.text
    undone = await door.client.post(
        "/api/v1/scans/undo", json={"nonce": "n-1", "undo_nonce": "x-1"}, headers=door.people.alice.bearer
    )
    assert undone.status_code in (404, 409), "Alice's phone has made no such scan"
    assert len(await stays(door.people.bob)) == len(await stays(door.people.carol)) == 1


async def test_a_self_check_in_is_always_the_callers_own(door: Door) -> None:
    """Whoever's pass or nonce it is: the member comes from the sign-in alone."""
    await put(door.people.carol, door.session)
    moment = {"code": door.venue(door.start), "nonce": "n-1"}
    assert (await door.client.post("/api/v1/check-ins", json=moment, headers=door.people.bob.bearer)).status_code == 201
    carols = await door.client.post("/api/v1/check-ins", json=moment, headers=door.people.carol.bearer)
    assert (carols.status_code, carols.json()["name"]) == (201, "Carol")
    for more in ({"member": str(door.people.bob.id)}, {"source": "desk"}, {"seen_at": "2026-11-26T01:00:00Z"}):
        answer = await door.client.post("/api/v1/check-ins", json=moment | more, headers=door.people.carol.bearer)
        assert answer.status_code == 400
    passed = await door.client.post("/api/v1/check-ins", json={"code": door.bobs.text}, headers=door.people.carol.bearer)
    assert (passed.status_code, passed.json()["code"]) == (404, "unknown_pass"), "a pass is for desks"


def cookie_of(answer: httpx.Response, name: str) -> str:
    found = re.search(rf"{name}=([^;]+)", ";".join(answer.headers.get_list("set-cookie")))
    assert found, answer.headers
    return found[1]


async def tap_with(door: Door, token: str, path: str, ticket: str) -> httpx.Response:
    """A tap with exactly these cookies."""
    door.client.cookies.clear()
    cookies = f"{MEMBER_COOKIE}={token}; {TICKET_COOKIE}={ticket}"
    sent = {name.encode(): text.encode() for name, text in (ENGLISH | {"cookie": cookies}).items()}
    return await door.client.post(path, data={"direction": "in"}, headers=sent)


@pytest.mark.scenario("checkin-73", "checkin-75")
async def test_a_ticket_that_is_passed_on_lets_in_one_member_and_no_other(door: Door) -> None:
    """Defect guarded: link id logged but not used up, so that it can be forwarded until it expires."""
    await put(door.people.carol, door.session)
    path = path_of(door.venue(door.start))
    ticket = cookie_of(await Browser(door, door.people.bob).get(path), TICKET_COOKIE)
    await door.clock(5)
    assert (await tap_with(door, door.people.bob.token, path, ticket)).status_code == 303
    for _ in range(2):
        refused = await tap_with(door, door.people.carol.token, path, ticket)
        assert (refused.status_code, "out of date" in refused.text) == (409, True)
    looked = await door.client.get(
        path, headers=ENGLISH | {"cookie": f"{MEMBER_COOKIE}={door.people.carol.token}; {TICKET_COOKIE}={ticket}"}
    )
    assert looked.status_code == 409, "and the page says so before the tap"
    assert await stays(door.people.carol) == []


@pytest.mark.scenario("checkin-73", "checkin-75")
@pytest.mark.parametrize("opened, tapped, lets_in", [(44, 9 * 60, True), (46, 47, False), (44, 44 + 10 * 60 + 1, False)])
async def test_a_forwarded_link_opens_for_45_seconds_and_then_ten_minutes_for_who_opened_it(
    door: Door, opened: int, tapped: int, lets_in: bool
) -> None:
    """As docs/decisions/0011 says: who opens it in time, wherever they are, has a ticket of their own."""
    await put(door.people.carol, door.session)
    path = path_of(door.venue(door.start))
    assert (await Browser(door, door.people.bob).get(path)).status_code == 200
    await door.clock(seconds=opened)
    door.client.cookies.clear()
    sent = await Browser(door, door.people.carol).get(path)
    ticket = cookie_of(sent, TICKET_COOKIE) if sent.status_code == 200 else ""
    await door.clock(seconds=tapped)
    assert (await tap_with(door, door.people.carol.token, path, ticket)).status_code == (303 if lets_in else 409)
    assert len(await stays(door.people.carol)) == lets_in


async def test_a_ticket_is_used_up_by_a_try_that_was_refused_as_well(door: Door) -> None:
    """Carol has no place here; Bob cannot use what she has used, and Carol is told the same again."""
    path = path_of(door.venue(door.start))
    ticket = cookie_of(await Browser(door, door.people.carol).get(path), TICKET_COOKIE)
    await door.clock(5)
    for _ in range(2):
        refused = await tap_with(door, door.people.carol.token, path, ticket)
        assert "Not signed up here." in refused.text
    assert (await tap_with(door, door.people.bob.token, path, ticket)).status_code == 409
    assert await stays(door.people.bob) == []


async def test_two_neighbours_who_open_one_code_in_one_second_have_tickets_of_their_own(door: Door) -> None:
    await put(door.people.carol, door.session)
    path = path_of(door.venue(door.start))
    both = (door.people.bob, door.people.carol)
    tickets = [cookie_of(await Browser(door, person).get(path), TICKET_COOKIE) for person in both]
    assert tickets[0] != tickets[1]
    await door.clock(5)
    for person, ticket in zip(both, tickets, strict=True):
        assert (await tap_with(door, person.token, path, ticket)).status_code == 303


@pytest.mark.parametrize("forged", ["moved on", "cut", "another seal", "no seal", "wide", "binary", "long"])
async def test_a_forged_ticket_is_none(door: Door, forged: str) -> None:
    path = path_of(door.venue(door.start))
    ticket = cookie_of(await Browser(door, door.people.bob).get(path), TICKET_COOKIE)
    seconds, name, seal = ticket.split(".")
    await door.clock(5)
    made = {
        "moved on": f"{int(seconds) + 290}.{name}.{seal}",
        "cut": f"{seconds}.{name}.{seal[:-1]}",
        "another seal": f"{seconds}.{name}x.{seal}",
        "no seal": f"{seconds}.{name}.",
        "wide": f"１{seconds[1:]}.{name}.{seal}",
        "binary": "%00%ff..",
        "long": "9" * 6000,
    }[forged]
    answer = await tap_with(door, door.people.bob.token, path, made)
    assert answer.status_code in (400, 409, 431)
    assert await stays(door.people.bob) == []


# Broken requests


@pytest.mark.parametrize(
    "path",
    ["scans", "check-ins", "check-ins/by-name", "desk/walk-ins", "scans/undo", "scans/uploads", "desk/packs"],
)
async def test_what_is_no_request_is_4xx_and_leaves_nothing(door: Door, path: str) -> None:
    address, asked = f"/api/v1/{path}", ENGLISH | door.people.alice.bearer
    bodies: list[tuple[bytes, str]] = [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'{"code": {"code": "x"}}', "application/json"),
        (b'{"activities": ["x"], "code": 7}', "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b'{"code": "\\ud800"}', "application/json"),
        (b"[" * 20_000, "application/json"),
        (b"code=x", "application/x-www-form-urlencoded"),
        (b"<x/>", "text/xml"),
        (b"--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b"),
        (b'{"code": "' + b"A" * 9_000 + b'"}', "application/json"),
    ]
    for body, kind in bodies:
        answer = await door.client.post(address, content=body, headers=asked | {"content-type": kind})
        assert 400 <= answer.status_code < 500, (body[:30], kind, answer.text[:200])
    giant = await door.client.post(address, content=b"x" * 12_000_000, headers=asked | {"content-type": "application/json"})
    assert giant.status_code in (400, 413)
    assert await log() == []


async def test_a_whole_request_that_is_sent_again_does_nothing_more(door: Door) -> None:
    """A proxy, a nervous finger, somebody who recorded it."""
    body = {"activities": [str(door.session.activity_id)], "code": door.bobs.text, "nonce": "n-1"}
    answers = [await door.client.post("/api/v1/scans", json=body, headers=door.desk.bearer) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(await log()) == len(await stays(door.people.bob)) == 1
