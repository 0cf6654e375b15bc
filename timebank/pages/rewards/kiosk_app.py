"""The kiosk as an app: its manifest, by which it is installed; its worker and shell, which stand there without a network."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get

from timebank.pages.door.desk_app import worker
from timebank.pages.render import page
from timebank.web.access import anyone
from timebank.web.request import Reads, language_of
from timebank.web.words import Language, _, say

STYLES = ("timebank.css", "kiosk.css", "icon.svg", "kiosk-card.svg")
BY_NAME = ("built/zxing_reader.wasm",)
"""What is fetched by a name that stands in no import."""


@get("/kiosk-worker.js", guards=[anyone])
async def get_worker() -> Response[str]:
    """Its scope is /kiosk and nothing else of the service's pages."""
    text = worker("kiosk", STYLES, BY_NAME)
    return Response(text, media_type="text/javascript", headers={"cache-control": "no-cache"})


@get("/kiosk.webmanifest", guards=[anyone])
async def get_manifest(language: Reads) -> Response[bytes]:
    """Name, icon and first page; the whole screen, lying or standing."""
    manifest = {
        "id": "/kiosk",
        "name": say(language, _("Time bank: kiosk")),
        "short_name": say(language, _("Kiosk")),
        "lang": "zh-CN" if language == "zh" else "en",
        "start_url": "/kiosk",
        "scope": "/kiosk",
        "display": "fullscreen",
        "orientation": "any",
        "background_color": "#fbf8f2",
        "theme_color": "#9a3412",
        "icons": [{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }
    return Response(msgspec.json.encode(manifest), media_type="application/manifest+json", headers={"vary": "cookie"})


@get("/kiosk/shell", guards=[anyone])
async def get_shell(request: Request[Any, Any, Any]) -> Response[str]:
    """What a kiosk shows that starts without a network: no person, no place, no points, in both languages."""
    other: Language = "en" if language_of(request) == "zh" else "zh"
    told = {
        "lang": "en" if other == "en" else "zh-CN",
        "name": say(other, _("Time bank")),
        "title": say(other, _("No connection")),
        "words": say(
            other,
            _(
                "This kiosk cannot reach the time bank at the moment. Points and rewards are safe. "
                "Come back a little later or ask at the counter."
            ),
        ),
        "again": say(other, _("It asks again by itself.")),
    }
    return page(request, "kiosk/shell.html", seconds=0, queue=False, other=told)


routes: list[Any] = [get_worker, get_manifest, get_shell]
