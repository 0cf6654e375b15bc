"""`timebank found`: begins an installation with a community and its first coordinator; asks for what was left out."""

from __future__ import annotations

import asyncio
import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from schedules.errors import Refusal
from timebank import database
from timebank.actions.community.founding import Founding, found_community
from timebank.errors import CannotRun
from timebank.people import keys, passwords, phones
from timebank.settings import Settings
from timebank.web import answers  # noqa: F401  fills the table of refusals
from timebank.web.refusals import sentence, told


class NotFounded(CannotRun):
    """Nothing was made."""


def main(settings: Settings, wanted: Founding, password_file: str = "") -> int:
    """Makes what is wanted, once for an installation, and says how its coordinator signs in. Raises NotFounded."""
    wanted = _asked(wanted)
    keys.use(settings.secret)
    asyncio.run(_run(wanted, _password(password_file)))
    sys.stdout.write(
        f"{wanted.name} stands, with its first policy. {wanted.coordinator} signs in at {settings.base_url}/sign-in "
        f"as {phones.normal(wanted.phone)}; all else is done from there.\n"
    )
    return 0


def _asked(wanted: Founding) -> Founding:
    """The same with what was left out, as somebody types it; without a terminal it has to be there."""
    return msgspec.structs.replace(
        wanted,
        name=wanted.name or _line("name", "Name of the community"),
        coordinator=wanted.coordinator or _line("coordinator", "Name of the first coordinator"),
        phone=wanted.phone or _line("phone", "The coordinator's phone number"),
        time_zone=_zone(wanted.time_zone),
    )


def _line(option: str, question: str) -> str:
    if not sys.stdin.isatty():
        raise NotFounded(f"{question}? Nobody is there to ask: say it with --{option}.")
    return input(f"{question}: ").strip()


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NotFounded(f"There is no time zone {name!r}. Say it as in Asia/Shanghai, with --time-zone.") from error
    return name


def _password(file: str) -> str:
    """From the file, else typed unseen; empty: one-time codes by phone alone."""
    if file:
        try:
            return Path(file).read_text("utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise NotFounded(f"The password could not be read from {file}: {error}") from error
    if not sys.stdin.isatty():
        return ""
    typed = getpass.getpass("A password for the coordinator (empty: one-time codes by phone only): ")
    if typed and getpass.getpass("The same once more: ") != typed:
        raise NotFounded("The two were not the same. Nothing was made; start again.")
    return typed


async def _run(wanted: Founding, password: str) -> None:
    await database.start_pool(2)
    try:
        prepared = await passwords.prepare(password) if password else ""
        await found_community(msgspec.structs.replace(wanted, password=prepared), datetime.now(UTC))
    except Refusal as refusal:
        row = told(refusal)
        words = " ".join(sentence(text, refusal, "en") for text in (row.title, row.next_step))
        raise NotFounded(f"Nothing was made. {words}") from refusal
    finally:
        await database.close_pool()
