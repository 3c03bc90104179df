"""Changing a rule in a real browser, from the flows to the published version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from clarity.web.entry import entry_link
from tests.browser.window import fits
from tests.web.shops import Shop
from tests.web.test_mapping_rules import base, kept_order, tried
from tests.web.test_mapping_versions_pages import published, tables, unmapped

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def _both_widths(page: Page, name: str) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, f"{name}-{width}")


def test_a_rule_is_changed_tried_and_published(
    desk: BrowserContext, shop: Shop, live_server: Any
) -> None:
    kept_order(shop)
    published(shop, {"target": "note", "rule": {"constant": "Web"}})
    troubles: list[str] = []
    page = desk.new_page()
    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.goto(entry_link(shop.owner, live_server.url))
    page.get_by_role("link", name=shop.pair.name, exact=True).click()
    page.get_by_role("link", name="Flows").click()
    _both_widths(page, "flows")
    page.get_by_role("link", name="Rules of orders").click()
    _both_widths(page, "rules")
    page.get_by_role("link", name="Change note", exact=True).click()
    expect(page.get_by_label("The value", exact=True)).to_have_value("Web")
    expect(page.get_by_label("The expression")).to_be_hidden()
    page.get_by_text("A field of the record").click()
    page.get_by_label("Field of the record from Web shop").fill("shipping.postal_code")
    expect(page.locator("#source-said")).to_contain_text("ZIP or postal code, as text")
    page.get_by_label("Field of the record from Web shop").fill("shiping.city")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.get_by_text("The record has no field shiping.city.")).to_be_visible()
    _both_widths(page, "rule")
    page.get_by_label("Field of the record from Web shop").fill("number")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.get_by_text("note is changed in the draft.")).to_be_visible()

    page.get_by_role("link", name="Check, try and publish it").click()
    page.get_by_role("button", name="Start the dry run").click()
    expect(page.get_by_text("Trying it")).to_be_visible()
    tried(shop)
    expect(page.get_by_text("Tried on 1 record")).to_be_visible()
    expect(page.locator(".was .new")).to_have_text("#1001")
    _both_widths(page, "draft")
    page.get_by_role("link", name="Try on a record").click()
    _both_widths(page, "trial")
    page.get_by_role("link", name="Draft").click()
    page.get_by_role("link", name="Publish…").click()
    _both_widths(page, "publish")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 2 runs now")).to_be_visible()
    expect(page.get_by_text("from Number").first).to_be_visible()
    _both_widths(page, "published")

    page.get_by_role("link", name="Versions").click()
    _both_widths(page, "versions")
    page.get_by_role("link", name="Go back to version 1").click()
    _both_widths(page, "back")
    unmapped(shop, "paypal", is_holding=True)
    page.goto(f"{live_server.url}{tables(shop)}")
    _both_widths(page, "tables")
    page.get_by_role("link", name="payment_type").click()
    _both_widths(page, "table")
    page.get_by_label("What paypal becomes").fill("7")
    page.get_by_role("button", name="Save paypal").click()
    expect(page.get_by_text("paypal becomes 7.")).to_be_visible()
    page.goto(f"{live_server.url}{base(shop)}rules/remove/?slot=note")
    _both_widths(page, "remove")
    assert troubles == []
