"""Deny by default: every route says who may use it, and is tried as a stranger, as the wrong person and as the right one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.enums import RequestEncodingType

from tests import given
from tests.given import People, Person
from timebank.app import create_litestar
from timebank.people.callers import RIGHTS, Right
from timebank.settings import Settings

PUBLIC = {
    # the public board
    "GET /",
    "GET /a/{number:int}",
    "GET /activities",
    "GET /activities/{activity_id:uuid}",
    "GET /sessions/{session_id:uuid}/calendar.ics",
    "GET /spaces",
    "GET /spaces/{space_id:uuid}",
    "GET /teams",
    "GET /teams/{team_id:uuid}",
    "GET /api/v1/teams",
    "GET /api/v1/board",
    "GET /board/{figure:str}",
    "GET /api/v1/board/{figure:str}",
    "GET /api/v1/activities",
    "GET /api/v1/activities/{activity_id:uuid}",
    "GET /api/v1/sessions",
    "GET /api/v1/sessions/{session_id:uuid}",
    "GET /api/v1/spaces",
    "GET /api/v1/spaces/{space_id:uuid}",
    "GET /api/v1/spaces/{space_id:uuid}/free",
    "GET /api/v1/spaces/{space_id:uuid}/verdict",
    "GET /api/v1/spaces/{space_id:uuid}/now",
    # whether a sheet about service holds: no more than its number, a masked name and its figures
    "GET /c",
    "GET /c/{number:str}",
    "GET /api/v1/checked-papers",
    # signing in and out, pairing, and how a page is read
    "GET /sign-in",
    "POST /sign-in",
    "GET /sign-in/code",
    "POST /sign-in/code",
    "GET /sign-in/password",
    "POST /sign-in/password",
    "POST /sign-out",
    "POST /api/v1/sign-in",
    "POST /api/v1/sign-in/codes",
    "GET /pair",
    "POST /pair",
    "POST /api/v1/pair",
    "POST /reading",
    # what a phone's camera opens: it asks to sign in and checks nobody in
    "GET /v/{session:str}/{step:str}/{mark:str}",
    # what makes the desk an app: its worker and its name, the same for everybody
    "GET /desk-worker.js",
    "GET /desk.webmanifest",
    # the same of the kiosk, and what it shows without a network: no person, no place
    "GET /kiosk-worker.js",
    "GET /kiosk.webmanifest",
    "GET /kiosk/shell",
    # what a phone's camera opens at the door of a room, and what the tablet there shows: no names
    "GET /r/{space:str}/{mark:str}",
    "GET /r/{space:str}/{step:str}/{mark:str}",
    "GET /display/{space:str}/{mark:str}",
    "GET /display/{space:str}/{mark:str}/now",
    # tasks without a fixed hour, as the activity itself
    "GET /activities/{activity_id:uuid}/tasks",
    "GET /api/v1/activities/{activity_id:uuid}/tasks",
    # the rules by which members live
    "GET /rules",
    "GET /communities/{community_id:uuid}/rules",
    "GET /api/v1/communities/{community_id:uuid}/rules",
    # what can be borrowed with a room, and who may book how early
    "GET /api/v1/spaces/{space_id:uuid}/accessories",
    "GET /api/v1/booking-groups",
    "GET /spaces/order",
    # rounds that are drawn by lot: anybody can compute the result again
    "GET /lotteries/{round_id:uuid}",
    "GET /api/v1/lotteries/{round_id:uuid}",
    "GET /api/v1/spaces/{space_id:uuid}/lotteries",
    # the pass on a phone: what a browser needs to show it without a network; no person in it
    "GET /me/pass/worker.js",
    "GET /me/pass/zh.webmanifest",
    "GET /me/pass/en.webmanifest",
    # a calendar program fetches it by an address that nobody can guess
    "GET /calendars/{name:str}",
    # for machines and browsers
    "GET /health/live",
    "GET /health/ready",
    "GET /static/{file_path:path}",
    "HEAD /static/{file_path:path}",
}
OF_THE_FRAMEWORK = {"GET /schema", "GET /schema/openapi.json", "GET /schema/{path:str}"}
NOBODYS = str(UUID(int=0))
SAMPLES = {"uuid": NOBODYS, "int": "1", "str": "x", "path": "x", "date": "2026-11-26"}


@pytest.fixture
def app(usual_routes: Litestar) -> Litestar:
    return usual_routes


def walked(app: Litestar) -> Iterator[tuple[str, str, list[str]]]:
    """Every verb and path with the names of its guards."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [getattr(route, "route_handler")]:  # noqa: B009
            for verb in sorted(getattr(handler, "http_methods", {"ASGI"}) - {"OPTIONS"}):
                yield verb, route.path, [getattr(guard, "__name__", "?") for guard in handler.resolve_guards()]


def address(path: str) -> str:
    return re.sub(r"\{\w+:(\w+)\}", lambda found: SAMPLES[found[1]], path)


def test_every_route_has_a_guard_or_stands_on_the_public_list(app: Litestar) -> None:
    routes = {f"{verb} {path}": guards for verb, path, guards in walked(app)}
    assert len(routes) > 100
    open_to_all = {name for name, guards in routes.items() if set(guards) <= {"anyone"} and " /test/" not in name}
    assert open_to_all - OF_THE_FRAMEWORK == PUBLIC
    assert {name for name, guards in routes.items() if not guards} == OF_THE_FRAMEWORK


def test_routes_of_tests_exist_in_test_mode_only(settings: Settings) -> None:
    demo = create_litestar(msgspec.structs.replace(settings, mode="demo"))
    assert not [path for _, path, _ in walked(demo) if path.startswith("/test")]


async def ask(client: httpx.AsyncClient, verb: str, path: str, person: Person | None = None) -> httpx.Response:
    """As a program asks, with nothing in the body: whoever is let in is told about that, or about the address."""
    body: dict[str, object] | None = {} if verb in ("POST", "PUT", "PATCH") and path.startswith("/api/") else None
    return await client.request(verb, address(path), headers=person.bearer if person else {}, json=body)


async def test_a_stranger_gets_nowhere(tx: None, client: httpx.AsyncClient, app: Litestar, people: People) -> None:
    let_in = []
    for verb, path, guards in walked(app):
        if set(guards) <= {"anyone"}:
            continue
        answer = await ask(client, verb, path)
        if answer.status_code not in (401, 403):
            let_in.append((verb, path, answer.status_code))
    assert not let_in


async def test_a_member_without_a_role_gets_no_further_than_their_own(
    tx: None, client: httpx.AsyncClient, app: Litestar, people: People
) -> None:
    let_in = []
    for verb, path, guards in walked(app):
        is_staffs = path.startswith(("/office", "/organise"))
        if not is_staffs and not any(guard.startswith(("needs_", "device_")) or guard == "scanner" for guard in guards):
            continue
        answer = await ask(client, verb, path, people.bob)
        if answer.status_code != 403:
            let_in.append((verb, path, answer.status_code))
    assert not let_in


async def test_every_role_gets_through_the_guards_of_its_rights_and_no_others(
    tx: None, client: httpx.AsyncClient, app: Litestar, people: People
) -> None:
    """The right person is let in: what is refused then is the empty request or the unknown thing, never the right."""
    staff = {
        role: await given.member(role, f"1990000020{number}", people.building, people.now, role, people.sub_district)
        for number, role in enumerate(RIGHTS)
    }
    wrong = []
    for verb, path, guards in walked(app):
        wanted = [Right(guard.removeprefix("needs_")) for guard in guards if guard.startswith("needs_")]
        for role, person in staff.items() if wanted else ():
            is_let_in = (await ask(client, verb, path, person)).status_code != 403
            if is_let_in != all(right in RIGHTS[role] for right in wanted):
                wrong.append((role, verb, path))
    assert not wrong


async def test_a_person_is_sent_to_sign_in_and_back(tx: None, client: httpx.AsyncClient, app: Litestar) -> None:
    lost = []
    for verb, path, guards in walked(app):
        if verb != "GET" or path.startswith("/api/") or guards != ["signed_in"]:
            continue
        answer = await client.get(address(path), headers={"accept": "text/html"})
        if answer.status_code != 303 or not answer.headers["location"].startswith("/sign-in?back=%2F"):
            lost.append((path, answer.status_code))
    assert not lost


def test_no_form_has_a_field_named_as_what_handlers_are_given(app: Litestar) -> None:
    """Litestar takes what is wrong with such a field for a fault of its own and answers 500."""
    given_to_all = set(app.dependencies)
    found, clashes = 0, []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            data = handler.parsed_fn_signature.parameters.get("data")
            # JSON is decoded before, into its struct; a form is converted together with what is given.
            if data is None or data.kwarg_definition.media_type != RequestEncodingType.URL_ENCODED:
                continue
            found += 1
            clashes += [(route.path, name) for name in given_to_all & set(data.annotation.__struct_fields__)]
    assert found > 50
    assert {"caller", "now", "language", "settings"} <= given_to_all
    assert not clashes


@pytest.mark.parametrize("path", ["/reading", "/me/settings/language", "/office/members/{}/change"])
async def test_a_field_sent_twice_is_a_fault_of_the_form(
    tx: None, client: httpx.AsyncClient, people: People, path: str
) -> None:
    people.erin.sign_in(client)
    answer = await client.post(path.format(people.bob.id), data={"name": "Bob", "chosen_language": ["zh", "en"]})
    assert answer.status_code == 400


async def test_a_program_that_sends_no_language_is_told_so(tx: None, client: httpx.AsyncClient, people: People) -> None:
    assert (await client.patch("/api/v1/me", json={"language": ["zh"]}, headers=people.bob.bearer)).status_code == 400
