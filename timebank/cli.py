"""The command line: what can be typed, read and handed to its command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from timebank import commands
from timebank import settings as configuration
from timebank.commands import Command
from timebank.errors import CannotRun

Argument = tuple[str, dict[str, Any]]
"""What argparse is told: the name, and the rest by name."""


class Verb(NamedTuple):
    """One command. `looks_on`: it looks at what a `timebank up` runs; `tries_out`: on the demo, where no mode is set."""

    name: str
    text: str
    command: Command
    arguments: Sequence[Argument] = ()
    looks_on: bool = False
    tries_out: bool = False


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
    for verb in VERBS:
        made = verbs.add_parser(verb.name, help=verb.text, description=verb.text)
        made.set_defaults(command=verb.command)
        for name, how in verb.arguments:
            made.add_argument(name, **how)
        if verb.looks_on:
            made.set_defaults(looks_on=True)
        if verb.tries_out:
            made.set_defaults(as_demo="TIMEBANK_MODE" not in os.environ)
    return parser


def _text(name: str, help_text: str, **more: Any) -> Argument:
    return name, {"default": "", "help": help_text} | more


def _number(name: str, default: int, help_text: str) -> Argument:
    return name, {"type": int, "default": default, "help": help_text}


def _switch(name: str, help_text: str, **more: Any) -> Argument:
    return name, {"action": "store_true", "help": help_text} | more


UP = [_switch("--demo", "with a small demo neighbourhood (TIMEBANK_MODE=demo)", dest="as_demo")]
FOUND = [
    _text("--name", "of the community, in Chinese"),
    _text("--name-en", "and in English"),
    ("--kind", {"default": "community", "choices": ("sub_district", "community", "grid", "building")}),
    _text("--time-zone", "such as Asia/Shanghai; TIMEBANK_TIME_ZONE if left out"),
    _text("--coordinator", "name of the first coordinator"),
    _text("--phone", "the coordinator's phone number"),
    _text("--password-file", "the coordinator's password; else asked for, or codes by phone only"),
]
DEMO = [
    _switch("--full", "the whole sub-district: 58,000 residents and a year"),
    _switch("--ensure", "the small one, unless it is there"),
    _number("--seed", 1, "another seed, another neighbourhood"),
]
WALK = [
    _text("--url", "the server's address; else that of the last `timebank up`, else a server of its own"),
    _text("--phone", "a coordinator's phone; the demo's if left out"),
    _text("--password", "and password"),
]
KEYS = [
    ("verb", {"nargs": "?", "default": "list", "choices": ("list", "add", "reissue", "remove")}),
    _text("key", "which key, for reissue and remove", nargs="?"),
    _number("--cards", 0, "how many cards may die with a key that is removed"),
    _number("--phones", 0, "how many phones have to be online once"),
]
VERIFY = [_text("--head", "a printed head, as '12 9f86d0...': also prove that nothing up to it is missing")]
RETRY = [_text("which", "the number of one, or all; without it they are listed", nargs="?")]
BACKUP = [_text("folder", "where that folder is made; TIMEBANK_ARCHIVE if left out", nargs="?")]
RESTORE = [
    ("backup", {"help": "the folder that `timebank backup` made"}),
    _text("--until", "such as 2026-11-22T10:00:00+08:00; as far as it goes if left out"),
    _text("--timeline", "after an earlier restore: which course of events to follow", default="latest"),
]

VERBS = [
    Verb("up", "Run everything: embedded servers where no URL is set, API, worker, sweeper.", commands.up, UP),
    Verb("serve", "Run the API and the pages alone.", commands.serve, [_number("--listening", -1, argparse.SUPPRESS)]),
    Verb("work", "Run the worker alone: it credits points when rung.", commands.work),
    Verb("sweep", "Run the sweeper alone: it finishes what the worker did not.", commands.sweep),
    Verb("migrate", "Bring the database to this version of the code.", commands.migrate, looks_on=True),
    Verb(
        "found",
        "Begin an installation: a community, its first policy and coordinator; asks for what is left out.",
        commands.found,
        FOUND,
        looks_on=True,
    ),
    Verb("demo", "Load the demo neighbourhood.", commands.demo, DEMO, tries_out=True),
    Verb(
        "walk",
        "Play the main job against the running server, as eleven people would.",
        commands.walk,
        WALK,
        looks_on=True,
        tries_out=True,
    ),
    Verb(
        "keys",
        "The keys that sign passes: list them, add one, make the cards of one anew, remove one.",
        commands.keys,
        KEYS,
        looks_on=True,
    ),
    Verb("reconcile", "Prove that the ledger agrees with itself.", commands.reconcile, looks_on=True),
    Verb("verify", "Prove that no sealed movement of the ledger was touched.", commands.verify, VERIFY, looks_on=True),
    Verb("retry", "Promises of points that were given up: list them, or try them again.", commands.retry, RETRY, looks_on=True),
    Verb("backup", "Copy the embedded database into a new folder while it runs.", commands.backup, BACKUP, looks_on=True),
    Verb("restore", "Put a backup into the data folder; nothing may run on it.", commands.restore, RESTORE, looks_on=True),
    Verb("doctor", "Check settings, servers, clocks, queue and backlog.", commands.doctor, looks_on=True),
]


if __name__ == "__main__":
    sys.exit(main())
