"""`timebank up`: the servers, the migrations, the API, the worker and the sweeper, from one command and as one whole.

Everything it starts ends with it: politely on Ctrl-C, SIGTERM or a closed terminal, at once when it is killed (`launch.py`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import msgspec

from timebank import ground, migrate, servers
from timebank.children import Child, Watch
from timebank.errors import CannotRun
from timebank.listening import listen, public_url
from timebank.settings import Settings

READY_SECONDS = 60.0
TOO_MANY_DEATHS = 5
"""A child that dies so often before the service was ever ready is not going to make it."""
LOOK_SECONDS = 0.2


class Stop(BaseException):
    """A signal asked the whole to end."""


class NeverReady(CannotRun):
    """The service did not come up."""


def up(settings: Settings) -> int:
    """Run until told to stop; 0 then. Raises AddressRefused, ServersRefused, MigrationFailed or NeverReady."""
    with _signals(), contextlib.suppress(Stop), listen(settings.host, settings.port) as address:
        _run(settings, address)
    return 0


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """The first signal stops, politely; from then on they are ignored until all has ended."""
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def ask(number: int, frame: FrameType | None) -> None:
        for one in wanted:
            signal.signal(one, signal.SIG_IGN)
        raise Stop

    before = {one: signal.signal(one, ask) for one in wanted}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _run(settings: Settings, address: socket.socket) -> None:
    embedded = [name for name, url in (("PostgreSQL", settings.database_url), ("Valkey", settings.redis_url)) if not url]
    tell(f"Starting {' and '.join(embedded) or 'without embedded servers'} ...")
    started = servers.start(
        settings.data, postgres=not settings.database_url, valkey=not settings.redis_url, archive=settings.archive
    )
    try:
        (started.place.folder / "mode").write_text(settings.mode, "ascii")
        _note_archive(started.place.folder / "archive", settings.archive)
        whole = ground.whole(msgspec.structs.replace(settings, public_url=public_url(settings)), started.addresses)
        (started.place.folder / "address").write_text(whole.base_url, "ascii")
        tell("Bringing the database up to date ...")
        migrate.run(whole.owner_url or whole.database_url)
        welcome = _demo(whole)
        _keep_running(whole, started, address, welcome)
    finally:
        started.stop()
        tell("Stopped.")


def _note_archive(note: Path, archive: str) -> None:
    if archive:
        note.write_text(archive, "utf-8")
    else:
        note.unlink(missing_ok=True)


def _demo(settings: Settings) -> str:
    """The demo's data, loaded once, in a process of their own; what it prints introduces the demo's people."""
    if settings.mode != "demo":
        return ""
    command = [sys.executable, "-m", "timebank.cli", "demo", "--ensure"]
    done = subprocess.run(command, env=_environment(settings), stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout if done.returncode == 0 else "The demo could not be loaded; see above.\n"


def _environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, **ground.environment(settings)}


def _keep_running(settings: Settings, started: servers.Running, address: socket.socket, welcome: str) -> None:
    children = _children(settings, address)
    watches = [Watch(name, child, tell) for name, child in children.items()]
    guarded = [Watch(name, one, tell) for name, one in (("PostgreSQL", started.postgres), ("Valkey", started.valkey)) if one]
    try:
        for watch in watches:
            watch.start()
        _wait_until_ready(settings, watches)
        sys.stdout.write(_block(settings, welcome))
        sys.stdout.flush()
        while True:
            for watch in (*guarded, *watches):
                watch.tend()
            time.sleep(LOOK_SECONDS)
    finally:
        tell("Stopping ...")
        for child in children.values():
            child.ask_to_stop()
        for child in children.values():
            child.stop()


def _children(settings: Settings, address: socket.socket) -> dict[str, Child]:
    environment = _environment(settings)
    logs = settings.data / "log"
    serve = ["serve", "--listening", str(address.fileno())]
    names = ["API"] if settings.api_processes == 1 else [f"API {number + 1}" for number in range(settings.api_processes)]
    apis = {name: Child(serve, environment, logs / "api.log", keep=[address.fileno()]) for name in names}
    worker, sweeper = Child(["work"], environment, logs / "worker.log"), Child(["sweep"], environment, logs / "sweeper.log")
    return {**apis, "The worker": worker, "The sweeper": sweeper}


def _wait_until_ready(settings: Settings, watches: list[Watch]) -> None:
    until = time.monotonic() + READY_SECONDS
    while not _is_ready(settings):
        for watch in watches:
            watch.tend()
            if watch.deaths > TOO_MANY_DEATHS:
                raise NeverReady(f"{watch.name} keeps ending. {_last_words(watch)}")
        if time.monotonic() > until:
            raise NeverReady(f"The service was not ready after {READY_SECONDS:.0f} s. {_last_words(watches[0])}")
        time.sleep(0.05)


def _is_ready(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    ask = urllib.request.Request(f"http://{host}:{settings.port}/health/ready", headers={"Host": _host(settings)})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(ask, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _host(settings: Settings) -> str:
    """A host name that the service answers to."""
    return settings.allowed_hosts[0] if settings.allowed_hosts else settings.base_url.split("://")[-1].split("/")[0]


def _last_words(watch: Watch) -> str:
    log = getattr(watch.kept, "log", None)
    if not isinstance(log, Path) or not log.exists():
        return ""
    lines = log.read_text("utf-8", "replace").rstrip().splitlines()[-5:]
    return "\n".join(["Its log ends:", *(f"  {line}" for line in lines), f"All of it: {log}"])


def _block(settings: Settings, welcome: str) -> str:
    lines = ["", f"timebank is ready:  {settings.base_url}", ""]
    lines += [f"  {line}" if line else "" for line in welcome.rstrip().splitlines()]
    lines += [""] if welcome else []
    lines += [f"  data   {settings.data}", f"  logs   {settings.data / 'log'}", "  stop   Ctrl-C", ""]
    return "\n".join(lines) + "\n"


def tell(sentence: str) -> None:
    """A line for whoever watches the terminal."""
    sys.stderr.write(f"{datetime.now(UTC).astimezone():%H:%M:%S}  {sentence}\n")
    sys.stderr.flush()
