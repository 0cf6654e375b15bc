"""A process that makes the application once; every server that a test asks for is born of it.

Making the application takes seconds, a fork takes none and shares nothing: what one server was told, or how it died, no other
knows. A line comes in with the settings of a server and its log, and its process id goes out. With the input all of them end.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import threading
from urllib.parse import urlsplit

import msgspec
from litestar import Litestar

from schedules import sql
from timebank import app, cli, settings
from timebank.people import keys
from timebank.settings import Settings
from timebank.web import clock
from timebank.web.envelope import envelope


class Birth(msgspec.Struct):
    """The environment of a server, and the file that its output is added to; `first`, as `module:function`, is called in it

    before it serves: a fault of its own.
    """

    environment: dict[str, str]
    log: str
    first: str = ""


def main() -> None:
    """Answers until the input ends. Its children are nobody's to wait for: who kills one sees that its id is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    chosen = Settings(mode="test", secret="nobody's, and thirty-two characters long")
    made = app.create_litestar(chosen)
    gc.freeze()
    assert threading.active_count() == 1, "a fork would lose the others"
    alive: list[int] = []
    for line in sys.stdin.buffer:
        born = os.fork()
        if born == 0:
            live(made, chosen, msgspec.json.decode(line, type=Birth))
        alive.append(born)
        sys.stdout.write(f"{born}\n")
        sys.stdout.flush()
    for child in alive:
        end(child)


def live(made: Litestar, chosen: Settings, birth: Birth) -> None:
    """`timebank serve` with the application that is there already; does not come back."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(birth.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for given, place in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(given, place)
    os.environ.update(birth.environment)
    for name, value in msgspec.structs.asdict(settings.read()).items():
        msgspec.structs.force_setattr(chosen, name, value)
    clock.use(chosen)
    keys.use(chosen.secret)
    sql.engine().config = sql.engine().config | {"dsn": chosen.database_url}
    whole = envelope(made, urlsplit(chosen.base_url).netloc)
    app.create_app = lambda chosen=None: whole
    if birth.first:
        module, function = birth.first.split(":")
        getattr(importlib.import_module(module), function)()
    os._exit(cli.main(["serve"]))


def end(child: int) -> None:
    try:
        os.kill(child, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
