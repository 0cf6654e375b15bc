"""The kiosk as an app: what it starts with when there is no network, and nothing of anybody."""

from __future__ import annotations

import json

import httpx
import pytest

from timebank.pages.door.desk_app import STATIC


async def test_the_worker_keeps_the_shell_and_the_files_of_this_build(tx: None, client: httpx.AsyncClient) -> None:
    answer = await client.get("/kiosk-worker.js")
    build = json.loads(answer.text.splitlines()[0].removeprefix("const BUILD = ").removesuffix(";"))
    assert {"/static/built/kiosk.js", "/static/kiosk.css"} <= set(build["files"])
    assert [file for file in build["files"] if not (STATIC / file.removeprefix("/static/")).is_file()] == []


@pytest.mark.parametrize(("language", "name"), [("zh", "时间银行兑换机"), ("en", "Time bank: kiosk")])
async def test_it_installs_on_the_whole_screen(tx: None, client: httpx.AsyncClient, language: str, name: str) -> None:
    found = (await client.get("/kiosk.webmanifest", headers={"accept-language": language})).json()
    assert (found["name"], found["scope"], found["display"]) == (name, "/kiosk", "fullscreen")


@pytest.mark.scenario("ledger-139")
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_without_a_network_it_says_so_in_both_languages(tx: None, client: httpx.AsyncClient, language: str) -> None:
    shell = (await client.get("/kiosk/shell", headers={"accept-language": language})).text
    assert "网络不通" in shell
    assert "No connection" in shell
    assert "data-shell" in shell
