"""Sheets about somebody's service: what they state, who can check them, and what a correction does to them."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import httpx
import pytest

from schedules import sql
from schedules.codes import TYPED_ALPHABET
from schedules.errors import NotFound
from tests.given import People, Person
from tests.ledger.pdf_text import text_of
from tests.ledger.purse import NOW
from tests.ledger.test_monthly import recorded
from timebank.actions.action import RequestKey
from timebank.actions.hours.certify import ISSUED, Withdrawal, issue_paper, revoke_paper
from timebank.actions.hours.check_number import TRIES, Checked, check_number
from timebank.actions.hours.paper_wishes import Wish
from timebank.actions.hours.see_papers import see_paper
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.database import savepoint
from timebank.hours import certificates
from timebank.hours.certificates import Certificate, CertificateOver, NothingServed, new_number, read_number
from timebank.people.limits import TooManyTries
from timebank.web import record_papers
from timebank.web.words import Language

TODAY = NOW.date()


async def certifies(folk: People) -> None:
    """The community may certify."""
    rules = Rules(issues_certificates=True)
    since = NOW - timedelta(days=300)
    await policies.publish(folk.community, since.date(), rules, folk.erin.id, since, "可以出具证明", "The community certifies")


async def issued(person: Person, wish: Wish | None = None, by: Person | None = None) -> Certificate:
    return (await issue_paper((by or person).caller, person.id, wish or Wish(), None, NOW)).value


async def corrected(person: Person, minutes: int, *, is_withdrawn: bool = False) -> None:
    """A further version of the person's first record."""
    await sql.rows(
        "INSERT INTO service_record (id, member_id, version, first_id, class, source, activity_name, served_on, place, "
        "service_content, service_minutes, organising_unit, person_in_charge, reason, entered_by, recorded_at, is_withdrawn) "
        "SELECT $1, member_id, 2, id, class, source, activity_name, served_on, place, service_content, $3, organising_unit, "
        "person_in_charge, 'left early', entered_by, recorded_at, $4 FROM service_record WHERE member_id = $2 LIMIT 1",
        uuid4(),
        person.id,
        minutes,
        is_withdrawn,
    )


async def public(client: httpx.AsyncClient, number: str, language: str = "en") -> httpx.Response:
    return await client.get(f"/c/{number}", headers={"accept-language": language})


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_certificate_states_time_content_and_unit_and_its_number(
    folk: People, client: httpx.AsyncClient, language: str
) -> None:
    """rules-8, its first half: page and PDF of one sheet, in both languages."""
    await certifies(folk)
    await recorded(folk.bob, 125)
    await recorded(folk.bob, 60, on=TODAY - timedelta(days=40))
    folk.bob.sign_in(client)
    client.cookies.set("timebank_language", language)
    sent = await client.post("/me/papers", data={"key": "one-of-mine"})
    assert sent.status_code == 303
    page = (await client.get(sent.headers["location"])).text
    file = await client.get(sent.headers["location"] + "/pdf")
    assert file.headers["content-type"] == "application/pdf"
    said = text_of(file.content)
    number = re.search(r"/c/([0-9A-Z-]{19})", page)
    assert number
    time = "3 小时 5 分钟" if language == "zh" else "3 h 5 min"
    unit = "春晖社区" if language == "zh" else "Chunhui"
    for word in (time, unit, "唱歌", "活动室", "Bob", number[1], "2026-10-17", "Alice"):
        assert word in page, word
        assert re.sub(r"\s", "", word) in said, word
    assert ("证明" if language == "zh" else "Certificate") in page
    assert re.search(rf'<a href="[^"]*/c/{number[1]}">', page)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_an_english_sheet_has_the_english_name_of_an_activity_that_had_one(folk: People, language: Language) -> None:
    await recorded(folk.bob, 120, name_en="Choir")
    await recorded(folk.bob, 60, on=TODAY - timedelta(days=40))
    found, lines = await see_paper(folk.bob.caller, (await issued(folk.bob)).id, NOW)
    rows = record_papers.paper(found, lines, "http://x", language).tables[0].sheet.rows
    assert [row[1] for row in rows] == ["合唱队", "合唱队" if language == "zh" else "Choir"]


async def test_the_public_tells_valid_replaced_revoked_and_unknown_apart_and_no_more(
    folk: People, client: httpx.AsyncClient
) -> None:
    """rules-8, its second half: the page of a stranger, for every state."""
    await recorded(folk.bob, 125)
    first, second = await issued(folk.bob), await issued(folk.bob)
    await revoke_paper(folk.bob.caller, second.id, Withdrawal("the reason is mine"), NOW)
    third = await issued(folk.bob, Wish(replaces=first.id))
    for found, word in ((first, "Replaced"), (second, "Revoked"), (third, "Valid")):
        page = await public(client, found.number)
        assert page.status_code == 200
        assert word in page.text
        assert [other for other in ("Valid", "Replaced", "Revoked") if f"<strong>{other}" in page.text] == [word]
        assert "B*" in page.text
        assert [
            secret for secret in ("Bob", "唱歌", "活动室", "the reason is mine", str(folk.bob.id)) if secret in page.text
        ] == []
    told = (await client.get("/api/v1/checked-papers", params={"number": third.number})).json()
    assert set(told) == set(Checked.__struct_fields__)
    assert (told["state"], told["masked_name"], told["minutes_a"]) == ("valid", "B*", 125)


async def test_a_number_that_is_none_gets_one_clear_page_whatever_it_is(folk: People, client: httpx.AsyncClient) -> None:
    await recorded(folk.bob, 125)
    real = (await issued(folk.bob)).number
    pages = []
    for number in (new_number(2026), new_number(1999), real[:-1] + ("2" if real[-1] != "2" else "3"), "证" * 16):
        page = await public(client, number)
        assert (page.status_code, "No sheet has this number." in page.text) == (404, True)
        pages.append(re.sub(r' (value|href|action)="[^"]*"', "", page.text.partition("<main")[2].partition("</main>")[0]))
        assert (await client.get("/api/v1/checked-papers", params={"number": number[:100]})).status_code == 404
    assert len(set(pages)) == 1
    typed = f" {real.replace('-', ' ').lower()} "
    assert "Valid" in (await client.get("/c", params={"number": typed}, headers={"accept-language": "en"})).text
    assert (await client.get("/c")).status_code == 200


async def test_a_number_that_is_not_whole_says_nothing_about_the_paper(folk: People, client: httpx.AsyncClient) -> None:
    for typed, said in (
        ("2026hrn9", "8 were typed"),
        ("x", "1 was typed"),
        ("--", "0 were typed"),
        ("2" * 17, "17 were typed"),
    ):
        page = await public(client, typed)
        assert (page.status_code, "not issued here" in page.text, said in page.text) == (404, False, True), typed


async def test_a_stranger_with_a_sheet_that_does_not_hold_reads_what_to_do(folk: People, client: httpx.AsyncClient) -> None:
    await recorded(folk.bob, 125)
    first, second = await issued(folk.bob), await issued(folk.bob)
    await revoke_paper(folk.bob.caller, second.id, Withdrawal("typed wrong"), NOW)
    third = await issued(folk.bob, Wish(replaces=first.id))
    told = ["Ask the person" in (await public(client, found.number)).text for found in (first, second, third)]
    assert told == [True, True, False]


async def test_a_request_that_is_sent_again_counts_as_one_sheet(folk: People) -> None:
    await recorded(folk.bob, 125)
    key = RequestKey("member:bob", "key-12345678", b"x" * 32, NOW)
    for is_replay in (False, *[True] * (ISSUED + 1)):
        assert (await issue_paper(folk.bob.caller, folk.bob.id, Wish(), key, NOW)).is_replay == is_replay
    for _ in range(ISSUED - 1):
        await issued(folk.bob)
    with pytest.raises(TooManyTries):
        await issued(folk.bob)


async def test_numbers_are_not_tried_without_end_and_right_ones_cost_nothing(folk: People) -> None:
    await recorded(folk.bob, 125)
    real = (await issued(folk.bob)).number
    for _ in range(TRIES + 5):
        await check_number(real, "10.0.0.1", NOW)
    for _ in range(TRIES):
        with pytest.raises(NotFound):
            await check_number(new_number(2026), "10.0.0.1", NOW)
    with pytest.raises(TooManyTries):
        await check_number(real, "10.0.0.1", NOW)
    assert (await check_number(real, "10.0.0.2", NOW)).state == "valid"


def test_the_last_sign_finds_every_slip_and_every_swap() -> None:
    number = new_number(2026)
    assert read_number(number) == number
    signs = number.replace("-", "")
    for place in range(4, len(signs)):
        others = [sign for sign in TYPED_ALPHABET if sign != signs[place]]
        assert not [other for other in others if read_number(signs[:place] + other + signs[place + 1 :])]
    for place, (left, right) in enumerate(pairwise(signs)):
        if place >= 4 and left != right:
            assert read_number(signs[:place] + right + left + signs[place + 2 :]) is None
    assert len({new_number(2026) for _ in range(200)}) == 200


@pytest.mark.parametrize("is_withdrawn", [False, True])
async def test_a_correction_keeps_the_sheet_and_says_that_it_was_replaced(folk: People, is_withdrawn: bool) -> None:
    """rules-10: a new version keeps the old one and marks what was issued from it; the figures stay those of its day."""
    await recorded(folk.bob, 125)
    found = await issued(folk.bob)
    before, lines = await see_paper(folk.bob.caller, found.id, NOW)
    await corrected(folk.bob, 0 if is_withdrawn else 90, is_withdrawn=is_withdrawn)
    after, same = await see_paper(folk.bob.caller, found.id, NOW)
    assert (before.state, after.state, after.is_corrected) == ("valid", "replaced", True)
    assert (before.minutes, after.minutes) == (125, 125)
    assert [(line.service_minutes, line.is_corrected) for line in (*lines, *same)] == [(125, False), (125, True)]
    if is_withdrawn:
        with pytest.raises(NothingServed):
            await issued(folk.bob, Wish(replaces=found.id))
    else:
        anew = await issued(folk.bob, Wish(replaces=found.id))
        assert (anew.minutes, anew.state, anew.replaces) == (90, "valid", found.number)
        with pytest.raises(CertificateOver):
            await issued(folk.bob, Wish(replaces=found.id))


async def test_without_the_right_to_certify_no_page_file_or_letter_uses_the_word(
    folk: People, client: httpx.AsyncClient
) -> None:
    """rules-9: the setting is off by default; the same sheet is one of the record."""
    await recorded(folk.bob, 125)
    found = await issued(folk.bob, by=folk.erin)
    await revoke_paper(folk.erin.caller, found.id, Withdrawal("typed for the wrong Bob."), NOW)
    folk.bob.sign_in(client)
    own = f"/me/papers/{found.id}"
    for language, word in (("en", "certif"), ("zh", "证明")):
        client.cookies.set("timebank_language", language)
        for path in ("/me/hours", "/me/papers", own, f"/c/{found.number}", "/c", "/me/messages"):
            page = await client.get(path)
            assert page.status_code == 200
            assert word not in page.text.lower(), (path, language)
        for kind in ("pdf", "csv"):
            file = await client.get(f"{own}/{kind}")
            name = file.headers["content-disposition"]
            text = text_of(file.content) if kind == "pdf" else file.content.decode("utf-8-sig")
            assert word not in (text + name).lower()
    assert found.is_certificate is False


async def test_staff_issue_for_who_has_no_phone_and_the_member_is_told(folk: People, client: httpx.AsyncClient) -> None:
    await recorded(folk.bob, 125)
    folk.erin.sign_in(client)
    client.cookies.set("timebank_language", "en")
    place = f"/office/members/{folk.bob.id}/papers"
    assert "2026-11-26" in (await client.get(place)).text
    sent = await client.post(place, data={"since": "2026-11-01", "until": "2026-11-26", "key": "for-bob-1"})
    again = await client.post(place, data={"since": "2026-11-01", "until": "2026-11-26", "key": "for-bob-1"})
    assert sent.headers["location"] == again.headers["location"]
    page = (await client.get(sent.headers["location"])).text
    assert "2 h 5 min" in page
    of_carol = sent.headers["location"].replace(str(folk.bob.id), str(folk.carol.id))
    assert [(await client.get(of_carol + ending)).status_code for ending in ("", "/pdf")] == [404, 404]
    revoked = await client.post(sent.headers["location"] + "/revoke", data={"reason": " "})
    assert (revoked.status_code, "<details open>" in revoked.text) == (400, True)
    assert (await client.post(sent.headers["location"] + "/revoke", data={"reason": "wrong Bob"})).status_code == 303
    told = [row["kind"] for row in await sql.rows("SELECT kind FROM message WHERE person_id = $1 ORDER BY kind", folk.bob.id)]
    assert told == ["paper_issued", "paper_revoked"]
    did = [row["action"] for row in await sql.rows("SELECT action FROM audit WHERE action LIKE 'paper.%' ORDER BY id")]
    assert did[0] == "paper.issued"
    assert did.count("paper.revoked") == 1
    assert "paper.read" in did


async def test_anothers_sheet_is_nobodys(folk: People, client: httpx.AsyncClient) -> None:
    await recorded(folk.bob, 125)
    found = await issued(folk.bob)
    for path in (f"/api/v1/members/{folk.bob.id}/papers", f"/api/v1/papers/{found.id}", f"/api/v1/papers/{found.id}/pdf"):
        nobodys = path.replace(str(folk.bob.id), str(folk.community)).replace(str(found.id), str(folk.community))
        answers = [await client.get(each, headers=folk.carol.bearer) for each in (path, nobodys)]
        assert {(each.status_code, each.json()["title"]) for each in answers} == {(404, "This is not here.")}
    for person in (folk.carol, folk.alice):
        answer = await client.post(
            f"/api/v1/papers/{found.id}/revoke", json={"reason": "mine"}, headers=person.bearer | {"Idempotency-Key": "k" * 8}
        )
        assert answer.status_code == 404
    with pytest.raises(NotFound):
        await issued(folk.carol, Wish(replaces=found.id))


@pytest.mark.parametrize(
    ("since", "until", "status"),
    [
        ("2026-11-27", "2026-11-26", 400),
        ("2026-13-01", "", 400),
        ("0001-01-01", "", 400),
        ("", "9999-12-31", 400),
        ("2026-11-01", "2026-11-30", 400),
        ("2026-10-01", "2026-10-31", 409),
    ],
)
async def test_days_that_make_no_sense_keep_what_was_typed(
    folk: People, client: httpx.AsyncClient, since: str, until: str, status: int
) -> None:
    await recorded(folk.bob, 125)
    folk.bob.sign_in(client)
    answer = await client.post("/me/papers", data={"since": since, "until": until, "key": "days-typed"})
    assert answer.status_code == status
    assert f'value="{since or until}"' in answer.text
    assert await sql.value("SELECT count(*) FROM certificate") == 0
    body = {name: value for name, value in (("since", since), ("until", until)) if value}
    sent = await client.post(f"/api/v1/members/{folk.bob.id}/papers", json=body, headers=folk.bob.bearer)
    assert sent.status_code == status


async def test_a_sheet_is_never_changed(folk: People) -> None:
    await recorded(folk.bob, 125)
    found = await issued(folk.bob)
    for table, column in (("certificate", "number"), ("certificate_line", "record_id")):
        for change in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(Exception, match=r"permission|never|kept|cannot"):
                async with savepoint():
                    await sql.rows(change)
    assert (await certificates.one(found.id)).number == found.number


async def test_who_leaves_takes_the_name_along_and_the_sheet_stays(folk: People) -> None:
    """rules-17: no table of sheets keeps a name."""
    await recorded(folk.bob, 125)
    found = await issued(folk.bob)
    await sql.rows("UPDATE member SET name = '', state = 'left', phone = NULL WHERE id = $1", folk.bob.id)
    told = await check_number(found.number, "10.0.0.1", NOW)
    assert (told.masked_name, told.minutes, told.state) == ("*", 125, "valid")
    for table in ("certificate", "certificate_line"):
        assert not [row for row in await sql.rows(f"SELECT t::text AS said FROM {table} t") if "Bob" in row["said"]]


async def test_a_program_asks_reads_and_revokes(folk: People, client: httpx.AsyncClient) -> None:
    await recorded(folk.bob, 125)
    key = folk.bob.bearer | {"Idempotency-Key": "paper-0001"}
    place = f"/api/v1/members/{folk.bob.id}/papers"
    made = await client.post(place, json={}, headers=key)
    again = await client.post(place, json={}, headers=key)
    assert (made.status_code, again.status_code, made.json()["id"]) == (201, 200, again.json()["id"])
    own = f"/api/v1/papers/{made.json()['id']}"
    read = (await client.get(own, headers=folk.bob.bearer)).json()
    assert read["paper"]["address"] == f"http://testserver/c/{made.json()['number']}"
    assert [line["service_minutes"] for line in read["lines"]] == [125]
    done = await client.post(f"{own}/revoke", json={"reason": "lost"}, headers=folk.bob.bearer)
    assert (done.status_code, done.json()["state"]) == (200, "revoked")
    assert (await client.post(f"{own}/revoke", json={"reason": "again"}, headers=folk.bob.bearer)).json()["reason"] == "lost"
    assert [each["state"] for each in (await client.get(place, headers=folk.bob.bearer)).json()] == ["revoked"]
    assert (await client.post(place, json={"replaces": made.json()["id"]}, headers=folk.bob.bearer)).status_code == 409
