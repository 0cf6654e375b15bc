"""The client processes of a run: started with their share of the work, and what they were told at the end."""

from __future__ import annotations

import subprocess
import sys

import msgspec

from tests.faults.house import House
from tests.faults.load import Done, Work
from tests.faults.town import Town

NUMBER = 2


def start(house: House, where: Town, seconds: float, seed: int, share: int, *, kiosks: bool = True) -> subprocess.Popen[bytes]:
    """A client process; what it was told stands in a file at its end, which is larger than a pipe takes unread."""
    mine = msgspec.structs.replace(where, stays=where.stays[share::NUMBER], kiosks=where.kiosks[share::NUMBER])
    work = house.folder / f"work {share}.json"
    work.write_bytes(msgspec.json.encode(Work(house.url, mine, seconds, seed * 10 + share, kiosks=kiosks)))
    with work.open("rb") as given, (house.folder / f"client {share}.json").open("wb") as told:
        return subprocess.Popen([sys.executable, "-m", "tests.faults.load"], stdin=given, stdout=told)


def heard(house: House) -> list[Done]:
    """What the clients were told."""
    return [msgspec.json.decode(file.read_bytes(), type=Done) for file in house.folder.glob("client *.json")]
