"""The desk as an app: what it needs to open without a network, and nothing else."""

from __future__ import annotations

import json

import httpx
import pytest

from timebank.pages.door import desk_app
from timebank.web import desk_words
from timebank.web.told.door import WORDS
from timebank.web.words import Language

STATIC = desk_app.STATIC


async def test_the_worker_puts_aside_the_files_of_this_build_and_all_are_there(tx: None, client: httpx.AsyncClient) -> None:
    answer = await client.get("/desk-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    build = json.loads(answer.text.splitlines()[0].removeprefix("const BUILD = ").removesuffix(";"))
    assert {"/static/built/desk.js", "/static/door.css"} <= set(build["files"])
    assert [file for file in build["files"] if not (STATIC / file.removeprefix("/static/")).is_file()] == []
    page = (STATIC / "built" / "desk.js").read_text()
    assert {f"/static/built/{part}" for part in desk_app.PART.findall(page)} <= set(build["files"])


@pytest.mark.parametrize(("language", "name"), [("zh", "时间银行签到台"), ("en", "Time bank: desk")])
async def test_the_manifest_speaks_the_readers_language(tx: None, client: httpx.AsyncClient, language: str, name: str) -> None:
    answer = await client.get("/desk.webmanifest", headers={"accept-language": language})
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (answer.json()["name"], answer.json()["scope"]) == (name, "/desk")


@pytest.mark.scenario("checkin-40")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_offline_every_reason_has_the_servers_own_words(language: Language) -> None:
    words = desk_words.refusals(language)
    assert len(words) == len(WORDS)
    assert "{time}" in words["too_early"][1]
    assert not [code for code, (title, _) in words.items() if not title or "%(" in title]
