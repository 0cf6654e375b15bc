"""Where the parts of the API process meet; nothing else composes them."""

from __future__ import annotations

import asyncio
import gc
import importlib
import pkgutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar, Router
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp

import timebank.api
import timebank.pages
from timebank import database, logs, settings
from timebank.jobs import watch
from timebank.outbox import bell
from timebank.pages import render
from timebank.people import keys, senders
from timebank.settings import Settings
from timebank.web import answers, bodies, clock, live_counts
from timebank.web.access import anyone
from timebank.web.envelope import envelope
from timebank.web.request import provide_caller, provide_language, provide_now

STATIC = Path(__file__).parent / "pages" / "static"


def create_app(chosen: Settings | None = None) -> ASGIApp:
    """The whole service as ASGI: `timebank serve` runs it. Settings come from the environment unless given."""
    known = chosen or settings.read()
    return envelope(create_litestar(known), urlsplit(known.base_url).netloc)


YOUNG = 20_000
"""New objects after which waste is looked for. A group of scans makes thousands that all live until they are answered: at
Python's own 700 they are gone through again and again in vain."""


@contextmanager
def without_collecting() -> Iterator[None]:
    """What is made meanwhile stays; to look for waste in it over and over is a fifth of the work."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@without_collecting()
def create_litestar(chosen: Settings) -> Litestar:
    """The routes and their surroundings, without the envelope."""
    clock.use(chosen)
    keys.use(chosen.secret)
    logs.configure(chosen)
    return Litestar(
        # One router for all: every route that the application itself is given is looked up among all the others again.
        route_handlers=[Router("/", route_handlers=routes(chosen)), static()],
        dependencies={
            "caller": Provide(provide_caller),
            "now": Provide(provide_now, sync_to_thread=False),
            "language": Provide(provide_language),
            "settings": Provide(lambda: chosen, sync_to_thread=False),
        },
        before_request=bodies.read_strictly,
        compression_config=CompressionConfig(
            "gzip", minimum_size=1000, gzip_compress_level=6, exclude=["^/api/", "^/test/", "^/desk/events"]
        ),
        exception_handlers=answers.handlers(render.refusal_page),
        lifespan=[lambda app: running(chosen)],
        openapi_config=openapi(),
        allowed_hosts=AllowedHostsConfig(allowed_hosts=list(chosen.allowed_hosts)) if chosen.allowed_hosts else None,
        request_max_body_size=100_000,
        logging_config=None,  # ours is configured, and theirs would put a thread and other levels in its place
        debug=False,
    )


def routes(chosen: Settings) -> list[Any]:
    """Every module of `api` and `pages` lists its routes; those of `api.testing` exist in test mode only."""
    found: list[Any] = []
    for package in (timebank.api, timebank.pages):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name == "timebank.api.testing" and chosen.mode != "test":
                continue
            found += getattr(importlib.import_module(module.name), "routes", [])
    return found


def static() -> Any:
    return create_static_files_router(path="/static", directories=[STATIC], guards=[anyone], cache_control=None, name="static")


@asynccontextmanager
async def running(chosen: Settings) -> AsyncIterator[None]:
    """The pool and the bell, open while the process serves; and the watch over the jobs of the others."""
    await database.start_pool(chosen.pool_size)
    await bell.open(chosen.redis_url)
    watching = asyncio.create_task(watch.keep_watching("api", chosen))
    # What the process is made of lives as long as it does; looked through again and again it stops every answer meanwhile.
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
    try:
        with live_counts.watch.ending_with_the_process():
            yield
    finally:
        watching.cancel()
        await senders.close()
        await bell.close()
        await database.close_pool()


def openapi() -> OpenAPIConfig:
    schemes = {"bearer": SecurityScheme(type="http", scheme="bearer", description="A member's or a device's token.")}
    return OpenAPIConfig(
        title="timebank",
        version="0.1.0",
        use_handler_docstrings=True,
        description="The time bank of a neighbourhood: activities, rooms, check-in, hours, points, rewards.",
        path="/schema",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],  # the pages for humans load scripts from third parties
        components=Components(security_schemes=schemes),  # type: ignore[arg-type]
    )
