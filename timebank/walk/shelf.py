"""The kiosk: Pearl's card and PIN buy the last tea; Bob finds it sold out; the keeper hands it over, once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from timebank.walk.session import Session
from timebank.walk.stage import DEAR, PIN, PRICE, Stage


class Shelf:
    def __init__(self, stage: Stage, session: Session) -> None:
        self.stage, self.told, self.session = stage, stage.told, session

    def play(self) -> None:
        kiosk = self.stage["kiosk"]
        wrong = {"code": self.stage.card, "pin": "000001"}
        kiosk.asks("is given a wrong PIN", "POST", "/api/v1/kiosk/visits", wrong, expect="wrong_pin")
        visit = self._visit(self.session.units("Pearl"))
        self._free(1)
        gold = {"reward_id": self.stage.rewards[1], "price": DEAR, "visit": visit}
        kiosk.asks("Pearl wants gold", "POST", "/api/v1/redemptions", gold, expect="insufficient_points")
        tea, key = {"reward_id": self.stage.rewards[0], "price": PRICE, "visit": visit}, uuid4().hex
        bought = kiosk.asks(
            "Pearl takes the tea", "POST", "/api/v1/redemptions", tea, key=key, expect=201, shows="code balance_after"
        )
        again = kiosk.asks(
            "asks again, the answer was lost", "POST", "/api/v1/redemptions", tea, key=key, shows="code replayed"
        )
        self.told.check("the same receipt", (again["id"], again["code"]), (bought["id"], bought["code"]))
        left = self.session.units("Pearl") - PRICE
        self.told.check("balance of Pearl", bought["balance_after"], left)
        self._free(0)
        self._visit(left)
        self._sold_out()
        self._hand_over(bought["code"])

    def _visit(self, available: int) -> str:
        """Pearl before the kiosk, with what she has."""
        card = {"code": self.stage.card, "pin": PIN}
        opened = self.stage["kiosk"].asks(
            "reads Pearl's card and PIN", "POST", "/api/v1/kiosk/visits", card, expect=201, shows="name available"
        )
        self.told.check("what Pearl can spend", opened["available"], available)
        return str(opened["visit"])

    def _free(self, expected: int) -> None:
        found: list[dict[str, Any]] = self.stage["kiosk"].sees("/api/v1/kiosk/rewards")
        tea = [each["free"] for each in found if each["id"] == self.stage.rewards[0]]
        self.told.check("tea on the shelf", tea, [expected])

    def _sold_out(self) -> None:
        """Nothing moves for somebody who comes too late."""
        bob = self.stage["Bob"]
        before = bob.points()
        tea = {"reward_id": self.stage.rewards[0], "price": PRICE, "place_id": self.stage.place_id}
        bob.asks("wants a tea too, from his phone", "POST", "/api/v1/redemptions", tea, expect="sold_out")
        self.told.check("balance of Bob", bob.points(), before)

    def _hand_over(self, code: str) -> None:
        keeper = self.stage["Frank"]
        path, shown = "/api/v1/redemptions/hand-over", {"code": code}
        keeper.asks("hands the tea over for the code", "POST", path, shown, shows="state")
        keeper.asks("is shown the code again", "POST", path, shown, expect="already_collected")
