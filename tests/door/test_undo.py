"""checkin.md G: undone scans, and what becomes of hours and points."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from schedules import sql
from schedules.reasons import DeskRevoked
from tests import given
from tests.door import doors
from tests.door.doors import Door, log, stays
from tests.door.test_uploads import item, rows_of
from timebank.actions.door import unknown_codes
from timebank.actions.hours import settle
from timebank.actions.hours.close_day import correct_hours
from timebank.actions.hours.settle import settle_all
from timebank.actions.uploads.undo import annul
from timebank.actions.uploads.upload import upload
from timebank.hours import summaries
from timebank.hours.entries import OwnHours
from timebank.outbox import intents
from timebank.people import passes
from timebank.people.callers import Caller
from timebank.points import reconcile
from timebank.points.wallets import balance


async def undo(door: Door, nonce: str, undo_nonce: str = "u-1", **more: Any) -> httpx.Response:
    headers = more.pop("headers", door.desk.bearer)
    return await door.client.post(
        "/api/v1/scans/undo", json={"nonce": nonce, "undo_nonce": undo_nonce}, headers={"accept-language": "en"} | headers
    )


async def was_there(door: Door, minutes: float = 90) -> None:
    """Bob was in from the start, scanned as n-1 and n-2."""
    await door.clock()
    assert (await door.scan(nonce="n-1")).status_code == 201
    await door.clock(minutes)
    assert (await door.scan(nonce="n-2", direction="out")).status_code == 201


async def units(door: Door) -> int:
    return (await balance(door.people.bob.id, door.start + timedelta(days=1))).available


@pytest.mark.scenario("checkin-61")
async def test_an_undone_way_in_counts_no_more_and_stays_in_the_log(door: Door) -> None:
    assert (await door.scan(nonce="n-1")).status_code == 201
    await door.clock(15)
    answer = await undo(door, "n-1")
    assert (answer.status_code, answer.json()["code"]) == (201, "annulled")
    (stay,) = await stays(door.people.bob)
    assert stay["state"] == "annulled"
    assert [row["reason"] for row in await log()] == ["ok"], "rows in the log only grow"
    assert (await undo(door, "n-1")).status_code == 201, "safe to repeat"
    assert await sql.value("SELECT count(*) FROM scan_undo") == 1
    assert (await door.scan(nonce="n-3")).status_code == 201, "and Bob may come in again"


@pytest.mark.scenario("checkin-61")
async def test_an_undone_way_out_leaves_the_person_inside(door: Door) -> None:
    await was_there(door)
    assert (await undo(door, "n-2")).status_code == 201
    first, again = await stays(door.people.bob)
    assert (first["state"], again["state"], again["out_at"], again["in_at"]) == ("annulled", "counts", None, door.start)
    assert await units(door) == 0
    assert (await summaries.sums(door.people.bob.id)).total == 0
    assert (await door.let_out(100))["minutes"] == 100
    assert (await summaries.sums(door.people.bob.id)).a == 100


@pytest.mark.scenario("checkin-61")
@pytest.mark.parametrize(
    "minutes, nonce, other, status, code",
    [
        (15.1, "n-1", False, 409, "undo_too_late"),
        (5, "n-9", False, 404, "no_such_scan"),
        (5, "n-1", True, 404, "no_such_scan"),
    ],
)
async def test_a_desk_undoes_its_own_scans_and_for_fifteen_minutes(
    door: Door, minutes: float, nonce: str, other: bool, status: int, code: str
) -> None:
    await door.scan(nonce="n-1")
    back = await given.device("desk", "Back door", door.people.community, door.people.now)
    await door.clock(minutes)
    answer = await undo(door, nonce, headers=back.bearer if other else door.desk.bearer)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await stays(door.people.bob))[0]["state"] == "counts"


async def test_one_undo_is_for_one_scan(door: Door) -> None:
    await doors.put(door.people.carol, door.session)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    await door.scan(nonce="n-1")
    await door.scan(carols, nonce="n-2")
    assert (await undo(door, "n-1")).status_code == 201
    answer = await undo(door, "n-2")
    assert (answer.status_code, answer.json()["code"]) == (409, "undo_conflict")


@pytest.mark.scenario("checkin-63")
async def test_an_undo_after_the_credit_books_it_back_and_deletes_nothing(door: Door) -> None:
    await was_there(door)
    promise = await sql.value("SELECT id FROM intent")
    assert await intents.keep(promise) == "done"
    assert await units(door) == 150
    await door.clock(95)
    assert (await undo(door, "n-1")).status_code == 409, "the way in is an hour and a half old"
    assert (await undo(door, "n-2")).status_code == 201
    assert await units(door) == 0
    transfers = await sql.rows("SELECT kind, amount, reason_code, relates_to FROM transfer ORDER BY recorded_at, kind")
    assert [tuple(row)[:2] for row in transfers] == [("credit", 150), ("correct", 150)]
    assert transfers[1]["reason_code"] == "a scan was undone"
    assert transfers[1]["relates_to"] == await sql.value("SELECT id FROM transfer WHERE kind = 'credit'")
    assert [tuple(row) for row in await sql.rows("SELECT version, is_withdrawn, service_minutes FROM service_record")] == [
        (1, False, 90),
        (2, True, 0),
    ]
    assert (await reconcile.read()).findings == []


@pytest.mark.scenario("checkin-63")
async def test_points_that_were_spent_before_the_undo_are_owed_and_reported(door: Door) -> None:
    await was_there(door)
    await intents.keep(await sql.value("SELECT id FROM intent"))
    accounts = await sql.rows(
        "SELECT id, owner_id FROM account WHERE owner_id = ANY ($1)", [p.id for p in (door.people.bob, door.people.carol)]
    )
    numbers = {row["owner_id"]: row["id"] for row in accounts}
    await sql.rows(
        "SELECT ledger.move('gift:1', 'gift', $1, $2, 100, $3, NULL, $4)",
        numbers[door.people.bob.id],
        numbers[door.people.carol.id],
        door.people.bob.id,
        door.start + timedelta(minutes=92),
    )
    await door.clock(95)
    assert (await undo(door, "n-2")).status_code == 201
    (conflict,) = await sql.rows("SELECT kind, detail::text AS detail, person_id FROM door_conflict")
    assert (conflict["kind"], conflict["person_id"]) == ("points_owed", door.people.bob.id)
    assert conflict["detail"] == '{"taken": 150, "units": 100}'
    assert await sql.value("SELECT amount FROM debt") == 100


async def test_an_undo_made_offline_counts_at_its_own_time_also_when_it_comes_before_the_scan(door: Door) -> None:
    await door.clock(180)
    taken = {"nonce": "u-1", "happened_at": (door.start + timedelta(minutes=10)).isoformat(), "skew_ms": 0, "undoes": "n-1"}
    (first,) = await rows_of(door, taken)
    assert (first["status"], first["code"]) == (201, "annulled")
    await rows_of(door, item(door, 2, "n-1"), item(door, 5, "n-2"), item(door, 60, "n-3", direction="out"))
    (stay,) = await stays(door.people.bob)
    assert stay["in_at"] == door.start + timedelta(minutes=5)
    (late,) = await rows_of(
        door, taken | {"nonce": "u-2", "undoes": "n-2", "happened_at": (door.start + timedelta(minutes=21)).isoformat()}
    )
    assert (late["status"], late["code"]) == (409, "undo_too_late")


async def test_who_runs_the_activity_annuls_a_scan_with_a_reason_whenever_it_was(door: Door) -> None:
    await was_there(door)
    (scan_id, _) = [row["id"] for row in await log()]
    now = await door.clock(24 * 60)
    alice = door.people.alice.caller
    await annul(alice, scan_id, "It was Carol with Bob's card", now)
    assert [row["state"] for row in await stays(door.people.bob)] == ["annulled"]
    record = (await sql.rows("SELECT reason, is_withdrawn FROM service_record ORDER BY version"))[-1]
    assert tuple(record) == ("It was Carol with Bob's card", True)
    await annul(alice, scan_id, "It was Carol with Bob's card", now)
    assert await sql.value("SELECT count(*) FROM audit WHERE action = 'scan.annulled'") == 1


async def test_nobody_annuls_what_is_about_their_household(door: Door) -> None:
    await door.scan(nonce="n-1")
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", door.people.alice.id, door.people.bob.household_id)
    with pytest.raises(OwnHours):
        await annul(door.people.alice.caller, (await log())[0]["id"], "No", door.start)
    assert [row["state"] for row in await stays(door.people.bob)] == ["counts"]


async def test_nobody_annuls_their_own_scan(door: Door) -> None:
    await doors.put(door.people.alice, door.session)
    alices = await passes.issue(door.people.alice.id, door.people.now)
    await door.scan(alices)
    with pytest.raises(OwnHours):
        await annul(door.people.alice.caller, (await log())[0]["id"], "No", door.start)


async def test_hours_that_a_person_has_decided_are_not_overwritten_by_late_scans(door: Door) -> None:
    await was_there(door)
    stay = (await stays(door.people.bob))[0]
    now = await door.clock(24 * 60)
    await correct_hours(door.people.alice.caller, stay["id"], 120, "He stayed to clean up", now)
    await rows_of(door, item(door, 30, "n-7", direction="out"), sent_at=now)
    assert (await stays(door.people.bob))[0] == stay
    assert await sql.value("SELECT kind FROM door_conflict") == "hours_kept"


async def test_a_desk_without_javascript_undoes_from_its_list(door: Door) -> None:
    assert (await door.scan(nonce="n-1")).status_code == 201
    door.desk.pair(door.client)
    address = f"/desk/last?sessions={door.session.id}"
    assert "Bob" in (await door.client.get(address)).text
    form = {"nonce": "n-1", "undo_nonce": "u-1", "sessions": str(door.session.id), "direction": "in"}
    for _ in range(2):
        answer = await door.client.post("/desk/undo", data=form, headers={"accept-language": "en"})
        assert answer.status_code == 200
        assert "Check-in undone: Bob" in answer.text
        assert "09:00:00 · Choir" in answer.text
        assert 'class="done"' in answer.text
        assert 'class="refused"' not in answer.text
        assert "nothing else to undo" in answer.text
        assert answer.text.count(f"/desk/scan?sessions={door.session.id}&amp;direction=in") == 2, "the way back"
    assert (await stays(door.people.bob))[0]["state"] == "annulled"
    late = await door.client.post("/desk/undo", data=form | {"nonce": "n-9"}, headers={"accept-language": "en"})
    assert late.status_code == 404
    assert "This desk made no such scan." in late.text
    answer = await door.client.get("/api/v1/desk/last-scans", headers=door.desk.bearer)
    assert answer.json() == []


@pytest.mark.scenario("checkin-61")
async def test_who_undoes_is_told_where_the_person_is_now(door: Door) -> None:
    await was_there(door)
    await door.clock(92)
    again = await door.scan(nonce="n-3", direction="out")
    assert again.json()["title"] == "Checked out already"
    told = (await undo(door, "n-3")).json()
    assert (told["title"], told["is_unchanged"]) == ("Undone; still checked out", True)
    assert told["detail"].startswith("Left at 10:30. ")
    told = (await undo(door, "n-2", "u-2")).json()
    assert (told["title"], told["is_unchanged"]) == ("Check-out undone", False)
    assert told["detail"].startswith("In since 09:00. ")
    assert (await undo(door, "n-3")).json()["title"] == "Check-out undone", "a repeat says how it is now"
    carols = await passes.issue(door.people.carol.id, door.people.now)
    await doors.put(door.people.carol, door.session)
    assert (await door.scan(carols, nonce="n-4")).status_code == 201
    told = (await undo(door, "n-4", "u-4")).json()
    assert (told["title"], told["is_unchanged"]) == ("Check-in undone", False)
    assert told["detail"].startswith("Not checked in here now. ")


async def test_a_desk_without_javascript_is_told_that_an_undo_changed_nothing(door: Door) -> None:
    await was_there(door)
    await door.clock(92)
    assert (await door.scan(nonce="n-3", direction="out")).status_code == 201
    door.desk.pair(door.client)
    form = {"nonce": "n-3", "sessions": str(door.session.id), "direction": "out"}
    page = (await door.client.post("/desk/undo", data=form, headers={"accept-language": "zh"})).text
    assert "已撤销，仍是已签退" in page
    assert 'class="attention" role="status"' in page


@pytest.mark.scenario("checkin-61")
async def test_a_desk_cannot_block_staff_by_using_up_a_nonce(door: Door) -> None:
    assert (await door.scan(nonce="n-1")).status_code == 201
    (row,) = await log()
    taken = {"nonce": f"annul:{row['id']}", "happened_at": door.start.isoformat(), "skew_ms": 0, "undoes": "n-9"}
    assert (await rows_of(door, taken))[0]["code"] == "annulled"
    answer = await door.client.post(
        f"/api/v1/scans/{row['id']}/annul", json={"reason": "Nobody came"}, headers=door.people.alice.bearer
    )
    assert answer.status_code == 201, answer.text
    assert (await stays(door.people.bob))[0]["state"] == "annulled"


@pytest.mark.scenario("checkin-61")
@pytest.mark.parametrize("told, shown", [(59, []), (61, ["late_undo"])])
async def test_an_undo_told_long_after_its_scan_counts_and_is_shown_to_the_organiser(
    door: Door, told: float, shown: list[str]
) -> None:
    """Back-dated within the quarter of an hour, it takes hours away that had been counted; sent again it is noted once."""
    assert (await door.scan(nonce="n-1")).status_code == 201
    await door.clock(told)
    taken = {"nonce": "u-1", "happened_at": (door.start + timedelta(minutes=5)).isoformat(), "skew_ms": 0, "undoes": "n-1"}
    for _ in range(2):
        assert (await rows_of(door, taken))[0]["code"] == "annulled"
    assert (await stays(door.people.bob))[0]["state"] == "annulled"
    assert [row["kind"] for row in await sql.rows("SELECT kind FROM door_conflict")] == shown


@pytest.mark.scenario("checkin-13")
async def test_a_repeat_of_an_undone_scan_is_told_so_and_a_fresh_one_lets_in(door: Door) -> None:
    assert (await door.scan(nonce="n-1")).status_code == 201
    await door.clock(5)
    assert (await undo(door, "n-1")).status_code == 201
    await door.clock(6)
    rows = len(await log())
    answer = await door.scan(nonce="n-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "scan_undone")
    assert (answer.json()["title"], answer.json()["by"]) == ("This scan was undone at 09:05.", "desk")
    assert len(await log()) == rows, "a repeat is no row"
    assert (await door.scan(nonce="n-2")).status_code == 201


async def test_a_repeat_of_a_scan_that_staff_took_back_names_the_organiser(door: Door) -> None:
    assert (await door.scan(nonce="n-1")).status_code == 201
    await annul(door.people.alice.caller, (await log())[0]["id"], "Not Bob", await door.clock(40))
    answer = await door.scan(nonce="n-1")
    assert (answer.status_code, answer.json()["code"], answer.json()["by"]) == (409, "scan_undone", "staff")
    assert answer.json()["title"] == "The organiser took this scan back at 09:40."
    chinese = await door.scan(nonce="n-1", headers=door.desk.bearer | {"accept-language": "zh"})
    assert chinese.json()["title"] == "组织者已在 09:40 收回这次扫码。"


def taken(door: Door, nonce: str, minutes: float, undoes: str = "n-1") -> dict[str, Any]:
    """An undo as a desk without a network keeps it."""
    at = (door.start + timedelta(minutes=minutes)).isoformat()
    return {"nonce": nonce, "happened_at": at, "skew_ms": 0, "undoes": undoes}


@pytest.mark.scenario("checkin-61")
@pytest.mark.parametrize("order", [("late", "scan", "good"), ("late", "good", "scan"), ("good", "late", "scan")])
async def test_an_undo_that_does_not_count_is_in_no_good_ones_way(door: Door, order: tuple[str, ...]) -> None:
    """Of a desk's own, in each order of arrival: told at last as it is, and repeats are told the same."""
    await door.clock(60)
    sent = {"late": taken(door, "u-late", 25), "good": taken(door, "u-good", 12), "scan": item(door, 5, "n-1")}
    for each in order:
        await rows_of(door, sent[each])
    assert [row["state"] for row in await stays(door.people.bob)] in ([], ["annulled"])
    assert (await rows_of(door, sent["good"]))[0]["code"] == "annulled"
    assert await sql.value("SELECT count(*) FROM presence") == 0, "the scan counts no more"


@pytest.mark.scenario("checkin-61")
async def test_an_undo_that_came_before_its_scan_is_told_once_the_scan_is_there_that_it_counts_not(door: Door) -> None:
    await door.clock(60)
    late = taken(door, "u-late", 25)
    assert (await rows_of(door, late))[0]["code"] == "annulled", "nothing of that name counts"
    await rows_of(door, item(door, 5, "n-1"))
    for again in (late, late, late | {"happened_at": (door.start + timedelta(minutes=12)).isoformat()}):
        (told,) = await rows_of(door, again)
        assert (told["status"], told["code"]) == (409, "undo_too_late")
    assert [row["state"] for row in await stays(door.people.bob)] == ["counts"]
    await annul(door.people.alice.caller, (await log())[0]["id"], "Not Bob", await door.clock(61))
    assert [row["state"] for row in await stays(door.people.bob)] == ["annulled"]


async def test_an_undo_by_whom_the_scan_is_about_blocks_nobody_elses(door: Door) -> None:
    """Bob stands at the desk with his own account when he undoes; Dan takes over and does it again."""
    await given.grant(door.people.bob.id, "organiser", door.people.community, door.people.now)
    await door.clock(60)
    both = door.desk.bearer
    door.people.bob.sign_in(door.client)
    door.desk.pair(door.client)
    sent_at = door.start.isoformat()
    body = {"sent_at": sent_at, "items": [taken(door, "u-1", 10)]}
    await door.client.post("/api/v1/scans/uploads", json=body)
    assert await sql.value("SELECT operator_id FROM scan_undo") == door.people.bob.id
    door.client.cookies.clear()
    await rows_of(door, item(door, 5, "n-1"))
    assert [row["state"] for row in await stays(door.people.bob)] == ["counts"]
    answer = await door.client.post("/api/v1/scans/uploads", json=body | {"items": [taken(door, "u-2", 11)]}, headers=both)
    assert answer.json()["items"][0]["code"] == "annulled"
    assert [row["state"] for row in await stays(door.people.bob)] == ["annulled"]


@pytest.mark.scenario("checkin-18", "checkin-81")
async def test_an_upload_sent_again_says_of_an_undone_scan_that_it_counts_no_more(door: Door) -> None:
    """By the desk itself: settled, nobody has to act. By the organiser: whoever was let in has to hear of it."""
    await door.clock(20)
    scanned, undone = item(door, 5, "n-1"), taken(door, "u-1", 10)
    assert [row["code"] for row in await rows_of(door, scanned, undone)] == ["ok", "annulled"]
    (again, _) = await rows_of(door, scanned, undone)
    assert (again["status"], again["code"], again["title"]) == (201, "annulled", "Undone")
    (second,) = await rows_of(door, item(door, 12, "n-2"))
    assert second["code"] == "ok"
    await annul(door.people.alice.caller, (await log())[-1]["id"], "Not Bob", await door.clock(40))
    (told,) = await rows_of(door, item(door, 12, "n-2"))
    assert (told["status"], told["code"]) == (409, "scan_undone")
    assert told["title"] == "The organiser took this scan back at 09:40."
    assert len(await log()) == 2


@pytest.mark.scenario("checkin-61")
async def test_a_scan_whose_undo_came_first_is_never_told_that_it_counts(door: Door) -> None:
    await door.clock(20)
    await rows_of(door, taken(door, "u-1", 10))
    for _ in range(2):
        (told,) = await rows_of(door, item(door, 5, "n-1"))
        assert (told["status"], told["code"]) == (201, "annulled")
    assert await stays(door.people.bob) == []
    assert [row["reason"] for row in await log()] == ["ok"], "it stays in the log"


@pytest.mark.scenario("checkin-78", "checkin-81")
@pytest.mark.parametrize("undo_first", [True, False])
async def test_a_second_way_in_that_was_undone_is_told_so_whenever_it_is_sent_again(door: Door, undo_first: bool) -> None:
    await door.clock(20)
    await rows_of(door, item(door, 1, "n-0"))
    second, undone = item(door, 5, "m-1"), taken(door, "u-1", 10, "m-1")
    for each in (undone, second) if undo_first else (second, undone):
        await rows_of(door, each)
    for _ in range(2):
        (told,) = await rows_of(door, second)
        assert (told["status"], told["code"]) == (201, "annulled")
    await rows_of(door, item(door, 7, "m-2"))
    await annul(door.people.alice.caller, (await log())[-1]["id"], "Not Bob", await door.clock(40))
    assert (await rows_of(door, item(door, 7, "m-2")))[0]["code"] == "scan_undone"


@pytest.mark.scenario("checkin-86")
async def test_a_withdrawn_desk_is_refused_its_undos_as_a_whole(door: Door) -> None:
    """Withdrawn between the guard and the lock: as a scan at that moment, and no item of the queue is told apart."""
    now = await door.clock(20)
    caller = Caller(device_id=door.desk.id, device_kind="desk", device_community_id=door.people.community)
    await sql.rows("UPDATE device SET revoked_at = $2 WHERE id = $1", door.desk.id, now)
    for items in ([item(door, 5, "n-1")], [taken(door, "u-1", 10)]):
        with pytest.raises(DeskRevoked):
            await upload(caller, now, items, now)
    assert await sql.value("SELECT count(*) FROM scan_undo") == 0


@pytest.mark.scenario("checkin-61")
@pytest.mark.parametrize("sender, named, counts", [("alice", "bob", True), ("bob", "dan", True), ("alice", "dan", False)])
async def test_who_a_scan_is_about_undoes_nothing_whoever_sends_it_and_whenever_it_comes(
    door: Door, sender: str, named: str, counts: bool
) -> None:
    """The undo comes before its scan; it stands in the name of who was at the desk, and not of who sent it."""
    people = door.people
    await given.grant(people.bob.id, "organiser", people.community, people.now - timedelta(days=1))
    await door.clock(60)
    getattr(people, sender).sign_in(door.client)
    door.desk.pair(door.client)
    operator = getattr(people, named).id
    body = {"sent_at": door.start.isoformat(), "items": [taken(door, "u-1", 10) | {"operator": str(operator)}]}
    answer = await door.client.post("/api/v1/scans/uploads", json=body)
    assert answer.json()["items"][0]["code"] == "annulled", "nothing of that name counts"
    assert await sql.value("SELECT operator_id FROM scan_undo") == operator
    door.client.cookies.clear()
    await rows_of(door, item(door, 5, "n-1"))
    assert [row["state"] for row in await stays(people.bob)] == (["counts"] if counts else [])
    assert await sql.value("SELECT count(*) FROM presence") == int(counts)


async def test_an_undo_names_nobody_who_scans_nowhere(door: Door) -> None:
    await door.clock(60)
    await rows_of(door, taken(door, "u-1", 10) | {"operator": str(door.people.bob.id)})
    (kept,) = await sql.rows("SELECT operator_id, also FROM scan_undo")
    assert tuple(kept) == (None, [door.people.bob.id])
    await rows_of(door, item(door, 5, "n-1"))
    assert [row["state"] for row in await stays(door.people.bob)] == ["counts"], "and takes nothing back for themselves"


@pytest.mark.scenario("checkin-81")
async def test_undos_of_scans_that_never_come_are_bounded_and_stay_with_the_desk(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one scan a few, of a desk so many in an hour; where the scan is there, any number is answered at once."""
    await door.clock(60)
    told = await rows_of(door, *[taken(door, f"u-{n}", 10, "never") for n in range(5)])
    assert [row["code"] for row in told] == ["annulled"] * 3 + ["busy"] * 2
    assert told[4]["title"] == "This desk has undone very many scans that nobody has sent."
    monkeypatch.setattr(unknown_codes, "MOST", 5)
    told = await rows_of(door, *[taken(door, f"v-{n}", 10, f"never-{n}") for n in range(3)], taken(door, "u-1", 10, "never"))
    assert [row["code"] for row in told] == ["annulled", "annulled", "busy", "annulled"], "a repeat needs no room"
    assert await sql.value("SELECT count(*) FROM scan_undo") == 5
    await rows_of(door, item(door, 5, "n-1"))
    assert (await rows_of(door, taken(door, "w-1", 10)))[0]["code"] == "annulled"
    assert [row["state"] for row in await stays(door.people.bob)] == ["annulled"]


async def test_many_undos_of_one_upload_settle_everybody_once(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await sql.rows("UPDATE activity SET allows_many = true WHERE id = $1", door.session.activity_id)
    await door.clock(60)
    await rows_of(door, *[item(door, n, f"n-{n}") for n in range(8)])
    asked: list[int] = []

    async def counted(people: Any, *others: Any) -> Any:
        asked.append(len(people))
        return await settle_all(people, *others)

    monkeypatch.setattr(settle, "settle_all", counted)
    late = taken(door, "u-late", 40, "n-7")
    told = await rows_of(door, *[taken(door, f"u-{n}", 12, f"n-{n}") for n in range(7)], late)
    assert [row["code"] for row in told] == ["annulled"] * 7 + ["undo_too_late"], "a refused one stops no other"
    assert asked == [1]
    assert await sql.value("SELECT count(*) FROM scan_undo") == 7
    assert [row["in_at"] for row in await stays(door.people.bob) if row["state"] == "counts"] == [
        door.start + timedelta(minutes=7)
    ]
