"""Replaying what was delivered writes nothing at either side, whatever the kind of record."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from clarity.demo.sandboxes import plain_session
from integrations.connector_kit.registry import folder
from integrations.connectors.shopify.documents import document
from integrations.models import DeliveryState, InboxItem, InboxState
from integrations.services.replay import replay
from tenants import scope
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls

CARRIED = {"order", "customer", "inventory", "shipment"}


def mutations() -> set[str]:
    """Names of the connector's documents that change something."""
    files = Path(folder("shopify") / "queries").glob("*.graphql")
    found = {name for file in files for name in re.findall(r"^mutation (\w+)", file.read_text())}
    assert found
    return found


def shop_writes(rig: Rig) -> int:
    log = plain_session(rig.shop.public_url).request(
        "GET", f"/_sandbox/accounts/{rig.shop.account}/log"
    )
    counts = log.json()["by_operation"]
    return sum(count for name, count in counts.items() if name in mutations())


def new_customer(rig: Rig) -> None:
    """Somebody opens an account in the shop and buys nothing yet."""
    token = rig.shop_account["credentials"]["access_token"]
    answer = plain_session(rig.shop_account["base_url"], {"X-Shopify-Access-Token": token}).request(
        "POST",
        "/admin/api/2026-10/graphql.json",
        body={
            "query": document("CustomerSet"),
            "variables": {
                "identifier": {"email": "new@example.com"},
                "input": {"email": "new@example.com", "firstName": "New", "lastName": "Person"},
            },
        },
    )
    assert answer.json()["data"]["customerSet"]["customer"], answer.text


def test_each_entity_is_written_once_however_often_it_is_replayed(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig()
    new_customer(rig)
    rig.shop.act("orders", count=3, seed=1)
    rig.till.act("sales", count=2, seed=2)
    rig.until(lambda: rig.compare().agrees and rig.waiting() == 0, "both sides agree")
    done = rig.deliveries(state__in=(DeliveryState.DELIVERED, DeliveryState.UNCHANGED))
    assert {row.entity for row in done if row.state == DeliveryState.DELIVERED} == CARRIED, (
        rig.describe()
    )
    till = TillCalls(rig)
    before = (till.writes(), shop_writes(rig))
    assert min(before) > 0

    # The newest of each record: older ones were spoken for by it.
    newest = {(row.flow_id, row.key): row for row in done}
    items = sorted({row.inbox_item_id for row in newest.values()})
    for _ in range(2):
        for pk in items:
            with scope.tenant(rig.tenant.pk):
                replay(InboxItem.objects.get(pk=pk), now=timezone.now())
        rig.until(lambda: rig.waiting() == 0, "everything replayed is through")

    assert (till.writes(), shop_writes(rig)) == before
    replayed = [row for row in rig.items() if row.pk in items]
    assert {row.state for row in replayed} <= {InboxState.PASSED, InboxState.MERGED}
    again = [
        row for row in rig.deliveries(inbox_item__in=items) if row.pk > max(row.pk for row in done)
    ]
    # What was paid came with the orders, so their payments found themselves there.
    assert {row.entity for row in again} == CARRIED | {"payment"}
    assert {row.state for row in again} <= {DeliveryState.UNCHANGED, DeliveryState.FILTERED}
    assert {row.attempts for row in again} == {0}
    assert rig.compare().agrees
