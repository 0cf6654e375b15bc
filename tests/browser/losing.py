"""Answers that get lost on their way, in the page itself: a request that passes a service worker may slip past a route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import Page

LOSE = """([path, often]) => {
    const real = fetch;
    globalThis.lost = [];
    globalThis.fetch = async (asked, ...rest) => {
        const answer = await real(asked, ...rest);
        if (asked !== path || lost.length >= often) return answer;
        lost.push(answer.status);
        await globalThis.meanwhile?.();
        throw new TypeError('the answer is lost');
    };
}"""


async def lose(page: Page, path: str, often: int = 1000, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
    """So many answers of this path never arrive; `meanwhile` happens between the server's answer and the page's error."""
    if meanwhile:
        await page.expose_function("meanwhile", meanwhile)
    await page.evaluate(LOSE, [path, often])


async def lost(page: Page) -> list[int]:
    """The status of every answer that was lost."""
    found: list[int] = await page.evaluate("lost")
    return found
