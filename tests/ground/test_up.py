"""`timebank up`: one command, one whole; whatever is killed comes back, and nothing outlives it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ground.conftest import NO_SETTINGS, ROOT, Up, free_port, processes_of, settings_for, until
from timebank import servers

pytestmark = [pytest.mark.slow, pytest.mark.fault]


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "timebank.cli", *arguments]
    return subprocess.run(
        command, env=NO_SETTINGS | settings, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def lasting() -> Iterator[Up]:
    """A service that the tests of this module look at and do not disturb."""
    outer = Path(tempfile.mkdtemp(prefix="tb-"))
    outer.chmod(0o711)
    started = Up(outer / "data", free_port())
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.end()
        shutil.rmtree(outer)


def test_it_says_in_one_block_where_it_is_and_how_to_stop_it(lasting: Up) -> None:
    assert f"timebank is ready:  http://127.0.0.1:{lasting.port}" in lasting.said
    assert "stop   Ctrl-C" in lasting.said
    assert str(lasting.folder) in lasting.said


def test_a_terminals_ctrl_c_reaches_it_alone_so_that_all_ends_in_order(lasting: Up) -> None:
    """A terminal signals the whole foreground group; the servers must not end before those who use them."""
    group = os.getpgid(lasting.process.pid)
    assert [one.pid for one in processes_of(lasting.folder) if os.getpgid(one.pid) == group] == [lasting.process.pid]


def test_a_second_up_on_the_same_folder_is_told_who_runs_there(lasting: Up) -> None:
    ended = run("up", **settings_for(lasting.folder, free_port()))
    assert ended.returncode == 1
    assert f"Another timebank (process {lasting.process.pid}) runs on {lasting.folder}" in ended.stderr
    assert lasting.is_ready()


def test_other_commands_find_what_runs(lasting: Up) -> None:
    """In its mode and at its address, though nothing but the data folder is named."""
    seen = run("doctor", TIMEBANK_DATA=str(lasting.folder))
    assert f"settings make sense (test mode, http://127.0.0.1:{lasting.port})" in seen.stdout
    assert "✓ PostgreSQL 18." in seen.stdout
    assert "✓ migrations are up to date" in seen.stdout
    assert "✓ valkey 9." in seen.stdout
    assert "✗" not in seen.stdout, seen.stdout
    assert seen.returncode == 0


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT], ids=lambda way: way.name)
def test_it_stops_cleanly_and_leaves_no_process(up: Up, way: signal.Signals) -> None:
    up.process.send_signal(way)
    assert up.process.wait(60) == 0
    assert processes_of(up.folder) == []
    assert up.said.rstrip().endswith("Stopped.")
    assert "database system is shut down" in (up.folder / "log" / "postgres.log").read_text()


def test_what_is_killed_is_started_again(up: Up) -> None:
    """guards A8"""
    for word in ("serve", "work", "sweep", "valkey-server", "postgres"):
        killed = up.named(word)
        assert len(killed) == 1, word
        killed[0].kill()
        until(f"another {word}", 30, lambda word=word, killed=killed: up.named(word) not in ([], killed))  # type: ignore[misc]
    until("ready again", 30, up.is_ready)


def test_a_kill_of_the_whole_leaves_no_process(up: Up) -> None:
    up.process.kill()
    up.process.wait()
    until("everything has ended", 20, lambda: processes_of(up.folder) == [])


def test_a_start_right_after_a_kill_works(up: Up) -> None:
    up.process.kill()
    up.process.wait()
    second = Up(up.folder, up.port)
    try:
        second.wait_until_ready()
    finally:
        second.end()
    assert second.process.returncode == 0


def test_a_second_start_takes_seconds(up: Up) -> None:
    up.end()
    began = time.monotonic()
    second = Up(up.folder, up.port)
    try:
        second.wait_until_ready()
        assert time.monotonic() - began < 30
    finally:
        second.end()


def test_a_taken_port_is_told_before_anything_is_started(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("up", **settings_for(folder, port))
    assert ended.returncode == 1
    assert ended.stderr.strip() == (
        f"Port {port} on 127.0.0.1 is taken by another program. Choose another, for example TIMEBANK_PORT={port + 1}."
    )
    assert not folder.exists()


def test_a_command_that_finds_nothing_says_what_to_start(folder: Path, port: int) -> None:
    ended = run("serve", **settings_for(folder, port))
    assert ended.returncode == 1
    assert "Start `timebank up` in another terminal" in ended.stderr


def test_several_api_processes_share_one_address(folder: Path, port: int) -> None:
    up = Up(folder, port, TIMEBANK_API_PROCESSES="2")
    try:
        up.wait_until_ready()
        serving = up.named("serve")
        assert len(serving) == 2
        serving[0].kill()
        until("still ready", 10, up.is_ready)
    finally:
        up.end()


def test_servers_of_ones_own_are_used_instead(lasting: Up, folder: Path) -> None:
    """Those of another installation stand in for them; only sockets of the embedded kind are at hand here."""
    theirs = servers.read_addresses(lasting.folder)
    port = free_port()
    up = Up(
        folder,
        port,
        TIMEBANK_DATABASE_URL=theirs.database_url,
        TIMEBANK_OWNER_URL=theirs.owner_url,
        TIMEBANK_REDIS_URL=theirs.redis_url,
    )
    try:
        up.wait_until_ready()
        assert up.named("postgres") == []
        assert sorted(path.name for path in folder.iterdir()) == ["address", "lock", "log", "mode", "secret", "state.json"]
    finally:
        up.end()
    assert up.process.returncode == 0
    assert lasting.is_ready()
