"""The pages of backfills in a real browser, on a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from clarity.web.entry import entry_link
from integrations.models import Backfill, BackfillState
from mappings.canonical.record import Entity
from tenants import scope
from tests.browser.window import fits
from tests.web.shops import Shop
from tests.web.test_backfills import filled, list_url, made, url

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_fits_and_says_nothing_wrong(
    browser: Browser, shop: Shop, live_server: Any, width: int
) -> None:
    running = filled(shop)
    plan = made(shop, Entity.CUSTOMER, records=5_000)
    troubles: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.on(
        "console",
        lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.goto(entry_link(shop.owner, live_server.url))
    page.get_by_role("link", name=shop.pair.name, exact=True).click()
    page.get_by_role("link", name="Backfills").click()
    expect(page).to_have_url(f"{live_server.url}{list_url(shop)}")
    fits(page, f"overview-{width}")
    page.goto(f"{live_server.url}{url(shop, plan)}")
    fits(page, f"plan-{width}")
    page.goto(f"{live_server.url}{url(shop, running)}")
    fits(page, f"running-{width}")

    with scope.tenant(shop.tenant.pk):
        Backfill.objects.filter(pk=running.pk).update(read=20_000)
    expect(page.get_by_text("20,000 read so far")).to_be_visible()
    page.get_by_role("button", name="Pause the backfill").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    fits(page, f"cancel-{width}")
    page.get_by_role("button", name="Cancel the backfill").click()
    expect(page.get_by_text("The backfill is cancelled.")).to_be_visible()
    fits(page, f"cancelled-{width}")
    page.get_by_role("link", name="In Web shop").click()
    expect(page.get_by_text("Known once Store till has been read to its end.")).to_be_visible()

    page.goto(f"{live_server.url}{url(shop, plan)}")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("The backfill runs.")).to_be_visible()
    with scope.tenant(shop.tenant.pk):
        assert Backfill.objects.get(pk=plan.pk).state == BackfillState.RUNNING
    assert troubles == []
    context.close()
