"""Every page of a tenant in a real browser: fits a phone, obeys its policy, keeps to WCAG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from clarity.web.entry import entry_link
from tests.browser.window import fits
from tests.web.every_page import addresses, objects, signed_in
from tests.web.shops import Shop

pytestmark = pytest.mark.browser

ASKED = {"resultTypes": ["violations"]}
# What axe calls its findings that shut somebody out.
SERIOUS = ("serious", "critical")
# The dark colours change nothing else.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


@dataclass
class Sight:
    page: Page
    troubles: list[str] = field(default_factory=list)


@pytest.fixture
def sight(browser: Browser, shop: Shop, live_server: Any) -> Iterator[Sight]:
    # Still, for a colour that is on its way to another has the contrast of neither.
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce"
    )
    found = Sight(context.new_page())
    found.page.on("pageerror", lambda error: found.troubles.append(f"page error: {error}"))
    found.page.on(
        "console",
        lambda said: (
            found.troubles.append(f"{found.page.url}: {said.text}")
            if said.type in ("error", "warning")
            else None
        ),
    )
    found.page.goto(entry_link(shop.owner, live_server.url))
    yield found
    context.close()


def whole_pages(shop: Shop, there: Mapping[str, Any]) -> dict[str, str]:
    """By name the addresses that answer a page, not a piece of one, a file or a redirect."""
    client = signed_in(shop.owner)
    found = {}
    for one in addresses():
        url = one.of(shop, there)
        answer = client.get(url)
        is_whole = answer.status_code == 200 and not answer.streaming
        if is_whole and answer.content.lstrip().startswith(b"<!doctype html>"):
            found[one.name] = url
    assert len(found) > 20, "hardly any page opens"
    return found


# Pages of a person, not of a business.
OWN = (
    "/?list",
    "/new-account/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/sessions/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/api/docs/",
)
# Pages of strangers.
DOORS = (
    "/sign-in/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/invitation/no-such-invitation/",
    "/no-such-page/",
)


@pytest.mark.timeout(300)
def test_every_page_can_be_used_by_everyone(sight: Sight, shop: Shop, live_server: Any) -> None:
    """axe-core finds nothing serious, light at 1280 px and dark at 390 px, and nothing is cut."""
    assert _findings(sight, live_server.url, whole_pages(shop, objects(shop))) == {}
    assert sight.troubles == []


def test_doors_and_own_pages_can_be_used_by_everyone(sight: Sight, live_server: Any) -> None:
    assert _findings(sight, live_server.url, {url: url for url in OWN}) == {}
    assert sight.troubles == []
    sight.page.context.clear_cookies()
    assert _findings(sight, live_server.url, {url: url for url in DOORS}) == {}
    # A browser says of itself that a page answered so.
    expected = ("404 (Not Found)", "410 (Gone)")
    assert [one for one in sight.troubles if not one.endswith(expected)] == []


def _findings(sight: Sight, base: str, pages: Mapping[str, str]) -> dict[str, list[str]]:
    """What axe finds serious, by page and colours."""
    axe = Axe()
    found: dict[str, list[str]] = {}
    for name, url in pages.items():
        sight.page.set_viewport_size({"width": 1280, "height": 900})
        sight.page.emulate_media(color_scheme="light")
        sight.page.goto(base + url)
        found[f"{name} light"] = _serious(axe.run(sight.page, options=ASKED).response)
        sight.page.set_viewport_size({"width": 390, "height": 900})
        sight.page.emulate_media(color_scheme="dark")
        fits(sight.page, f"{name.strip('/').replace('/', '-')}-390-dark")
        # It is in the page by now, and need not be read by it once more.
        found[f"{name} dark"] = _serious(
            sight.page.evaluate("asked => axe.run(document, asked)", {**ASKED, **COLOURS})
        )
    return {where: what for where, what in found.items() if what}


def _serious(response: Mapping[str, Any]) -> list[str]:
    return [
        f"{row['id']}: {row['help']} at {row['nodes'][0]['target']}"
        for row in response["violations"]
        if row["impact"] in SERIOUS
    ]
