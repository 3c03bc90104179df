"""The list languages of the retail flavour."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integrations.connectors.heartland.sandbox.seeding import SERVICES

GOODS = 24
ITEMS = GOODS + len(SERVICES)


def _ids(answer: Any) -> list[int]:
    return [row["id"] for row in answer["results"]]


def test_paging_walks_every_row_once(shop: Any) -> None:
    first = shop.get("/api/items")
    assert (first["total"], first["pages"], len(first["results"])) == (ITEMS, 2, 20)
    second = shop.get("/api/items", ("page", "2"))
    assert len(set(_ids(first) + _ids(second))) == ITEMS
    assert _ids(shop.get("/api/items", ("page", "3"))) == []
    assert len(shop.get("/api/items", ("per_page", "all"))["results"]) == ITEMS
    assert shop.get("/api/items", ("per_page", "1"))["pages"] == ITEMS


def test_deep_paging_by_id(shop: Any) -> None:
    seen: list[int] = []
    last = 0
    while True:
        rows = _ids(
            shop.get(
                "/api/items",
                ("sort", "id"),
                ("per_page", "7"),
                ("_filter", json.dumps({"id": {"$gt": last}})),
            )
        )
        if not rows:
            break
        seen += rows
        last = rows[-1]
    assert len(seen) == len(set(seen)) == ITEMS


def test_the_filter_languages_agree(shop: Any) -> None:
    item = shop.get("/api/items")["results"][3]
    sku, barcode = item["public_id"], item["primary_barcode"]
    ways: list[list[tuple[str, str]]] = [
        [("_filter", json.dumps({"public_id": sku}))],
        [("_filter", json.dumps([{"public_id": sku}, {"active": True}]))],
        [("_filter[]", json.dumps({"primary_barcode": barcode})), ("_filter[]", '{"active":true}')],
        [("~[public_id]", sku)],
        [("~[id][$eq]", str(item["id"]))],
        [("~[id][$in][]", str(item["id"]))],
        [("public_id", sku)],
        [("_filter", json.dumps({"$or": [{"public_id": sku}, {"public_id": "none"}]}))],
        [("_filter", json.dumps({"public_id": {"$in": [sku, "none"]}}))],
        [("_filter", json.dumps({"description": {"$like": item["description"].upper()}}))],
    ]
    for query in ways:
        assert _ids(shop.get("/api/items", *query)) == [item["id"]], query
    others = shop.get("/api/items", ("_filter", json.dumps({"id": {"$neq": item["id"]}})))
    assert others["total"] == ITEMS - 1
    both = [("_filter", json.dumps({"custom@size": item["custom"]["size"]}))]
    sizes = {row["custom"]["size"] for row in shop.get("/api/items", *both)["results"]}
    assert sizes == {item["custom"]["size"]}
    grids = shop.get("/api/item_grids")
    style = grids["results"][0]["item_custom"]["style_name"]
    found = shop.get("/api/item_grids", ("_filter", json.dumps({"item_custom@style_name": style})))
    assert found["total"] == 1


def test_changes_since_a_moment_and_the_two_ways_to_write_it(shop: Any) -> None:
    rows = shop.get("/api/items", ("per_page", "all"))["results"]
    latest = max(row["updated_at"] for row in rows)
    shop.put(f"/api/items/{rows[5]['id']}", {"price": 20.5})
    for since in (latest, latest.replace("+00:00", "Z")):
        found = shop.get(
            "/api/items",
            ("_filter", json.dumps({"updated_at": {"$gt": since}})),
            ("sort[]", "updated_at,desc"),
        )
        assert _ids(found) == [rows[5]["id"]]
    stamps = [row["updated_at"] for row in rows]
    assert len(set(stamps)) == len(stamps)
    # A "+" that was not encoded arrives as a blank.
    reply = shop.send("GET", f"/api/items?~[updated_at][$gt]={latest}")
    assert reply.status == 400


def test_sorting_fields_and_embeds(shop: Any) -> None:
    found = shop.get(
        "/api/items", ("sort[]", "price,desc"), ("_only[]", "id"), ("_only[]", "price")
    )
    prices = [row["price"] for row in found["results"]]
    assert prices == sorted(prices, reverse=True)
    assert set(found["results"][0]) == {"id", "price"}
    plain = shop.get("/api/locations")["results"][0]
    assert "stations" not in plain
    assert plain["active?"] is True
    places = shop.get("/api/locations", ("_include[]", "stations"), ("per_page", "all"))
    assert len(places["results"]) == 2
    assert shop.settings["station_id"] in [one["id"] for one in places["results"][0]["stations"]]
    grid = shop.get("/api/items", ("_include[]", "grid"))["results"][0]
    assert grid["grid"]["id"] == grid["grid_id"]


def test_stock_is_grouped_as_asked(shop: Any) -> None:
    by_both = shop.get(
        "/api/inventory/values",
        ("group[]", "item_id"),
        ("group[]", "location_id"),
        ("per_page", "all"),
        ("_include[]", "item"),
    )
    assert by_both["total"] == GOODS * 2
    assert {"item", "item_id", "location_id", "qty_available"} <= set(by_both["results"][0])
    everything = sum(row["qty_on_hand"] for row in by_both["results"])
    for query in ([], [("group[0]", "item_id")]):
        total = shop.get("/api/inventory/values", *query)
        assert [row["qty_on_hand"] for row in total["results"]] == [everything]
        assert "item_id" not in total["results"][0]
    place = str(shop.settings["location_id"])
    by_item = shop.get(
        "/api/inventory/values",
        ("group[]", "item_id"),
        ("~[location_id]", place),
        ("per_page", "all"),
    )
    there = sum(r["qty_on_hand"] for r in by_both["results"] if str(r["location_id"]) == place)
    assert sum(row["qty_on_hand"] for row in by_item["results"]) == there


def test_the_ledger_is_a_change_feed(shop: Any) -> None:
    start = shop.ledger()[-1]
    sku = shop.get("/api/items")["results"][0]["public_id"]
    place = shop.settings["location_id"]
    change = shop.post(
        "/api/inventory/adjustment_sets",
        {
            "location_id": place,
            "adjustment_reason_id": shop.settings["adjustment_reason_id"],
            "status": "pending",
        },
    )
    shop.post(f"/api/inventory/adjustment_sets/{change}/lines", {"item_lookup": sku, "qty": -3})
    query = ("~[created_at][$gt]", start["created_at"])
    assert shop.get("/api/inventory/transactions", query)["total"] == 0
    shop.put(f"/api/inventory/adjustment_sets/{change}", {"status": "complete"})
    shop.put(f"/api/inventory/adjustment_sets/{change}", {"status": "complete"})
    shop.control("POST", "/stock", {"sku": sku, "location_id": place, "delta": 5})
    sold = shop.control("POST", "/sales", {"count": 3, "seed": "a"})
    rows = shop.get("/api/inventory/transactions", query, ("sort", "id"))["results"]
    assert [row["qty"] for row in rows[:2]] == [-3, 5]
    assert -sum(row["qty"] for row in rows[2:]) == sold["units"]
    assert {row["item_id"] for row in rows[2:]} == {row["item_id"] for row in sold["tickets"]}
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)


def test_existence_and_absence(shop: Any) -> None:
    item = shop.get("/api/items")["results"][0]["id"]
    head = shop.send("HEAD", f"/api/items/{item}")
    assert (head.status, head.body) == (200, b"")
    assert shop.send("HEAD", "/api/items/1").status == 404
    assert shop.send("GET", "/api/items/1").json == {
        "error": "not_found",
        "message": "Item not found",
    }
    assert shop.send("GET", "/api/no/such").json["error"] == "not_found"
    assert shop.send("DELETE", "/api/items").status == 405


@pytest.mark.parametrize(
    "query",
    [
        [("_filter", "{")],
        [("_filter", '{"no_such":1}')],
        [("~[id][$near]", "1")],
        [("page", "0")],
        [("per_page", "many")],
        [("sort", "no_such")],
    ],
)
def test_nonsense_is_refused(shop: Any, query: list[tuple[str, str]]) -> None:
    assert shop.send("GET", "/api/items", query=query).status == 400


def test_customers_are_found_by_their_exact_email(shop: Any) -> None:
    body = {"first_name": "Test", "last_name": "Buyer", "email": "Buyer@example.com"}
    customer = shop.post("/api/customers", body)
    for email, count in (("Buyer@example.com", 1), ("buyer@example.com", 0)):
        found = shop.get("/api/customers", ("_filter", json.dumps({"email": email})))
        assert found["total"] == count
    shop.put(f"/api/customers/{customer}", {"custom@loyalty_tier": "gold"})
    read = shop.get(f"/api/customers/{customer}")
    assert (read["email"], read["name"]) == ("Buyer@example.com", "Test Buyer")
    assert read["custom"] == {"loyalty_tier": "gold"}
    said = shop.refused("POST", "/api/customers", {"email": "x"})
    assert set(said["details"]) == {"first_name", "last_name"}


def test_gift_cards_change_by_adjustments_with_a_reason(shop: Any) -> None:
    card = shop.get("/api/gift_cards")["results"][0]
    adjustment = {"gift_card_number": card["number"], "amount": -20}
    assert "reason_id" in shop.refused("POST", "/api/gift_card_adjustments", adjustment)["details"]
    full = {**adjustment, "reason_id": shop.settings["gift_card_reason_id"]}
    shop.post("/api/gift_card_adjustments", full)
    assert shop.get(f"/api/gift_cards/{card['number']}")["balance"] == card["balance"] - 20
    shop.refused("POST", "/api/gift_card_adjustments", {**full, "amount": -1000})
    assert shop.get("/api/gift_card_adjustments")["total"] == 1
    assert shop.send("GET", "/api/gift_cards/NOPE").status == 404
