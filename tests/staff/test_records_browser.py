"""Records and incidents of an account in a real browser, on a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from integrations.models import Delivery, InboxState, Incident
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import StaffRole
from tenants.services import staff
from tests.browser.window import PICTURES, fits
from tests.staff.conftest import colleague
from tests.staff.test_staff_browser import shut_out, window_of
from tests.web.shops import delivered_order, delivery, make_shop, notice
from tests.web.test_incidents import stuck, unread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_order_is_found_looked_into_and_replayed(browser: Browser, live_server: Any) -> None:
    shop = make_shop("Harbour Goods")
    item = delivered_order(shop, "#1001", there="501")
    tee = notice(shop, Entity.INVENTORY, key="TEE-RED-S", state=InboxState.PASSED)
    delivery(shop, tee, attempts=[("TryLater", "Store did not answer in 30 s"), ("updated", "")])
    for number, sku in (("#1002", "MUG-BLUE"), ("#1003", "MUG-RED")):
        stuck(shop, number, sku=sku)
    unread(shop, 1004)
    with scope.tenant(shop.tenant.pk):
        incident = Incident.objects.get(side="target").pk
    manager = colleague("manager", StaffRole.ACCOUNT_MANAGER)
    staff.assign(tenant_id=shop.tenant.pk, staff=manager, actor=None)
    said: list[str] = []
    context = window_of(browser, manager, live_server.url, 1280)
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(f"page error: {error}"))
    page.on(
        "console",
        lambda one: said.append(one.text) if one.type in ("error", "warning") else None,
    )
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="Find an order").click()
    page.get_by_label("The whole number").fill("1003")
    page.get_by_role("button", name="Find").click()
    fits(page, "staff-find-1280")
    page.get_by_role("link", name="Open it there").click()
    expect(page.get_by_role("heading", name="Order #1003")).to_be_visible()
    page.get_by_label("Why").fill("They rang about the mug")
    page.get_by_role("button", name="Open the documents").click()
    expect(page.get_by_text("Your reason: “They rang about the mug”.")).to_be_visible()
    fits(page, "staff-record-1280")
    page.get_by_role("link", name="Replay this record").click()
    page.get_by_label("Why").fill("The article is there now")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("Order #1003 runs again.")).to_be_visible()
    base = f"{live_server.url}/admin/accounts/{shop.tenant.slug}/"
    page.goto(f"{base}incidents/{incident}/")
    with scope.tenant(shop.tenant.pk):
        Delivery.objects.filter(incident=incident).update(state="filtered")
    expect(
        page.get_by_text("Nothing of it is stuck any more, so it closes by itself.")
    ).to_be_visible()
    for width in (1280, 390) if PICTURES else (390,):
        page.set_viewport_size({"width": width, "height": 844})
        for name in PAGES:
            page.goto(f"{base}{name.format(item=item.pk, incident=incident)}")
            fits(page, f"staff-{name.partition('/')[0]}-{len(name)}-{width}")
            assert shut_out(page) == [], name
    page.goto(f"{live_server.url}/admin/find/?q=1001")
    fits(page, "staff-find-390")
    assert shut_out(page) == []
    assert said == []
    context.close()


PAGES = (
    "inbox/",
    "records/{item}/",
    "incidents/",
    "incidents/{incident}/",
    "incidents/{incident}/replay-all/",
)
