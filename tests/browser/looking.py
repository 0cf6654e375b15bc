"""Looking at a page as people do: a picture to look at later, whether it fits, and what axe finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Page

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "test-results" / "pictures"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


async def look(page: Page, name: str) -> None:
    """Keeps a picture of the page and fails on what axe calls serious or critical."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=str(PICTURES / f"{name}.png"), full_page=True)
    assert await serious(page) == [], name


async def fits(page: Page) -> bool:
    """Whether nothing of the page lies beyond its right edge."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


async def serious(page: Page) -> list[str]:
    """Rule and elements of every serious or critical finding of axe."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE.read_text())
    found: Any = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {', '.join(str(node['target'][0]) for node in one['nodes'])}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
