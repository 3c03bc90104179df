"""The dashboard in a real browser: charts are drawn, figures renew themselves, pages fit."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from clarity.web.entry import entry_link
from integrations.models import InboxState
from mappings.canonical.record import Entity
from tests.browser.window import fits
from tests.web.shops import Shop, delivery, notice
from tests.web.test_dashboard import check_url, compared, filled, url

pytestmark = pytest.mark.browser

# Whether a chart shows any of its colour: what is clear is four times 0.
INK = """drawing => {
  const canvas = drawing.querySelector("canvas");
  if (canvas === null) return [];
  const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = new Set();
  for (let at = 0; at < all.length; at += 4) if (all[at + 3] === 255) seen.add(all.slice(at, at + 3).join());
  return Array.from(seen);
}"""


def ink(drawing: Locator) -> list[str]:
    """The colours of a drawing. While it is drawn anew it has none for a moment."""
    for _ in range(50):
        seen: list[str] = drawing.evaluate(INK)
        if seen:
            return seen
        drawing.page.wait_for_timeout(100)
    return []


@pytest.mark.parametrize("width", [1280, 390])
def test_charts_are_drawn_and_figures_renew_themselves(
    browser: Browser, shop: Shop, live_server: Any, width: int
) -> None:
    filled(shop)
    compared(shop, differing=3, minutes=90)
    troubles: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.on(
        "console",
        lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.goto(entry_link(shop.owner, live_server.url))
    page.goto(f"{live_server.url}{url(shop)}")
    drawings = page.locator("[data-chart]")
    expect(page.locator("[data-drawn]")).to_have_count(3)
    colours = [ink(drawing) for drawing in drawings.all()]
    assert all(len(seen) >= 3 for seen in colours), colours
    fits(page, f"dashboard-{width}")

    # In dark colours they are drawn anew.
    page.get_by_role("button", name="Dark colours").click()
    page.wait_for_timeout(0)
    assert ink(drawings.first) not in ([], colours[0])
    fits(page, f"dashboard-dark-{width}")

    # The table says the same, and stays open while figures are renewed.
    page.get_by_text("The same as a table").first.click()
    table = page.locator("#table-records tbody tr").last
    expect(table).to_contain_text("2")
    delivery(shop, notice(shop, Entity.INVENTORY, state=InboxState.PASSED), seconds=0.5)
    expect(page.get_by_text("3 delivered", exact=True)).to_be_visible(timeout=10_000)
    page.evaluate("htmx.trigger('#charts', 'refresh')")
    expect(page.get_by_text("5 received: 3 delivered")).to_be_visible()
    assert page.locator("#details-records").get_attribute("open") is not None
    expect(page.locator("[data-drawn]")).to_have_count(3)

    # The stretch of time is a link, reached by the keyboard.
    page.get_by_role("link", name="7 days").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The last 7 days")).to_be_visible()
    expect(page.locator("#table-records tbody tr")).to_have_count(7)
    expect(page.locator("[data-drawn]")).to_have_count(3)

    page.goto(f"{live_server.url}{check_url(shop)}")
    expect(page.get_by_text("99.90 % of 3,000 SKUs are right")).to_be_visible()
    fits(page, f"convergence-{width}")
    page.get_by_role("link", name="Send the right numbers").click()
    fits(page, f"mend-{width}")
    assert troubles == []
    context.close()
