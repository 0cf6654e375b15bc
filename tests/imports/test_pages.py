"""Files as coordinators bring them by the pages and by the API."""

from __future__ import annotations

import base64
import re
import threading
from typing import Any

import httpx
import pytest

from tests.given import People
from tests.imports.files import brought, finished
from tests.imports.test_balances import second
from tests.ledger import purse
from tests.ledger.purse import NOW
from timebank.actions.imports import runs
from timebank.web import clock, import_files, import_words

MEMBERS = "姓名,手机号,门牌\n李秀英,13800138001,3-201\n王伯,,3-201\n无名,1.38E+10,\n"


async def send(
    client: httpx.AsyncClient, people: People, content: bytes, kind: str = "members", **typed: str
) -> httpx.Response:
    data = {"community_id": str(people.community), **typed}
    return await client.post(f"/office/imports/new/{kind}", data=data, files={"file": ("old.csv", content, "text/csv")})


async def test_a_list_is_looked_at_confirmed_and_undone_without_javascript(client: httpx.AsyncClient, folk: People) -> None:
    folk.erin.sign_in(client)
    assert "/office/imports/new/members" in (await client.get("/office/imports")).text
    template = await client.get("/office/imports/templates/members/csv")
    assert template.content.decode("utf-8-sig").startswith("Name,Phone number,Door")
    sent = await send(client, folk, MEMBERS.encode("gb18030"))
    assert sent.status_code == 303
    path = sent.headers["location"]
    waiting = (await client.get(path)).text
    assert 'http-equiv="refresh"' in waiting
    assert "0 of 3 rows" in waiting
    made = (await runs.below([folk.sub_district]))[0].id
    await finished(made, NOW)
    page = (await client.get(path)).text
    assert "http-equiv" not in page
    assert "The spreadsheet has cut off the last digits of Phone number." in page
    refused = await client.post(f"{path}/apply", data={})
    assert (refused.status_code, "Faulty rows: 1." in refused.text) == (409, True)
    for _ in range(2):
        assert (await client.post(f"{path}/apply", data={"faulty_rows": "leave_out"})).status_code == 303
    await finished(made, NOW)
    assert "2 rows were new," in (await client.get(path)).text
    report = (await client.get(f"{path}/report/csv")).content.decode("utf-8-sig")
    assert [line.split(",")[:3] for line in report.splitlines()[1:3]] == [["2", "李秀英", "new"], ["3", "王伯", "new"]]
    blank = await client.post(f"{path}/undo", data={"reason": " "})
    assert (blank.status_code, 'id="reason-wrong"' in blank.text) == (400, True)
    assert (await client.post(f"{path}/undo", data={"reason": "the wrong list"})).status_code == 303
    await finished(made, NOW)
    assert "2 rows were taken back." in (await client.get(path)).text


@pytest.mark.parametrize(
    "content, status",
    [(b"", 400), (b"\0\0\0", 400), (b"PK\x03\x04x", 400), (b"colour\nred\n", 400), (b"Name\n" + b"\n" * 250_000, 413)],
)
async def test_what_is_no_table_is_told_above_the_file_and_keeps_what_was_typed(
    client: httpx.AsyncClient, folk: People, content: bytes, status: int
) -> None:
    folk.erin.sign_in(client)
    refused = await send(client, folk, content, "balances", source="Old card", vouched_by="Mrs Wang")
    assert (refused.status_code, 'id="file-wrong"' in refused.text) == (status, True)
    assert 'value="Old card"' in refused.text
    assert not await runs.below([folk.sub_district])


async def test_a_hundred_megabytes_are_refused_unread(client: httpx.AsyncClient, folk: People) -> None:
    folk.erin.sign_in(client)
    headers = {"content-length": "100000000", "content-type": "multipart/form-data; boundary=x"}
    answer = await client.post("/office/imports/new/members", content=b"--x", headers=headers)
    assert answer.status_code == 413


async def test_programs_bring_balances_that_a_second_person_confirms(client: httpx.AsyncClient, folk: People) -> None:
    grace = await second(folk)
    file = base64.b64encode("手机号,积分\n19900000002,12.5\n".encode()).decode()
    body = {"community_id": str(folk.community), "kind": "balances", "file": file, "source": "爱心卡", "vouched_by": "王主任"}
    key = folk.erin.bearer | {"idempotency-key": "import-0001"}
    first = await client.post("/api/v1/imports", json=body, headers=key)
    again = await client.post("/api/v1/imports", json=body, headers=key)
    assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
    made = first.json()["id"]
    await finished((await runs.below([folk.sub_district]))[0].id, NOW)
    path = f"/api/v1/imports/{made}"
    alone = await client.post(f"{path}/apply", json={}, headers=folk.erin.bearer)
    assert (alone.status_code, alone.json()["code"]) == (403, "four_eyes")
    assert (await client.post(f"{path}/apply", json={}, headers=grace.bearer)).json()["state"] == "applying"
    await finished((await runs.below([folk.sub_district]))[0].id, NOW)
    assert await purse.available(folk.bob) == 12.5
    [line] = (await client.get(f"{path}/lines?only=made", headers=grace.bearer)).json()["lines"]
    assert (line["line"], line["outcome"], line["said"]["points"]) == (2, "made", 1250)
    folk.bob.sign_in(client)
    clock.put(NOW)
    assert re.search(r"Taken over from an old scheme.*爱心卡", (await client.get("/me/statement")).text, re.DOTALL)


async def test_another_communitys_coordinator_reaches_nothing(client: httpx.AsyncClient, folk: People) -> None:
    folk.alice.sign_in(client)
    assert (await client.get("/office/imports")).status_code == 403
    assert (await send(client, folk, MEMBERS.encode())).status_code == 403


async def test_the_report_is_written_beside_the_loop(
    client: httpx.AsyncClient, folk: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of rows take seconds, in which nobody else would be answered."""
    made = await brought(folk.erin, "members", folk.building, *({"name": f"F{n}"} for n in range(3)), now=NOW)
    folk.erin.sign_in(client)
    real, threads = import_words.report, []

    def seen(*arguments: Any) -> Any:
        threads.append(threading.current_thread())
        return real(*arguments)

    monkeypatch.setattr(import_words, "report", seen)
    monkeypatch.setattr(import_files, "AT_ONCE", 2)
    for address in (f"/office/imports/{made}/report/csv", f"/api/v1/imports/{made}/report/csv"):
        assert len((await client.get(address)).text.splitlines()) == 4
    assert threading.main_thread() not in threads
    assert len(threads) == 2
