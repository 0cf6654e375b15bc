"""The pass on the phone: the list of phones, what a browser needs to show it without a network, and the office's way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from timebank.actions.people.phone_pass import lose_phone, own_phones, withdraw_passes
from timebank.communities import tree
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.people.callers import Right
from timebank.web.access import anyone, needs, signed_in
from timebank.web.request import Now, Who
from timebank.web.words import say

SCOPE = "/me/pass"
WORKER = Path(__file__).parents[1] / "static" / "built" / "pass_worker.js"


@get("/me/pass/phones", guards=[signed_in])
async def list_phones(
    request: Ask, caller: Who, now: Now, lost: FromQuery[str] = "", this: FromQuery[str] = ""
) -> Response[str]:
    """`this` is the phone that asks, as its own page says."""
    zone = (await tree.of_member(caller.member())).time_zone
    return draw(request, "me/phones.html", phones=await own_phones(caller, now), zone=zone, lost=bool(lost), this=this)


@post("/me/pass/phones/{phone_id:uuid}/lost", guards=[signed_in])
async def take_lost_phone(phone_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await lose_phone(caller, phone_id, now)
    return go("/me/pass/phones?lost=1")


@get("/me/pass/worker.js", guards=[anyone])
async def worker() -> Response[bytes]:
    """Keeps the pass's page at hand without a network. The same for everybody; it may look after that one page."""
    headers = {"service-worker-allowed": SCOPE, "cache-control": "no-cache"}
    return Response(WORKER.read_bytes(), media_type="text/javascript", headers=headers)


@get(["/me/pass/zh.webmanifest", "/me/pass/en.webmanifest"], guards=[anyone])
async def manifest(request: Ask) -> Response[bytes]:
    """How the pass stands on a home screen. The same for everybody who reads this language."""
    language: Literal["zh", "en"] = "en" if request.url.path.endswith("/en.webmanifest") else "zh"
    told = {
        "id": SCOPE,
        "name": say(language, "My pass · Time bank"),
        "short_name": say(language, "My pass"),
        "lang": "zh-CN" if language == "zh" else "en",
        "start_url": SCOPE,
        "scope": SCOPE,
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
    return Response(msgspec.json.encode(told), media_type="application/manifest+json")


@post("/office/members/{member_id:uuid}/passes/withdraw", guards=[needs(Right.MANAGE_MEMBERS)])
async def take_withdrawal(member_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """Everything was stolen, or is in wrong hands."""
    await withdraw_passes(caller, member_id, now)
    return go(f"/office/members/{member_id}")


routes: list[Any] = [list_phones, take_lost_phone, worker, manifest, take_withdrawal]
