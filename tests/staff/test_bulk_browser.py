"""Several accounts at once in a real browser: chosen, watched until done, announced and dismissed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from integrations.models import Connection, ConnectionState
from integrations.services import bulk_running
from tenants import scope
from tenants.models import Announcement, AnnouncementPost, StaffRole
from tenants.services import staff
from tests.browser.window import fits
from tests.staff.conftest import colleague
from tests.staff.test_staff_browser import shut_out, window_of
from tests.web.shops import make_shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_several_accounts_are_resumed_while_one_watches(browser: Browser, live_server: Any) -> None:
    boss = colleague("boss", StaffRole.SUPERUSER)
    shops = [make_shop(name) for name in ("Anchor Goods", "Buoy Goods")]
    for shop in shops:
        staff.assign(tenant_id=shop.tenant.pk, staff=boss, actor=None)
    with scope.tenant(shops[0].tenant.pk):
        Connection.objects.filter(pk=shops[0].pair.pos.pk).update(state=ConnectionState.PAUSED)
    said: list[str] = []
    context = window_of(browser, boss, live_server.url, 1280)
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(f"page error: {error}"))
    page.on(
        "console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None
    )
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("main").get_by_role("link", name="Several at once").click()
    expect(page.get_by_role("heading", name="What, and where")).to_be_visible()
    page.get_by_label("All that fit").check()
    page.get_by_label("What to do").select_option("resume")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Why").fill("Their maintenance is over")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("2 accounts, 2 to go")).to_be_visible()
    bulk_running.run(job_id=UUID(page.url.rstrip("/").rsplit("/", 1)[1]))
    expect(page.get_by_text("Resumed Store till.")).to_be_visible()
    expect(page.get_by_text("No connection is paused.")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page, "bulk-done-390")
    assert shut_out(page) == []

    now = timezone.now()
    made = Announcement.objects.create(
        form_id=UUID(int=1), text="Heartland updates its tills tonight.", severity="warning",
        begins_at=now, ends_at=now + timedelta(hours=5), meant_for="chosen accounts",
        author=boss,
    )  # fmt: skip
    with scope.tenant(shops[0].tenant.pk):
        AnnouncementPost.objects.create(announcement=made)
    context.close()

    context = window_of(browser, shops[0].owner, live_server.url, 390)
    page = context.new_page()
    page.goto(f"{live_server.url}/t/{shops[0].tenant.slug}/settings/")
    banner = page.get_by_text("Heartland updates its tills tonight.")
    expect(banner).to_be_visible()
    fits(page, "announcement-390")
    page.get_by_role("button", name="Dismiss").click()
    expect(banner).to_have_count(0)
    assert page.url.endswith("/settings/")
    context.close()
    assert said == []
