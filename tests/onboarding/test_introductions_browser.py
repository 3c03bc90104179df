"""A shop that connects by itself, in a real browser: the page notices, the person agrees."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from clarity.web.entry import entry_link
from tenants.models import User
from tests.browser.window import fits
from tests.onboarding.test_introductions import Rig, rig, shops

__all__ = ["rig", "shops"]

pytestmark = pytest.mark.browser


def test_the_page_notices_the_call_and_the_person_agrees(
    browser: Browser, rig: Rig, live_server: Any
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
    owner = User.objects.get(email=f"{rig.tenant.name}@example.com")
    page.goto(entry_link(owner, live_server.url))
    page.goto(f"{live_server.url}{rig.url('').rsplit('/', 2)[0]}/")
    fits(page, "introduction-form-390")
    page.get_by_label("Address of your shop").first.fill(rig.shop["base_url"])
    page.get_by_role("button", name="Let Magento connect").click()
    # Signed when the page was made; here it is signed again, perhaps a second later.
    unsigned = rig.addresses()[0].rsplit(":", 2)[0]
    expect(page.get_by_label("Callback URL")).to_have_value(re.compile(f"^{re.escape(unsigned)}:"))
    fits(page, "introduction-waiting-390")
    arrival = rig.activate()
    expect(page.get_by_role("heading", name="Magento has called")).to_be_visible(timeout=10_000)
    window = context.new_page()
    window.goto(f"{live_server.url}{arrival}")
    fits(window, "introduction-question-390")
    window.get_by_role("button", name="Connect", exact=True).click()
    expect(window.get_by_role("link", name="Finish in Magento")).to_be_visible()
    fits(window, "introduction-done-390")
    expect(page.get_by_role("link", name="Go on")).to_be_visible(timeout=10_000)
    assert troubles == []
