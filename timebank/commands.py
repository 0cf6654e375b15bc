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
"""Answers the exit code. What it cannot do it raises as a CannotRun, which the command line prints."""


def up(settings: Settings, typed: argparse.Namespace) -> int:
    """Until told to stop. Raises AddressRefused, ServersRefused, MigrationFailed, NeverReady."""
    return _call("timebank.supervisor:up", settings)


def _ready(settings: Settings) -> Settings:
    """For what runs for long beside others: the servers are there, and the database has all it needs; nothing is started.

    Also for code that reads its settings in the environment. Raises NotRunning, Behind.
    """
    from timebank import ground, migrate

    whole = ground.found(settings)
    os.environ.update(ground.environment(whole))
    migrate.refuse_if_behind(whole.database_url)
    return whole


@contextlib.contextmanager
def _standing(settings: Settings) -> Iterator[Settings]:
    """For one command: on the servers that run, else on some that are started and migrated for it, and stopped after it.

    Also for code that reads its settings in the environment. Raises ServersRefused, MigrationFailed.
    """
    from timebank import ground

    with ground.standing(settings) as whole:
        os.environ.update(ground.environment(whole))
        yield whole


def serve(settings: Settings, typed: argparse.Namespace) -> int:
    """Until SIGTERM. Raises as `_ready`."""
    return _call("timebank.serve:run", _ready(settings), typed.listening)


def work(settings: Settings, typed: argparse.Namespace) -> int:
    """Until SIGTERM. Raises as `_ready`, and NoRedis."""
    _ready(settings)
    return _call("timebank.worker:main")


def sweep(settings: Settings, typed: argparse.Namespace) -> int:
    """Until SIGTERM. Raises as `_ready`."""
    _ready(settings)
    return _call("timebank.jobs.sweep:main")


def migrate(settings: Settings, typed: argparse.Namespace) -> int:
    """Safe to repeat, and at once on several machines. Raises ServersRefused, MigrationFailed."""
    from timebank import ground

    with ground.standing(settings) as whole:
        return _call("timebank.migrate:run", whole.owner_url or whole.database_url)


def found(settings: Settings, typed: argparse.Namespace) -> int:
    """Once for an installation. Raises as `_standing`, and NotFounded."""
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
    """In an empty database; with `--ensure` nothing happens where people live already.

    Raises as `_standing`, and InProduction, NotEmpty, CutOff.
    """
    with _standing(settings) as whole:
        if typed.ensure:
            return _call("timebank.demo:ensure", whole)
        return _call("timebank.demo:load", whole, full=typed.full, seed=typed.seed)


def walk(settings: Settings, typed: argparse.Namespace) -> int:
    """1 where a figure is wrong. Raises NobodyPlays, NoServer."""
    from timebank.demo.cast import CAST, PASSWORD

    phone, password = typed.phone or CAST[0].phone, typed.password or PASSWORD
    return _call("timebank.walk:main", typed.url or settings.base_url, phone, password, must_be_there=bool(typed.url))


def keys(settings: Settings, typed: argparse.Namespace) -> int:
    """Lists the keys that sign passes, or does one step of a rotation. Raises as `_standing`, and NotRotated."""
    with _standing(settings) as whole:
        return _call("timebank.rotation:main", whole, typed.verb, typed.key, typed.cards, typed.phones)


def reconcile(settings: Settings, typed: argparse.Namespace) -> int:
    """1 where something does not agree. Raises as `_standing`."""
    with _standing(settings) as whole:
        return _call("timebank.reconcile:main", whole)


def verify(settings: Settings, typed: argparse.Namespace) -> int:
    """1 where a block does not hold. Raises as `_standing`, and NotAHead."""
    with _standing(settings) as whole:
        return _call("timebank.books:verify", whole, typed.head)


def retry(settings: Settings, typed: argparse.Namespace) -> int:
    """Lists what was given up, or tries it again. Raises as `_standing`, and NotRetried."""
    with _standing(settings) as whole:
        return _call("timebank.books:retry", whole, typed.which)


def backup(settings: Settings, typed: argparse.Namespace) -> int:
    """While a `timebank up` runs on the data folder. Raises NotOurs, ServersRefused."""
    return _call("timebank.backups:back_up", settings, typed.folder)


def restore(settings: Settings, typed: argparse.Namespace) -> int:
    """While nothing runs on the data folder. Raises NotOurs, ServersRefused, FolderInUse."""
    return _call("timebank.backups:restore", settings, typed.backup, typed.until, typed.timeline)


def doctor(settings: Settings, typed: argparse.Namespace) -> int:
    """1 where something is wrong; a hint is not. Changes nothing."""
    return _call("timebank.doctor:main", settings)


def _call(where: str, *arguments: Any, **named: Any) -> int:
    """Run the room's own function, imported only now; its answer is the exit code, nothing means 0."""
    module, function = where.split(":")
    return int(getattr(importlib.import_module(module), function)(*arguments, **named) or 0)
