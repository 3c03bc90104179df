"""The pages of alert channels in a real browser, on a desk and on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from clarity.web.entry import entry_link
from integrations.models import AlertChannel, ChannelKind, MessageKind, Topic
from integrations.services import alert_outbox, alerts
from integrations.services.alert_words import Content
from integrations.services.alerts import Wanted
from tenants import scope
from tests.browser.window import fits
from tests.web.shops import Shop

pytestmark = pytest.mark.browser


def _filled(shop: Shop) -> AlertChannel:
    """A chat that fails, and some history."""
    now = timezone.now()
    with scope.tenant(shop.tenant.pk):
        chat = alerts.create(
            kind=ChannelKind.SLACK,
            wanted=Wanted(
                name="Back office chat", hears=Topic.values, url="http://127.0.0.1:9/services/x"
            ),
            actor=shop.owner,
            now=now,
        ).channel
        AlertChannel.objects.filter(pk=chat.pk).update(
            failures=5,
            failing_since=now,
            last_failed_at=now,
            problem="hooks.chat.example.com answered 404: no_service",
        )
        said = "3 orders are held: no payment method for 'gift_voucher'"
        for channel in AlertChannel.objects.order_by("name"):
            content = Content(event="incident.opened", title=said)
            alert_outbox.write([channel], MessageKind.TEST, content, now=now)
    return chat


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_fits_and_a_channel_is_added_by_hand(
    browser: Browser, shop: Shop, live_server: Any, width: int
) -> None:
    chat = _filled(shop)
    troubles: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if width == 390 else "light",
    )
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.on(
        "console",
        lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.goto(entry_link(shop.owner, live_server.url))
    base = f"{live_server.url}/t/{shop.tenant.slug}/settings/alerts/"
    page.goto(base)
    expect(page.get_by_text("Failing")).to_be_visible()
    fits(page, f"alerts-{width}")
    page.get_by_role("link", name="Add a channel: E-mail").click()
    page.get_by_label("Name").fill("Book-keeping")
    page.get_by_label("Other addresses").fill("books@example.com")
    page.get_by_label("Privacy requests").uncheck()
    fits(page, f"new-email-{width}")
    page.get_by_role("button", name="Add the channel").click()
    expect(page.get_by_text("Has not agreed yet")).to_be_visible()
    fits(page, f"email-{width}")
    page.goto(f"{base}new/webhook/")
    page.get_by_label("Name").fill("Our program")
    page.get_by_label("Address of the webhook").fill("http://127.0.0.1:9/in")
    fits(page, f"new-webhook-{width}")
    page.get_by_role("button", name="Add the channel").click()
    expect(page.get_by_label("Signing key")).to_have_value(re.compile("^ccwh_"))
    fits(page, f"key-{width}")
    page.goto(f"{base}{chat.pk}/")
    page.get_by_role("button", name="Send a test message").click()
    expect(page.get_by_text("did not get through. 127.0.0.1 could not be reached")).to_be_visible()
    fits(page, f"channel-{width}")
    page.get_by_role("link", name="All messages").click()
    fits(page, f"messages-{width}")
    page.goto(f"{base}{chat.pk}/delete/")
    fits(page, f"delete-{width}")
    page.get_by_role("button", name="Delete the channel").click()
    expect(page.get_by_text("Back office chat is deleted.")).to_be_visible()
    assert troubles == []
    context.close()
