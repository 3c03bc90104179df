"""The browser of the page tests, and what is asked of every page in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.browser.provision import chromium

# A folder to keep pictures of the pages in, for people to look at.
PICTURES = os.environ.get("CLARITY_TEST_PICTURES", "")

# Pixels by which the page is wider than its window; nothing while it is still being read, when it
# may not even have an element yet.
_WIDE = """() => document.readyState === "complete"
    ? document.documentElement.scrollWidth - window.innerWidth : null"""


@contextmanager
def opened() -> Iterator[Browser]:
    """Chromium, until the end of the block."""
    launch = chromium()
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Playwright runs a loop in this thread, in which Django would refuse the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(
            executable_path=launch.executable, args=launch.args, env=dict(launch.env)
        )
        yield browser
        browser.close()


def picture(page: Page, name: str) -> None:
    """Keeps a picture of the whole page when one was asked for."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def fits(page: Page, name: str) -> None:
    """The page is no wider than its window, at the latest when it and its styles are read.

    Asked from here each time: the page's own policy forbids it to evaluate what a waiting function
    is.
    """
    picture(page, name)
    wide = None
    for _ in range(100):
        wide = _too_wide(page)
        if wide is not None and wide <= 0:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{name} is {wide} px too wide" if wide else f"{name} was never read to its end")


def _too_wide(page: Page) -> int | None:
    try:
        wide: int | None = page.evaluate(_WIDE)
    except Error as fault:
        # The page asked was left for the next one while it answered.
        if "context was destroyed" not in str(fault):
            raise
        return None
    return wide
