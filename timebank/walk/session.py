"""The session: planned in a room, signed up for until it is full, entered and left by code and by card, and paid in points."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from timebank.walk.people import Player
from timebank.walk.stage import TYPED, Stage

PATIENCE = 20
"""Seconds until points have to be there."""


class Session:
    """One activity with one session of three places."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.told, self.pace = stage, stage.told, stage.pace
        self.activity_id = self.id = ""
        self.minutes: dict[str, int] = {}
        """What each volunteer served."""

    def plan(self) -> None:
        """The organiser plans and publishes; a second one is told that the room is taken, and when it is free."""
        alice, second = self.stage["Alice"], self.stage["Dan"]
        planned = alice.asks("plans an activity in room 1", "POST", "/api/v1/activities", self._plan(), expect=201)
        self.activity_id = planned["activity_id"]
        alice.asks("publishes it; the room is taken", "POST", f"/api/v1/activities/{self.activity_id}/publish", shows="number")
        self.id = alice.sees(f"/api/v1/activities/{self.activity_id}")["sessions"][0]["id"]
        other = second.asks("plans another there at that time", "POST", "/api/v1/activities", self._plan(), expect=201)
        refused = second.asks(
            "cannot publish it", "POST", f"/api/v1/activities/{other['activity_id']}/publish", expect="space_taken"
        )
        self.told.check("what stands in the room is named", refused["by"], self._plan()["title"])
        self.told.check("other times are offered", bool(refused["alternatives"]), True)
        path = f"/api/v1/activities/{other['activity_id']}/call-off"
        second.asks("puts the draft away", "POST", path, {"reason": "The room is taken."})

    def _plan(self) -> dict[str, Any]:
        times = {"starts": _local(self.pace.starts_at), "ends": _local(self.pace.ends_at)}
        return {
            "community_id": self.stage.node_id,
            "kind": "service",
            "is_service": True,
            "title": f"试走：图书角整理 {self.stage.tag}",
            "title_en": f"Walk: library corner {self.stage.tag}",
            "content": "上架、修补、登记。",
            "organising_unit": "试走队",
            "person_in_charge": f"Alice {self.stage.tag}",
            "risks": "没有特别的风险。",
            "may_endanger": False,
            "roles": [{"name": "整理", "name_en": "Shelving", "places": 3}],
            "sessions": [{**times, "space_id": self.stage.rooms[0]}],
        }

    def fill(self) -> None:
        """Three places: one by phone, one through a helper, the last one; then it is full."""
        path, helper, pearl = f"/api/v1/sessions/{self.id}/sign-ups", self.stage["Dan"], self.stage["Pearl"]
        self.stage["Bob"].asks("signs up", "POST", path, {}, expect=201, shows="answer")
        self.stage["Bob"].asks("signs up again", "POST", path, {}, expect="signed_up")
        for_pearl = {"member_id": pearl.id, "reason": "She asked me on the stairs."}
        helper.asks("signs Pearl up, who has no phone", "POST", path, for_pearl, expect=201, shows="answer")
        self.stage["Carol"].asks("takes the last place", "POST", path, {}, expect=201, shows="answer")
        self.stage["Erin"].asks("comes too late: it is full", "POST", path, {}, expect="full")
        coming = self.stage["Alice"].sees(path)
        self.told.check("who is coming", sorted(each["name"].split()[0] for each in coming), ["Bob", "Carol", "Pearl"])

    def enter(self) -> None:
        """Bob scans the code at the place, Pearl's card is read at the desk, Carol shows her own pass there and comes late."""
        bob, desk = self.stage["Bob"], self.stage["desk"]
        if self.pace.comes("too early"):
            self._scan(desk, "reads Pearl's card an hour before", self.stage.card, expect="too_early")
        self.pace.comes("doors")
        self._taps_in(bob)
        nonce = uuid4().hex
        first = self._scan(desk, "reads Pearl's card: in", self.stage.card, nonce=nonce)
        again = self._scan(desk, "sends that scan again, its answer was lost", self.stage.card, nonce=nonce)
        self.told.check("a repeated scan is told the same", again, first)
        self._scan(desk, "reads Pearl's card a second time", self.stage.card, expect="already_in")
        is_late = self.pace.comes("late")
        carol = self._scan(desk, "reads Carol's pass: in", self.stage["Carol"].sees("/api/v1/me/pass")["text"])
        self.told.check("Carol is late", carol["is_late"], is_late)
        self._scan(desk, "reads something else", "hello", expect="unknown_pass")
        self._count(expected=0, here=3, left=0)

    def leave(self) -> None:
        """Out again; a second way out changes nothing."""
        bob, desk = self.stage["Bob"], self.stage["desk"]
        self.pace.comes("first out")
        tap = {"code": self._opens_code(bob), "direction": "out", "nonce": uuid4().hex}
        self._served("Bob", bob.asks("taps: out", "POST", "/api/v1/check-ins", tap, expect="ok", shows="title detail"))
        self.pace.comes("out")
        self._served("Pearl", self._scan(desk, "reads Pearl's card: out", self.stage.card, direction="out"))
        code = self.stage["Carol"].sees("/api/v1/me/pass")["typed_code"]
        self._served("Carol", self._scan(desk, "takes Carol's typed code: out", code, direction="out"))
        self._scan(desk, "reads Pearl's card once more: out", self.stage.card, direction="out")
        self._count(expected=0, here=0, left=3)

    def _opens_code(self, who: Player) -> str:
        """The characters under the code at the place lead where the camera would lead: the address of the question."""
        typed = TYPED.search(self.stage["Alice"].sees(f"/sessions/{self.id}/screen"))
        opened = who.http.post("/v", data={"code": typed[1] if typed else ""})
        path = str(urlsplit(opened.headers.get("location", "")).path)
        shown = who.http.get(path or "/v")
        self.told.step(who.name, "opens the code that the screen at the place shows", str(shown.status_code))
        self.told.check("the code opens", shown.status_code, 200)
        return path

    def _taps_in(self, who: Player) -> None:
        """Opening the address does nothing; the one tap does."""
        path = self._opens_code(who)
        self._count(expected=3, here=0, left=0)
        tapped = who.http.post(path, data={"direction": "in", "nonce": uuid4().hex})
        self.told.step(who.name, "taps: in", f"{tapped.status_code} to {tapped.headers.get('location', '').split('/')[1]}")
        self._count(expected=2, here=1, left=0)

    def _scan(self, desk: Player, does: str, code: str, *, direction: str = "in", nonce: str = "", expect: str = "ok") -> Any:
        body = {"activities": [self.activity_id], "code": code, "direction": direction, "nonce": nonce or uuid4().hex}
        return desk.asks(does, "POST", "/api/v1/scans", body, expect=expect, shows="title detail")

    def _count(self, **expected: int) -> None:
        found = self.stage["desk"].sees(f"/api/v1/sessions/{self.id}/attendance")
        self.told.check("who is expected, here and gone", {name: found[name] for name in expected}, expected)

    def _served(self, name: str, told: dict[str, Any]) -> None:
        """The minutes lie inside the planned time, and the points follow from them."""
        stay = min(_instant(told["at"]), self.pace.ends_at) - max(_instant(told["in_at"]), self.pace.starts_at)
        self.minutes[name] = stay // timedelta(minutes=1)
        self.told.check(f"minutes of {name}", told["minutes"], self.minutes[name])
        self.told.check(f"points promised to {name}", told["points"], self.units(name))

    def units(self, name: str) -> int:
        """What a volunteer earned, in units of 1/100 point."""
        return self.pace.rate.units(self.minutes[name])

    def wait_for_points(self) -> None:
        """The worker turns minutes into points: nobody waits for more than some seconds."""
        until = time.monotonic() + PATIENCE
        for name in ("Bob", "Carol"):
            me = self.stage[name].sees("/api/v1/me")
            while me["points"]["on_the_way"] and time.monotonic() < until:
                time.sleep(0.1)
                me = self.stage[name].sees("/api/v1/me")
            self.told.step(name, "looks at the own page", f"{me['points']['available'] / 100:g} points, {me['hours']}")
            self.told.check(f"balance of {name}", me["points"]["available"], self.units(name))


def _local(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
