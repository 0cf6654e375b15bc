"""checkin.md I: what a desk scanned offline and uploads later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from schedules import sql
from tests import given
from tests.door import doors
from tests.door.doors import Door, another, log, stays
from tests.given import Device
from timebank.actions.door import unknown_codes
from timebank.actions.uploads import uploaded
from timebank.actions.uploads.upload_facts import Case
from timebank.actions.uploads.upload_rows import Judged
from timebank.people import passes


def item(door: Door, minutes: float, nonce: str, **more: Any) -> dict[str, Any]:
    """Bob's pass that many minutes after the start, let in by the desk itself, unless told otherwise."""
    usual = {
        "nonce": nonce,
        "activities": [str(door.session.activity_id)],
        "code": door.bobs.text,
        "direction": "in",
        "happened_at": (door.start + timedelta(minutes=minutes)).isoformat(),
        "skew_ms": 0,
        "reason": "ok",
    }
    return usual | more


async def upload(door: Door, *items: Any, desk: Device | None = None, sent_at: datetime | None = None) -> httpx.Response:
    """By the desk at the door, unless told otherwise; the server's clock stands where `door.clock` set it."""
    body = {"sent_at": (sent_at or door.start).isoformat(), "items": list(items)}
    headers = {"accept-language": "en"} | (desk or door.desk).bearer
    return await door.client.post("/api/v1/scans/uploads", json=body, headers=headers)


async def rows_of(door: Door, *items: Any, **more: Any) -> list[dict[str, Any]]:
    answer = await upload(door, *items, **more)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def everything() -> list[Any]:
    """All that an upload may write."""
    tables = ("scan", "attendance", "service_record", "intent", "door_conflict", "scan_undo")
    return [await sql.rows(f"SELECT * FROM {table}") for table in tables]


async def back_door(door: Door) -> Device:
    return await given.device("desk", "Back door", door.people.community, door.people.now)


@pytest.mark.scenario("checkin-46")
async def test_an_upload_makes_the_attendance_that_the_scans_would_have_made(door: Door) -> None:
    await door.clock(180)
    came, went = await rows_of(door, item(door, 2, "n-1"), item(door, 95, "n-2", direction="out"))
    assert [(row["nonce"], row["status"], row["code"], row["disputed"]) for row in (came, went)] == [
        ("n-1", 201, "ok", False),
        ("n-2", 201, "ok", False),
    ]
    assert came["name"] == "Bob"
    assert went["minutes"] == 93
    (stay,) = await stays(door.people.bob)
    assert (stay["in_at"], stay["out_at"]) == (door.start + timedelta(minutes=2), door.start + timedelta(minutes=95))
    assert (stay["minutes"], stay["is_by_code"], stay["version"]) == (93, True, 1)
    first = (await log())[0]
    assert (first["happened_at"], first["received_at"]) == (
        door.start + timedelta(minutes=2),
        door.start + timedelta(minutes=180),
    )
    assert await sql.value("SELECT service_minutes FROM service_record") == 93
    assert await sql.value("SELECT count(*) FROM intent") == 1


@pytest.mark.scenario("checkin-47")
@pytest.mark.parametrize("skew_ms", [3 * 3600 * 1000, None])
async def test_a_desk_three_hours_fast_is_corrected_by_its_last_known_skew(door: Door, skew_ms: int | None) -> None:
    """Without a measured skew the request itself measures it."""
    now = await door.clock(60)
    fast = timedelta(hours=3)
    sent = item(door, 5 + 180, "n-1", skew_ms=skew_ms)
    (row,) = await rows_of(door, sent, sent_at=now + fast)
    assert row["code"] == "ok"
    (stay,) = await stays(door.people.bob)
    assert stay["in_at"] == door.start + timedelta(minutes=5)
    (kept,) = await log()
    assert (kept["happened_at"], kept["skew_ms"]) == (door.start + timedelta(minutes=185), 3 * 3600 * 1000)
    assert kept["counts_at"] == door.start + timedelta(minutes=5)


@pytest.mark.scenario("checkin-47")
async def test_every_answer_tells_a_desk_the_time(door: Door) -> None:
    await door.clock(1.5)
    for answer in (await door.scan(), await door.scan("nonsense"), await door.client.get("/desk", headers=door.desk.bearer)):
        assert answer.headers["timebank-now"] == "2026-11-26T01:01:30.000Z", answer.url


@pytest.mark.scenario("checkin-78", "checkin-77")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_of_two_desks_that_let_one_person_in_one_attendance_counts(door: Door, order: tuple[int, int]) -> None:
    other = await back_door(door)
    await door.clock(180)
    queues = [(item(door, 2, "n-1"), door.desk), (item(door, 9, "m-1"), other)]
    codes = [(await rows_of(door, queues[place][0], desk=queues[place][1]))[0]["code"] for place in order]
    assert codes == ["ok", "duplicate_offline"], "the second to arrive is kept as that"
    await rows_of(door, item(door, 100, "n-2", direction="out"))
    (stay,) = await stays(door.people.bob)
    assert (stay["in_at"], stay["minutes"]) == (door.start + timedelta(minutes=2), 98)
    assert await sql.value("SELECT count(*) FROM intent") == 1
    assert [tuple(row) for row in await sql.rows("SELECT kind, session_id FROM door_conflict")] == [
        ("two_desks", door.session.id)
    ]


@pytest.mark.scenario("checkin-81", "checkin-18")
async def test_a_queue_sent_again_in_parts_gets_the_same_answers_and_changes_nothing(door: Door) -> None:
    await door.clock(180)
    queue = [
        item(door, 2, "n-1"),
        item(door, 3, "n-2", reason="already_in"),
        item(door, 4, "n-3", code="nonsense", reason="unjudged"),
        item(door, 95, "n-4", direction="out"),
        {"nonce": "n-5", "happened_at": door.start.isoformat(), "undoes": "n-9"},
    ]
    begun = await rows_of(door, *queue[:2])
    whole = await rows_of(door, *queue)
    assert whole[:2] == begun
    before = [
        await sql.rows(f"SELECT * FROM {table}") for table in ("scan", "attendance", "intent", "door_conflict", "scan_undo")
    ]
    assert await rows_of(door, *queue) == whole
    after = [
        await sql.rows(f"SELECT * FROM {table}") for table in ("scan", "attendance", "intent", "door_conflict", "scan_undo")
    ]
    assert after == before
    assert [row["code"] for row in whole] == ["ok", "already_in", "unknown_pass", "ok", "annulled"]


@pytest.mark.scenario("checkin-19")
async def test_a_refusal_made_offline_stands_beside_the_success_that_the_server_had_seen(door: Door) -> None:
    assert (await door.scan(nonce="n-1")).status_code == 201
    await door.clock(30)
    (row,) = await rows_of(door, item(door, 1, "n-1", reason="not_signed_up_here"))
    assert (row["status"], row["code"], row["disputed"]) == (409, "not_signed_up_here", True)
    assert [(kept["nonce"], kept["reason"]) for kept in await log()] == [("n-1", "ok"), ("n-1", "not_signed_up_here")]
    (conflict,) = await sql.rows("SELECT * FROM door_conflict")
    assert (conflict["kind"], conflict["person_id"]) == ("disputed", door.people.bob.id)
    assert (conflict["scan_id"], conflict["other_scan"]) == tuple(kept["id"] for kept in reversed(await log()))
    assert len(await stays(door.people.bob)) == 1
    assert (await rows_of(door, item(door, 1, "n-1")))[0]["code"] == "ok", "the same scan as accepted is its repeat"


@pytest.mark.scenario("checkin-79")
@pytest.mark.parametrize(
    "more, status, code",
    [
        ({"code": "nonsense"}, 404, "unknown_pass"),
        ({"happened_at": "2026-11-25T20:00:00+00:00"}, 409, "too_early"),
        ({"code": "", "reason": "too_late"}, 400, "malformed"),
        ({"reason": "tired"}, 400, "malformed"),
        ({"reason": "nonce_conflict"}, 400, "malformed"),
        ({"happened_at": "yesterday"}, 400, "malformed"),
        ({"activities": []}, 400, "malformed"),
        ({"nonce": 7}, 400, "malformed"),
        ({"more": 1}, 400, "malformed"),
        ({"activities": ["00000000-0000-4000-8000-000000000000"]}, 403, "not_allowed"),
        ({"happened_at": "0001-01-01T00:00:00+00:00", "skew_ms": 2**31 - 1}, 409, "not_signed_up_here"),
        ({"happened_at": "9999-12-31T23:59:59+00:00", "skew_ms": -(2**31) + 1}, 409, "not_signed_up_here"),
    ],
)
async def test_what_is_finally_refused_says_so_and_stops_no_other(
    door: Door, more: dict[str, Any], status: int, code: str
) -> None:
    await door.clock(24 * 60)
    bad, good = await rows_of(door, item(door, 1, "n-1") | more, item(door, 2, "n-2"))
    assert (bad["status"], bad["code"]) == (status, code)
    assert bad["title"]
    assert (good["status"], good["code"]) == (201, "ok")


@pytest.mark.scenario("checkin-79")
async def test_what_is_no_object_at_all_is_one_malformed_item(door: Door) -> None:
    await door.clock(60)
    answers = await rows_of(door, 7, None, [], "n-1", item(door, 1, "n-2"))
    assert [row["code"] for row in answers] == ["malformed"] * 4 + ["ok"]


@pytest.mark.scenario("checkin-82")
async def test_refusals_made_offline_are_kept_once_with_the_desks_own_reason(door: Door) -> None:
    await door.clock(60)
    sent = [item(door, -40, "n-1", reason="too_early"), item(door, 1, "n-2", code="nonsense", reason="unknown_pass")]
    first = await rows_of(door, *sent)
    assert [(row["status"], row["code"], row["disputed"]) for row in first] == [
        (409, "too_early", False),
        (404, "unknown_pass", False),
    ]
    assert await rows_of(door, *sent) == first
    assert [(row["reason"], row["desk_reason"], row["source"]) for row in await log()] == [
        ("too_early", "too_early", "upload"),
        ("unknown_pass", "unknown_pass", "upload"),
    ]
    assert await stays(door.people.bob) == []


async def test_what_the_desk_let_in_and_the_server_would_not_is_kept_and_shown(door: Door) -> None:
    await doors.put(door.people.bob, door.session, "cancelled")
    await door.clock(60)
    (row,) = await rows_of(door, item(door, 1, "n-1"))
    assert (row["status"], row["code"], row["disputed"]) == (409, "cancelled", True)
    assert [(kept["reason"], kept["desk_reason"]) for kept in await log()] == [("cancelled", "ok")]
    assert await sql.value("SELECT kind FROM door_conflict") == "refused_upload"
    assert await stays(door.people.bob) == []


async def test_a_typed_code_that_the_desk_could_not_judge_is_judged_now(door: Door) -> None:
    await door.clock(60)
    (row,) = await rows_of(door, item(door, 1, "n-1", code=door.bobs.typed_shown, reason="unjudged"))
    assert (row["code"], row["name"]) == ("ok", "Bob")
    assert len(await stays(door.people.bob)) == 1


async def test_a_pass_that_was_replaced_only_later_was_good_when_it_was_scanned(door: Door) -> None:
    old = door.bobs.text
    await passes.reissue(door.people.bob.id, await door.clock(30))
    await door.clock(60)
    early, late = await rows_of(door, item(door, 5, "n-1", code=old), item(door, 45, "n-2", code=old, direction="out"))
    assert (early["code"], late["code"]) == ("ok", "revoked")


@pytest.mark.scenario("checkin-14")
async def test_a_nonce_of_another_pass_is_a_conflict_in_a_queue_too(door: Door) -> None:
    await doors.put(door.people.carol, door.session)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    await door.clock(60)
    answers = await rows_of(door, item(door, 1, "n-1"), item(door, 2, "n-1", code=carols.text))
    assert [row["code"] for row in answers] == ["ok", "nonce_conflict"]
    assert len(await log()) == 1


async def test_a_way_in_at_another_session_ends_the_stay_before_it_and_is_shown(door: Door) -> None:
    """One person is in one place: decided by order of happening, in whichever order the queues arrive."""
    second = await another(door, 10, 2, person=door.people.bob)
    await door.clock(240)
    elsewhere = item(door, 60, "n-2", activities=[str(second.activity_id)])
    await rows_of(door, elsewhere, item(door, 1, "n-1"))
    first, later = await stays(door.people.bob)
    assert (first["minutes"], first["is_automatic"], first["is_by_code"]) == (59, True, False)
    assert later["in_at"] == door.start + timedelta(minutes=60)
    assert await sql.value("SELECT kind FROM door_conflict") == "two_places"


async def test_a_way_in_after_a_forgotten_check_out_ends_that_before_the_closing_job_comes_round(door: Door) -> None:
    second = await another(door, 12, 2, person=door.people.bob)
    await door.let_in()
    await door.clock(200)
    (row,) = await rows_of(door, item(door, 190, "n-1", activities=[str(second.activity_id)]))
    assert row["code"] == "ok"
    first, later = await stays(door.people.bob)
    assert (first["out_at"], first["is_automatic"]) == (door.session.ends_at, True)
    assert (later["session_id"], later["out_at"]) == (second.id, None)


@pytest.mark.scenario("checkin-86")
async def test_the_queue_of_a_desk_that_was_withdrawn_is_refused_as_a_whole(door: Door) -> None:
    await sql.rows("UPDATE device SET revoked_at = $2 WHERE id = $1", door.desk.id, door.start)
    answer = await upload(door, item(door, 1, "n-1"))
    assert (answer.status_code, answer.json()["code"]) == (403, "desk_revoked")
    assert await log() == []


async def test_a_queue_of_a_thousand_goes_through_in_groups(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last place of a thousand is answered, and one more is refused before anything is read."""
    monkeypatch.setattr(unknown_codes, "MOST", 1000)
    await door.clock(60)
    queue = [item(door, 1, f"n-{number}", code="nonsense", reason="unknown_pass") for number in range(1000)]
    answers = await rows_of(door, *queue)
    assert len(answers) == 1000
    assert await sql.value("SELECT count(*) FROM scan") == 1000
    assert (await upload(door, *queue, item(door, 1, "n-x"))).status_code == 400


@pytest.mark.scenario("checkin-78", "checkin-79")
async def test_who_overruled_and_has_gone_home_leaves_a_trace_that_the_organiser_sees(door: Door) -> None:
    """The desk alone may not overrule: what it let in that way is in the log with the server's reason, and on the list."""
    await door.clock(180)
    early = item(door, -60, "n-1", override_reason="came to help with the chairs")
    for _ in range(2):
        (row,) = await rows_of(door, early)
        assert (row["status"], row["code"], row["disputed"]) == (409, "too_early", True)
    (kept,) = await log()
    assert (kept["reason"], kept["desk_reason"], kept["force_sent"], kept["forced"]) == ("too_early", "ok", True, False)
    assert kept["force_reason"] == "came to help with the chairs"
    assert await sql.value("SELECT kind FROM door_conflict") == "refused_upload"


@pytest.mark.scenario("checkin-82")
@pytest.mark.parametrize("words", [("rejected", "ok"), ("ok", "rejected")])
async def test_a_nonce_that_was_refused_lets_nobody_in_and_is_not_sent_for_ever(door: Door, words: tuple[str, str]) -> None:
    await door.clock(180)
    first, second = (item(door, -60, "n-1", reason=word) for word in words)
    await rows_of(door, first)
    before = await everything()
    for _ in range(2):
        (row,) = await rows_of(door, second)
        assert (row["status"], row["code"]) == (409, "nonce_conflict")
    assert await everything() == before


@pytest.mark.scenario("checkin-79")
@pytest.mark.parametrize(
    "cause, told",
    [
        (KeyError("a fault of ours"), (500, "fault")),
        (asyncpg.LockNotAvailableError("somebody has it"), (503, "busy")),
        (asyncpg.AdminShutdownError("it restarts"), (503, "busy")),
        (TimeoutError(), (503, "busy")),
    ],
    ids=lambda each: type(each).__name__,
)
async def test_an_item_that_fails_stops_no_other_and_says_whether_sending_it_again_helps(
    door: Door, monkeypatch: pytest.MonkeyPatch, cause: Exception, told: tuple[int, str]
) -> None:
    judge = uploaded.judge

    async def falls_over_one(case: Case) -> Judged:
        if case.one.item.nonce == "n-2":
            raise cause
        return await judge(case)

    monkeypatch.setattr(uploaded, "judge", falls_over_one)
    await door.clock(180)
    queue = [item(door, 2, "n-1"), item(door, 3, "n-2", code="nonsense"), item(door, 95, "n-3", direction="out")]
    rows = await rows_of(door, *queue)
    assert [(row["status"], row["code"]) for row in rows] == [(201, "ok"), told, (201, "ok")]
    assert all(rows[1][word] for word in ("title", "detail"))
    monkeypatch.undo()
    assert [row["code"] for row in await rows_of(door, *queue)] == ["ok", "unknown_pass", "ok"]


async def test_an_upload_keeps_no_note_of_staff_and_its_repeat_tells_those_of_now(door: Door) -> None:
    await door.clock(60)
    for note in ("hears badly", ""):
        await sql.rows("UPDATE member SET staff_note = $2 WHERE id = $1", door.people.bob.id, note)
        (told,) = await rows_of(door, item(door, 0, "n-1"))
        assert (told["code"], told["notes"]) == ("ok", [note] if note else [])
    assert await sql.rows("SELECT FROM scan WHERE answer::text ~ 'hears'") == []
