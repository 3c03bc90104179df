"""The main journey in a real browser: two real sandboxes, a real server, the engine in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from clarity.web.entry import entry_link
from integrations.models import DeliveryState, InboxState, Incident
from integrations.queue.pulse import hint_due_incidents
from integrations.services import group_replay
from tenants import scope
from tenants.models import User
from tests.browser.window import fits
from tests.flow.conftest import Rig, make_rig  # noqa: F401 - the fixture
from tests.flow.posting import TillCalls, order_body, send
from tests.flow.steps import numbers
from tests.web.test_browser import Sight

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def shoot(page: Page, name: str) -> None:
    """The page fits at both widths."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, f"{name}-{width}")
    page.set_viewport_size({"width": 1280, "height": 900})


def work(rig: Rig) -> None:
    """What the workers do: both lanes, and every incident that is due."""
    rig.work()
    with scope.tenant(rig.tenant.pk):
        Incident.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    hint_due_incidents()
    with scope.tenant(rig.tenant.pk):
        ids = list(Incident.objects.values_list("pk", flat=True))
    for pk in ids:
        group_replay.tend(tenant_id=rig.tenant.pk, incident_id=pk, now=timezone.now())


def opened(browser: Browser, rig: Rig) -> tuple[Sight, BrowserContext]:  # noqa: F811
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    sight = Sight(context.new_page())
    sight.page.on("pageerror", lambda error: sight.troubles.append(str(error)))
    sight.page.on(
        "console",
        lambda said: (
            sight.troubles.append(said.text) if said.type in ("error", "warning") else None
        ),
    )
    owner = User.objects.get(email="owner@example.com")
    sight.page.goto(entry_link(owner, rig.public_url))
    return sight, context


def orders_waiting(rig: Rig) -> int:
    """Orders on their way. Their shipments wait longer: the shop's sandbox has no such orders."""
    return len(rig.items(entity="order", state=InboxState.WAITING)) + len(
        rig.deliveries(entity="order", state=DeliveryState.WAITING)
    )


def test_from_stuck_orders_to_nothing_stuck(
    make_rig: Callable[..., Rig],  # noqa: F811
    browser: Browser,  # noqa: F811
    settings: Any,
) -> None:
    # A poll that is due again at once would keep a lane busy for its whole turn.
    settings.CLARITY_LANE_SLICE_SECONDS = 2
    rig = make_rig(till_settings={"poll_seconds": "2"})
    till = TillCalls(rig)
    for key in range(1001, 1006):
        assert send(rig, order_body(key, sku="MUG-77")).accepted == 1
    assert send(rig, order_body(1009, sku="MUG-77", currency="US")).accepted == 1
    rig.until(lambda: orders_waiting(rig) == 0, "all are held")
    sight, context = opened(browser, rig)
    page: Any = sight.page

    page.get_by_role("link", name=rig.pair.name, exact=True).click()
    shoot(page, "live")
    page.get_by_role("link", name="2 open incidents").click()
    expect(page.get_by_role("heading", name="Incidents", exact=True)).to_be_visible()
    shoot(page, "list")
    page.get_by_role("link", name="no Heartland item").click()
    expect(
        page.get_by_role("heading", name="5 orders are stuck on the way to Till.")
    ).to_be_visible()
    shoot(page, "incident")

    # Too early: the article is still missing, so one is tried and four are left alone.
    page.get_by_role("link", name="Replay all 5").click()
    expect(page.get_by_role("heading", name="Replay 5 records?")).to_be_visible()
    shoot(page, "replay")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("heading", name="One record goes first.")).to_be_visible()
    shoot(page, "canary")
    before = till.writes()
    work(rig)
    expect(page.get_by_role("heading", name="The replay stopped.")).to_be_visible(timeout=8_000)
    shoot(page, "stopped")
    assert till.writes() == before
    assert len(rig.deliveries(entity="order")) == 6

    # Mended: the first goes through, and the rest follow with the browser closed.
    till.add_item("MUG-77")
    page.get_by_role("link", name="Replay all 5").click()
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("heading", name="One record goes first.")).to_be_visible()
    there = page.url
    page.close()
    for _ in range(40):
        work(rig)
        if not orders_waiting(rig) and len(numbers(rig)) == 5:
            break
    work(rig)
    assert numbers(rig) == [f"S-{key}" for key in range(1001, 1006)]
    sight.page = page = context.new_page()
    page.goto(there)
    expect(page.get_by_role("heading", name="The replay is over.")).to_be_visible()
    expect(page.get_by_text("5 records went through.")).to_be_visible()
    shoot(page, "over")

    # The last one: its payload is mended by hand.
    page.get_by_role("link", name="Incidents").first.click()
    page.get_by_role("link", name="currency").first.click()
    page.get_by_role("link", name="1009", exact=True).click()
    shoot(page, "record")
    page.get_by_role("link", name="Edit its payload").click()
    field = page.get_by_label("The payload, as Shop sent it")
    text = field.input_value()
    field.fill(text.replace('"USD"', '"US"'))
    shoot(page, "edit")
    field.fill(text.replace('"currency": "US"', '"currency": "USD",,'))
    page.get_by_role("button", name="Keep only").click()
    expect(page.get_by_role("alert")).to_contain_text("this is not JSON")
    shoot(page, "edit-refused")
    page.get_by_label("The payload, as Shop sent it").fill(
        text.replace('"currency": "US"', '"currency": "USD"')
    )
    page.get_by_role("button", name="Keep and replay").click()
    expect(page.get_by_role("status").first).to_contain_text("runs again from it")
    rig.until(lambda: orders_waiting(rig) == 0, "the edited order is through")
    work(rig)
    page.reload()
    expect(page.get_by_role("heading", name="Payload edited by hand")).to_be_visible()
    shoot(page, "edited")
    assert numbers(rig)[-1] == "S-1009"

    # Two that nobody wants.
    for key in (1011, 1012):
        assert send(rig, order_body(key, sku="GONE-1")).accepted == 1
    rig.until(lambda: orders_waiting(rig) == 0, "both are held")
    page.goto(there)
    page.get_by_role("link", name="Discard all 2").click()
    shoot(page, "discard")
    page.get_by_label("Why").fill("The buyer cancelled by phone")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("status").first).to_contain_text("2 records are left out")
    page.get_by_role("link", name="All there were", exact=True).click()
    expect(page.get_by_role("link", name="#1012")).to_be_visible()
    shoot(page, "discarded")
    page.get_by_role("link", name="#1012").click()
    expect(page.get_by_text("Discarded: The buyer cancelled by phone").first).to_be_visible()
    shoot(page, "record-discarded")
    page.get_by_role("link", name="Incidents").first.click()
    expect(page.get_by_text("0 of 7")).to_be_visible()
    shoot(page, "list-closed")
    assert not rig.items(state=InboxState.HELD)
    assert sight.troubles == []
    context.close()
