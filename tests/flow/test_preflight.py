"""The preflight finds what would stop records, and nothing where nothing does."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from integrations.connector_kit.http import Session
from integrations.models import Direction, Flow, PairState, Preflight, PreflightState
from integrations.services import pairs, preflight
from integrations.sync.sessions import open_account
from tenants import scope
from tests.flow.conftest import Rig

PLANTED = {
    "sku_missing",
    "sku_duplicate",
    "sku_spaces",
    "sku_case",
    "sku_unmatched",
    "required_field",
    "station_missing",
    "payment_type_missing",
    "shipping_missing",
    "auto_fulfilled",
    "draft_orders",
    "gift_cards_closed",
    "scope_missing",
    "webhooks_refused",
}


def looked(rig: Rig) -> Preflight:
    return preflight.run_now(pair=rig.pair, actor=None, now=timezone.now())


def test_nothing_is_found_where_nothing_is_wrong(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=12)
    with scope.tenant(rig.tenant.pk), pytest.raises(pairs.NotReady, match="Run the preflight"):
        pairs.start(rig.pair, state=PairState.LIVE, now=timezone.now())
    row = looked(rig)
    assert (row.state, row.problem, row.findings) == (PreflightState.DONE, "", [])
    assert row.articles == {"Till": 12, "Shop": 12}
    with scope.tenant(rig.tenant.pk):
        pairs.start(rig.pair, state=PairState.LIVE, now=timezone.now())
        rig.pair.refresh_from_db()
    assert rig.pair.state == PairState.LIVE
    # Invoiced at once at the till and shipped by us within seconds: no setting of the shop did that.
    rig.shop.act("orders", count=1, seed=5, paid=True)
    rig.until(lambda: len(rig.deliveries(entity="shipment", state="delivered")) == 1, "shipped")
    assert looked(rig).findings == []


def test_every_planted_trouble_is_found(make_rig: Callable[..., Rig]) -> None:
    scopes = [
        "read_all_orders",
        "read_orders",
        "write_orders",
        "read_customers",
        "read_products",
        "write_products",
        "write_inventory",
        "read_locations",
        "read_fulfillments",
        "write_fulfillments",
        "write_merchant_managed_fulfillment_orders",
    ]
    rig = make_rig(size=12, shop_options={"scopes": scopes})
    skus = _skus(rig)
    _plant_in_the_shop(rig, skus)
    _plant_at_the_till(rig)
    with scope.tenant(rig.tenant.pk):
        Flow.objects.filter(pair=rig.pair, entity="gift_card").delete()
        Flow.objects.create(
            pair=rig.pair,
            entity="gift_card",
            direction=Direction.TO_STORE,
            source=rig.pos,
            target=rig.store,
        )
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("preflight", "--pair", str(rig.pair.pk), "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert ended.value.code == 1
    assert said["problem"] == ""
    found = {finding["kind"]: finding for finding in said["findings"]}
    assert set(found) - {"sku_not_online"} == PLANTED
    assert len(said["findings"]) == len(found)
    assert all(finding["fix"] and finding["said"] for finding in said["findings"])
    assert found["sku_spaces"]["examples"] == [f"“{skus[2][:3]} {skus[2][3:]}” and “{skus[2]}”"]
    assert found["sku_case"]["examples"] == [f"{skus[3].lower()} and {skus[3]}"]
    assert found["sku_unmatched"]["examples"] == ["NO-SUCH-SKU"]
    assert found["sku_duplicate"]["examples"] == [f"{skus[5]} (2 times)"]
    assert found["required_field"]["said"] == "The custom field Gift wrap is required on sales."
    assert found["scope_missing"]["examples"] == ["write_customers"]
    with scope.tenant(rig.tenant.pk), pytest.raises(pairs.NotReady, match="in the way"):
        pairs.start(rig.pair, state=PairState.LIVE, now=timezone.now())


def test_a_table_of_locations_is_compared_with_both_sides(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=4)
    here, there = rig.pos.settings["location_id"], rig.store.settings["location_id"]
    with scope.tenant(rig.tenant.pk):
        rig.store.settings = {**rig.store.settings, "location_map": f"{here} = 71; 999 = {there}"}
        rig.store.save(update_fields=["settings"])
    found = {
        tuple(one["examples"])
        for one in looked(rig).findings
        if one["kind"] == "location_map_wrong"
    }
    assert found == {("999",), ("71",)}


def test_a_system_that_does_not_answer_is_said(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=4)
    rig.till.act("faults", kind="status", value=503, times=-1)
    row = looked(rig)
    assert row.state == PreflightState.FAILED
    assert "503" in row.problem
    assert row.findings == []


def _skus(rig: Rig) -> list[str]:
    till = _till(rig)
    rows = till.request("GET", "/api/items", params={"per_page": "100"}).json()["results"]
    return sorted(row["public_id"] for row in rows if not row["public_id"].startswith("WEB-"))


def _plant_in_the_shop(rig: Rig, skus: list[str]) -> None:
    for sku, to in (
        (skus[1], ""),
        (skus[2], f"{skus[2][:3]} {skus[2][3:]}"),
        (skus[3], skus[3].lower()),
        (skus[4], "NO-SUCH-SKU"),
        (skus[6], skus[5]),
    ):
        rig.shop.act("articles", sku=sku, to=to)
    drafted, packed = rig.shop.act("orders", count=2, seed=3, paid=True)["orders"]
    rig.shop.act(f"orders/{drafted['id']}/source", source="shopify_draft_order")
    with scope.tenant(rig.tenant.pk):
        account = open_account(rig.store)
    from integrations.connectors.shopify.client import ShopClient
    from integrations.connectors.shopify.gid import to_gid

    client = ShopClient(account)
    found = client.run("ShipmentOrder", {"id": to_gid("Order", str(packed["id"]))})
    (part,) = found.data["order"]["fulfillmentOrders"]["nodes"]
    given = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": part["id"]}]}
    made = client.run("FulfillmentCreate", {"fulfillment": given}).data["fulfillmentCreate"]
    assert made["userErrors"] == []


def _plant_at_the_till(rig: Rig) -> None:
    field: dict[str, Any] = {
        "key": "gift_wrap",
        "name": "Gift wrap",
        "group_id": "sales.transaction",
        "required": True,
    }
    assert _till(rig).request("POST", "/api/custom_fields", body=field).status == 201
    rig.till.act("faults", kind="status", value=403, match="GET /api/webhooks", times=-1)
    with scope.tenant(rig.tenant.pk):
        rig.pos.settings |= {
            "station_id": "999",
            "payment_type_id": "998",
            "shipping_as": "item",
        }
        rig.pos.save(update_fields=["settings"])


def _till(rig: Rig) -> Session:
    with scope.tenant(rig.tenant.pk):
        account = open_account(rig.pos)
    return Session(
        account, headers={"Authorization": f"Bearer {account.credentials['token']}"}, concurrency=1
    )
