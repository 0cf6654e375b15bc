"""The embedded servers: what survives, what is told, what is never left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis

from tests.ground.conftest import NO_SETTINGS, ROOT, processes_of, until
from timebank import servers
from timebank.servers import Running, ServersRefused
from timebank.servers import place as places

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make this situation")


async def _ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def ask(url: str, question: str) -> object:
    return asyncio.run(_ask(url, question))


@pytest.fixture
def started(folder: Path) -> Iterator[Running]:
    with servers.running(folder) as started:
        yield started


def test_both_servers_answer_and_the_application_does_not_own_the_database(started: Running) -> None:
    assert str(ask(started.database_url, "SHOW server_version")).startswith("18.")
    assert ask(started.database_url, "SELECT current_user::text") == "timebank_app"
    assert ask(started.database_url, "SELECT has_schema_privilege('public', 'create')") is False
    assert ask(started.owner_url, "SELECT has_schema_privilege('public', 'create')") is True
    with redis.Redis.from_url(started.redis_url) as client:
        assert client.info()["server_name"] == "valkey"
        assert client.config_get("maxmemory-policy", "appendonly") == {"maxmemory-policy": "noeviction", "appendonly": "yes"}


def test_the_application_role_is_durable_and_never_waits_long(started: Running) -> None:
    """guards the settings of pitfalls.md, PostgreSQL roles"""
    wanted = {
        "synchronous_commit": "on",
        "fsync": "on",
        "lock_timeout": "2s",
        "statement_timeout": "5s",
        "idle_in_transaction_session_timeout": "10s",
        "TimeZone": "UTC",
    }
    assert {name: ask(started.database_url, f"SHOW {name}") for name in wanted} == wanted


def test_no_server_listens_on_the_network_and_none_lets_in_who_has_no_password(started: Running) -> None:
    assert ask(started.admin_url, "SHOW listen_addresses") == ""
    for process in processes_of(started.place.folder):
        assert process.net_connections(kind="inet") == []
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(started.database_url.replace("timebank_app:", "timebank_app:x"), "SELECT 1")
    socket = str(started.place.sockets / "valkey.sock")
    with redis.Redis(unix_socket_path=socket) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_secrets_are_for_the_owner_alone(started: Running) -> None:
    for name in ("secret", "state.json", "valkey.conf"):
        assert (started.place.folder / name).stat().st_mode & 0o077 == 0


def test_data_and_addresses_are_the_same_after_a_stop(folder: Path) -> None:
    with servers.running(folder) as first:
        ask(first.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        with redis.Redis.from_url(first.redis_url) as client:
            client.set("kept", "42")
    assert processes_of(folder) == []
    with servers.running(folder) as second:
        assert second.addresses == first.addresses
        assert ask(second.owner_url, "SELECT answer FROM kept") == 42
        with redis.Redis.from_url(second.redis_url) as client:
            assert client.get("kept") == b"42"


def test_what_was_committed_survives_a_kill_of_everything(folder: Path) -> None:
    first = servers.start(folder)
    ask(first.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    for process in processes_of(folder):
        process.kill()
    first.stop()
    with servers.running(folder) as second:
        assert ask(second.owner_url, "SELECT answer FROM kept") == 42


def test_a_server_that_died_can_be_started_again_at_the_same_address(started: Running) -> None:
    assert started.postgres
    assert started.valkey
    for server in (started.postgres, started.valkey):
        assert server.process
        server.process.kill()
        server.process.wait()
        assert not server.is_running
        server.start()
        assert server.is_running
    assert ask(started.database_url, "SELECT 1") == 1


def test_a_note_of_a_process_that_is_now_another_program_does_not_stop_the_start(folder: Path) -> None:
    with servers.running(folder) as first:
        data = first.place.home / "postgres"
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n0\n5432\n\n\n0 0\nready\n")
    with servers.running(folder) as second:
        assert ask(second.database_url, "SELECT 1") == 1


def test_servers_end_with_the_process_that_started_them(folder: Path) -> None:
    start = f"servers.start(pathlib.Path({str(folder)!r}))"
    script = f"import time, pathlib; from timebank import servers; {start}; print(1, flush=True); time.sleep(99)"
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=NO_SETTINGS, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"1\n"
        process.kill()
    until("the servers are gone too", 10, lambda: processes_of(folder) == [])


def test_what_is_still_running_on_the_folder_is_ended_before_a_new_start(started: Running, folder: Path) -> None:
    """As where the kernel does not end children with their parent: the lock is free, the servers are there."""
    started._held.close()
    assert started.postgres
    assert started.postgres.process
    old = psutil.Process(started.postgres.process.pid)
    with servers.running(folder) as second:
        assert ask(second.database_url, "SELECT 1") == 1
        assert not old.is_running() or old.status() == psutil.STATUS_ZOMBIE


def test_a_second_start_on_the_same_folder_is_told_who_runs_there(started: Running, folder: Path) -> None:
    with pytest.raises(servers.FolderInUse, match=rf"process {os.getpid()}.*TIMEBANK_DATA"):
        servers.start(folder)
    assert ask(started.database_url, "SELECT 1") == 1


def test_addresses_are_known_to_others_while_the_servers_run(folder: Path) -> None:
    with servers.running(folder) as started:
        assert servers.read_addresses(folder) == started.addresses
    assert servers.read_addresses(folder) == servers.Addresses()


def test_addresses_that_a_killed_start_left_are_not_believed(folder: Path) -> None:
    folder.mkdir()
    (folder / "lock").touch()
    (folder / "state.json").write_text('{"database_url": "postgresql://nobody/there"}')
    assert servers.read_addresses(folder) == servers.Addresses()


@pytest.mark.parametrize("name", ["long" * 40, "a folder with spaces", "数据"])
def test_a_folder_with_a_long_or_unusual_name_works(folder: Path, name: str) -> None:
    with servers.running(folder / name) as started:
        assert ask(started.database_url, "SELECT 1") == 1
        with redis.Redis.from_url(started.redis_url) as client:
            assert client.ping()
    shutil.rmtree(started.place.sockets)


@as_root
def test_root_finds_another_place_where_its_folder_is_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with servers.running(tmp_path / "data") as started:
        home = started.place.home
        assert home.parent == Path("/var/lib")
        assert (tmp_path / "data" / "elsewhere").read_text().strip() == str(home)
        assert ask(started.database_url, "SELECT 1") == 1
        assert started.postgres
        assert started.postgres.process
        assert psutil.Process(started.postgres.process.pid).uids().real != 0
    assert tmp_path.stat().st_mode & 0o077 == 0, "no mode of an existing folder is widened"
    shutil.rmtree(home)


@as_root
def test_a_copy_of_the_programs_is_used_where_those_of_the_wheels_cannot_be_reached(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timebank.servers.programs.can_reach", lambda path, account: False)
    with servers.running(folder) as started:
        assert started.postgres
        assert started.postgres.programs.is_relative_to(folder)
        assert ask(started.database_url, "SELECT 1") == 1


@as_root
def test_a_link_laid_in_place_of_another_home_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    data = tmp_path / "data"
    home = Path("/var/lib") / f"timebank-{places._hash(data)}"
    home.symlink_to("/opt")
    try:
        with pytest.raises(ServersRefused, match="Move it away"):
            servers.start(data)
    finally:
        home.unlink()


@as_root
@pytest.mark.parametrize("megabytes", [30, 3], ids=lambda size: f"{size} MB")
def test_a_full_disk_is_told_in_a_sentence(folder: Path, megabytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where not even the programs fit that the servers' user needs a copy of."""
    if megabytes < 10:
        monkeypatch.setattr("timebank.servers.programs.can_reach", lambda path, account: False)
    folder.mkdir(mode=0o711)
    options = f"size={megabytes}m,mode=0711"
    mounted = subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", options, "none", folder], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        with pytest.raises(ServersRefused, match=r"The disk that holds .* has (\d+ MB|no space) left.*TIMEBANK_DATA"):
            servers.start(folder)
        assert not servers.state.is_held(folder)
    finally:
        subprocess.run(["/bin/umount", folder], check=True)


def test_a_disk_that_fills_up_while_the_cluster_is_made_is_told_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timebank.servers.postgres.FREE_BYTES_NEW", 0)
    log = folder / "log" / "postgres.log"
    log.parent.mkdir(parents=True)

    class Failed:
        def wait(self) -> int:
            log.write_text("FATAL:  could not write to file: No space left on device\n")
            return 1

    monkeypatch.setattr("timebank.servers.processes.spawn", lambda *arguments, **options: Failed())
    with pytest.raises(ServersRefused, match="no space left"):
        servers.start(folder)


def test_a_start_that_was_interrupted_leaves_no_half_cluster(folder: Path) -> None:
    (folder / "postgres.new").mkdir(parents=True, mode=0o700)
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    if os.geteuid() == 0:
        os.chown(folder / "postgres.new", 65534, 65534)
    with servers.running(folder) as started:
        assert ask(started.database_url, "SELECT 1") == 1


def test_postgres_is_asked_to_end_as_a_child_would_want(started: Running) -> None:
    """A fast shutdown: sessions end, a checkpoint is written, the next start needs no recovery."""
    assert started.postgres
    started.postgres.stop()
    assert started.postgres.process
    assert started.postgres.process.returncode == 0
    assert "database system is shut down" in started.postgres.log.read_text()


@pytest.mark.parametrize("mode", [0o711, 0o700], ids=["open", "closed"])
def test_servers_for_a_test_run_leave_nothing_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    tmp_path.chmod(mode)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with servers.temporary() as started:
        place = started.place
        assert ask(started.database_url, "SELECT 1") == 1
    assert not any(path.exists() for path in (place.folder, place.home, place.sockets))
