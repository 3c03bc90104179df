"""Both sides compared exactly, and mended on request."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from clarity.demo.sandboxes import plain_session
from integrations.connector_kit.http import Session
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.services import converge
from integrations.services.stock_differences import Kind, in_words
from tests.flow.backfills import CALM
from tests.flow.conftest import Rig

SIZE = 600
PLENTY = {"bucket": 100_000, "restore_rate": 50_000}


def test_planted_differences_of_every_kind_are_listed_and_mended(
    make_rig: Callable[..., Rig], settings: Any
) -> None:
    rig = make_rig(size=SIZE, shop_size=SIZE + 2, shop_options=PLENTY, till_settings=CALM)
    settings.CLARITY_LANE_SLICE_SECONDS = 0.1
    calm = converge.compare(rig.pair)
    goods = catalogue(seed="7", size=SIZE + 2)
    assert calm.compared == SIZE + 2
    extra = [one.sku for one in goods[SIZE:]]
    assert [one.sku for one in calm.differences if one.kind is Kind.EXTRA] == sorted(extra)
    assert calm.counts == {"different": 0, "missing": 0, "extra": 2, "blocked": 0}

    planted = {one.sku: number for number, one in enumerate(goods[:SIZE:50], 1)}
    for sku, number in planted.items():
        rig.shop.act("stock", sku=sku, available=900 + number)
    untracked = goods[9].sku
    switch_tracking_off(rig, untracked)
    item = {"public_id": "NEW-1", "description": "New", "price": 5, "cost": 2}
    assert till_api(rig).request("POST", "/api/items", body=item).status == 201
    found = converge.compare(rig.pair)
    assert found.counts == {"different": 12, "missing": 1, "extra": 2, "blocked": 1}
    wrong = {one.sku: one for one in found.differences if one.kind is Kind.DIFFERENT}
    assert {sku: int(one.found or 0) for sku, one in wrong.items()} == {
        sku: 900 + number for sku, number in planted.items()
    }
    assert all(one.is_sure for one in found.differences)
    assert found.calls == calm.calls == {"till": 4, "shop": 3}
    assert sum(found.again.values()) <= converge.LEAST_CALLS
    one = wrong[goods[0].sku]
    assert in_words(one).startswith(f"{one.sku}: available at ")
    assert f"is {one.found}, should be {one.wanted} (on hand " in in_words(one)

    assert converge.repair(found, now=timezone.now()) == 12
    rig.until(lambda: not converge.is_under_way(found), "the right numbers have arrived")
    assert {one.sku for one in converge.confirm(found)} == {*extra, untracked, "NEW-1"}
    out = io.StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("converge", pair=str(rig.pair.pk), json=True, stdout=out)
    told = json.loads(out.getvalue())
    assert told["counts"] == {"different": 0, "missing": 1, "extra": 2, "blocked": 1}
    assert (told["left"], told["calls"]) == (4, {"till": 4, "shop": 3})


def test_the_numbers_of_any_store_are_compared_and_mended(
    make_rig: Callable[..., Rig], store: str
) -> None:
    rig = make_rig(store=store, size=40, shop_size=42, shop_options=PLENTY, till_settings=CALM)
    goods = catalogue(seed="7", size=42)
    planted = {goods[0].sku: 901, goods[39].sku: 902}
    for sku, units in planted.items():
        rig.shop.act("stock", sku=sku, available=units)
    found = converge.compare(rig.pair)
    assert found.counts == {"different": 2, "missing": 0, "extra": 2, "blocked": 0}
    wrong = {one.sku: one for one in found.differences if one.kind is Kind.DIFFERENT}
    assert {sku: int(one.found or 0) for sku, one in wrong.items()} == planted
    assert converge.repair(found, now=timezone.now()) == 2
    rig.until(lambda: not converge.is_under_way(found), "the right numbers have arrived")
    extra = {one.sku for one in goods[40:]}
    assert {one.sku for one in converge.confirm(found)} == extra
    stock = rig.sides().till.stock()
    assert {sku for sku, units in rig.seen.stock().items() if stock.get(sku) != units} == extra


def till_api(rig: Rig) -> Session:
    token = rig.till_account["credentials"]["token"]
    return plain_session(rig.till_account["base_url"], {"Authorization": f"Bearer {token}"})


def switch_tracking_off(rig: Rig, sku: str) -> None:
    token = rig.shop_account["credentials"]["access_token"]
    shop = plain_session(rig.shop_account["base_url"], {"X-Shopify-Access-Token": token})
    path = "/admin/api/2026-10/graphql.json"
    query = f'{{ inventoryItems(first: 1, query: "sku:{sku}") {{ nodes {{ id }} }} }}'
    found = shop.request("POST", path, body={"query": query}).json()
    (item,) = [node["id"] for node in found["data"]["inventoryItems"]["nodes"]]
    change = """mutation Off($id: ID!) {
      inventoryItemUpdate(id: $id, input: {tracked: false}) { userErrors { message } } }"""
    shop.request("POST", path, body={"query": change, "variables": {"id": item}})
