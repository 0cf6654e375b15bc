"""What each command of the command line does: it calls the room whose work it is, and imports it only then."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from timebank.settings import Settings

Command = Callable[[Settings, argparse.Namespace], int]
"""Answers the exit code."""


def up(settings: Settings, typed: argparse.Namespace) -> int:
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


@contextlib.contextmanager
def _standing(settings: Settings) -> Iterator[Settings]:
    """Settings made whole by what runs or is started for one command, also for code that reads them in the environment."""
    from timebank import ground

    with ground.standing(settings) as whole:
        os.environ.update(ground.environment(whole))
        yield whole


def serve(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import serve

    serve.run(_ready(settings), typed.listening)
    return 0


def work(settings: Settings, typed: argparse.Namespace) -> int:
    _ready(settings)
    return _call("timebank.worker:main")


def sweep(settings: Settings, typed: argparse.Namespace) -> int:
    _ready(settings)
    return _call("timebank.jobs.sweep:main")


def migrate(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank import ground, migrate

    with ground.standing(settings) as whole:
        migrate.run(whole.owner_url or whole.database_url)
    return 0


def found(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank.actions.community.founding import Founding

    wanted = Founding(
        name=typed.name,
        name_en=typed.name_en,
        kind=typed.kind,
        time_zone=typed.time_zone or settings.time_zone,
        coordinator=typed.coordinator,
        phone=typed.phone,
    )
    with _standing(settings) as whole:
        return _call("timebank.founding:main", whole, wanted, typed.password_file)


def demo(settings: Settings, typed: argparse.Namespace) -> int:
    with _standing(settings) as whole:
        if typed.ensure:
            return _call("timebank.demo:ensure", whole)
        return _call("timebank.demo:load", whole, full=typed.full, seed=typed.seed)


def walk(settings: Settings, typed: argparse.Namespace) -> int:
    from timebank.demo.cast import CAST, PASSWORD

    phone, password = typed.phone or CAST[0].phone, typed.password or PASSWORD
    return _call("timebank.walk:main", typed.url or settings.base_url, phone, password, must_be_there=bool(typed.url))


def keys(settings: Settings, typed: argparse.Namespace) -> int:
    with _standing(settings) as whole:
        return _call("timebank.rotation:main", whole, typed.verb, typed.key, typed.cards, typed.phones)


def reconcile(settings: Settings, typed: argparse.Namespace) -> int:
    with _standing(settings) as whole:
        return _call("timebank.reconcile:main", whole)


def verify(settings: Settings, typed: argparse.Namespace) -> int:
    with _standing(settings) as whole:
        return _call("timebank.books:verify", whole, typed.head)


def retry(settings: Settings, typed: argparse.Namespace) -> int:
    with _standing(settings) as whole:
        return _call("timebank.books:retry", whole, typed.which)


def backup(settings: Settings, typed: argparse.Namespace) -> int:
    return _call("timebank.backups:back_up", settings, typed.folder)


def restore(settings: Settings, typed: argparse.Namespace) -> int:
    return _call("timebank.backups:restore", settings, typed.backup, typed.until, typed.timeline)


def doctor(settings: Settings, typed: argparse.Namespace) -> int:
    return _call("timebank.doctor:main", settings)


def _call(where: str, *arguments: Any, **named: Any) -> int:
    """Run the room's own function, imported only now; its answer is the exit code, nothing means 0."""
    module, function = where.split(":")
    return int(getattr(importlib.import_module(module), function)(*arguments, **named) or 0)
