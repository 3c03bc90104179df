"""A value without an entry, fixed once in a real browser; then one of the orders is traced."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from integrations.models import Direction
from integrations.services import mapping_versions
from mappings.canonical.record import Entity
from tenants import scope
from tests.flow.conftest import Rig, make_rig  # noqa: F401 - the fixture
from tests.flow.posting import TillCalls, order_body, send
from tests.flow.steps import numbers
from tests.web.test_incidents_browser import opened, orders_waiting, shoot, work

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# The till's own name of an order's state, from a table that nobody has filled yet.
STATUS = {
    "target": "custom.web_status",
    "rule": {"lookup": {"table": "web_status", "source": "payment"}},
}


def look_up_status(rig: Rig) -> None:
    with scope.tenant(rig.tenant.pk):
        flow = mapping_versions.flow_of(
            pair=rig.pair, entity=Entity.ORDER, direction=Direction.TO_POS
        )
        mapping_versions.change(flow=flow, changes=[STATUS], actor=None, now=timezone.now())
        mapping_versions.publish(flow=flow, actor=None, now=timezone.now(), accept_failures=True)


def until_through(rig: Rig, count: int) -> None:
    for _ in range(40):
        work(rig)
        if not orders_waiting(rig) and len(numbers(rig)) == count:
            break
    work(rig)


def test_a_value_and_an_article_are_fixed_once_and_an_order_is_traced(
    make_rig: Callable[..., Rig],  # noqa: F811
    browser: Browser,  # noqa: F811
    settings: Any,
) -> None:
    settings.CLARITY_LANE_SLICE_SECONDS = 2
    rig = make_rig(till_settings={"poll_seconds": "2"})
    look_up_status(rig)
    till = TillCalls(rig)
    till.add_item("MUG-1")
    for key in (1001, 1002, 1003):
        assert send(rig, order_body(key, sku="MUG-1")).accepted == 1
    rig.until(lambda: orders_waiting(rig) == 0, "all are held")
    sight, context = opened(browser, rig)
    page: Any = sight.page

    # An unmapped status: what it becomes is said once, and all three go on.
    home = f"{rig.public_url}/t/{rig.tenant.slug}"
    page.goto(f"{home}/incidents/")
    page.get_by_role("link", name="no entry in the table web_status").click()
    shoot(page, "fix-incident")
    page.get_by_role("link", name="#1001").first.click()
    page.get_by_text(re.compile(r"^\d+ fields for Till")).click()
    expect(page.get_by_text("This stops the record:")).to_be_visible()
    shoot(page, "fix-held")
    page.get_by_role("link", name="Say what it becomes").first.click()
    expect(page.get_by_text("3 records wait for this.")).to_be_visible()
    shoot(page, "fix-entry")
    page.get_by_label("paid becomes").fill("Paid online")
    page.get_by_role("button", name="Save and replay").click()
    expect(page.get_by_text("3 records run again: one first")).to_be_visible()
    until_through(rig, 3)
    expect(page.get_by_role("heading", name="The replay is over.")).to_be_visible(timeout=8_000)
    expect(page.get_by_text("3 records went through.")).to_be_visible()
    assert numbers(rig) == ["S-1001", "S-1002", "S-1003"]

    # An article the till calls otherwise: it is looked for there and linked.
    till.add_item("CUP-OF-OURS")
    body = order_body(1004, sku="MUG-2")
    body["line_items"][0]["variant_id"] = 7001
    assert send(rig, body).accepted == 1
    rig.until(lambda: orders_waiting(rig) == 0, "it is held")
    page.goto(f"{home}/incidents/")
    page.get_by_role("link", name="no Heartland item").click()
    page.get_by_role("link", name="Link the article").click()
    page.get_by_label("Search Till by number or title").fill("no such thing")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("No article of Till fits")).to_be_visible()
    page.get_by_label("Search Till by number or title").fill("CUP-OF")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("radio").check()
    shoot(page, "fix-article")
    page.get_by_role("button", name="Link and replay").click()
    expect(page.get_by_text("The record that waited for it runs again.")).to_be_visible()
    until_through(rig, 4)
    assert numbers(rig)[-1] == "S-1004"

    # Tracing: by its number to the record, and to where a field comes from.
    page.get_by_label("Order number, SKU, e-mail or id").fill("100")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="#1004")).to_be_visible()
    shoot(page, "search")
    page.get_by_label("Order number, SKU, e-mail or id").fill("1002")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Order #1002")).to_be_visible()
    page.get_by_text(re.compile(r"^\d+ fields for Till")).click()
    status = page.get_by_role("row", name="custom.web_status")
    expect(status).to_contain_text("looked up in the table web_status, revision 1")
    expect(status).to_contain_text("paid")
    shoot(page, "trace")
    page.goto(f"{home}/search/")
    shoot(page, "search-empty")
    assert sight.troubles == []
    context.close()
