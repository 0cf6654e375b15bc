"""The pictures of the README, taken from a demo that was just started: `python -m tests.browser.pictures ADDRESS`.

They are taken by signing in as the people whom `make run` introduces; the desk scans, and nothing else is changed.
"""

from __future__ import annotations

import sys

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import chromium
from tests.browser.looking import ROOT
from timebank.demo.cast import CAST, PASSWORD

FOLDER = ROOT / "docs" / "pictures"
PHONE, DESK, WALL = (390, 760), (1000, 760), (1280, 800)
LIMIT = 200_000
"""Bytes of one picture: the page on which they stand is read on a phone."""


def main(address: str) -> int:
    """Takes all of them; 1 where one of them is too large."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        _volunteer(browser, address)
        _organiser(browser, address)
        _resident(browser, address)
        _devices(browser, address)
        browser.close()
    large = [picture.name for picture in FOLDER.glob("*.png") if picture.stat().st_size > LIMIT]
    sys.stdout.write(f"too large: {large}\n" if large else "taken\n")
    return 1 if large else 0


def _volunteer(browser: Browser, address: str) -> None:
    page = _as(browser, address, "volunteer", PHONE)
    _take(page, "volunteer", "/me")


def _organiser(browser: Browser, address: str) -> None:
    """What runs now and the code at its place; the close of yesterday and what its desks saw differently."""
    page = _as(browser, address, "organiser", DESK)
    page.goto("/organise")
    market = _session(page, "Helping at the swap market")
    _take(page, "close", f"{market}/close")
    _take(page, "conflicts", f"{market}/conflicts")
    page.goto("/organise?mine=false")
    running = _session(page, "")
    _take(page, "organiser", running)
    page.get_by_role("link", name="Screen for the place").click()
    _take(page, "screen")


def _session(page: Page, title: str) -> str:
    """The path of the first session below "Now and next", or of the one with this title, wherever it stands."""
    heading = page.get_by_role("heading", name="Now and next")
    links = (
        page.get_by_role("link", name=title) if title else heading.locator("xpath=following::a[contains(@href, '/sessions/')]")
    )
    return "/".join((links.first.get_attribute("href") or "").split("/")[:4])


def _resident(browser: Browser, address: str) -> None:
    page = _as(browser, address, "resident", DESK)
    page.goto("/spaces")
    page.locator("main a[href^='/spaces/']").first.click()
    _take(page, "resident")


def _devices(browser: Browser, address: str) -> None:
    """A tablet as a desk that has just given a free place to somebody without a sign-up, and the kiosk that greets."""
    card = _as(browser, address, "resident", PHONE)
    card.goto("/me/pass")
    code = card.locator("main .typed").last.inner_text()
    desk = _paired(browser, address, "Desk, Boqiao", PHONE)
    desk.goto("/desk")
    desk.get_by_role("button", name="Start scanning").click()
    desk.fill("#code", code)
    desk.get_by_role("button", name="Check", exact=True).click()
    desk.get_by_role("button", name="Give a free place").first.click()
    desk.get_by_text("Checked in").first.wait_for()
    _take(desk, "desk")
    kiosk = _paired(browser, address, "Kiosk, Boqiao", WALL)
    _take(kiosk, "kiosk", "/kiosk")


def _paired(browser: Browser, address: str, name: str, size: tuple[int, int]) -> Page:
    """A new screen that the coordinator has just made this device."""
    office = _as(browser, address, "coordinator", DESK)
    office.goto("/office/devices")
    office.get_by_role("link", name=name).click()
    office.get_by_role("button", name="pairing code").click()
    code = "".join(each for each in office.locator("main .typed").first.inner_text() if each.isdigit())
    page = _page(browser, address, size)
    page.goto("/pair")
    page.fill("[name=code]", code)
    page.locator("main form button").first.click()
    return page


def _as(browser: Browser, address: str, key: str, size: tuple[int, int]) -> Page:
    phone = next(part.phone for part in CAST if part.key == key)
    page = _page(browser, address, size)
    page.goto("/sign-in/password")
    page.fill("[name=phone]", phone or "")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/me")
    return page


def _page(browser: Browser, address: str, size: tuple[int, int]) -> Page:
    viewport = {"width": size[0], "height": size[1]}
    return browser.new_context(base_url=address, locale="en-GB", viewport=viewport).new_page()  # type: ignore[arg-type]


def _take(page: Page, name: str, path: str = "") -> None:
    if path:
        page.goto(path)
    page.wait_for_load_state("networkidle") if name not in ("screen", "desk") else page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
