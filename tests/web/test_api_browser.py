"""The pages of the API in a real browser, on a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from clarity.web.entry import entry_link
from tests.api.world import Program
from tests.browser.window import fits
from tests.web.shops import Shop

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_a_token_is_made_read_about_and_revoked(
    browser: Browser, shop: Shop, live_server: Any, width: int
) -> None:
    troubles: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.on(
        "console",
        lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.goto(entry_link(shop.owner, live_server.url))
    page.goto(f"{live_server.url}/t/{shop.tenant.slug}/settings/tokens/")
    page.get_by_role("link", name="Make a token").click()
    page.get_by_label("Name").fill("Warehouse")
    page.get_by_label("See pairs and their flows").check()
    fits(page, f"token-new-{width}")
    page.get_by_role("button", name="Make the token").click()
    token = page.get_by_label("Warehouse").input_value()
    assert Program(token).get("pairs").status_code == 200
    fits(page, f"token-made-{width}")
    page.get_by_role("link", name="I have copied it").click()
    fits(page, f"tokens-{width}")

    page.get_by_role("main").get_by_role("link", name="API", exact=True).click()
    summary = page.get_by_text("Switch a flow on or off")
    summary.click()
    expect(page.locator("#switchFlow").get_by_text("Idempotency-Key").first).to_be_visible()
    summary.scroll_into_view_if_needed()
    fits(page, f"reference-{width}")

    page.go_back()
    page.get_by_role("link", name="Revoke Warehouse").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Warehouse opens nothing any more.")).to_be_visible()
    assert Program(token).get("pairs").status_code == 401
    assert troubles == []
    context.close()
