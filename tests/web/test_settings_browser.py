"""The settings in a real browser, on a phone: changed, exported, erased."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from clarity.web.entry import entry_link
from integrations.connector_kit.privacy import Person, PrivacyAsk, PrivacyNotice
from integrations.models import Flow, StockedArticle
from integrations.services import connections, exporting, privacy_requests
from tenants import scope
from tests.browser.window import fits
from tests.web.shops import Shop, delivered_order
from tests.web.test_settings_pages import base, connection_base, pair_base

pytestmark = pytest.mark.browser

PASSWORD = "a long enough password"


def _prepared(shop: Shop) -> None:
    delivered_order(shop, "#1001", there="100321")
    shop.owner.set_password(PASSWORD)
    shop.owner.save()
    with scope.tenant(shop.tenant.pk):
        connections.store.put(shop.pair.store_id, {"access_token": "x", "client_secret": "y"})
        StockedArticle.objects.create(till=shop.pair.pos, key="1", sku="MUG")
        Flow.objects.create(
            pair=shop.pair,
            entity="customer",
            direction="to_store",
            source=shop.pair.pos,
            target=shop.pair.store,
        )
        privacy_requests.accept(
            PrivacyNotice(PrivacyAsk.PERSON_DATA, "1", Person(orders=("5001",))),
            connection=shop.pair.store,
            now=timezone.now(),
        )


def test_settings_are_changed_and_the_account_exported_and_erased(
    browser: Browser, shop: Shop, live_server: Any
) -> None:
    _prepared(shop)
    troubles: list[str] = []
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.on(
        "console",
        lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None,
    )
    here = live_server.url
    page.goto(entry_link(shop.owner, here))

    page.goto(f"{here}{base(shop)}")
    fits(page, "general")
    page.get_by_label("Keep the contents of records").fill("45")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    page.goto(f"{here}{connection_base(shop)}settings/")
    fits(page, "connection-settings")

    page.goto(f"{here}{pair_base(shop)}")
    page.get_by_role("link", name="Safety stock").click()
    page.get_by_label("SKU, * for every article").fill("MUG")
    page.get_by_label("Units", exact=True).fill("2")
    page.get_by_role("button", name="Keep back").click()
    expect(page.get_by_text("2 of MUG kept back.")).to_be_visible()
    fits(page, "safety-stock")
    page.goto(f"{here}{pair_base(shop)}merge-rules/")
    fits(page, "merge-rules")

    page.goto(f"{here}{base(shop)}data/")
    page.get_by_role("button", name="Make an export").click()
    expect(page.get_by_text("Being made", exact=True)).to_be_visible()
    exporting.run_due(timezone.now())
    privacy_requests.run_due(timezone.now())
    expect(page.get_by_role("link", name="Download the export")).to_be_visible(timeout=15_000)
    fits(page, "data")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the export").click()
    assert download.value.suggested_filename.startswith("harbour-goods-")

    page.goto(f"{here}{base(shop)}data/erase/")
    fits(page, "erase")
    page.get_by_label("Type the name of your business").fill("Harbour Goods")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", name="Harbour Goods is being erased")).to_be_visible()
    fits(page, "erasure")
    assert troubles == []
    context.close()
