"""What organisers see of the doors: the scan log, what two desks made of one person, and what they do about it."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from schedules import conflict_lists, sql
from schedules.conflict_lists import Choice
from tests import given
from tests.door import doors
from tests.door.doors import Door, another, log, stays
from tests.door.test_uploads import back_door, item, rows_of
from timebank.actions.community.devices import rename_device
from timebank.actions.hours.see_door_log import see_log
from timebank.actions.uploads import see_conflicts
from timebank.people import passes


async def page(door: Door, path: str) -> str:
    """As Alice reads it, without its marks."""
    door.people.alice.sign_in(door.client)
    answer = await door.client.get(path)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


async def two_desks(door: Door) -> None:
    """Bob at two desks without a network, and a card that nobody knows."""
    await door.clock(180)
    await rows_of(door, item(door, 2, "n-1"), item(door, 3, "n-2", code="nonsense", session=str(door.session.id)))
    await rows_of(door, item(door, 9, "m-1"), desk=await back_door(door))


@pytest.mark.scenario("checkin-77", "checkin-79")
async def test_the_organiser_is_told_what_two_desks_did_and_what_was_refused(door: Door) -> None:
    await two_desks(door)
    shown = await page(door, f"/organise/sessions/{door.session.id}/conflicts")
    assert "2 things to look at." in shown
    assert "Two desks let the same person in Bob" in shown
    assert "09:02:00 · Hall door (Desk, without a network): let in" in shown
    assert (
        "09:09:00 · Back door (Desk, without a network) · In: the desk: let in · the server: let in as well, told later"
        in shown
    )
    assert "Let in without a network, refused by the server Nobody known" in shown
    assert "In: the desk: let in · the server: This code is not known here. Code: nonsense" in shown
    assert "2 things to look at." in await page(door, "/organise/conflicts")
    await sql.rows("UPDATE member SET language = 'zh' WHERE id = $1", door.people.alice.id)
    assert "两台签到台都让同一个人签到了" in await page(door, f"/organise/sessions/{door.session.id}/conflicts")


async def test_of_two_scans_the_first_stands_first_and_the_one_told_later_is_called_so(door: Door) -> None:
    await door.clock(180)
    await rows_of(door, item(door, 9, "m-1"), desk=await back_door(door))
    await rows_of(door, item(door, 2, "n-1"))
    shown = await page(door, f"/organise/sessions/{door.session.id}/conflicts")
    first = shown.index(
        "09:02:00 · Hall door (Desk, without a network) · In: the desk: let in · the server: let in as well, told later"
    )
    assert first < shown.index("09:09:00 · Back door (Desk, without a network): let in")


async def test_where_nothing_differs_the_page_says_so(door: Door) -> None:
    for path in (f"/organise/sessions/{door.session.id}/conflicts", "/organise/conflicts"):
        assert "Nothing to look at" in await page(door, path)


async def test_what_names_no_session_leads_to_the_close_of_its_day(door: Door) -> None:
    await door.clock(180)
    await rows_of(door, item(door, 3, "n-2", code="nonsense", reason="unjudged"))
    assert await sql.value("SELECT session_id FROM door_conflict") is None
    door.people.alice.sign_in(door.client)
    of_all = (await door.client.get("/organise/conflicts")).text
    assert of_all.count('href="/organise/close?mine=0&amp;on=2026-11-26"') == 2, "the title and the button"
    of_session = (await door.client.get(f"/organise/sessions/{door.session.id}/conflicts")).text
    assert f'class="button quiet" href="/organise/sessions/{door.session.id}/close"' in of_session


async def test_what_was_looked_at_goes_to_the_end_with_its_note(door: Door) -> None:
    await two_desks(door)
    door.people.alice.sign_in(door.client)
    found = await sql.value("SELECT id FROM door_conflict WHERE kind = 'two_desks'")
    form = {"conflict": str(found), "session": str(door.session.id), "note": "The queue was long"}
    for _ in range(2):
        answer = await door.client.post("/organise/conflicts/seen", data=form)
        assert answer.headers["location"] == f"/organise/sessions/{door.session.id}/conflicts"
    shown = await page(door, f"/organise/sessions/{door.session.id}/conflicts")
    assert "1 thing to look at." in shown
    assert "looked at Alice" in shown
    assert "The queue was long" in shown
    assert await sql.value("SELECT count(*) FROM audit WHERE action = 'conflict.seen'") == 1
    assert "Two desks" not in await page(door, "/organise/conflicts")


async def test_a_scan_is_annulled_from_the_list_with_a_reason(door: Door) -> None:
    await two_desks(door)
    door.people.alice.sign_in(door.client)
    found = await sql.value("SELECT id FROM door_conflict WHERE kind = 'two_desks'")
    assert "Hours and points go by the other scan then." in await page(door, f"/organise/sessions/{door.session.id}/conflicts")
    form = {"scan": str((await log())[0]["id"]), "about": str(found), "session": str(door.session.id)}
    refused = await door.client.post("/organise/conflicts/annul", data=form | {"reason": " "})
    assert refused.status_code == 400
    assert (await stays(door.people.bob))[0]["in_at"] == door.start + timedelta(minutes=2)
    answer = await door.client.post("/organise/conflicts/annul", data=form | {"reason": "Tried out the desk"})
    assert answer.status_code == 303
    (stay,) = [row for row in await stays(door.people.bob) if row["state"] == "counts"]
    assert stay["in_at"] == door.start + timedelta(minutes=9)
    assert "Tried out the desk" in await page(door, f"/organise/sessions/{door.session.id}/scans")
    shown = await page(door, answer.headers["location"])
    assert "The scan is undone." in shown
    assert "One of these scans was undone, and the other counts." in shown
    assert "Nothing has to be done." not in shown


async def test_the_log_shows_every_scan_and_refusals_alone_and_goes_along_as_a_file(door: Door) -> None:
    await door.let_in(20)
    await door.clock(21)
    await door.scan()
    whole = await page(door, f"/organise/sessions/{door.session.id}/scans")
    assert "Bob" in whole
    assert "✓ let in" in whole
    assert "✕ Already checked in." in whole
    alone = await page(door, f"/organise/sessions/{door.session.id}/scans?only=refused")
    assert "✓ let in" not in alone
    assert "✕ Already checked in." in alone
    answer = await door.client.get(f"/organise/sessions/{door.session.id}/scans/csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(answer.content.decode("utf-8-sig").strip().splitlines()) == 3
    assert await sql.value("SELECT count(*) FROM audit WHERE action = 'scan_log.exported'") == 1
    assert (await door.client.get(f"/organise/sessions/{door.session.id}/scans/exe")).status_code == 404


async def test_a_long_log_has_pages(door: Door) -> None:
    for number in range(3):
        await door.scan(nonce=f"n-{number}")
    path = f"/api/v1/sessions/{door.session.id}/scans"
    first = (await door.client.get(path, headers=door.people.alice.bearer)).json()
    assert (len(first["lines"]), first["older"]) == (3, None)
    log_page = await see_log(door.people.alice.caller, door.session.id, limit=2)
    rest = await see_log(door.people.alice.caller, door.session.id, before=log_page.older, limit=2)
    assert [len(log_page.lines), len(rest.lines), rest.older] == [2, 1, None]


@pytest.mark.scenario("checkin-89")
async def test_doors_of_others_are_not_shown(door: Door) -> None:
    await two_desks(door)
    there = door.people.elsewhere
    stranger = await given.member("Frank", "19900000009", there, door.people.now, "organiser", there)
    found = await sql.value("SELECT id FROM door_conflict LIMIT 1")
    scan_id = (await log())[0]["id"]
    session = door.session.id
    for person, status in ((stranger, 403), (door.people.carol, 403)):
        for path in (f"/api/v1/sessions/{session}/scans", f"/api/v1/sessions/{session}/conflicts"):
            assert (await door.client.get(path, headers=person.bearer)).status_code == status, path
        sent = [(f"/api/v1/conflicts/{found}/seen", {"note": ""}), (f"/api/v1/scans/{scan_id}/annul", {"reason": "No"})]
        for path, body in sent:
            assert (await door.client.post(path, json=body, headers=person.bearer)).status_code == status, path
    assert (await door.client.get("/api/v1/conflicts", headers=stranger.bearer)).json()["conflicts"] == []


async def test_programs_see_and_settle_the_same(door: Door) -> None:
    await two_desks(door)
    alice = door.people.alice.bearer
    listed = (await door.client.get("/api/v1/conflicts", headers=alice)).json()["conflicts"]
    assert {each["conflict"]["kind"] for each in listed} == {"two_desks", "refused_upload"}
    for each in listed:
        answer = await door.client.post(f"/api/v1/conflicts/{each['conflict']['id']}/seen", json={"note": "ok"}, headers=alice)
        assert answer.status_code == 204
    rest = (await door.client.get("/api/v1/conflicts", headers=alice)).json()
    assert rest == {"conflicts": [], "counts": {}, "waiting": 0, "after": None, "session": None}
    doors_ = (await door.client.get(f"/api/v1/sessions/{door.session.id}/conflicts", headers=alice)).json()
    assert [each["conflict"]["note"] for each in doors_["conflicts"]] == ["ok", "ok"]
    scan_id = (await log())[0]["id"]
    annulled = await door.client.post(f"/api/v1/scans/{scan_id}/annul", json={"reason": "Not Bob"}, headers=alice)
    assert (annulled.status_code, annulled.json()["nonce"]) == (201, "n-1")
    missing = await door.client.post("/api/v1/scans/999999999/annul", json={"reason": "Not Bob"}, headers=alice)
    assert missing.status_code == 404


async def test_a_stay_that_was_cut_and_hours_that_were_kept_are_told_in_words(door: Door) -> None:
    reading = await another(door, 10, 2, person=door.people.bob)
    await doors.put(door.people.bob, reading)
    await door.clock(240)
    await rows_of(door, item(door, 1, "n-1"), item(door, 60, "n-2", activities=[str(reading.activity_id)]))
    shown = await page(door, f"/organise/sessions/{door.session.id}/conflicts")
    assert "Let in somewhere else while still in here Bob" in shown


async def test_the_log_keeps_whom_the_door_turned_away_without_a_sign_up(door: Door) -> None:
    carols = await passes.issue(door.people.carol.id, door.people.now)
    await door.clock(5)
    assert (await door.scan(carols)).json()["code"] == "not_signed_up_here"
    assert (await door.scan("nonsense")).json()["code"] == "unknown_pass"
    shown = await page(door, f"/organise/sessions/{door.session.id}/scans?only=refused")
    assert "Carol" in shown
    assert "✕ Not signed up here." in shown
    assert "Code: nonsense" in shown
    assert {row["session_id"] for row in await log()} == {door.session.id}
    assert await sql.value("SELECT count(*) FROM scan WHERE signup_id IS NOT NULL") == 0


async def test_what_one_desk_did_twice_or_could_not_check_is_called_so(door: Door) -> None:
    await door.clock(180)
    await rows_of(door, item(door, 2, "n-1"), item(door, 9, "n-2"), item(door, 12, "n-3", code="ABCD2345", reason="unjudged"))
    shown = await page(door, f"/organise/sessions/{door.session.id}/conflicts")
    assert "One desk scanned the same person twice Bob" in shown
    assert "Two desks" not in shown
    assert "Noted without a network, refused by the server" in shown
    assert "Let in without a network" not in shown


async def junk(door: Door, first: int, count: int, **more: Any) -> None:
    """So many codes that no server knows, read by the desk one second after the other."""
    items = [
        item(door, 5 + n / 60, f"j-{n}", code=f"nonsense {n}", session=str(door.session.id), **more)
        for n in range(first, first + count)
    ]
    assert {row["code"] for row in await rows_of(door, *items)} == {"unknown_pass"}


@pytest.mark.scenario("checkin-79")
async def test_codes_of_one_desk_that_lead_to_nobody_are_one_line_until_somebody_looks(door: Door) -> None:
    await two_desks(door)
    await junk(door, 0, 45, remark="")
    await junk(door, 45, 2, remark="Mrs Wang, card left at home")
    path = f"/organise/sessions/{door.session.id}/conflicts"
    shown = await page(door, path)
    assert "2 things to look at." in shown
    assert "48 codes that lead to nobody Hall door (Desk, without a network) · 09:03 to 09:05" in shown
    assert shown.index("Mrs Wang") < shown.index("Code: nonsense 44"), "what somebody wrote down comes first"
    assert "And 28 more." in shown
    assert await sql.value("SELECT count(*) FROM scan WHERE reason = 'unknown_pass'") == 48, "each is kept"
    pile = await sql.value("SELECT id FROM door_conflict WHERE pile IS NOT NULL ORDER BY id LIMIT 1")
    seen = await door.client.post("/organise/conflicts/seen", data={"conflict": str(pile), "session": str(door.session.id)})
    assert seen.status_code == 303
    assert "1 thing to look at." in await page(door, path)
    await junk(door, 100, 2)
    assert "2 codes that lead to nobody" in await page(door, f"{path}?shown=open"), "what comes afterwards is a new line"
    other = await back_door(door)
    await rows_of(door, item(door, 3, "b-1", code="nonsense", session=str(uuid4())), desk=other)
    assert "Let in without a network, refused by the server Nobody known" in await page(door, f"{path}?shown=open")


async def test_the_list_has_pages_kinds_and_states_the_last_noted_first(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for minute, (kind, is_open) in enumerate([("two_desks", True), ("hours_kept", True), ("two_desks", False)] * 2):
        await sql.rows(
            "INSERT INTO door_conflict (id, key, kind, activity_id, session_id, person_id, noted_at, is_open, detail) "
            'VALUES (gen_random_uuid(), $1::text, $2, $3, $4, $5, $6, $7, \'{"minutes": 60, "scanned": null}\')',
            f"k-{minute}",
            kind,
            door.session.activity_id,
            door.session.id,
            door.people.bob.id,
            door.start + timedelta(minutes=minute),
            is_open,
        )
    monkeypatch.setattr(see_conflicts, "PAGE", 2)
    alice = door.people.alice.bearer
    keys = {row["id"]: row["key"] for row in await sql.rows("SELECT id, key FROM door_conflict")}

    async def listed(path: str, **asked: str) -> list[list[str]]:
        """The keys page by page."""
        pages: list[list[str]] = []
        while True:
            found = (await door.client.get(path, params=asked, headers=alice)).json()
            pages.append([keys[UUID(each["conflict"]["id"])] for each in found["conflicts"]])
            if not found["after"]:
                return pages
            asked = {**asked, "after": found["after"]}

    of_session = f"/api/v1/sessions/{door.session.id}/conflicts"
    assert await listed(of_session) == [["k-4", "k-3"], ["k-1", "k-0"], ["k-5", "k-2"]], "what nobody has seen comes first"
    assert await listed("/api/v1/conflicts") == [["k-4", "k-3"], ["k-1", "k-0"]]
    assert await listed("/api/v1/conflicts", kind="two_desks", shown="all") == [["k-3", "k-0"], ["k-5", "k-2"]]
    assert await listed("/api/v1/conflicts", shown="seen") == [["k-5", "k-2"]]
    shown = await page(door, "/organise/conflicts?shown=all")
    assert "4 things to look at." in shown
    assert "Every kind Let in twice Turned away at the desk" in shown, "what was seen is not counted"
    assert "Every kind (4) Hours kept (2) Let in twice (2)" in await page(door, "/organise/conflicts")
    answer = await door.client.get("/organise/conflicts")
    (further,) = re.findall(r'href="(\?[^"]*after=[^"]*)"', answer.text)
    assert "Hours kept" in await page(door, "/organise/conflicts" + html.unescape(further))
    for wrong in ("kind=nonsense", "shown=some", "after=nonsense", "after=open.1"):
        assert (await door.client.get(f"/organise/conflicts?{wrong}")).status_code == 400, wrong
        assert (await door.client.get(f"/api/v1/conflicts?{wrong}", headers=alice)).status_code == 400, wrong


async def test_a_list_is_made_along_its_index_however_many_conflicts_there_were(door: Door) -> None:
    """What is to be shown is chosen first, and only that is put together."""
    for other in ("seqscan", "sort"):
        await sql.rows(f"SET LOCAL enable_{other} = off")
    choice = Choice(shown="open")
    for scope in (conflict_lists.within([door.people.community]), conflict_lists.of_session(door.session.id)):
        plan = "\n".join(
            row[0] for row in await sql.rows(f"EXPLAIN {conflict_lists.statement(scope, choice)}", scope.about, choice.kind, 50)
        )
        assert re.search("(using|on) door_conflict_(line|session|activity|pile)\\b", plan), plan
        assert "Seq Scan on door_conflict " not in plan, plan
        counted = "\n".join(row[0] for row in await sql.rows(f"EXPLAIN {conflict_lists.waiting_statement(scope)}", scope.about))
        assert re.search(r"Index Cond: .*is_open|using door_conflict_nobody", counted), counted


@pytest.mark.scenario("checkin-77")
@pytest.mark.parametrize("is_self", [True, False])
async def test_nobody_puts_away_what_is_about_themselves_or_their_household(door: Door, is_self: bool) -> None:
    about = door.people.alice if is_self else door.people.bob
    alices = await sql.value("SELECT household_id FROM member WHERE id = $1", door.people.alice.id)
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", about.id, alices)
    conflict = await sql.value(
        "INSERT INTO door_conflict (id, key, kind, activity_id, session_id, person_id, noted_at) "
        "VALUES (gen_random_uuid(), 'k', 'points_not_taken', $1, $2, $3, now()) RETURNING id",
        door.session.activity_id,
        door.session.id,
        about.id,
    )
    answer = await door.client.post(f"/api/v1/conflicts/{conflict}/seen", json={}, headers=door.people.alice.bearer)
    assert (answer.status_code, answer.json()["code"]) == (409, "own_conflict")
    assert await sql.value("SELECT count(*) FROM door_conflict_seen") == 0


async def test_the_log_goes_by_when_it_happened_page_by_page(door: Door) -> None:
    await door.clock(30)
    assert (await door.scan(nonce="n-30")).status_code == 201
    await door.clock(180)
    await rows_of(door, item(door, 2, "n-2"), item(door, 60, "n-60", direction="out"), desk=await back_door(door))
    first = await see_log(door.people.alice.caller, door.session.id, limit=2)
    rest = await see_log(door.people.alice.caller, door.session.id, before=first.older, limit=2)
    shown = [line.row.at - door.start for line in (*first.lines, *rest.lines)]
    assert shown == [timedelta(minutes=minutes) for minutes in (60, 30, 2)]


@pytest.mark.scenario("checkin-77")
async def test_a_door_that_got_another_name_is_called_as_it_was_when_somebody_came(door: Door) -> None:
    await door.let_in()
    now = await door.clock(20)
    await rename_device(door.people.erin.caller, door.desk.id, "西门", "West gate", now)
    again = await door.scan(nonce="n-2")
    assert again.json()["detail"] == "Since 09:00 (Hall door). Nothing more to do."
    await door.clock(60)
    assert (await door.scan(nonce="n-3", direction="out")).status_code == 201
    shown = await page(door, f"/organise/sessions/{door.session.id}/scans")
    (told,) = await rows_of(door, item(door, 10, "m-1", reason="already_in"), desk=await back_door(door))
    assert "Hall door" in told["detail"], "an upload tells it too"
    await rename_device(door.people.erin.caller, door.desk.id, "南门", "South gate", await door.clock(200))
    assert "West gate" in await page(door, f"/organise/sessions/{door.session.id}/roll"), (
        "as it was called when the session ended"
    )
    assert shown.index("Out · West gate (Desk)") < shown.index("In · West gate (Desk)") < shown.index("In · Hall door (Desk)")
