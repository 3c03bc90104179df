"""From signing in to the first order at the till, in a real browser, with real processes.

The sandboxes, the web and the workers run as an installation runs them; nothing is simulated but
the two vendors. The time from the first page to the first order is measured and printed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from clarity import supervisor
from clarity.demo.sandboxes import plain_session
from clarity.web.entry import entry_link
from conftest import SandboxProcess
from integrations.models import Connection
from integrations.sync.sessions import open_account
from tenants import scope
from tenants.models import Tenant, User
from tenants.services.members import create_tenant
from tests.browser.provision import chromium
from tests.processes import running

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("CLARITY_TEST_PICTURES", "")


def test_a_newcomer_sees_the_first_order_arrive(
    transactional_db: None, sandboxes: Mapping[str, SandboxProcess], account_name: str
) -> None:
    tenant = create_tenant(name=account_name, owner_email=f"{account_name}@example.com")
    owner = User.objects.get(email=f"{account_name}@example.com")
    port = supervisor.free_port()
    url = f"http://127.0.0.1:{port}"
    parts = (supervisor.web(port=port), supervisor.workers())
    for part in parts:
        part.environment.update(
            CLARITY_PUBLIC_URL=url,
            CLARITY_WORKERS="2",
            CLARITY_SANDBOXES=" ".join(f"{one.connector}={one.url}" for one in sandboxes.values()),
        )
    launch = chromium()
    with running(parts[0]), running(parts[1]), sync_playwright() as playwright:
        supervisor.wait_for_port(port)
        browser = playwright.chromium.launch(
            executable_path=launch.executable, args=launch.args, env=dict(launch.env)
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if said.type == "error" else None,
        )
        began = time.monotonic()
        page.goto(_link(owner, url))
        expect(page).to_have_url(f"{url}/t/{tenant.slug}/start/")
        _fits(page, "start")
        page.get_by_role("button", name="Show me Heartland and Shopify").click()
        expect(page.locator("#now").get_by_text("Is S-1001 in Heartland")).to_be_visible(
            timeout=60_000
        )
        took = time.monotonic() - began
        _fits(page, "sandbox")
        page.get_by_role("button", name="Place an order in the sandbox shop").click()
        expect(page.locator("#now").get_by_text("Is S-1003 in Heartland")).to_be_visible(
            timeout=30_000
        )
        page.set_viewport_size({"width": 390, "height": 844})
        _fits(page, "sandbox-390")
        assert troubles == []
        browser.close()
    assert {"S-1001", "S-1002", "S-1003"} <= _at_till(tenant)
    sys.stdout.write(f"\nFrom signing in to the first order at the till: {took:.1f} s\n")


def _link(owner: User, url: str) -> str:
    # Playwright runs a loop in this thread, in which Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        return entry_link(owner, url)
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def _at_till(tenant: Tenant) -> set[str]:
    """The numbers of the orders in Heartland, asked over its own API."""
    with scope.tenant(tenant.pk):
        account = open_account(Connection.objects.get(connector="heartland"))
    session = plain_session(
        account.base_url, {"Authorization": f"Bearer {account.credentials['token']}"}
    )
    rows = session.request("GET", "/api/sales/orders", params={"per_page": "100"}).json()["results"]
    return {str(row["public_id"]) for row in rows if row["status"] in ("open", "closed")}


def _fits(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)
    wide = "document.documentElement.scrollWidth - window.innerWidth"
    assert page.evaluate(wide) <= 0, f"{name} is too wide"
