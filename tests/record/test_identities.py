"""What a sheet may say of an identity document, and the notice before a certificate: both only where somebody wants them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from schedules import sql
from schedules.errors import NotFound
from tests.given import People
from tests.ledger.pdf_text import text_of
from tests.ledger.purse import NOW
from tests.ledger.test_monthly import recorded
from tests.record.test_certificates import certifies, issued, public
from timebank.actions.hours.certify import NoticeNeeded, NoticeStillUp, Withdrawal, issue_paper, revoke_paper
from timebank.actions.hours.notices import NoticeNotNeeded, put_up_notice, see_notices, stop_notice
from timebank.actions.hours.paper_wishes import Wish
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.hours import certificates, identities
from timebank.hours.identities import Identity, Kind, NotAnIdentity
from timebank.web import clock

NUMBER = "11010519491231002X"
"""The example of the standard."""
CARD = Wish(identity=Identity("resident_id", NUMBER))


@pytest.mark.parametrize(
    ("kind", "number", "shown"),
    [
        ("resident_id", NUMBER, "110***********002X"),
        ("resident_id", "１１０１０５ 19491231 002x", "110***********002X"),
        ("passport", "E12345678", "E******78"),
        ("other", "AB-12/34", "A*****34"),
    ],
)
def test_of_a_number_its_ends_are_printed(kind: Kind, number: str, shown: str) -> None:
    assert identities.masked(Identity(kind, number)).number == shown


@pytest.mark.parametrize(
    ("kind", "number"), [("resident_id", "110105194912310021"), ("resident_id", "12345"), ("passport", "E1"), ("other", "<b>!")]
)
def test_a_slip_is_told(kind: Kind, number: str) -> None:
    with pytest.raises(NotAnIdentity):
        identities.masked(Identity(kind, number))


async def test_the_number_is_kept_nowhere_and_the_public_learns_nothing_of_it(folk: People, client: httpx.AsyncClient) -> None:
    """rules.md 3 and 5: by page and by program; in no table, no answer that is kept, no audit."""
    await recorded(folk.bob, 125)
    folk.bob.sign_in(client)
    typed = {"key": "one-of-mine", "identity_kind": "resident_id", "identity_number": NUMBER}
    wrong = await client.post("/me/papers", data=typed | {"identity_number": "110105194912310021"})
    assert (wrong.status_code, 'id="identity_number-wrong"' in wrong.text) == (400, True)
    sent = await client.post("/me/papers", data=typed)
    file = await client.get(sent.headers["location"] + "/pdf")
    assert "110***********002X" in text_of(file.content)
    body = {"identity": {"kind": "resident_id", "number": NUMBER}}
    path = f"/api/v1/members/{folk.bob.id}/papers"
    made = (await client.post(path, json=body, headers={**folk.bob.bearer, "idempotency-key": "k-1-k-1-k"})).json()
    assert (made["identity_kind"], made["identity"]) == ("resident_id", "110***********002X")
    stranger = await public(client, made["number"])
    assert "002X" not in stranger.text
    tables = await sql.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for table in (row["tablename"] for row in tables):
        held = await sql.value(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE $1', "%19491231%")
        assert held == 0, table


async def test_it_goes_when_the_sheet_holds_no_more_and_after_ninety_days(folk: People) -> None:
    await recorded(folk.bob, 125)
    first, second, third = [await issued(folk.bob, CARD) for _ in range(3)]
    await revoke_paper(folk.bob.caller, first.id, Withdrawal("lost"), NOW)
    fourth = await issued(folk.bob, Wish(replaces=second.id))
    kept = [(await certificates.one(each.id)).identity != "" for each in (first, second, third, fourth)]
    assert kept == [False, False, True, False]
    assert await identities.forget_old(NOW + identities.KEPT) == 0
    assert await identities.forget_old(NOW + identities.KEPT + timedelta(seconds=1)) == 1
    assert (await certificates.one(third.id)).state == "valid"


async def tells(folk: People, days: int = 7, **other: Any) -> None:
    rules = Rules(issues_certificates=True, notice_days=days)
    since = NOW - timedelta(days=300)
    await policies.publish(folk.community, since.date(), rules, None, since)


async def test_where_the_rules_say_so_the_unit_is_told_before_a_certificate(folk: People) -> None:
    """rules.md 5 and 10: masked, for so many days, over by itself."""
    await tells(folk)
    await recorded(folk.bob, 125)
    with pytest.raises(NoticeNeeded):
        await issued(folk.bob)
    notice = await put_up_notice(folk.bob.caller, folk.bob.id, Wish(), NOW)
    assert (await put_up_notice(folk.bob.caller, folk.bob.id, Wish(), NOW)).id == notice.id, "safe to repeat"
    [seen] = await see_notices(folk.carol.caller, NOW)
    assert (seen.masked_name, seen.minutes, seen.until_at) == ("B*", 125, NOW + timedelta(days=7))
    with pytest.raises(NoticeStillUp):
        await issued(folk.bob)
    later = NOW + timedelta(days=7)
    assert await see_notices(folk.carol.caller, later) == []
    made = (await issue_paper(folk.bob.caller, folk.bob.id, Wish(), None, later)).value
    assert (await issue_paper(folk.bob.caller, folk.bob.id, Wish(replaces=made.id), None, later)).value.replaces == made.number


async def test_a_notice_is_read_in_the_unit_alone_and_taken_down_by_the_member_or_staff(folk: People) -> None:
    await tells(folk)
    await recorded(folk.bob, 125)
    notice = await put_up_notice(folk.bob.caller, folk.bob.id, Wish(), NOW)
    await sql.rows(
        "UPDATE member SET community_id = $1, household_id = $2 WHERE id = $3", folk.elsewhere, await _door(folk), folk.alice.id
    )
    assert await see_notices(folk.alice.caller, NOW) == []
    with pytest.raises(NotFound):
        await stop_notice(folk.carol.caller, notice.id, NOW)
    for _ in range(2):
        assert (await stop_notice(folk.erin.caller, notice.id, NOW)).stopped_at == NOW
    assert await see_notices(folk.carol.caller, NOW) == []
    with pytest.raises(NoticeNeeded):
        await issue_paper(folk.bob.caller, folk.bob.id, Wish(), None, NOW + timedelta(days=7))


async def _door(folk: People) -> Any:
    return await sql.value(
        "INSERT INTO household (id, community_id) VALUES (gen_random_uuid(), $1) RETURNING id", folk.elsewhere
    )


async def test_without_the_rule_or_for_a_sheet_of_the_record_no_notice_is_needed(folk: People) -> None:
    await recorded(folk.bob, 125)
    with pytest.raises(NoticeNotNeeded):
        await put_up_notice(folk.bob.caller, folk.bob.id, Wish(), NOW)
    assert not (await issued(folk.bob)).is_certificate
    await certifies(folk)
    assert (await issued(folk.bob)).is_certificate


async def test_the_page_puts_a_notice_up_and_says_until_when(folk: People, client: httpx.AsyncClient) -> None:
    await tells(folk)
    await recorded(folk.bob, 125, on=(NOW - timedelta(days=30)).date())
    folk.bob.sign_in(client)
    refused = await client.post("/me/papers", data={"key": "one-of-mine"})
    assert (refused.status_code, 'id="since-wrong"' in refused.text) == (409, True)
    assert (await client.post("/me/papers", data={"key": "one-of-mine", "notice": "1"})).status_code == 303
    assert "up until" in (await client.get("/me/papers")).text
    folk.carol.sign_in(client)
    page = await client.get("/notices")
    assert ("<strong>B*</strong>" in page.text, "Bob" in page.text) == (True, False)


async def test_who_lives_there_is_led_to_the_notice_and_can_print_it_for_the_wall(
    folk: People, client: httpx.AsyncClient
) -> None:
    await tells(folk)
    await recorded(folk.bob, 125, on=(NOW - timedelta(days=30)).date())
    folk.carol.sign_in(client)
    for page in ("/", "/me"):
        assert 'href="/notices"' not in (await client.get(page)).text, page
    folk.bob.sign_in(client)
    await client.post("/me/papers", data={"key": "one-of-mine", "notice": "1", "identity_number": "left out by a notice"})
    for person, pages in ((folk.carol, ("/", "/me")), (folk.erin, ("/", "/me", "/office"))):
        person.sign_in(client)
        for page in pages:
            assert 'href="/notices"' in (await client.get(page)).text, page
    assert "data-print" in (await client.get("/notices")).text


async def test_after_the_notice_the_sheet_is_issued_with_the_number(folk: People, client: httpx.AsyncClient) -> None:
    """The form beside the notice has the fields; before it is over, the refusal names the day as the list does."""
    await tells(folk)
    await recorded(folk.bob, 125, on=(NOW - timedelta(days=30)).date())
    folk.bob.sign_in(client)
    assert "at once" not in (await client.get("/me/papers")).text
    await client.post("/me/papers", data={"key": "one-of-mine", "notice": "1"})
    notice = await sql.one("SELECT id, until_at FROM certificate_notice")
    early = await client.post("/me/papers", data={"key": "two-of-mine"})
    assert (early.status_code, str(notice["until_at"].date()) in early.text) == (409, False)
    await stop_notice(folk.bob.caller, notice["id"], NOW)
    over = await put_up_notice(folk.bob.caller, folk.bob.id, Wish(), clock.now() - timedelta(days=9))
    form = (await client.get("/me/papers")).text
    assert f'id="number-{over.id}" name="identity_number"' in form
