"""How an installation of one's own begins."""

from __future__ import annotations

import asyncio
import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.given import People
from timebank import founding
from timebank.actions.community.communities import CommunityNameNeeded
from timebank.actions.community.founding import FoundedBefore, Founding, found_community
from timebank.actions.people.sign_in import ask_for_code, sign_in_by_code, sign_in_by_password
from timebank.communities import policies, tree
from timebank.people import callers, passwords, roles
from timebank.people.callers import Right
from timebank.people.phones import NotAPhoneNumber
from timebank.settings import Settings

XINCUN = Founding(name="新村社区", name_en="Xincun", coordinator="周敏", phone="138 0013 8000")


async def test_an_installation_begins_with_a_community_its_policy_and_its_coordinator(tx: None, now: datetime) -> None:
    made = await found_community(XINCUN, now)
    held = (await roles.of_member(made))[0]
    assert (held.role, held.community, held.granted_by) == ("coordinator", "新村社区", "")
    root = await tree.of_member(made)
    first = await policies.in_force(root.id, now.date())
    assert (first.community_id, first.rules) == (root.id, policies.Rules())


async def test_the_first_coordinator_signs_in_by_code_and_by_password(tx: None, now: datetime) -> None:
    made = await found_community(msgspec.structs.replace(XINCUN, password=await passwords.prepare("a good sentence")), now)
    sent = await ask_for_code("13800138000", "10.0.0.1", now)
    await sign_in_by_code("13800138000", sent.code, "", "10.0.0.1", now)
    signed_in = await sign_in_by_password("13800138000", "a good sentence", "", "10.0.0.1", now)
    caller = await callers.identify(signed_in.token, None, now)
    assert caller.member_id == made
    assert caller.may(Right.GRANT_ROLES, await tree.ancestors((await tree.of_member(made)).id))


async def test_the_policy_begins_on_the_communitys_own_day(tx: None) -> None:
    late = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)  # 27 November in Shanghai
    made = await found_community(XINCUN, late)
    assert str((await policies.of((await tree.of_member(made)).id))[0].valid_from) == "2026-11-27"


async def test_nothing_is_founded_where_a_community_stands(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(FoundedBefore):
        await found_community(XINCUN, now)


@pytest.mark.parametrize(("wrong", "refusal"), [({"name": " "}, CommunityNameNeeded), ({"phone": "12"}, NotAPhoneNumber)])
async def test_what_is_left_empty_is_told(tx: None, now: datetime, wrong: dict[str, str], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        await found_community(msgspec.structs.replace(XINCUN, **wrong), now)


@pytest.mark.race
async def test_of_two_who_found_at_once_one_is_refused(committed: str, now: datetime) -> None:
    other = msgspec.structs.replace(XINCUN, phone="13800138001")
    ended = await asyncio.gather(found_community(XINCUN, now), found_community(other, now), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["FoundedBefore", "UUID"]


async def test_the_command_makes_it_on_a_fresh_database_and_its_coordinator_signs_in(
    committed: str,
    settings: Settings,
    client: httpx.AsyncClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "password").write_text("a good sentence\n")
    for name, value in (
        ("DATABASE_URL", committed),
        ("REDIS_URL", settings.redis_url),
        ("SECRET", settings.secret),
        ("MODE", "test"),
    ):
        monkeypatch.setenv(f"TIMEBANK_{name}", value)
    options = ["found", "--name", "新村社区", "--coordinator", "周敏", "--phone", "138 0013 8000"]
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "timebank.cli", *options, "--password-file", str(tmp_path / "password"),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, wrong = await command.communicate()
    assert (command.returncode, wrong.decode()) == (0, "")
    assert "/sign-in as 13800138000" in said.decode()
    answer = await client.post(
        "/sign-in/password", data={"phone": "13800138000", "password": "a good sentence", "back": "/office"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/office")


def test_without_a_terminal_what_is_left_out_is_named() -> None:
    with pytest.raises(founding.NotFounded, match="--phone"):
        founding.main(Settings(), msgspec.structs.replace(XINCUN, phone=""))


def test_a_password_typed_differently_twice_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["a good sentence", "another sentence"])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(typed))
    with pytest.raises(founding.NotFounded, match="not the same"):
        founding.main(Settings(), XINCUN)


def test_a_time_zone_that_is_none_is_told() -> None:
    with pytest.raises(founding.NotFounded, match="no time zone"):
        founding.main(Settings(), msgspec.structs.replace(XINCUN, time_zone="Nowhere/At-all"))
