"""What the coordinator prepares: a room and the one next door, a reward with one unit, a desk and a kiosk, and the people."""

from __future__ import annotations

import re
from random import SystemRandom
from typing import Any

from timebank.walk.pace import Pace
from timebank.walk.people import Company, Player

PIN = "739145"
PRICE, DEAR = 100, 100_000_000
"""Units of 1/100 point: one point, and a million."""
HOURS = [{"weekday": day, "opens": "00:00:00", "closes": "00:00:00"} for day in range(7)]
TYPED = re.compile(r'class="typed">\s*([2-9A-Z]{4}-?[2-9A-Z]{4})')


class Stage:
    """Everything of one walk; `tag` is in all its names."""

    def __init__(self, company: Company, pace: Pace, coordinator: Player, node: dict[str, Any]) -> None:
        self.company, self.told, self.pace, self.coordinator = company, company.told, pace, coordinator
        self.node_id: str = node["id"]
        self.zone: str = node["time_zone"]
        self.tag = "".join(SystemRandom().choices("ABCDEFGHJKMNPQRSTUVWXYZ", k=4))
        self.players: dict[str, Player] = {}
        self.grants: list[str] = []
        self.devices: list[str] = []
        self.rooms: list[str] = []
        self.rewards: list[str] = []
        self.place_id = ""
        self.card = ""

    def __getitem__(self, name: str) -> Player:
        return self.players[name]

    def register(self, name: str, *, has_phone: bool = True, role: str = "") -> None:
        """A new member, whose first sign-in is by the code that the phone gets."""
        phone = f"154{SystemRandom().randrange(10_000, 10_000_000):08}" if has_phone else ""
        asked = {"community_id": self.node_id, "name": f"{name} {self.tag}", "phone": phone, "language": "en"}
        player = self.players[name] = self.company.player(name)
        key = f"walk-{self.tag}-{name}"
        player.id = self._makes(f"registers {name}", "/api/v1/members", asked, key=key)
        if name == "Bob":
            again = self.coordinator.asks(f"sends that once more: {name} is one", "POST", "/api/v1/members", asked, key=key)
            self.told.check("a repeated request makes nobody new", again["id"], player.id)
        if role:
            wanted = {"member_id": player.id, "role": role, "community_id": self.node_id}
            self.grants.append(self._makes(f"makes {name} {role}", "/api/v1/roles", wanted))
        if has_phone:
            player.signs_in(phone)

    def _makes(self, does: str, path: str, body: Any, *, key: str = "") -> str:
        return str(self.coordinator.asks(does, "POST", path, body, key=key, expect=201)["id"])

    def open_rooms(self) -> None:
        for number in (1, 2):
            room = {
                "name": f"试走{number}号房 {self.tag}",
                "name_en": f"Walk room {number} {self.tag}",
                "seats": 12,
                "hours": HOURS,
            }
            self.rooms.append(
                self._makes(f"opens room {number}", "/api/v1/spaces", {"community_id": self.node_id, "room": room})
            )

    def fill_shelf(self) -> None:
        """One unit for one point, and something that nobody can afford."""
        self.place_id = self._makes(
            "adds a shelf", "/api/v1/places", {"community_id": self.node_id, "name": f"试走货架 {self.tag}"}
        )
        for name, price in (("茶 Tea", PRICE), ("金 Gold", DEAR)):
            reward = {"community_id": self.node_id, "name": f"{name} {self.tag}", "price": price, "picture": "tea"}
            self.rewards.append(self._makes(f"offers {name.split()[1].lower()}", "/api/v1/rewards", reward))
            move = {"reward_id": self.rewards[-1], "place_id": self.place_id, "units": 1, "reason": "delivered"}
            self.coordinator.asks("puts one on the shelf", "POST", "/api/v1/stock-moves", move, expect=201, shows="count")

    def pair(self, kind: str) -> None:
        """A browser becomes the desk or the kiosk by a code that is good once."""
        asked = {"kind": kind, "name": f"{kind} {self.tag}", "community_id": self.node_id}
        if kind == "kiosk":
            asked["place_id"] = self.place_id
        self.devices.append(self._makes(f"registers a {kind}", "/api/v1/devices", asked))
        code = self.coordinator.asks(
            "makes a pairing code", "POST", f"/api/v1/devices/{self.devices[-1]}/pairing-code", expect=201
        )
        device = self.players[kind] = self.company.player(kind.capitalize())
        device.take_token(device.asks("is paired", "POST", "/api/v1/pair", {"code": code["code"]}, expect=201)["token"])

    def print_card(self, name: str) -> None:
        """The card of somebody without a phone: what stands under the QR is what is typed where no camera is."""
        member_id = self[name].id
        page = self.coordinator.sees("/office/cards", member=member_id)
        found = TYPED.search(page)
        self.card = found[1] if found else ""
        self.told.step(self.coordinator.name, f"prints the card of {name}", self.card or "no card")
        self.told.check("a card was printed", bool(self.card), True)
        self.coordinator.asks(
            f"sets the PIN that {name} chose", "PUT", f"/api/v1/members/{member_id}/pin", {"pin": PIN}, expect=204
        )

    def close(self) -> None:
        """What was made for the walk is taken out of use, so that the next one begins in the same neighbourhood."""
        by = self.coordinator
        for room in self.rooms:
            by.asks("takes a room out of use", "PUT", f"/api/v1/spaces/{room}/use", {"is_retired": True})
        for reward in self.rewards:
            by.asks("withdraws a reward", "POST", f"/api/v1/rewards/{reward}/withdraw", expect=204)
        for device in self.devices:
            by.asks("revokes a device", "POST", f"/api/v1/devices/{device}/revoke", expect=204)
        for grant in self.grants:
            by.asks("ends a role", "POST", f"/api/v1/roles/{grant}/end", expect=204)
