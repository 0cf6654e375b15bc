"""The review list: what looks odd is shown to people with its evidence, and nothing follows by itself."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from schedules import leaving, oddities, oddity_kinds, oddity_rules, sql
from schedules.oddities import Row
from schedules.oddity_limits import Limits
from tests import given
from tests.door.doors import Door, another, put, stays
from tests.door.test_pages import ENGLISH, Browser, path_of
from tests.door.test_uploads import item, rows_of
from tests.given import Person
from timebank.actions.community.devices import rename_device
from timebank.actions.hours import find_oddities as looking
from timebank.communities import policies
from timebank.jobs import find_oddities
from timebank.people import findings, passes, scan_origins
from timebank.web.tickets import BROWSER_COOKIE

LATER = timedelta(days=1)


async def look(door: Door) -> list[tuple[str, int]]:
    """What the job has put on the list by the next day: kind and number of rows."""
    await find_oddities.run(door.start + LATER)
    assert await sql.rows("SELECT job, item, error FROM job_failure") == []
    return [tuple(row) for row in await sql.rows("SELECT kind, size FROM finding ORDER BY kind")]


async def lost_card(door: Door, scans: int = 3) -> UUID:
    """Bob's replaced pass is scanned that often; the finding."""
    await passes.reissue(door.people.bob.id, door.start)
    for minute in range(scans):
        await door.clock(minute)
        assert (await door.scan()).json()["code"] == "revoked"
    assert await look(door) == [("lost_card", scans)]
    return UUID(str(await sql.value("SELECT id FROM finding")))


async def neighbour(door: Door, name: str, number: int) -> Person:
    """Somebody of a household of their own, signed up for the choir."""
    made = await given.member(name, f"1990000010{number}", door.people.building, door.people.now)
    await put(made, door.session)
    return made


async def put_in_household(person: Person, other: Person) -> None:
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", person.id, other.household_id)


async def tap(door: Door, person: Person) -> httpx.Response:
    """The person opens the venue code of now with this client's browser and taps."""
    browser_name = next((cookie.value for cookie in door.client.cookies.jar if cookie.name == BROWSER_COOKIE), None)
    browser = Browser(door, person)
    if browser_name:
        door.client.cookies.set(BROWSER_COOKIE, browser_name, domain="testserver.local", path="/v")
    moment = door.start + timedelta(minutes=1)
    path = path_of(door.venue(moment))
    assert (await browser.get(path)).status_code == 200
    return await browser.post(path, direction="in", nonce=uuid4().hex)


async def test_a_lost_card_that_is_used_again_is_found_once_and_grows_with_its_evidence(door: Door) -> None:
    await lost_card(door, 3)
    assert await look(door) == [("lost_card", 3)], "looked through a second time: nothing new"
    await sql.rows("UPDATE review_mark SET scan_id = 0")
    assert await look(door) == [("lost_card", 3)], "and all over again"
    await door.clock(30)
    await door.scan()
    assert await look(door) == [("lost_card", 4)]
    row = await sql.one("SELECT * FROM finding")
    assert (row["people"], row["desks"], row["operators"]) == ([door.people.bob.id], [door.desk.id], [])
    assert (row["first_at"], row["last_at"]) == (door.start, door.start + timedelta(minutes=30))
    assert await sql.value("SELECT array_agg(scan_id ORDER BY scan_id) FROM finding_scan") == await sql.value(
        "SELECT array_agg(id ORDER BY id) FROM scan"
    )


async def test_fewer_than_the_limit_is_nothing_odd(door: Door) -> None:
    await passes.reissue(door.people.bob.id, door.start)
    for minute in range(2):
        await door.clock(minute)
        await door.scan()
    assert await look(door) == []


async def test_the_limits_are_those_of_the_community_and_its_day(door: Door) -> None:
    rules = policies.Rules(review=Limits(revoked_scans=1))
    today = door.start.date()
    await policies.publish(door.people.community, today + LATER, rules, None, door.people.now)
    await passes.reissue(door.people.bob.id, door.start)
    await door.scan()
    assert await look(door) == [], "from tomorrow on, not today"
    await door.clock(24 * 60 - 10)
    await door.scan()
    assert await look(door) == [("lost_card", 2)]


async def test_a_rule_that_is_switched_off_finds_nothing(door: Door) -> None:
    row = evidence(0, reason="revoked")
    assert oddity_rules.shows("lost_card", [row] * 3, Limits(), {}) == [row] * 3
    assert not oddity_rules.shows("lost_card", [row] * 3, Limits(revoked_scans=None), {})


async def test_one_phone_that_checks_in_three_households_is_shown_and_wiped(door: Door) -> None:
    carol, frank = door.people.carol, await neighbour(door, "Frank", 1)
    await put(carol, door.session)
    await door.clock(1)
    for person in (door.people.bob, carol):
        assert (await tap(door, person)).status_code == 303
    assert await look(door) == []
    assert (await tap(door, frank)).status_code == 303
    assert await look(door) == [("one_phone", 3)]
    finding = await sql.value("SELECT id FROM finding")
    page = await Browser(door, door.people.erin).get(f"/office/review/{finding}")
    assert "<dt>At the desk</dt>" not in page.text, "they used their own phone"
    kept = await sql.rows("SELECT browser, network FROM scan_origin")
    assert len({row["browser"] for row in kept}) == 1
    assert all(len(row["browser"]) == 16 and len(row["network"]) == 16 for row in kept), "fingerprints, no cookie, no address"
    await find_oddities.run(door.start + timedelta(days=31))
    assert await sql.value("SELECT count(*) FROM scan_origin") == 0
    assert await sql.value("SELECT count(*) FROM finding_scan") == 3, "what it showed stays"


async def test_a_household_that_shares_a_phone_is_nothing_odd(door: Door) -> None:
    carol, frank = door.people.carol, await neighbour(door, "Frank", 1)
    await put(carol, door.session)
    for person in (carol, frank):
        await put_in_household(person, door.people.bob)
    await door.clock(1)
    for person in (door.people.bob, carol, frank):
        assert (await tap(door, person)).status_code == 303
    assert await look(door) == []


def test_a_browser_is_known_again_on_its_day_only_and_a_network_at_its_session_only() -> None:
    session, other = uuid4(), uuid4()
    assert scan_origins.browser_mark("x", "2026-11-26") == scan_origins.browser_mark("x", "2026-11-26")
    assert scan_origins.browser_mark("x", "2026-11-26") != scan_origins.browser_mark("x", "2026-11-27")
    assert scan_origins.network_mark("192.0.2.1", session) != scan_origins.network_mark("192.0.2.1", other)
    assert scan_origins.browser_mark("", "2026-11-26") is None


async def test_a_scan_of_a_desk_keeps_no_origin_and_sends_no_further_statement(door: Door) -> None:
    await door.let_in()
    assert await sql.value("SELECT count(*) FROM scan_origin") == 0


def evidence(seconds: float, **facts: Any) -> Row:
    """A row of the log, that long after a beginning."""
    beginning = {
        "id": int(seconds * 10),
        "person_id": UUID(int=1),
        "scanner_id": UUID(int=100),
        "operator_id": None,
        "source": "desk",
        "direction": "in",
        "reason": "ok",
        "session_id": None,
        "at": given_at(seconds),
        "forced": False,
        "force_reason": "",
        "place": "Hall",
        "received_at": given_at(seconds),
    }
    return Row(**beginning | facts)


def given_at(seconds: float) -> Any:
    from tests.conftest import NOW

    return NOW + timedelta(seconds=seconds)


def shown(kind: Any, rows: Sequence[Row], lives_with: dict[UUID, UUID] | None = None) -> list[int]:
    return [row.id for row in oddity_rules.shows(kind, rows, Limits(), lives_with or {})]


def test_two_places_are_too_soon_within_minutes_and_not_after() -> None:
    here, there = evidence(0), evidence(599, place="Park")
    assert shown("too_soon", [here, there]) == [here.id, there.id]
    assert shown("too_soon", [here, evidence(600, place="Park")]) == []
    assert shown("too_soon", [here, evidence(10)]) == [], "the same place"
    assert shown("too_soon", [here, evidence(10, place=None)]) == [], "a place that nobody knows"


def test_two_desks_are_odd_within_seconds() -> None:
    first, second = evidence(0), evidence(9, scanner_id=UUID(int=101))
    assert shown("two_desks", [first, second]) == [first.id, second.id]
    assert shown("two_desks", [first, evidence(10, scanner_id=UUID(int=101))]) == []
    assert shown("two_desks", [first, evidence(2)]) == [], "one desk twice"


def test_altered_codes_count_sooner_than_unknown_ones() -> None:
    altered = [evidence(number, reason="bad_signature") for number in range(3)]
    unknown = [evidence(100 + number, reason="unknown_pass") for number in range(29)]
    assert shown("unreadable", altered[:2] + unknown[:27]) == []
    assert shown("unreadable", altered + unknown[:20]) == [row.id for row in altered]
    assert len(shown("unreadable", altered[:1] + unknown)) == 30


def test_a_code_of_many_networks_needs_as_many_members() -> None:
    rows = [evidence(number, person_id=UUID(int=number), network=bytes([number])) for number in range(1, 13)]
    assert len(shown("shared_code", rows)) == 12
    assert shown("shared_code", rows[:11]) == []
    assert shown("shared_code", [evidence(row.id, network=row.network) for row in rows]) == [], "one member with many networks"


def test_checking_in_ones_own_household_by_name_is_odd_where_it_is_half_of_it() -> None:
    operator = UUID(int=50)
    lives_with = {UUID(int=1): UUID(int=9), operator: UUID(int=9)}
    own = [evidence(number, operator_id=operator, source="manual") for number in range(4)]
    others = [evidence(10 + number, operator_id=operator, source="manual", person_id=UUID(int=2)) for number in range(5)]
    assert shown("own_household", own + others[:4], lives_with) == [row.id for row in own]
    assert shown("own_household", own + others, lives_with) == []
    assert shown("own_household", own[:3], lives_with) == []


def test_a_scan_is_told_late_by_how_long_the_desk_kept_it_although_it_was_in_contact() -> None:
    hour = 3600
    late = evidence(0, received_at=given_at(30 * hour), contact_at=given_at(6 * hour))
    assert shown("told_late", [late]) == [late.id]
    assert shown("told_late", [evidence(0, received_at=given_at(30 * hour - 1), contact_at=given_at(6 * hour))]) == []
    assert shown("told_late", [evidence(0, received_at=given_at(30 * hour))]) == [], "nobody had heard of the desk"
    assert not oddity_rules.shows("told_late", [late], Limits(late_hours=None), {})


@pytest.mark.parametrize("is_in_contact", [True, False])
async def test_a_scan_that_a_desk_in_contact_told_of_a_day_later_is_shown_and_counts_all_the_same(
    door: Door, is_in_contact: bool
) -> None:
    """Written into the queue afterwards, or stuck in it: nobody can tell from here, and nothing follows by itself."""
    await door.clock(120)
    if is_in_contact:
        await door.scan("nonsense")
    await door.clock(120 + 24 * 60)
    await rows_of(door, item(door, 2, "n-1"))
    await find_oddities.run(door.start + 2 * LATER)
    assert [tuple(row) for row in await sql.rows("SELECT kind, size FROM finding")] == (
        [("told_late", 1)] if is_in_contact else []
    )
    assert len(await stays(door.people.bob)) == 1
    if is_in_contact:
        finding = await sql.value("SELECT id FROM finding")
        page = await Browser(door, door.people.erin).get(f"/office/review/{finding}")
        assert "24 hours or more" in page.text
        assert "told Fri 27 Nov 11:00" in page.text
        assert "in contact since Thu 26 Nov 11:00" in page.text


async def test_a_card_at_two_places_and_two_desks_is_seen_in_the_log(door: Door) -> None:
    """The second place is refused by the decision and by the database; the list shows that somebody was there."""
    other = await another(door, 9, 2, person=door.people.bob)
    await sql.rows("UPDATE session SET place = 'Park' WHERE id = $1", other.id)
    far = await given.device("desk", "Park gate", door.people.community, door.people.now)
    await door.let_in()
    await door.clock(0, 5)
    answer = await door.scan(activities=[str(other.activity_id)], headers=far.bearer)
    assert answer.json()["code"] == "already_elsewhere"
    assert await look(door) == [("too_soon", 2), ("two_desks", 2)]


async def test_a_desk_that_lets_in_one_household_only_is_shown_until_somebody_else_comes(door: Door) -> None:
    await sql.rows("UPDATE activity SET allows_many = true WHERE id = $1", door.session.activity_id)
    for minute in range(6):
        await door.let_in(minute)
    assert await look(door) == [("one_household", 6)]
    ordinary = await given.device("desk", "Side door", door.people.community, door.people.now)
    await put(door.people.carol, door.session)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    await door.scan(carols, headers=ordinary.bearer)
    assert await look(door) == [("one_household", 6)]
    for minute in range(10, 16):
        await door.clock(minute)
        assert (await door.scan(headers=ordinary.bearer)).status_code == 201
    assert await look(door) == [("one_household", 6)], "the other desk let in two households"


async def test_forced_entries_are_counted_by_operator(door: Door) -> None:
    await sql.rows("UPDATE activity SET allows_reentry = false WHERE id = $1", door.session.activity_id)
    await door.let_in()
    for minute in range(1, 11):
        await door.clock(minute)
        answer = await door.scan(override={"reason": "came back"}, headers=door.people.alice.bearer)
        assert answer.json()["forced"] is True
    # Alice's phone let in Bob alone as well.
    assert await look(door) == [("forced_often", 10), ("one_household", 10)]
    row = await sql.one("SELECT people, operators FROM finding WHERE kind = 'forced_often'")
    assert (row["people"], row["operators"]) == ([door.people.bob.id], [door.people.alice.id])


@pytest.mark.parametrize("allows_many", [True, False], ids=["let in anew each time", "told: already in"])
async def test_a_desk_that_undoes_many_scans_is_shown(door: Door, allows_many: bool) -> None:
    await sql.rows("UPDATE activity SET allows_many = $2 WHERE id = $1", door.session.activity_id, allows_many)
    for minute in range(10):
        await door.clock(minute)
        await door.scan(nonce=f"n-{minute}")
        await sql.rows(
            "INSERT INTO scan_undo (nonce, scanner_id, scan_nonce, happened_at, received_at, counts_at) "
            "VALUES ($1, $2, $3, $4, $4, $4)",
            f"u-{minute}",
            door.desk.id,
            f"n-{minute}",
            door.start,
        )
    assert dict(await look(door))["undone_often"] == 10
    assert dict(await look(door))["undone_often"] == 10


async def test_what_fails_is_tried_again_and_holds_nothing_up(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await passes.reissue(door.people.bob.id, door.start)
    for minute in range(3):
        await door.clock(minute)
        await door.scan()
    keep = findings.keep

    async def broken(*facts: Any) -> bool:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(findings, "keep", broken)
    await find_oddities.run(door.start + LATER)
    assert await sql.value("SELECT count(*) FROM finding") == 0
    monkeypatch.setattr(findings, "keep", keep)
    await find_oddities.run(door.start + LATER + timedelta(minutes=5))
    assert await look(door) == [("lost_card", 3)]


@pytest.mark.parametrize("name", oddity_kinds.KINDS)
async def test_no_look_reads_the_whole_log(door: Door, name: oddity_kinds.KindName) -> None:
    """Each along an index; a batch along the log's number, with a look at each person's own rows at most."""
    await sql.rows("SET LOCAL enable_seqscan = off")
    kind = oddity_kinds.KINDS[name]
    asked = [oddities.rows_statement(kind, of_people=name == "one_household")]
    asked += [oddities.touched_statement(kind)] if kind.touched else []
    await sql.rows("SET LOCAL plan_cache_mode = force_generic_plan")
    for number, statement in enumerate(asked):
        values = ["1, 2", "'x', now(), now(), 500", "'x', now(), now(), 500, '{}'"]
        given_values = values[("$4" in statement) + ("$5" in statement)]
        await sql.rows(f"PREPARE look_{number} AS {statement}")
        plan = await sql.rows(f"EXPLAIN EXECUTE look_{number} ({given_values})")
        await sql.rows(f"DEALLOCATE look_{number}")
        text = "\n".join(row[0] for row in plan)
        assert not re.search(r"Seq Scan on scan\b", text), text
        assert not re.search(r"(Hash|Merge) Semi Join", text), text


async def test_rows_are_looked_at_when_every_transaction_before_them_has_ended(door: Door) -> None:
    await door.scan("nonsense")
    await find_oddities.run(door.start + looking.SETTLED - timedelta(seconds=1))
    assert await sql.rows("SELECT * FROM review_mark") == []
    await find_oddities.run(door.start + looking.SETTLED)
    assert await sql.value("SELECT scan_id FROM review_mark") == await sql.value("SELECT max(id) FROM scan")


# People who look at it


async def standing(person: Person) -> tuple[list[dict[str, Any]], object]:
    """The stays of a person, and the state of the membership."""
    return [dict(row) for row in await stays(person)], await sql.value("SELECT state FROM member WHERE id = $1", person.id)


async def judge(door: Door, finding: UUID, person: Person, **word: str) -> httpx.Response:
    return await door.client.post(f"/api/v1/findings/{finding}/words", json=word, headers=person.bearer)


async def test_a_finding_changes_nothing_and_neither_does_what_is_said_of_it(door: Door) -> None:
    """rules-21: an abuse signal alone changes no state."""
    await door.let_in()
    before = await standing(door.people.bob)
    finding = await lost_card(door)
    assert (await judge(door, finding, door.people.erin, said="handed_on", note="To the sub-district.")).status_code == 201
    assert await standing(door.people.bob) == before


async def test_a_word_stays_in_the_history_and_in_the_audit_and_the_finding_opens_again_when_it_doubled(door: Door) -> None:
    finding = await lost_card(door)
    assert (await judge(door, finding, door.people.erin, said="explained", note="Bob found his old card.")).status_code == 201
    assert await sql.value("SELECT state FROM finding") == "explained"
    noted = await sql.one("SELECT actor_id, subject FROM audit WHERE action = 'finding.looked_at'")
    assert tuple(noted) == (door.people.erin.id, f"finding:{finding}")
    for minute in (10, 11, 12):
        await door.clock(minute)
        await door.scan()
        await look(door)
    assert await sql.value("SELECT state FROM finding") == "open"
    seen = (await door.client.get(f"/api/v1/findings/{finding}", headers=door.people.erin.bearer)).json()
    assert [(step["state"], step["by"], step["size"]) for step in seen["history"]] == [
        ("open", None, 3),
        ("explained", "Erin", 3),
        ("open", None, 6),
    ]
    assert [line["code"] for line in seen["evidence"]] == ["revoked"] * 6
    with pytest.raises(asyncpg.PostgresError):
        async with sql.savepoint():
            await sql.rows("UPDATE finding_change SET note = 'nothing'")


async def test_a_finding_names_each_desk_as_it_was_called_when_it_was_seen(door: Door) -> None:
    finding = await lost_card(door)
    await rename_device(door.people.erin.caller, door.desk.id, "西门", "West gate", await door.clock(60))
    seen = (await door.client.get(f"/api/v1/findings/{finding}", headers=door.people.erin.bearer)).json()
    assert {line["desk"] for line in seen["evidence"]} == {"Hall door"}
    door.people.erin.sign_in(door.client)
    for page in ("/office/review", f"/office/review/{finding}"):
        shown = (await door.client.get(page)).text
        assert ("Hall door" in shown, "West gate" in shown) == (True, False), page


async def test_nobody_judges_what_is_about_themselves_or_their_household(door: Door) -> None:
    """rules-22, for the review list: refused by the action and, whatever the action says, by the database."""
    finding = await lost_card(door)
    await given.grant(door.people.bob.id, "coordinator", door.people.community, door.people.now)
    frank = await neighbour(door, "Frank", 1)
    await given.grant(frank.id, "coordinator", door.people.community, door.people.now)
    await put_in_household(frank, door.people.bob)
    for person in (door.people.bob, frank):
        answer = await judge(door, finding, person, said="explained", note="It was nothing.")
        assert (answer.status_code, answer.json()["code"]) == (409, "own_finding")
        with pytest.raises(asyncpg.CheckViolationError):
            async with sql.savepoint():
                await findings.look(await findings.one(finding), "explained", person.id, "It was nothing.", door.start)
    assert (await judge(door, finding, door.people.erin, said="explained", note="Bob found it.")).status_code == 201


async def test_only_coordinators_of_the_community_see_the_list_and_auditors_read_it(door: Door) -> None:
    finding = await lost_card(door)
    people = door.people
    auditor = await given.member("Gus", "19900000110", people.building, people.now, "auditor", people.sub_district)
    elsewhere = await given.member("Hal", "19900000111", people.building, people.now, "coordinator", people.elsewhere)
    for person in (people.alice, people.bob, people.carol):
        for path in ("/api/v1/findings", f"/api/v1/findings/{finding}", "/office/review", f"/office/review/{finding}"):
            assert (await door.client.get(path, headers=person.bearer)).status_code == 403, path
    assert (await door.client.get(f"/api/v1/findings/{finding}", headers=elsewhere.bearer)).status_code == 404
    assert (await door.client.get("/api/v1/findings", headers=elsewhere.bearer)).json() == {"findings": [], "after": None}
    assert (await judge(door, finding, elsewhere, said="explained", note="x")).status_code == 404
    seen = (await door.client.get(f"/api/v1/findings/{finding}", headers=auditor.bearer)).json()
    assert seen["may_judge"] is False
    assert (await judge(door, finding, auditor, said="explained", note="x")).status_code == 403


async def test_a_word_sent_twice_is_said_once_and_says_something(door: Door) -> None:
    finding = await lost_card(door)
    headers = door.people.erin.bearer | {"idempotency-key": "word-0001"}
    path, word = f"/api/v1/findings/{finding}/words", {"said": "spoken_with", "note": "Bob will look for it."}
    first = await door.client.post(path, json=word, headers=headers)
    again = await door.client.post(path, json=word, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert await sql.value("SELECT count(*) FROM finding_change WHERE by_id IS NOT NULL") == 1
    for wrong in ({"said": "punished", "note": "x"}, {"said": "explained", "note": " "}, {"said": "open", "note": "x"}):
        assert (await door.client.post(path, json=wrong, headers=door.people.erin.bearer)).status_code == 400


async def test_the_pages_show_the_list_the_evidence_and_take_a_word(door: Door) -> None:
    erin = Browser(door, door.people.erin)
    assert "Nothing looks odd." in (await erin.get("/office/review")).text
    finding = await lost_card(door)
    erin = Browser(door, door.people.erin)
    assert "Review list" in (await erin.get("/office")).text
    listed = await erin.get("/office/review?kind=lost_card&shown=open")
    assert "A replaced pass is used" in listed.text
    assert "Bob" in listed.text
    assert "Nothing fits" in (await erin.get("/office/review?kind=one_phone")).text
    assert (await erin.get("/office/review?kind=nonsense")).status_code == 400
    page = await erin.get(f"/office/review/{finding}")
    assert "pass was replaced" in page.text
    assert "Hall door" in page.text
    empty = await erin.post(f"/office/review/{finding}", said="explained", note=" ")
    assert empty.status_code == 400
    assert "Nothing is written here." in empty.text
    assert (await erin.post(f"/office/review/{finding}", said="", note="Bob has it.")).status_code == 400
    done = await erin.post(f"/office/review/{finding}", said="explained", note="Bob has it.", key="form-key-1")
    assert done.status_code == 303
    assert "Bob has it." in (await erin.get(f"/office/review/{finding}")).text


@pytest.mark.parametrize("path", ["/office/review/files/csv", "/api/v1/findings/files/csv"])
async def test_the_list_is_taken_along_as_a_table_and_noted(door: Door, path: str) -> None:
    await lost_card(door)
    answer = await door.client.get(path, headers=ENGLISH | door.people.erin.bearer)
    heads, line = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert dict(zip(heads, line, strict=True))["Members"] == "Bob"
    assert await sql.value("SELECT count(*) FROM audit WHERE action = 'findings.exported'") == 1


async def test_the_list_goes_on_where_the_page_ends(door: Door) -> None:
    """Open ones first, then the last changed, each once."""
    finding = await lost_card(door)
    for number in range(4):
        await sql.rows(
            "INSERT INTO finding (id, kind, about, community_id, state, people, operators, desks, sessions, first_at, last_at, "
            "size, found_at, changed_at) SELECT gen_random_uuid(), kind, $2, community_id, $3, people, operators, desks, "
            "sessions, first_at, last_at, size, found_at, changed_at - make_interval(mins => $4) FROM finding WHERE id = $1",
            finding,
            f"x{number}",
            "explained" if number % 2 else "open",
            number // 2,
        )
    nodes = [door.people.sub_district]
    whole = [one.id for one in await findings.below(nodes, None, None, None, 10)]
    states = [one.state for one in await findings.below(nodes, None, None, None, 10)]
    assert states == ["open", "open", "open", "explained", "explained"]
    paged, after = [], None
    while part := await findings.below(nodes, None, None, after, 2):
        paged += [one.id for one in part]
        after = part[-1].id
    assert paged == whole


async def test_a_word_about_when_somebody_left_is_no_standing_there(door: Door) -> None:
    """Typed afterwards by who runs the session: Bob stood at the door of the reading, and nowhere else a minute before."""
    there = await another(door, 9, 2, door.people.bob)
    await sql.rows("UPDATE session SET place = 'Park' WHERE id = $1", there.id)
    await door.let_in(0)
    (stay,) = await stays(door.people.bob)
    now = await door.clock(20)
    await leaving.leave(stay["id"], now - timedelta(minutes=1), door.people.alice.id, now)
    assert (await door.scan(activities=[str(there.activity_id)])).status_code == 201
    assert "too_soon" not in dict(await look(door))
