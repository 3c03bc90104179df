"""Stock, products, customers and shipments out of Heartland Retail, against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Account, Notice
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland import ledger, polling
from integrations.connectors.heartland.client import HeartlandClient
from integrations.connectors.heartland.connector import CONNECTOR
from integrations.connectors.heartland.tests.small_heartland import (
    SKUS,
    Ledger,
    Place,
    fields,
    outgoing,
)
from mappings.canonical.inventory import Stock
from mappings.canonical.record import Entity, Skipped
from mappings.canonical.shipment import Shipment


def later(seconds: float = 0) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def poll(
    client: HeartlandClient, entity: Entity, cursor: str, now: datetime | None = None
) -> tuple[list[Notice], str]:
    """Pages until there are no more."""
    changes = CONNECTOR.entities[entity].changes
    assert changes is not None
    found: list[Notice] = []
    while True:
        page = changes(client, cursor, now or later())
        found.extend(page.notices)
        cursor = page.cursor
        if not page.more:
            return found, cursor


def normalised(place: Place, entity: Entity, keys: list[str]) -> dict[str, Any]:
    port = CONNECTOR.entities[entity]
    assert port.read is not None
    assert port.normalise is not None
    rows = port.read(place.client(), keys)
    account = place.account(tax_item="WEB-TAX")
    return {
        key: port.normalise(Payload(row), account) if row is not None else None
        for key, row in rows.items()
    }


def items(place: Place) -> dict[str, str]:
    return {row["public_id"]: str(row["id"]) for row in place.rows("/items")}


def test_sales_at_the_till_name_each_item_once(place: Place) -> None:
    client, by_sku = place.client(), items(place)
    notices, cursor = poll(client, Entity.INVENTORY, "")
    assert notices == []
    for _ in range(3):
        place.control("sales", {"sku": SKUS[0]})
    place.control("stock", {"sku": SKUS[1], "delta": 5})
    notices, cursor = poll(client, Entity.INVENTORY, cursor)
    assert [(one.key, one.payload) for one in notices] == [
        (by_sku[SKUS[0]], None), (by_sku[SKUS[1]], None),
    ]  # fmt: skip
    notices, cursor = poll(client, Entity.INVENTORY, cursor)
    assert notices == []
    # Once settled, the cursor goes past the rows and remembers none of them.
    notices, cursor = poll(client, Entity.INVENTORY, cursor, later(60))
    assert notices == []
    assert '"told": []' in cursor


def test_long_ledger_is_read_page_by_page(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PAGE", 4)
    client = place.client()
    _, cursor = poll(client, Entity.INVENTORY, "")
    sold = place.control("sales", {"count": 11})["tickets"]
    notices, _ = poll(client, Entity.INVENTORY, cursor)
    assert {one.key for one in notices} == {str(row["item_id"]) for row in sold}


def test_ledger_without_an_id_filter_is_read_by_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, by_sku = place.client(), items(place)
    _, cursor = poll(client, Entity.INVENTORY, "")
    place.control("sales", {"sku": SKUS[0]})
    # An unknown field in the filter is refused, as a Heartland without this filter would.
    real = ledger.matching
    monkeypatch.setattr(ledger, "matching", lambda _: real({"nonsense": 1}))
    notices, _ = poll(client, Entity.INVENTORY, cursor)
    assert [one.key for one in notices] == [by_sku[SKUS[0]]]


def test_stock_of_many_items_takes_two_requests(place: Place) -> None:
    by_sku = items(place)
    place.seen.clear()
    found = normalised(place, Entity.INVENTORY, [*by_sku.values(), "999999", "no-id"])
    assert len(place.seen) == 2
    assert (found["999999"], found["no-id"]) == (None, None)
    stock = found[by_sku[SKUS[0]]]
    assert isinstance(stock, Stock)
    assert (stock.sku, len(stock.levels), stock.tracks_stock) == (SKUS[0], 2, True)
    assert found[by_sku["WEB-TAX"]].tracks_stock is False


def test_open_order_lowers_what_is_available_only(place: Place) -> None:
    by_sku = items(place)
    before = normalised(place, Entity.INVENTORY, [by_sku[SKUS[0]]])[by_sku[SKUS[0]]]
    write = CONNECTOR.entities[Entity.ORDER].write
    assert write is not None
    client = place.client(tax_item="WEB-TAX", who_fulfils="merchant_fulfils")
    write(client, outgoing(fields(list(SKUS))), Ledger())
    after = normalised(place, Entity.INVENTORY, [by_sku[SKUS[0]]])[by_sku[SKUS[0]]]
    assert [level.on_hand for level in after.levels] == [level.on_hand for level in before.levels]
    pairs = zip(before.levels, after.levels, strict=True)
    assert sum(then.available - now.available for then, now in pairs) == 2


def test_changed_products_come_once(place: Place) -> None:
    client, by_sku = place.client(), items(place)
    notices, cursor = poll(client, Entity.PRODUCT, "")
    client.update(f"/items/{by_sku[SKUS[0]]}", {"price": Decimal("21.00")}, what="item")
    notices, cursor = poll(client, Entity.PRODUCT, cursor)
    assert [one.key for one in notices] == [by_sku[SKUS[0]]]
    assert notices[0].payload is None
    assert poll(client, Entity.PRODUCT, cursor)[0] == []
    client.update(f"/items/{by_sku[SKUS[0]]}", {"price": Decimal("22.00")}, what="item")
    again, _ = poll(client, Entity.PRODUCT, cursor)
    assert [one.key for one in again] == [by_sku[SKUS[0]]]
    assert again[0].version > notices[0].version


def test_pages_of_changes_lose_nothing_and_repeat_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PAGE", 3)
    client, by_sku = place.client(), items(place)
    _, cursor = poll(client, Entity.PRODUCT, "")
    for number in by_sku.values():
        client.update(f"/items/{number}", {"description": "changed"}, what="item")
    notices, cursor = poll(client, Entity.PRODUCT, cursor)
    assert [one.key for one in notices] == list(by_sku.values())
    assert poll(client, Entity.PRODUCT, cursor)[0] == []


def test_shipment_is_a_completed_invoice(place: Place) -> None:
    client = place.client(tax_item="WEB-TAX")
    _, cursor = poll(client, Entity.SHIPMENT, "")
    write = CONNECTOR.entities[Entity.ORDER].write
    assert write is not None
    receipt = write(client, outgoing(fields(list(SKUS))), Ledger())
    invoice = place.rows("/sales/invoices")[0]
    custom = {"tracking_number": "1Z999", "tracking_company": "UPS"}
    client.update(f"/sales/invoices/{invoice['id']}", {"custom": custom}, what="invoice")
    notices, _ = poll(client, Entity.SHIPMENT, cursor)
    assert [(one.key, one.payload) for one in notices] == [(str(invoice["id"]), None)]
    shipment = normalised(place, Entity.SHIPMENT, [notices[0].key])[notices[0].key]
    assert isinstance(shipment, Shipment)
    assert (shipment.order_key, shipment.order_number) == (receipt.id, "S-1001")
    assert [(line.sku, line.quantity) for line in shipment.lines] == [(SKUS[0], 2), (SKUS[1], 1)]
    assert [(p.carrier, p.tracking_number) for p in shipment.parcels] == [("UPS", "1Z999")]


def test_shipped_articles_bear_the_sku_of_the_store(place: Place) -> None:
    for sku, barcode in zip(SKUS, ("4711", "4712"), strict=False):
        place.control("items", {"sku": sku, "primary_barcode": barcode})
    write = CONNECTOR.entities[Entity.ORDER].write
    read = CONNECTOR.entities[Entity.SHIPMENT].read
    normalise = CONNECTOR.entities[Entity.SHIPMENT].normalise
    assert write is not None
    assert read is not None
    assert normalise is not None
    write(place.client(tax_item="WEB-TAX"), outgoing(fields(list(SKUS))), Ledger())
    key = str(place.rows("/sales/invoices")[0]["id"])
    client = place.client(tax_item="WEB-TAX", product_match="barcode")
    shipment = normalise(Payload(read(client, [key])[key] or {}), client.account)
    assert isinstance(shipment, Shipment)
    assert [(line.sku, line.quantity) for line in shipment.lines] == [("4711", 2), ("4712", 1)]


def test_pending_invoice_is_no_shipment(place: Place) -> None:
    client = place.client(tax_item="WEB-TAX", who_fulfils="merchant_fulfils")
    _, cursor = poll(client, Entity.SHIPMENT, "")
    write = CONNECTOR.entities[Entity.ORDER].write
    assert write is not None
    receipt = write(client, outgoing(fields(list(SKUS))), Ledger())
    settings = place.made["settings"]
    body = {
        "type": "Invoice",
        "order_id": int(receipt.id),
        "station_id": int(settings["station_id"]),
        "source_location_id": int(settings["location_id"]),
    }
    made = client.create("/sales/invoices", body, what="invoice")
    notices, cursor = poll(client, Entity.SHIPMENT, cursor)
    assert notices == []
    client.update(f"/sales/invoices/{made}", {"status": "complete"}, what="invoice")
    assert [one.key for one in poll(client, Entity.SHIPMENT, cursor)[0]] == [made]


def customer(**changes: Any) -> dict[str, Any]:
    return {
        "email": "Test.Buyer@example.com",
        "first_name": "Test",
        "last_name": "Buyer",
        "phone": "512-555-0100",
        "addresses": [
            {"line_1": "12 Elm St", "city": "Austin", "state": "TX", "postal_code": "78701"}
        ],
        **changes,
    }


def send(place: Place, wanted: dict[str, Any], **changes: Any) -> Any:
    write = CONNECTOR.entities[Entity.CUSTOMER].write
    assert write is not None
    about = {"entity": Entity.CUSTOMER, "key": "77", "reference": "WEB-77"}
    return write(place.client(), outgoing(wanted, **about, **changes), Ledger())


def test_customer_is_made_once_and_filled_in(place: Place) -> None:
    made = send(place, customer())
    assert (made.outcome, send(place, customer()).outcome) == ("created", "unchanged")
    place.seen.clear()
    blank = customer(first_name="", last_name=None, addresses=[])
    assert send(place, blank, linked_id=made.id).outcome == "unchanged"
    assert place.writes() == []
    moved = customer(last_name="Renamed", addresses=[{"line_1": "1 Oak Rd", "city": "Waco"}])
    assert send(place, moved, linked_id=made.id).outcome == "updated"
    found = normalised(place, Entity.CUSTOMER, [made.id])[made.id]
    assert (found.email, found.first_name, found.last_name) == (
        "Test.Buyer@example.com", "Test", "Renamed",
    )  # fmt: skip
    assert [address.lines for address in found.addresses] == [("12 Elm St",), ("1 Oak Rd",)]
    assert found.phone == "+15125550100"


def test_customer_without_email_is_found_by_number(place: Place) -> None:
    first = send(place, customer(email=None))
    assert send(place, customer(email=None)).id == first.id
    rows = place.rows("/customers")
    assert [row["public_id"] for row in rows] == ["WEB-77"]


def test_changed_customers_are_polled(place: Place) -> None:
    client = place.client()
    _, cursor = poll(client, Entity.CUSTOMER, "")
    made = send(place, customer())
    notices, _ = poll(client, Entity.CUSTOMER, cursor)
    assert [(one.key, one.payload) for one in notices] == [(made.id, None)]


def test_choices_come_from_the_account(place: Place) -> None:
    assert CONNECTOR.choices is not None
    client, settings = place.client(), place.made["settings"]
    locations = [one.value for one in CONNECTOR.choices(client, "location_id")]
    assert locations == settings["location_ids"].split(",")
    stations = CONNECTOR.choices(client, "station_id")
    assert settings["station_id"] in [one.value for one in stations]
    assert all(one.label.startswith("Main Street") for one in stations)
    payment_types = CONNECTOR.choices(client, "payment_type_id")
    assert settings["payment_type_id"] in [one.value for one in payment_types]
    assert CONNECTOR.choices(client, "currency") == []


def test_probe_tells_what_stands_in_the_way(place: Place) -> None:
    good = CONNECTOR.probe(place.client(tax_item="WEB-TAX"))
    assert (good.account_name, good.currency, list(good.problems)) == (place.name, "USD", [])
    bad = CONNECTOR.probe(place.client(tax_item="NOPE", station_id=""))
    assert list(bad.problems) == [
        "No station is chosen for web orders.",
        "Heartland has no item NOPE, which the settings name for shipping, tax or tips.",
    ]


def test_settings_a_token_may_not_read_do_not_stop_the_probe(
    made: Callable[..., Place],
) -> None:
    place = made()
    place.fault("status", "/settings/", value=403)
    place.fault("status", "/custom_fields", value=403)
    assert CONNECTOR.probe(place.client()).account_name == "127.0.0.1"


def test_a_gift_card_number_that_could_be_a_payment_cards_is_never_kept() -> None:
    normalise = CONNECTOR.entities[Entity.GIFT_CARD].normalise
    assert normalise is not None
    owner = Account(
        id="1", base_url="x", flavour="retail", settings={"currency": "USD"}, credentials={}
    )
    row = {"id": 3001, "balance": Decimal("5.00"), "updated_at": "2026-10-04T15:00:00+00:00"}
    with pytest.raises(Skipped, match="ending 1111"):
        normalise(Payload({**row, "number": "4111 1111 1111 1111"}), owner)
    kept = normalise(Payload({**row, "number": "4111 1111 1111 1112"}), owner)
    assert kept.number == "card ending 1112"
    assert "4111" not in repr(kept)
