"""Stock levels into Shopify: one call, and what becomes of each entry of it."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connectors.shopify import inventory
from integrations.connectors.shopify.tests.small_shop import SmallShop, client, small_shop
from mappings.canonical.record import Entity

ITEM = "gid://shopify/InventoryItem/"
PLACE = "gid://shopify/Location/61"


def level(key: int, quantity: Any = 5, *, linked: str | None = None, **more: Any) -> Outgoing:
    link = f"{ITEM}{key}" if linked is None else linked
    fields = {"sku": f"SKU-{key}", "quantity": quantity, **more.pop("fields", {})}
    return Outgoing(
        delivery_id=f"d{key}",
        entity=Entity.INVENTORY,
        key=str(key),
        reference=str(key),
        fields=fields,
        linked_id=link if link.startswith("gid:") else "",
        related={f"product:{key}": link} if link and not link.startswith("gid:") else {},
        **more,
    )


def accepted(given: dict[str, Any], *, unchanged: tuple[str, ...] = ()) -> dict[str, Any]:
    changes = [
        {
            "name": name,
            "item": {"id": row["inventoryItemId"], "tracked": True},
            "location": {"id": row["locationId"]},
        }
        for row in given["input"]["quantities"]
        if row["inventoryItemId"] not in unchanged
        for name in ("available", "on_hand")
    ]
    group = {"changes": changes} if changes else None
    return {"inventorySetQuantities": {"inventoryAdjustmentGroup": group, "userErrors": []}}


def refused(*errors: tuple[list[str] | None, str, str]) -> dict[str, Any]:
    rows = [{"field": field, "code": code, "message": said} for field, code, said in errors]
    return {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": rows}}


def found(*rows: tuple[int, str, bool]) -> dict[str, Any]:
    nodes = [
        {"legacyResourceId": "1", "sku": sku, "inventoryItem": {"id": f"{ITEM}{n}", "tracked": t}}
        for n, sku, t in rows
    ]
    return {"productVariants": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}


def write(shop: SmallShop, *batch: Outgoing, location: str = "61"):
    return inventory.write_many(client(shop, settings={"location_id": location}), batch)


def test_linked_levels_are_set_in_one_call() -> None:
    with small_shop(InventorySet=lambda given: accepted(given, unchanged=(f"{ITEM}2",))) as shop:
        results = write(shop, level(1), level(2, 0))
    assert shop.operations() == ["InventorySet"]
    sent = shop.sent("InventorySet")[0]["input"]
    assert sent == {
        "name": "available",
        "reason": "correction",
        "referenceDocumentUri": "gid://clarity-connect/Delivery/d1",
        "quantities": [
            {
                "inventoryItemId": f"{ITEM}1",
                "locationId": PLACE,
                "quantity": 5,
                "changeFromQuantity": None,
            },
            {
                "inventoryItemId": f"{ITEM}2",
                "locationId": PLACE,
                "quantity": 0,
                "changeFromQuantity": None,
            },
        ],
    }
    assert results == [
        Receipt(f"{ITEM}1", Outcome.UPDATED, "SKU-1"),
        Receipt(f"{ITEM}2", Outcome.UNCHANGED, "SKU-2"),
    ]


def test_nothing_changed_is_success() -> None:
    with small_shop(InventorySet=lambda given: accepted(given, unchanged=(f"{ITEM}1",))) as shop:
        (result,) = write(shop, level(1))
    assert isinstance(result, Receipt)
    assert result.outcome is Outcome.UNCHANGED


def test_unlinked_levels_are_found_by_sku() -> None:
    rows = found(
        (71, "SKU-1", True), (73, "SKU-3", False), (74, "SKU-4", True), (75, "SKU-4", True)
    )
    with small_shop(VariantsBySku=rows, InventorySet=accepted) as shop:
        results = write(shop, *(level(n, linked="") for n in (1, 2, 3, 4)))
    assert results[0] == Receipt(f"{ITEM}71", Outcome.UPDATED, "SKU-1")
    messages = [str(result) for result in results[1:]]
    assert messages == [
        "No Shopify variant with SKU SKU-2",
        "Shopify does not track the stock of SKU SKU-3",
        "2 Shopify variants have the SKU SKU-4",
    ]
    assert all(isinstance(result, Rejected) and result.field == "sku" for result in results[1:])
    assert len(shop.sent("InventorySet")[0]["input"]["quantities"]) == 1


def test_link_to_a_variant_leads_to_its_item() -> None:
    item = {"id": "v", "inventoryItem": {"id": f"{ITEM}71", "tracked": True}}
    items = {"nodes": [item, None, None]}
    rows = found((73, "SKU-3", True))
    with small_shop(VariantItems=items, VariantsBySku=rows, InventorySet=accepted) as shop:
        batch = [level(n, linked=f"4100000{n}") for n in (1, 2, 3)]
        good, gone, again = write(shop, *batch)
    assert "SKU-1" not in shop.sent("VariantsBySku")[0]["q"]
    assert shop.sent("VariantItems")[0]["ids"][0] == "gid://shopify/ProductVariant/41000001"
    assert isinstance(good, Receipt)
    assert good.id == f"{ITEM}71"
    assert isinstance(gone, Rejected)
    assert "a Shopify variant the SKU SKU-2" in gone.advice
    assert again == Receipt(f"{ITEM}73", Outcome.UPDATED, "SKU-3")


def test_an_article_whose_variant_was_made_anew_is_linked_anew() -> None:
    def answer(given: dict[str, Any]) -> dict[str, Any]:
        ids = [row["inventoryItemId"] for row in given["input"]["quantities"]]
        if f"{ITEM}2" in ids:
            place = ["input", "quantities", str(ids.index(f"{ITEM}2")), "inventoryItemId"]
            return refused((place, "INVALID_INVENTORY_ITEM", "The inventory item is unknown."))
        return accepted(given)

    rows = found((72, "SKU-2", True))
    with small_shop(InventorySet=answer, VariantsBySku=rows) as shop:
        results = write(shop, level(1), level(2))
    assert [result.id for result in results if isinstance(result, Receipt)] == [
        f"{ITEM}1",
        f"{ITEM}72",
    ]
    assert len({call["key"] for call in shop.sent("InventorySet")}) == 3


def test_one_refused_entry_does_not_stop_the_others() -> None:
    def answer(given: dict[str, Any]) -> dict[str, Any]:
        ids = [row["inventoryItemId"] for row in given["input"]["quantities"]]
        if f"{ITEM}2" in ids:
            place = ["input", "quantities", str(ids.index(f"{ITEM}2")), "inventoryItemId"]
            return refused((place, "INVALID_INVENTORY_ITEM", "The inventory item is unknown."))
        return accepted(given)

    with small_shop(InventorySet=answer, VariantsBySku=found()) as shop:
        results = write(shop, level(1), level(2), level(3))
    first, second = shop.sent("InventorySet")
    assert first["key"] != second["key"]
    assert [row["inventoryItemId"] for row in second["input"]["quantities"]] == [
        f"{ITEM}1",
        f"{ITEM}3",
    ]
    assert [isinstance(result, Receipt) for result in results] == [True, False, True]
    assert isinstance(results[1], Rejected)
    assert results[1].field == "inventoryItemId"
    assert "deleted in Shopify" in results[1].advice


def test_refusal_that_names_no_entry_refuses_them_all() -> None:
    answer = refused((["input", "reason"], "INVALID_REASON", "The reason is invalid."))
    with small_shop(InventorySet=answer) as shop:
        results = write(shop, level(1), level(2))
    assert [str(result) for result in results] == [
        "Shopify refused the stock level: The reason is invalid."
    ] * 2
    assert len(shop.calls) == 1


def test_untracked_item_behind_a_link_is_reported() -> None:
    def answer(given: dict[str, Any]) -> dict[str, Any]:
        made = accepted(given)
        group = made["inventorySetQuantities"]["inventoryAdjustmentGroup"]
        group["changes"][0]["item"]["tracked"] = False
        return made

    with small_shop(InventorySet=answer) as shop:
        (result,) = write(shop, level(1))
    assert isinstance(result, Rejected)
    assert "does not track" in str(result)


@pytest.mark.parametrize("quantity", [None, "5", 2.5, True])
def test_quantity_that_is_no_whole_number_is_refused_unsent(quantity: object) -> None:
    with small_shop() as shop:
        (result,) = write(shop, level(1, quantity))
    assert isinstance(result, Rejected)
    assert result.field == "quantity"
    assert shop.calls == []


def test_location_of_the_record_goes_before_the_setting() -> None:
    other = "gid://shopify/Location/62"
    with small_shop(InventorySet=accepted) as shop:
        write(shop, level(1, fields={"location_id": other}))
        (result,) = write(shop, level(1), location="")
    assert shop.sent("InventorySet")[0]["input"]["quantities"][0]["locationId"] == other
    assert isinstance(result, Rejected)
    assert result.field == "location_id"


def test_two_articles_of_one_variant_are_refused_and_one_article_twice_is_sent_once() -> None:
    with small_shop(InventorySet=accepted) as shop:
        results = write(
            shop,
            level(1, linked=f"{ITEM}9"),
            level(2, linked=f"{ITEM}9"),
            level(3, 4),
            level(3, 6),
        )
    assert [isinstance(result, Rejected) for result in results] == [True, True, False, False]
    (sent,) = shop.sent("InventorySet")
    assert [row["quantity"] for row in sent["input"]["quantities"]] == [6]


def test_key_is_the_same_for_the_same_attempt_and_new_for_the_next() -> None:
    with small_shop(InventorySet=accepted) as shop:
        write(shop, level(1), level(2))
        write(shop, level(2), level(1))
        write(shop, level(1), level(2, attempt=2))
    first, second, third = (sent["key"] for sent in shop.sent("InventorySet"))
    assert first == second
    assert third != first


def test_worn_key_is_replaced() -> None:
    answers = [
        refused((None, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "The first attempt failed.")),
        None,
    ]

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        return answers.pop(0) or accepted(given)

    with small_shop(InventorySet=answer) as shop:
        (result,) = write(shop, level(1))
    assert isinstance(result, Receipt)
    keys = [sent["key"] for sent in shop.sent("InventorySet")]
    assert len(set(keys)) == 2


def test_same_call_still_running_is_tried_later() -> None:
    answer = refused((None, "IDEMPOTENCY_CONCURRENT_REQUEST", "In progress."))
    with small_shop(InventorySet=answer) as shop, pytest.raises(TryLater):
        write(shop, level(1))


def levels(key: int, **units: int) -> Outgoing:
    """An article with a quantity at each of several locations: `levels(1, at_61=5, at_62=0)`."""
    rows = [
        {"location_id": place.removeprefix("at_"), "quantity": count}
        for place, count in units.items()
    ]
    return level(key, fields={"levels": rows})


def test_one_article_sets_a_level_at_each_location() -> None:
    with small_shop(InventorySet=accepted) as shop:
        (result,) = write(shop, levels(1, at_61=5, at_62=0))
    sent = shop.sent("InventorySet")[0]["input"]["quantities"]
    assert [(row["locationId"], row["quantity"]) for row in sent] == [
        ("gid://shopify/Location/61", 5),
        ("gid://shopify/Location/62", 0),
    ]
    assert isinstance(result, Receipt)
    assert result.outcome is Outcome.UPDATED


def test_one_location_that_is_refused_speaks_for_the_article_and_the_others_are_set() -> None:
    def answer(given: dict[str, Any]) -> dict[str, Any]:
        rows = given["input"]["quantities"]
        wrong = [n for n, row in enumerate(rows) if row["locationId"].endswith("/99")]
        if wrong:
            field = ["input", "quantities", str(wrong[0]), "locationId"]
            return refused((field, "INVALID_LOCATION", "no such place"))
        return accepted(given)

    with small_shop(InventorySet=answer) as shop:
        results = write(shop, levels(1, at_99=5, at_62=3), levels(2, at_61=4))
    assert isinstance(results[0], Rejected)
    assert results[0].field == "locationId"
    assert isinstance(results[1], Receipt)
    last = shop.sent("InventorySet")[-1]["input"]["quantities"]
    assert [row["quantity"] for row in last] == [3, 4]


def test_more_levels_than_a_call_takes_are_sent_in_two_with_keys_of_their_own() -> None:
    batch = [levels(number, at_61=1, at_62=2) for number in range(1, 151)]
    with small_shop(InventorySet=accepted) as shop:
        results = write(shop, *batch)
    sent = shop.sent("InventorySet")
    assert [len(one["input"]["quantities"]) for one in sent] == [250, 50]
    assert len({one["key"] for one in sent}) == 2
    assert all(isinstance(one, Receipt) for one in results)
