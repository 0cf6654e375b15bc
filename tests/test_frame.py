"""The frame around every answer."""

from __future__ import annotations

import httpx
import pytest


async def test_a_page_that_is_not_there_says_so_and_keeps_the_headers(tx: None, client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"accept": "text/html", "accept-language": "en"})
    assert answer.status_code == 404
    assert "This is not here." in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]


async def test_a_program_gets_a_problem_document(tx: None, client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


async def test_ready_says_what_waits(tx: None, client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")
    assert answer.status_code == 200, answer.text
    assert answer.json()["pending_credits"] == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    ],
)
async def test_a_form_of_another_site_is_refused(tx: None, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post("/reading", data={"back": "/", "chosen_language": "en"}, headers=headers)
    assert answer.status_code == 403
    assert answer.headers["x-request-id"]


async def test_the_language_switch_stays_on_the_page(tx: None, client: httpx.AsyncClient) -> None:
    answer = await client.post("/reading", data={"back": "/spaces?day=2026-11-26", "chosen_language": "zh"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/spaces?day=2026-11-26"


async def test_the_language_switch_never_leads_to_another_site(tx: None, client: httpx.AsyncClient) -> None:
    answer = await client.post("/reading", data={"back": "//evil.example", "chosen_language": "zh"})
    assert answer.headers["location"] == "/"


async def test_pages_and_scripts_travel_compressed(tx: None, client: httpx.AsyncClient) -> None:
    for path in ("/sign-in", "/static/timebank.css"):
        answer = await client.get(path, headers={"accept-encoding": "gzip"})
        assert (answer.status_code, answer.headers.get("content-encoding")) == (200, "gzip"), path


async def test_a_form_behind_a_proxy_comes_from_the_public_address(tx: None, client: httpx.AsyncClient) -> None:
    headers = {"host": "10.0.0.7:8000", "origin": "http://testserver", "sec-fetch-site": "same-origin"}
    answer = await client.post("/reading", data={"back": "/", "chosen_language": "en"}, headers=headers)
    assert answer.status_code == 303
