"""A Chromium of this machine before a service of our own. Without one these tests are reported as not run."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser import looking
from tests.conftest import NOW
from tests.serving import Site
from timebank.web.access import MEMBER_COOKIE

CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 20_000
"""Milliseconds for what comes at once on a machine that is not busy: nobody waits for them but a test that fails."""
LOCALES = {"en": "en-GB", "zh": "zh-CN"}

Visit: TypeAlias = Callable[..., Awaitable[Page]]
"""`await visit(path, person, language, width=..., **context options)`: that person's own browser at that page."""

fits, serious = looking.fits, looking.serious


def chromium() -> str | None:
    """Where a Chromium lies: CHROMIUM says so, or the path."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in CANDIDATES if (found := shutil.which(name))), None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    where = chromium()
    if where is None:
        pytest.skip("NOT RUN: there is no Chromium here; install one, or name it in CHROMIUM")
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=where, args=["--no-sandbox"])
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(committed: str, tmp_path: Path) -> AsyncIterator[Site]:
    """The service on a database of its own; no Redis, no worker."""
    made = Site(committed, tmp_path)
    await made.start()
    yield made
    await made.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(site: Site, browser: Browser) -> AsyncIterator[Visit]:
    """People at pages, on the day on which tests play: each call is a browser of its own."""
    (site.folder / "test-clock").write_text(NOW.isoformat())
    opened: list[BrowserContext] = []

    async def come(path: str, person: Any = None, language: str = "en", *, width: int = 360, **options: Any) -> Page:
        context = await browser.new_context(
            locale=LOCALES[language], viewport={"width": width, "height": 760}, base_url=site.url, bypass_csp=True, **options
        )
        opened.append(context)
        if person is not None:
            await context.add_cookies([{"name": MEMBER_COOKIE, "value": person.token, "url": site.url}])
        await context.add_cookies([{"name": "timebank_language", "value": language, "url": site.url}])
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(path)
        return page

    yield come
    for context in opened:
        await context.close()
