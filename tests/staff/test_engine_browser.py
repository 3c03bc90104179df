"""Pages of the engine in the admin, in a real browser: no wider than the window, and nobody shut out."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from integrations.models import Chore, Cursor, Lane
from integrations.services import mapping_shadow
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import StaffRole
from tenants.services import staff
from tests.browser.window import fits
from tests.staff.conftest import colleague
from tests.staff.test_engine import at, objects
from tests.staff.test_staff_browser import shut_out, window_of
from tests.web.shops import make_shop
from tests.web.test_mapping_rules import flow_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_rules_are_published_and_every_page_fits(browser: Browser, live_server: Any) -> None:
    shop = make_shop("Harbour Goods")
    there = objects(shop)
    boss = colleague("boss", StaffRole.SUPERUSER)
    staff.assign(tenant_id=shop.tenant.pk, staff=boss, actor=None)
    now = timezone.now()
    Chore.objects.create(
        name="retention", due_at=now, finished_at=now, problem="The log says which."
    )
    with scope.tenant(shop.tenant.pk):
        Cursor.objects.update(value=f'{{"from": "{now.isoformat()}"}}', polled_at=now)
        Lane.objects.update(due_at=now, token=17)
        run = mapping_shadow.start(flow=flow_of(shop), actor=boss, now=now)
    mapping_shadow.run_to_the_end(tenant_id=shop.tenant.pk, run_id=run.pk)
    said: list[str] = []
    context = window_of(browser, boss, live_server.url, 1280)
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(f"page error: {error}"))
    page.on(
        "console",
        lambda one: said.append(one.text) if one.type in ("error", "warning") else None,
    )
    page.goto(live_server.url + at(shop, "account-rules"))
    page.get_by_role("link", name="Orders", exact=True).click()
    expect(page.get_by_role("heading", name="Draft: 1 change")).to_be_visible()
    fits(page, "engine-flow-1280")
    page.get_by_role("link", name="Publish…").click()
    page.get_by_label("Why").fill("Agreed with the shop")
    fits(page, "engine-publish-1280")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 2 is published.")).to_be_visible()
    assert there["flow_id"] == shop.flows[Entity.ORDER].pk
    flow, pair = {"flow_id": there["flow_id"]}, {"pair_id": there["pair_id"]}
    pages = {
        "pair": at(shop, "account-pair", **pair),
        "connection": at(shop, "account-connection", connection_id=there["connection_id"]),
        "flow": at(shop, "account-flow-rules", **flow),
        "advanced": at(shop, "account-advanced"),
        "background": "/admin/background/",
    }
    page.set_viewport_size({"width": 390, "height": 844})
    for name, address in pages.items():
        page.goto(live_server.url + address)
        fits(page, f"engine-{name}-390")
        if name in ("connection", "flow"):
            assert shut_out(page) == [], name
    page.emulate_media(color_scheme="dark")
    page.goto(live_server.url + pages["connection"])
    fits(page, "engine-connection-dark-390")
    assert said == []
    context.close()
