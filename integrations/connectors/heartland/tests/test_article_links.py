"""Articles of a store find their items; nothing is written into Heartland."""

from __future__ import annotations

from collections.abc import Callable

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, Unsupported
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.connector import CONNECTOR
from integrations.connectors.heartland.tests.small_heartland import SKUS, Place
from mappings.canonical.inventory import Stock
from mappings.canonical.record import Entity


def article(sku: str, *, linked_id: str = "") -> Outgoing:
    return Outgoing(f"d-{sku}", Entity.PRODUCT, f"v-{sku}", sku, {"sku": sku}, linked_id)


def link(place: Place, *batch: Outgoing, **settings: str) -> list[object]:
    port = CONNECTOR.entities[Entity.PRODUCT]
    assert port.write_many is not None
    return list(port.write_many(place.client(**settings), batch))


def test_articles_are_linked_by_item_number_in_one_request(place: Place) -> None:
    items = {row["public_id"]: str(row["id"]) for row in place.rows("/items")}
    place.seen.clear()
    batch = (article(SKUS[0]), article("88-RED"), article(""), article("X", linked_id="77"))
    found, unknown, nameless, known = link(place, *batch)
    assert found == Receipt(
        items[SKUS[0]],
        Outcome.UNCHANGED,
        SKUS[0],
        touched=((Entity.INVENTORY, items[SKUS[0]]), (Entity.PRODUCT, items[SKUS[0]])),
    )
    assert isinstance(unknown, Unsupported)
    assert str(unknown) == "No item of Heartland is called 88-RED; it is sold in the store only"
    assert isinstance(nameless, Unsupported)
    assert known == Receipt("77", Outcome.UNCHANGED, "X")
    assert [one.method for one in place.seen] == ["GET"]


def test_a_barcode_of_two_items_is_refused(place: Place) -> None:
    for sku in SKUS[:2]:
        place.control("items", {"sku": sku, "primary_barcode": "4711"})
    (error,) = link(place, article("4711"), product_match="barcode")
    assert isinstance(error, Rejected)
    assert (error.field, str(error)) == ("sku", "2 items of Heartland are called 4711")


def test_articles_are_linked_and_counted_by_a_custom_field(place: Place) -> None:
    custom = {"web_sku": "WEB-SCARF"}
    item = {"public_id": "900", "description": "Scarf", "cost": 1, "price": 9, "custom": custom}
    key = place.client().create("/items", item, what="item")
    settings = {"product_match": "custom field", "product_match_field": "web_sku"}
    (found,) = link(place, article("WEB-SCARF"), **settings)
    assert isinstance(found, Receipt)
    assert found.id == key
    port = CONNECTOR.entities[Entity.INVENTORY]
    assert port.read is not None
    assert port.normalise is not None
    client = place.client(**settings)
    stock = port.normalise(Payload(port.read(client, [key])[key] or {}), client.account)
    assert isinstance(stock, Stock)
    assert stock.sku == "WEB-SCARF"


def test_the_unified_api_knows_products_by_their_sku(made: Callable[..., Place]) -> None:
    unified = made(flavour="unified_v1")
    found, unknown = link(unified, article(SKUS[0]), article("88-RED"))
    assert isinstance(found, Receipt)
    assert found.id == SKUS[0]
    assert isinstance(unknown, Unsupported)
    assert unified.writes() == []
