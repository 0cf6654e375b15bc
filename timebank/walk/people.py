"""Those who play: each with a browser or a device of their own, over HTTP like everybody."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from timebank.walk.telling import Told, status

MEMBER_COOKIE = "timebank_member"


class Player:
    """A person, a desk or a kiosk at the server."""

    def __init__(self, name: str, url: str, told: Told) -> None:
        self.name, self.told = name, told
        self.id = ""
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False, headers={"accept-language": "en"})

    def take_token(self, token: str) -> None:
        """Signed in, or paired: as a program and, for a member, as a browser."""
        self.http.headers["authorization"] = f"Bearer {token}"
        if not token.startswith("d"):
            self.http.cookies.set(MEMBER_COOKIE, token)

    def asks(
        self, does: str, method: str, path: str, body: Any = None, *, key: str = "", expect: int | str = 200, shows: str = ""
    ) -> Any:
        """One request as a step. `expect` is a status, or a `code`; `shows` names fields of the answer to print."""
        headers = {"idempotency-key": key or uuid4().hex} if method == "POST" else {}
        answer = self.http.request(method, path, json=body, headers=headers)
        found = answer.json() if "json" in answer.headers.get("content-type", "") else answer.text
        shown = [f"{name} {found[name]}" for name in shows.split() if isinstance(found, dict) and name in found]
        self.told.step(self.name, does, ", ".join([status(answer), *shown]))
        wanted = found.get("code") if isinstance(expect, str) and isinstance(found, dict) else answer.status_code
        self.told.check(f"{self.name} {does}", wanted, expect)
        return found

    def sees(self, path: str, **params: Any) -> Any:
        """A look that is no step of its own."""
        answer = self.http.get(path, params=params)
        answer.raise_for_status()
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text

    def signs_in(self, phone: str, password: str = "") -> None:
        """By password, else by the code that is sent to the phone; in demo and test mode the answer shows it."""
        body: dict[str, str] = {"phone": phone}
        if password:
            body["password"] = password
        else:
            sent = self.asks("asks for a sign-in code", "POST", "/api/v1/sign-in/codes", {"phone": phone}, expect=202)
            body["code"] = sent["demo_code"]
        found = self.asks("signs in", "POST", "/api/v1/sign-in", body, expect=201)
        self.take_token(found["token"])
        self.id = found["member_id"]

    def points(self) -> int:
        """What the person can spend, in units of 1/100 point."""
        return int(self.sees("/api/v1/me")["points"]["available"])


class Company:
    """All who play at one server; closed together."""

    def __init__(self, url: str, told: Told) -> None:
        self.url, self.told = url, told
        self.players: list[Player] = []

    def player(self, name: str) -> Player:
        self.players.append(Player(name, self.url, self.told))
        return self.players[-1]

    def close(self) -> None:
        for player in self.players:
            player.http.close()
