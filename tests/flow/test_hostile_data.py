"""Names, titles and notes that mean harm go all the way, and no page lets them do anything."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page

from clarity.web.entry import entry_link
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.connector_kit.sandbox.hostile import NAMES, NOTES, SKUS, TITLES
from integrations.sync.sessions import load
from tenants import scope
from tenants.models import User
from tests.browser.window import fits
from tests.flow.conftest import Rig
from tests.flow.posting import order_body, send

# Pages that show what came from the accounts, and how many of each kind are opened.
OF_EACH = {
    "home": 1,
    "dashboard": 1,
    "pairs": 1,
    "live": 1,
    "record": 3,
    "record-edit": 1,
    "origins": 1,
    "search": 1,
    "incidents": 1,
    "incident": 1,
    "incident-article": 1,
    "incident-discard": 1,
    "mapping-tables": 1,
    "payments": 1,
    "convergence": 1,
    "preflight": 1,
    "pair-safety-stock": 1,
    "backfills": 1,
}


def test_only_the_last_goods_of_a_hostile_account_are_odd() -> None:
    usual = catalogue(seed="7", size=24)
    hostile = catalogue(seed="7", size=24, hostile=True)
    assert hostile[:16] == usual[:16]
    assert [one.style for one in hostile[16:]] == list(TITLES)
    assert [one.sku for one in hostile[16:19]] == list(SKUS)
    assert len({one.sku for one in hostile}) == 24
    assert catalogue(seed="7", size=1, hostile=True) == catalogue(seed="7", size=1)


def traded(make_rig: Callable[..., Rig]) -> Rig:
    """A pair of hostile accounts: orders that came through, and one that is held."""
    rig = make_rig(size=16, shop_options={"hostile": True}, till_options={"hostile": True})
    rig.shop.act("orders", count=3, seed=3)
    body = order_body(990_001, sku=TITLES[0], note=NOTES[0])
    first, last = NAMES[0]
    for place in ("billing_address", "shipping_address", "customer"):
        if isinstance(body.get(place), dict):
            body[place].update(first_name=first, last_name=last)
    assert send(rig, body).accepted == 1

    def settled() -> bool:
        orders = (*rig.items(entity="order"), *rig.deliveries(entity="order"))
        return not any(one.state == "waiting" for one in orders)

    rig.until(settled, "every order is through, or held")
    return rig


@pytest.mark.browser
def test_hostile_data_arrives_as_written_and_does_nothing_on_any_page(
    make_rig: Callable[..., Rig], browser: Browser, live_server: Any
) -> None:
    rig = traded(make_rig)
    with scope.tenant(rig.tenant.pk):
        notes = {load(item.payload_id).get("note") for item in rig.items(topic="orders/create")}
    assert notes >= {NOTES[0], NOTES[1]}
    troubles: list[str] = []
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.on(
        "dialog", lambda dialog: (troubles.append(f"dialog: {dialog.message}"), dialog.accept())
    )
    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.on(
        "console",
        lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.goto(entry_link(User.objects.get(email="owner@example.com"), live_server.url))
    place = f"{live_server.url}/t/{rig.tenant.slug}"
    first = [f"{place}/search/?q={quote(TITLES[0][:40])}"]
    # The order that is held, and one with a note; then a customer.
    for item in (rig.items(entity="order")[-1:], rig.items(number="#1002")[:1]):
        first += [f"{place}/records/{one.pk}/" for one in item]
    first += [f"{place}/records/{one.pk}/" for one in rig.items(entity="customer")[-1:]]
    seen = crawled(page, [f"{live_server.url}/?list", *first], rig.tenant.slug, troubles)
    assert {"live", "record", "incidents", "incident"} <= set(seen), seen
    for address in (rig.shop_account["base_url"], rig.till_account["base_url"]):
        page.goto(f"{address}/")
        assert "Wooooooooool" in page.content()
        troubles += harm_on(page)
    assert troubles == []
    context.close()


def crawled(page: Page, first: list[str], slug: str, troubles: list[str]) -> Counter[str]:
    """Opens the pages that links lead to, some of each kind; answers how many of which."""
    seen: Counter[str] = Counter()
    known: set[str] = set()
    waiting = deque(first)
    while waiting:
        address = waiting.popleft()
        kind = kind_of(address)
        if address in known or not kind or seen[kind] >= OF_EACH.get(kind, 0):
            continue
        known.add(address)
        answer = page.goto(address, wait_until="load")
        assert answer is not None
        if answer.status != 200:
            troubles.append(f"{address} answered {answer.status}")
            continue
        seen[kind] += 1
        troubles += [f"{kind} {address}: {one}" for one in harm_on(page)]
        fits(page, f"{kind}-{seen[kind]}")
        links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        waiting += [link for link in links if urlsplit(link).path.startswith((f"/t/{slug}/", "/?"))]
    return seen


def kind_of(address: str) -> str:
    """The name of the page, "" when there is none."""
    path = urlsplit(urljoin("http://x", address)).path
    try:
        return resolve(path).view_name or ""
    except Resolver404:
        return ""


LOOK = """() => {
  const found = [];
  for (const one of document.querySelectorAll("details")) one.open = true;
  if (window.clarityWasHere === 1) found.push("what somebody typed was run");
  if (document.querySelector("[onload], [onerror]")) found.push("what somebody typed is an element");
  if (document.querySelector('a[href^="javascript:"]')) found.push("a link runs code");
  return found;
}"""


def harm_on(page: Page) -> list[str]:
    found: list[str] = page.evaluate(LOOK)
    return found
