"""What surrounds every answer: headers, hosts, addresses, sizes, and bodies that make no sense."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import httpx
import msgspec
import pytest
import pytest_asyncio
import redis.asyncio
from litestar.types import ASGIApp

from schedules import sql
from tests.conftest import NOW
from tests.given import People
from timebank import servers
from timebank.app import create_app
from timebank.people import keys, phone_codes
from timebank.settings import Settings
from timebank.web import clock
from timebank.web.answers import as_refusal
from timebank.web.refusals import told

ALWAYS = ("x-request-id", "content-security-policy", "x-content-type-options", "referrer-policy", "permissions-policy")


async def test_the_headers_stand_on_every_answer(
    tx: None, client: httpx.AsyncClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards L3."""
    monkeypatch.setattr("timebank.actions.people.see_me.agendas.of_person", _broken)
    answers = {
        200: await client.get("/sign-in"),
        303: await client.get("/me", headers={"accept": "text/html"}),
        401: await client.get("/api/v1/me"),
        403: await client.get("/api/v1/members", headers=people.bob.bearer),
        404: await client.get("/api/v1/nowhere"),
        405: await client.delete("/sign-in"),
        409: await client.post("/api/v1/pair", json={"code": "12345678"}),
        400: await client.post("/api/v1/pair", content=b"{", headers=JSON),
        415: await client.post("/api/v1/pair", content=b"{}"),
        500: await client.get("/api/v1/me", headers=people.bob.bearer),
    }
    for status, answer in answers.items():
        assert answer.status_code == status, answer.text
        assert all(answer.headers.get(name) for name in ALWAYS)
    assert answers[500].json()["code"] == "failure"
    assert "on purpose" not in answers[500].text


async def _broken(*_: object) -> None:
    raise RuntimeError("on purpose")


@pytest.fixture(scope="module")
def app_behind(usual: Settings) -> ASGIApp:
    """With one trusted proxy, 127.0.0.1 (the peer of requests without a socket), and one allowed host."""
    return create_app(msgspec.structs.replace(usual, trusted_proxies=("127.0.0.1",), allowed_hosts=("time.example.org:8000",)))


@pytest_asyncio.fixture(loop_scope="session")
async def behind(settings: Settings, app_behind: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """An installation behind that proxy."""
    clock.use(settings)
    keys.use(settings.secret)
    transport = httpx.ASGITransport(app=app_behind, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://time.example.org:8000") as opened:
        yield opened


async def spend_all_codes(client: httpx.AsyncClient, forwarded: str) -> int:
    """Asks for codes for ever new numbers from one address until it is refused; answers how many were sent.

    At one instant: on a machine whose clock is set meanwhile, a later part of the window would not count.
    """
    clock.put(NOW)
    for number in range(phone_codes.SENT_FROM_ADDRESS + 1):
        asked = {"phone": f"1390000{number:04}"}
        answer = await client.post("/api/v1/sign-in/codes", json=asked, headers={"x-forwarded-for": forwarded % number})
        if answer.status_code == 429:
            assert answer.headers["retry-after"]
            return number
    return phone_codes.SENT_FROM_ADDRESS + 1


async def test_a_forged_address_gives_no_more_tries(tx: None, client: httpx.AsyncClient) -> None:
    """Guards L8: this installation trusts no proxy."""
    assert await spend_all_codes(client, "10.0.0.%d") == phone_codes.SENT_FROM_ADDRESS


async def test_behind_a_proxy_only_the_last_stranger_counts(tx: None, behind: httpx.AsyncClient) -> None:
    """Guards L8: the proxy appends whom it saw; what stands before was written by anybody."""
    assert await spend_all_codes(behind, "10.9.9.%d, 10.0.0.1") == phone_codes.SENT_FROM_ADDRESS


async def test_behind_a_proxy_people_do_not_share_one_bucket(tx: None, behind: httpx.AsyncClient) -> None:
    """Guards L8."""
    assert await spend_all_codes(behind, "10.0.0.%d") == phone_codes.SENT_FROM_ADDRESS + 1


async def test_one_household_s_ipv6_addresses_are_one_address(tx: None, behind: httpx.AsyncClient) -> None:
    assert await spend_all_codes(behind, "2001:db8:1:2::%d") == phone_codes.SENT_FROM_ADDRESS


@pytest.mark.parametrize("host", ["evil.example", "time.example.org", "time.example.org:8000.evil.example"])
async def test_a_foreign_host_gets_nothing(tx: None, behind: httpx.AsyncClient, host: str) -> None:
    """Guards L14."""
    answer = await behind.get("/sign-in", headers={"host": host, "accept": "text/html"})
    assert answer.status_code == 400
    assert "<form" not in answer.text or "evil" not in answer.text


async def test_a_forwarded_host_changes_no_address(tx: None, behind: httpx.AsyncClient) -> None:
    """Guards L14."""
    answer = await behind.get("/me", headers={"x-forwarded-host": "evil.example", "accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


async def test_a_large_body_is_refused(tx: None, client: httpx.AsyncClient) -> None:
    """Guards L17."""
    answer = await client.post("/api/v1/sign-in", content=b'{"phone": "' + b"1" * 1_000_000 + b'"}', headers=JSON)
    assert answer.status_code == 413
    form = await client.post("/sign-in", data={"phone": "1" * 1_000_000})
    assert form.status_code == 413


JSON = {"content-type": "application/json"}
NONSENSE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"{} {}",
    b'{"phone": 13800138000}',
    b'{"phone": true}',
    b'{"phone": null}',
    b'{"phone": ["13800138000"]}',
    b'{"phone": "138\\u00000000000"}',
    b'{"phone": "13800138000", "admin": true}',
    b'{"phone": ""}',
    b'{"phone": "' + b"1" * 300 + b'"}',
]


@pytest.mark.parametrize("body", NONSENSE)
async def test_a_body_that_makes_no_sense_is_told_so(tx: None, client: httpx.AsyncClient, body: bytes) -> None:
    """Guards L4 and P13."""
    answer = await client.post("/api/v1/sign-in/codes", content=body, headers=JSON)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await sql.value("SELECT count(*) FROM one_time_code") == 0


@pytest.mark.parametrize("number", ["1.5", "true", "-1", "NaN", "9223372036854775808", "1e400", "x", "", "%00"])
async def test_a_number_that_is_none_is_told_so(tx: None, client: httpx.AsyncClient, people: People, number: str) -> None:
    """Guards P13."""
    for path in ("/api/v1/members?after=", "/api/v1/members?limit=", "/api/v1/me/statement?before=", "/api/v1/me/hours?limit="):
        answer = await client.get(path + number, headers=people.erin.bearer)
        if not (number == "" and "before" in path):
            assert answer.status_code == 400, (path, answer.text)


MEMBER = {"community_id": "", "name": "王秀英"}


@pytest.mark.parametrize("field", ["name", "door", "phone", "staff_note"])
async def test_text_with_nul_is_refused_and_nothing_is_written(
    tx: None, client: httpx.AsyncClient, people: People, field: str
) -> None:
    """Guards P13."""
    before = await sql.value("SELECT count(*) FROM member")
    body = {**MEMBER, "community_id": str(people.building), field: "a\0b"}
    answer = await client.post("/api/v1/members", json=body, headers=people.erin.bearer)
    assert answer.status_code == 400, answer.text
    assert (await client.post("/office/members", data=body, headers=people.erin.bearer)).status_code == 400
    assert await sql.value("SELECT count(*) FROM member") == before


@pytest.mark.parametrize("path", ["/api/v1/members", "/office/members"])
async def test_a_search_for_nul_is_refused(tx: None, client: httpx.AsyncClient, people: People, path: str) -> None:
    """Guards P13."""
    assert (await client.get(path, params={"q": "a\0b"}, headers=people.erin.bearer)).status_code == 400


async def test_a_json_endpoint_reads_json_only(tx: None, client: httpx.AsyncClient, people: People) -> None:
    """Guards L4."""
    body = b'{"kind": "desk", "name": "East gate", "community_id": "%s"}' % str(people.community).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = await client.post("/api/v1/devices", content=body, headers=people.erin.bearer | {"content-type": kind})
        assert answer.status_code == 415, (kind, answer.text)
    assert (await client.post("/api/v1/devices", content=body, headers=people.erin.bearer | JSON)).status_code == 201
    utf = people.erin.bearer | {"content-type": "application/json; charset=utf-8"}
    assert (await client.post("/api/v1/devices", content=body, headers=utf)).status_code == 201


async def test_a_page_reads_forms_only(tx: None, client: httpx.AsyncClient, people: People) -> None:
    people.bob.sign_in(client)
    for kind in ("text/plain", "application/json", ""):
        answer = await client.post("/me/settings/language", content=b"chosen_language=zh", headers={"content-type": kind})
        assert answer.status_code == 415, (kind, answer.text)
    answer = await client.post("/me/settings/language", data={"chosen_language": "zh"})
    assert answer.status_code == 303
    assert (await client.get("/me")).headers["content-type"] == "text/html; charset=utf-8"


async def test_losing_redis_signs_nobody_out(
    tx: None, client: httpx.AsyncClient, people: People, running: servers.Running
) -> None:
    """Guards L9."""
    assert (await client.get("/api/v1/me", headers=people.bob.bearer)).status_code == 200
    connection = redis.asyncio.Redis.from_url(running.redis_url)
    await connection.flushall()
    await connection.aclose()
    assert (await client.get("/api/v1/me", headers=people.bob.bearer)).status_code == 200


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (asyncpg.QueryCanceledError("too long"), "busy"),
        (ConnectionRefusedError(), "busy"),
        (asyncpg.ConnectionDoesNotExistError("closed in the middle of operation"), "unknown_outcome"),
        (asyncpg.AdminShutdownError("terminating connection"), "unknown_outcome"),
        (asyncpg.InterfaceError("cannot call Connection.fetch(): connection is closed"), "unknown_outcome"),
        (asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"), "unknown_outcome"),
        (ConnectionResetError(), "unknown_outcome"),
        (TimeoutError(), "unknown_outcome"),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), "failure"),
        (FileNotFoundError("a template"), "failure"),
    ],
)
def test_only_what_changed_nothing_is_told_so(error: Exception, code: str) -> None:
    assert told(as_refusal(error)).code == code
