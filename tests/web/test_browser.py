"""The pages in a real browser against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from clarity.web.entry import entry_link
from integrations.connector_kit.base import Counted
from integrations.models import Preflight, PreflightState
from mappings.canonical.record import Entity
from tenants import scope
from tests.browser.window import fits
from tests.web.shops import Shop, delivered_order, delivery, held_order, notice
from tests.web.test_stock import FakeSide, as_sides

pytestmark = pytest.mark.browser

LONG = "TEE-ORGANIC-COTTON-CREWNECK-HEATHER-GREY-XXL"


@dataclass
class Sight:
    """A signed-in page, and everything that went wrong on it."""

    page: Page
    troubles: list[str] = field(default_factory=list)


@pytest.fixture
def rich(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop with something of everything, long names included."""
    for number in range(1001, 1031):
        delivered_order(shop, f"#{number}", there=f"1003{number}")
    item = notice(shop, Entity.INVENTORY, number=LONG, state="passed", topic="poll")
    delivery(shop, item, target_label=LONG, target_key="gid://shopify/InventoryItem/49148385")
    held_order(shop, "#1031", sku=LONG)
    rows = [Counted(f"SKU-{n:03}", "Article", Decimal(n)) for n in range(60)]
    till = [*rows, Counted(LONG, "Organic cotton crewneck, heather grey, XXL", Decimal(3))]
    shop_side = [*rows, Counted(LONG, "Organic cotton crewneck", Decimal(5))]
    as_sides(monkeypatch, FakeSide("Store till", till), FakeSide("Web shop", shop_side))
    return shop


@pytest.fixture
def sight(
    browser: Browser, rich: Shop, live_server: object, request: pytest.FixtureRequest
) -> Iterator[Sight]:
    """The live page at a width and in a colour scheme, entered by an entry link."""
    width, scheme = getattr(request, "param", (1280, "light"))
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    found = Sight(context.new_page())
    found.page.on("pageerror", lambda error: found.troubles.append(f"page error: {error}"))
    found.page.on(
        "console",
        lambda said: (
            found.troubles.append(said.text) if said.type in ("error", "warning") else None
        ),
    )
    found.page.on(
        "response",
        lambda got: found.troubles.append(f"{got.status} {got.url}") if got.status >= 400 else None,
    )
    found.page.goto(entry_link(rich.owner, live_server.url))  # type: ignore[attr-defined]
    found.page.get_by_role("link", name=rich.pair.name, exact=True).click()
    expect(found.page).to_have_url(f"{live_server.url}{rich.live}")  # type: ignore[attr-defined]
    yield found
    context.close()


def test_live_page_shows_a_new_record_by_itself(sight: Sight, rich: Shop) -> None:
    expect(sight.page.get_by_text("1 of 61 differ")).to_be_visible()
    # Kept over every refresh: nothing else on the page may move the reader.
    sight.page.get_by_role("link", name="#1030").focus()
    delivered_order(rich, "#4711", there="100999")
    expect(sight.page.get_by_role("link", name="#4711")).to_be_visible(timeout=6_000)
    expect(sight.page.get_by_role("link", name="#1030")).to_be_focused()
    assert sight.troubles == []


def test_a_preflight_shows_its_end_by_itself(sight: Sight, rich: Shop) -> None:
    page = sight.page
    with scope.tenant(rich.tenant.pk):
        row = Preflight.objects.create(pair=rich.pair, started_at=timezone.now())
    page.get_by_role("link", name="Preflight").click()
    expect(page.get_by_text("Both systems are being looked over.")).to_be_visible()
    with scope.tenant(rich.tenant.pk):
        row.state, row.finished_at = PreflightState.DONE, timezone.now()
        row.save()
    expect(page.get_by_text("Nothing. Records can flow.", exact=True)).to_be_visible(timeout=6_000)
    assert sight.troubles == []


def test_pause_stops_the_renewal_and_go_on_resumes_it(sight: Sight, rich: Shop) -> None:
    sight.page.get_by_role("button", name="Pause").click()
    expect(sight.page.get_by_text("Paused", exact=True)).to_be_visible()
    delivered_order(rich, "#4711", there="100999")
    sight.page.wait_for_timeout(3_500)
    expect(sight.page.get_by_role("link", name="#4711")).to_have_count(0)
    sight.page.get_by_role("button", name="Go on").click()
    expect(sight.page.get_by_role("link", name="#4711")).to_be_visible(timeout=6_000)
    assert sight.troubles == []


def test_filters_and_pages_work_without_leaving(sight: Sight) -> None:
    page = sight.page
    page.get_by_label("Number or id").fill("1031")
    expect(page.locator("#records tbody tr.row-link")).to_have_count(1)
    page.get_by_label("Number or id").fill("")
    page.get_by_label("State").select_option("held")
    expect(page.get_by_role("link", name="#1031")).to_be_visible()
    expect(page.get_by_role("link", name="#1030")).to_have_count(0)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("26–50 of 61")).to_be_visible()
    page.wait_for_timeout(2_600)
    expect(page.get_by_text("26–50 of 61")).to_be_visible()
    page.get_by_label("SKU or title").fill("heather")
    expect(page.locator("#stock tbody tr")).to_have_count(1)
    expect(page.locator("#stock tbody tr")).to_contain_text("\N{MINUS SIGN}2")
    assert sight.troubles == []


def test_keyboard_leads_from_the_skip_link_to_a_timeline(sight: Sight, rich: Shop) -> None:
    page = sight.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    target = page.get_by_role("link", name="#1030")
    for _ in range(30):
        page.keyboard.press("Tab")
        if target.evaluate("link => link === document.activeElement"):
            break
    expect(target).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Order #1030")).to_be_visible()
    page.locator("summary", has_text="POST").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("100321").first).to_be_visible()
    assert sight.troubles == []


@pytest.mark.parametrize(
    "sight",
    [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")],
    indirect=True,
    ids=str,
)
def test_pages_fit_and_are_clean(sight: Sight, rich: Shop, request: pytest.FixtureRequest) -> None:
    page = sight.page
    _, scheme = request.node.callspec.params["sight"]
    expect(page.get_by_text("1 of 61 differ")).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme
    fits(page, "live page")
    page.get_by_role("link", name="#1031").click()
    expect(page.get_by_role("heading", name=f"no Heartland item for SKU {LONG}")).to_be_visible()
    for details in page.locator("summary").all():
        details.click()
    fits(page, "held record")
    page.goto(page.url.split("/t/")[0] + rich.live)
    page.get_by_role("link", name="#1030").click()
    page.locator("#origins summary").click()
    expect(page.locator("table.origins")).to_contain_text("public_id")
    fits(page, "where each field came from")
    page.go_back()
    page.get_by_role("link", name="#1031").click()
    page.get_by_role("link", name="Replay this record").click()
    expect(page.get_by_role("heading", name="Replay Order #1031?")).to_be_visible()
    fits(page, "replay")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("status")).to_contain_text("runs again")
    page.goto(page.url.split("/t/")[0] + "/?list")
    expect(page.get_by_role("heading", name="Your pairs")).to_be_visible()
    fits(page, "home")
    assert sight.troubles == []


def test_chosen_colours_are_kept(sight: Sight) -> None:
    page = sight.page
    page.get_by_role("button", name="Dark colours").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    expect(page.get_by_role("button", name="Dark colours")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_signed_out_elsewhere_leads_to_sign_in(sight: Sight) -> None:
    sight.page.context.clear_cookies()
    expect(sight.page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=6_000)
