"""The admin in a real browser: from the work list to an account that is well, and unfold's table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from integrations.models import Connection, ConnectionState
from integrations.services import onboarding, troubles
from tenants import scope
from tenants.models import StaffRole, User
from tenants.services import staff
from tests.browser.window import fits
from tests.staff.conftest import colleague
from tests.staff.signing_in import browser_of
from tests.web.shops import Shop, make_shop
from tests.web.test_incidents import stuck

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop() -> Shop:
    shop = make_shop("Harbour Goods")
    for number in ("#1001", "#1002"):
        stuck(shop, number)
    with scope.tenant(shop.tenant.pk):
        Connection.objects.filter(pk=shop.pair.pos.pk).update(state=ConnectionState.PAUSED)
        onboarding.begin(
            pos="heartland",
            store="shopify",
            actor=shop.owner,
            now=timezone.now() - timedelta(days=3),
        )
    return shop


def window_of(browser: Browser, person: User, url: str, width: int) -> BrowserContext:
    """A window in which one of our people has signed in with both steps."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    session = browser_of(person).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
    return context


def entered(person: User, url: str) -> Any:
    """The cookie of a browser in which they have signed in."""
    client = Client()
    client.force_login(person)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}


def shut_out(page: Page) -> list[str]:
    """What axe-core finds in a page of ours that shuts somebody out."""
    asked = {"resultTypes": ["violations"]}
    rows = Axe().run(page, options=asked).response["violations"]
    return [
        f"{row['id']}: {row['help']}" for row in rows if row["impact"] in ("serious", "critical")
    ]


def test_from_the_work_list_an_account_is_made_well(
    browser: Browser, shop: Shop, live_server: Any
) -> None:
    boss = colleague("boss", StaffRole.SUPERUSER)
    other = colleague("other", StaffRole.SUPPORT)
    staff.assign(tenant_id=shop.tenant.pk, staff=boss, actor=None)
    troubles.look_at_all(timezone.now())
    said: list[str] = []
    context = window_of(browser, boss, live_server.url, 1280)
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(f"page error: {error}"))
    page.on(
        "console",
        lambda one: said.append(one.text) if one.type in ("error", "warning") else None,
    )
    page.goto(f"{live_server.url}/admin/")
    expect(page.get_by_text("1 incident is open.")).to_be_visible()
    fits(page, "staff-work-1280")
    page.get_by_role("link", name="Resume").click()
    page.get_by_label("Why").fill("They rang: the till is back")
    fits(page, "staff-ask-1280")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Store till goes on.")).to_be_visible()
    fits(page, "staff-account-1280")
    expect(page.get_by_text("Received")).to_be_visible()
    page.get_by_role("link", name="All of it").click()
    expect(page.get_by_text("They rang: the till is back")).to_be_visible()

    # On the account's own pages for a while, and back.
    page.goto(f"{live_server.url}/admin/accounts/{shop.tenant.slug}/")
    page.get_by_role("link", name="Act on behalf").click()
    fits(page, "staff-on-behalf-1280")
    page.get_by_label("Why").fill("They asked us to look at an order")
    page.get_by_role("button", name="Begin").click()
    bar = page.get_by_role("complementary", name="Acting on behalf")
    expect(bar).to_contain_text("You act on behalf of Harbour Goods until")
    expect(bar).to_contain_text("14 min left")
    fits(page, "deputy-1280")
    owner = browser.new_context(viewport={"width": 390, "height": 844})
    owner.add_cookies([entered(shop.owner, live_server.url)])
    theirs = owner.new_page()
    theirs.goto(f"{live_server.url}/t/{shop.tenant.slug}/")
    fits(theirs, "deputy-owner-390")
    theirs.get_by_role("link", name="See why").click()
    expect(theirs.get_by_text("They asked us to look at an order")).to_be_visible()
    fits(theirs, "support-access-390")
    assert shut_out(theirs) == []
    theirs.get_by_role("button", name="End it").click()
    expect(theirs.get_by_text("They are out.")).to_be_visible()
    owner.close()
    # The page asks for its pieces every few seconds, and is led out by the next of them.
    page.evaluate("() => { window.htmx.trigger(document.getElementById('now'), 'refresh'); }")
    expect(page.get_by_text("Your time on behalf of Harbour Goods is over.")).to_be_visible()
    expect(page.get_by_text("What needs somebody")).to_be_visible()
    # The answer that leads out is a refusal, which the browser tells.
    said[:] = [one for one in said if "401" not in one]

    page.get_by_role("link", name="Our people").click()
    expect(page.get_by_role("link", name="boss@staff.example.com")).to_be_visible()
    fits(page, "staff-table-1280")
    page.get_by_role("link", name="boss@staff.example.com").click()
    expect(page.get_by_text("Another superuser has to change your own role.")).to_be_visible()
    # The narrow window shows the same pages, unfold's table with its menu as well.
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page, "staff-person-390")
    for name, address in (
        ("work", ""),
        ("write", f"accounts/{shop.tenant.slug}/write/"),
        ("on-behalf", f"accounts/{shop.tenant.slug}/on-behalf/"),
        (
            "leave-alone",
            f"accounts/{shop.tenant.slug}/leave-alone/incidents/?which=",
        ),
        ("accounts", "accounts/"),
        ("account", f"accounts/{shop.tenant.slug}/"),
        ("audit", f"accounts/{shop.tenant.slug}/audit/"),
        ("role", f"people/{other.pk}/"),
        ("table", "tenants/user/"),
    ):
        page.goto(f"{live_server.url}/admin/{address}")
        fits(page, f"staff-{name}-390")
        if name != "table":
            assert shut_out(page) == [], name
    assert said == []
    context.close()
