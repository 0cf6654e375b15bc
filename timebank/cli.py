"""The command line: reads what was typed and calls the room whose work it is."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from timebank import settings as configuration
from timebank.errors import CannotRun
from timebank.settings import Settings

Command = Callable[[Settings, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 failed or could not be done."""
    typed = _parser().parse_args(arguments)
    command: Command = typed.command
    try:
        return command(configuration.read(os.environ, **_asked(typed)), typed)
    except CannotRun as why:
        sys.stderr.write(f"{why}\n")
        return 1


def _asked(typed: argparse.Namespace) -> dict[str, str]:
    """What the command says itself; and for one that looks at what a `timebank up` runs, that one's own."""
    asked = {"mode": "demo"} if getattr(typed, "as_demo", False) else {}
    if not getattr(typed, "looks_on", False):
        return asked
    running = Path(os.environ.get("TIMEBANK_DATA", "data"))
    if "TIMEBANK_MODE" not in os.environ and "mode" not in asked:
        asked |= _noted(running / "mode", "mode")
    if "TIMEBANK_ARCHIVE" not in os.environ:
        asked |= _noted(running / "archive", "archive")
    if not {"TIMEBANK_PUBLIC_URL", "TIMEBANK_HOST", "TIMEBANK_PORT"} & set(os.environ):
        asked |= _noted(running / "address", "public_url")
    return asked


def _noted(note: Path, name: str) -> dict[str, str]:
    """What the last `timebank up` on the data folder wrote down about itself; empty where there is nothing."""
    return {name: note.read_text("utf-8").strip()} if note.exists() else {}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="timebank", description="The time bank of a neighbourhood. Settings: docs/settings.md."
    )
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)

    def verb(name: str, text: str, command: Command) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=text, description=text)
        made.set_defaults(command=command)
        return made

    up = verb("up", "Run everything: embedded servers where no URL is set, API, worker, sweeper.", _up)
    up.add_argument("--demo", action="store_true", dest="as_demo", help="with a small demo neighbourhood (TIMEBANK_MODE=demo)")
    serve = verb("serve", "Run the API and the pages alone.", _serve)
    serve.add_argument("--listening", type=int, default=-1, help=argparse.SUPPRESS)
    verb("work", "Run the worker alone: it credits points when rung.", _work)
    verb("sweep", "Run the sweeper alone: it finishes what the worker did not.", _sweep)
    migrate = verb("migrate", "Bring the database to this version of the code.", _migrate)
    found = verb(
        "found", "Begin an installation: a community, its first policy and coordinator; asks for what is left out.", _found
    )
    found.add_argument("--name", default="", help="of the community, in Chinese")
    found.add_argument("--name-en", default="", help="and in English")
    found.add_argument("--kind", default="community", choices=("sub_district", "community", "grid", "building"))
    found.add_argument("--time-zone", default="", help="such as Asia/Shanghai; TIMEBANK_TIME_ZONE if left out")
    found.add_argument("--coordinator", default="", help="name of the first coordinator")
    found.add_argument("--phone", default="", help="the coordinator's phone number")
    found.add_argument("--password-file", default="", help="the coordinator's password; else asked for, or codes by phone only")
    demo = verb("demo", "Load the demo neighbourhood.", _demo)
    demo.add_argument("--full", action="store_true", help="the whole sub-district: 58,000 residents and a year")
    demo.add_argument("--ensure", action="store_true", help="the small one, unless it is there")
    demo.add_argument("--seed", type=int, default=1, help="another seed, another neighbourhood")
    walk = verb("walk", "Play the main job against the running server, as eleven people would.", _walk)
    walk.add_argument(
        "--url", default="", help="the server's address; else that of the last `timebank up`, else a server of its own"
    )
    walk.add_argument("--phone", default="", help="a coordinator's phone; the demo's if left out")
    walk.add_argument("--password", default="", help="and password")
    for tries_out in (demo, walk):
        tries_out.set_defaults(as_demo="TIMEBANK_MODE" not in os.environ)
    rotate = verb("keys", "The keys that sign passes: list them, add one, make the cards of one anew, remove one.", _keys)
    rotate.add_argument("verb", nargs="?", default="list", choices=("list", "add", "reissue", "remove"))
    rotate.add_argument("key", nargs="?", default="", help="which key, for reissue and remove")
    rotate.add_argument("--cards", type=int, default=0, help="how many cards may die with a key that is removed")
    rotate.add_argument("--phones", type=int, default=0, help="how many phones have to be online once")
    reconcile = verb("reconcile", "Prove that the ledger agrees with itself.", _reconcile)
    verify = verb("verify", "Prove that no sealed movement of the ledger was touched.", _verify)
    verify.add_argument(
        "--head", default="", help="a printed head, as '12 9f86d0...': also prove that nothing up to it is missing"
    )
    retry = verb("retry", "Promises of points that were given up: list them, or try them again.", _retry)
    retry.add_argument("which", nargs="?", default="", help="the number of one, or all; without it they are listed")
    backup = verb("backup", "Copy the embedded database into a new folder while it runs.", _backup)
    backup.add_argument("folder", nargs="?", default="", help="where that folder is made; TIMEBANK_ARCHIVE if left out")
    restore = verb("restore", "Put a backup into the data folder; nothing may run on it.", _restore)
    restore.add_argument("backup", help="the folder that `timebank backup` made")
    restore.add_argument("--until", default="", help="such as 2026-11-22T10:00:00+08:00; as far as it goes if left out")
    restore.add_argument("--timeline", default="latest", help="after an earlier restore: which course of events to follow")
    doctor = verb("doctor", "Check settings, servers, clocks, queue and backlog.", _doctor)
    for looks_on in (migrate, found, walk, rotate, reconcile, verify, retry, backup, restore, doctor):
        looks_on.set_defaults(looks_on=True)
    return parser


def _up(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import supervisor

    return supervisor.up(settings)


def _stand(settings: Settings) -> Settings:
    """Settings made whole by what runs here, also for code that reads them in the environment."""
    from timebank import ground

    whole = ground.found(settings)
    os.environ.update(ground.environment(whole))
    return whole


def _ready(settings: Settings) -> Settings:
    """What runs for long starts on a database that has all it needs; raises Behind."""
    from timebank import migrate

    whole = _stand(settings)
    migrate.refuse_if_behind(whole.database_url)
    return whole


def _serve(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import serve

    serve.run(_ready(settings), typed.listening)
    return 0


def _work(settings: Settings, typed: argparse.Namespace) -> int:
    _ready(settings)
    return _call("timebank.worker:main")


def _sweep(settings: Settings, typed: argparse.Namespace) -> int:
    _ready(settings)
    return _call("timebank.jobs.sweep:main")


def _migrate(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import ground, migrate

    with ground.standing(settings) as whole:
        migrate.run(whole.owner_url or whole.database_url)
    return 0


def _found(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import ground
    from timebank.actions.community.founding import Founding

    wanted = Founding(
        name=typed.name,
        name_en=typed.name_en,
        kind=typed.kind,
        time_zone=typed.time_zone or settings.time_zone,
        coordinator=typed.coordinator,
        phone=typed.phone,
    )
    with ground.standing(settings) as whole:
        os.environ.update(ground.environment(whole))
        return _call("timebank.founding:main", whole, wanted, typed.password_file)


def _demo(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import ground

    with ground.standing(settings) as whole:
        os.environ.update(ground.environment(whole))
        if typed.ensure:
            return _call("timebank.demo:ensure", whole)
        return _call("timebank.demo:load", whole, full=typed.full, seed=typed.seed)


def _walk(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank.demo.cast import CAST, PASSWORD

    phone, password = typed.phone or CAST[0].phone, typed.password or PASSWORD
    return _call("timebank.walk:main", typed.url or settings.base_url, phone, password, must_be_there=bool(typed.url))


def _keys(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import ground

    with ground.standing(settings) as whole:
        os.environ.update(ground.environment(whole))
        return _call("timebank.rotation:main", whole, typed.verb, typed.key, typed.cards, typed.phones)


def _reconcile(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import ground

    with ground.standing(settings) as whole:
        os.environ.update(ground.environment(whole))
        return _call("timebank.reconcile:main", whole)


def _verify(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import ground

    with ground.standing(settings) as whole:
        os.environ.update(ground.environment(whole))
        return _call("timebank.books:verify", whole, typed.head)


def _retry(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import ground

    with ground.standing(settings) as whole:
        os.environ.update(ground.environment(whole))
        return _call("timebank.books:retry", whole, typed.which)


def _backup(settings: Settings, typed: argparse.Namespace) -> int:
    return _call("timebank.backups:back_up", settings, typed.folder)


def _restore(settings: Settings, typed: argparse.Namespace) -> int:
    return _call("timebank.backups:restore", settings, typed.backup, typed.until, typed.timeline)


def _doctor(settings: Settings, typed: argparse.Namespace) -> int:
    return _call("timebank.doctor:main", settings)


def _call(where: str, *arguments: Any, **named: Any) -> int:
    """Run the room's own function, imported only now; its answer is the exit code, nothing means 0."""
    module, function = where.split(":")
    return int(getattr(importlib.import_module(module), function)(*arguments, **named) or 0)


if __name__ == "__main__":
    sys.exit(main())
