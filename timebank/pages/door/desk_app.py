"""The desk as an app: its worker, which opens the pages without a network, and its manifest, by which it is installed."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get

from schedules.errors import NotFound
from timebank.web.access import anyone
from timebank.web.request import Reads
from timebank.web.words import say

STATIC = Path(__file__).parents[1] / "static"
PART = re.compile(r"part-\w+\.js")
STYLES = ("timebank.css", "door.css", "icon.svg")
BY_NAME = ("built/zxing_reader.wasm",)
"""What is fetched by a name that stands in no import."""


def reached(name: str, found: set[str] | None = None) -> set[str]:
    """The built file of that name and all parts that it loads, now or later."""
    known = {name} if found is None else found | {name}
    for part in PART.findall((STATIC / "built" / name).read_text()):
        if part not in known:
            known |= reached(part, known)
    return known


@cache
def worker(entry: str, styles: tuple[str, ...], by_name: tuple[str, ...] = ()) -> str:
    """The text of an entry's worker, `<entry>_worker.js`, with all files of its page.

    Its first line names the build, so that browsers see a new worker wherever a file has changed. Raises NotFound.
    """
    if not (STATIC / "built" / f"{entry}_worker.js").exists():
        raise NotFound(what="build")
    files = [*styles, *by_name, *(f"built/{name}" for name in sorted(reached(f"{entry}.js")))]
    text = (STATIC / "built" / f"{entry}_worker.js").read_text()
    whole = hashlib.sha256(b"".join((STATIC / file).read_bytes() for file in files) + text.encode()).hexdigest()
    build = {"version": whole[:12], "files": [f"/static/{file}" for file in files]}
    return f"const BUILD = {msgspec.json.encode(build).decode()};\n{text}"


@get("/desk-worker.js", guards=[anyone])
async def get_worker() -> Response[str]:
    """Its place in the tree lets it see /desk and nothing else of the service's pages."""
    return Response(worker("desk", STYLES, BY_NAME), media_type="text/javascript", headers={"cache-control": "no-cache"})


@get("/desk.webmanifest", guards=[anyone])
async def get_manifest(language: Reads) -> Response[bytes]:
    """Name, icon and first page."""
    manifest = {
        "id": "/desk",
        "name": say(language, "Time bank: desk"),
        "short_name": say(language, "Desk"),
        "lang": "zh-CN" if language == "zh" else "en",
        "start_url": "/desk",
        "scope": "/desk",
        "display": "standalone",
        "background_color": "#fbf8f2",
        "theme_color": "#9a3412",
        "icons": [{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }
    return Response(msgspec.json.encode(manifest), media_type="application/manifest+json", headers={"vary": "cookie"})


routes: list[Any] = [get_worker, get_manifest]
