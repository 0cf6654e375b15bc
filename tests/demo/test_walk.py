"""The walk against a server process of its own: API, worker, sweeper, PostgreSQL and Valkey as `timebank up` runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from timebank import walk
from timebank.demo.cast import CAST, PASSWORD
from timebank.walk import server
from timebank.walk.board import minutes_of
from timebank.walk.pace import Rate, SetClock

PHONE = CAST[0].phone or ""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with server.own() as address:
        yield address


def test_eleven_people_do_the_main_job_and_no_figure_is_off(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert walk.main(url, PHONE, PASSWORD) == 0
    told = capsys.readouterr().out
    assert "✗" not in told
    for who in [
        "Alice",
        "Bob",
        "Carol",
        "Dan",
        "Erin",
        "Frank",
        "Grace",
        "Henry",
        "Pearl",
        "Coordinator",
        "Passer-by",
        "Desk",
        "Kiosk",
    ]:
        assert f" {who} " in told


def test_it_can_be_walked_again_and_a_wrong_figure_ends_in_failure(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SetClock, "rate", Rate(grain_minutes=15, units_per_hour=200))
    assert walk.main(url, PHONE, PASSWORD) == 1
    told = capsys.readouterr().out
    assert "✗ points promised to Bob: 125, expected 250" in told
    assert "✗ the board" in told
    assert "✗ minutes" not in told


def test_a_stranger_cannot_walk(url: str) -> None:
    with pytest.raises(walk.NobodyPlays):
        walk.main(url, PHONE, "not the password")


def test_a_named_server_has_to_be_there() -> None:
    with pytest.raises(walk.NobodyPlays):
        walk.main("http://127.0.0.1:9", PHONE, PASSWORD, must_be_there=True)


def test_the_board_is_read_to_the_minute() -> None:
    texts = ("2 h 5 min", "3 h", "59 min", "1,200 h 1 min", "0 min")
    assert [minutes_of(text) for text in texts] == [125, 180, 59, 72001, 0]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_before_a_demo_server_it_takes_a_minute_of_real_service() -> None:
    with server.own(mode="demo") as address:
        assert walk.main(address, PHONE, PASSWORD) == 0
