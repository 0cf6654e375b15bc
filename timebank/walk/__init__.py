"""`timebank walk`: the main job over HTTP, as eleven people would do it, with every figure looked at.

Before a test server the clock is set, and an hour and a half passes in no time. Before a demo server the walk takes a minute of
real service in the practice grid. Where no server answers, it starts one of its own, in test mode, that is gone afterwards.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from timebank.errors import CannotRun
from timebank.walk import board, server
from timebank.walk.board import Totals
from timebank.walk.pace import Pace, RealClock, SetClock, can_be_set
from timebank.walk.people import Company, Player
from timebank.walk.rooms import Rooms
from timebank.walk.session import Session
from timebank.walk.shelf import Shelf
from timebank.walk.stage import PRICE, Stage
from timebank.walk.telling import Told


class NobodyPlays(CannotRun):
    """The coordinator cannot sign in, or has no place to play."""


def main(url: str, phone: str, password: str, *, must_be_there: bool = False) -> int:
    """Walks and answers the exit code: 0 where every figure is right. Raises NobodyPlays, NoServer.

    `phone` and `password` are a coordinator's. Where nothing answers at `url`, a server is started, unless it `must_be_there`.
    """
    if answers(url):
        return walk(url, phone, password)
    if must_be_there:
        raise NobodyPlays(f"Nothing answers at {url}. Start `timebank up --demo`, or leave --url out.")
    sys.stderr.write(f"Nothing answers at {url}; the walk starts a server of its own.\n")
    with server.own() as own_url:
        return walk(own_url, phone, password)


def answers(url: str) -> bool:
    """Whether a time bank is ready there."""
    try:
        return httpx.get(f"{url}/health/ready", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def walk(url: str, phone: str, password: str) -> int:
    """The whole story; 0 where every figure is right."""
    told = Told()
    told.out.write(f"Walking {url}\n")
    with contextlib.closing(Company(url, told)) as company:
        coordinator = company.player("Coordinator")
        pace, node = _place(coordinator, phone, password)
        try:
            play(Stage(company, pace, coordinator, node))
        finally:
            pace.ends()
    told.out.write(told.summary())
    return 1 if told.off else 0


def _place(coordinator: Player, phone: str, password: str) -> tuple[Pace, dict[str, Any]]:
    """Where and at which pace: a community and a set clock, or the practice grid and the real one."""
    is_set = can_be_set(coordinator.http)
    try:
        coordinator.signs_in(phone, password)
    except KeyError:
        raise NobodyPlays(f"{phone} cannot sign in with this password; name a coordinator: --phone, --password.") from None
    nodes = coordinator.sees("/api/v1/communities")
    clock: type[SetClock] | type[RealClock] = SetClock if is_set else RealClock
    node = next((each for each in nodes if each["kind"] == clock.kind and each["name_en"].endswith(clock.named)), None)
    if node is None:
        raise NobodyPlays(
            f"There is no {clock.kind} {clock.named} in this coordinator's reach; load the demo: `timebank demo`."
        )
    zone = ZoneInfo(node["time_zone"])
    told = coordinator.told
    return (SetClock(coordinator.http, zone, told) if is_set else RealClock(zone, told)), node


def play(stage: Stage) -> None:
    """Six acts."""
    told, passer_by = stage.told, stage.company.player("Passer-by")
    told.act("1  The coordinator prepares the day")
    stage.pace.comes("morning")
    before = board.read(passer_by)
    stage.open_rooms()
    stage.fill_shelf()
    for name, role in (("Alice", "organiser"), ("Dan", "organiser"), ("Frank", "keeper")):
        stage.register(name, role=role)
    for name in ("Bob", "Carol", "Erin", "Grace", "Henry"):
        stage.register(name)
    stage.register("Pearl", has_phone=False)
    stage.pair("desk")
    stage.pair("kiosk")
    stage.print_card("Pearl")

    told.act("2  An activity is planned, published and signed up for")
    session = Session(stage)
    session.plan()
    session.fill()

    told.act("3  The room next door")
    Rooms(stage, stage.pace.starts_at).play()

    told.act("4  In, out, and the points")
    session.enter()
    session.leave()
    session.wait_for_points()

    told.act("5  The kiosk")
    Shelf(stage, session).play()

    told.act("6  The evening")
    earned = Totals(sum(session.minutes.values()), 3, sum(map(session.units, session.minutes)), PRICE)
    after = board.read(passer_by)
    told.check("the board", after, before.plus(earned))
    stage.close()
