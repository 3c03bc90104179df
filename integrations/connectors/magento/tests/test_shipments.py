"""Shipments into Magento: what leaves, once, whatever happened before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.testing import Asked
from integrations.connectors.magento import shipments
from integrations.connectors.magento.tests.small_order import SmallOrder, item
from integrations.connectors.magento.tests.small_store import SmallStore, client, small_store
from mappings.canonical.record import Entity, Skipped

SHIP, TRACK, INVOICE = (
    "POST /V1/order/7/ship",
    "POST /V1/shipment/track",
    "POST /V1/order/7/invoice",
)


def shipment(*lines: tuple[str, int], numbers: tuple[str, ...] = ("1Z1",), **more: Any) -> Outgoing:
    return Outgoing(
        delivery_id="d1",
        entity=Entity.SHIPMENT,
        key="900",
        reference="900",
        fields={
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
            "parcels": [{"carrier": "UPS", "tracking_number": number} for number in numbers],
            **more.pop("fields", {}),
        },
        related=more.pop("related", {"order:100": "7"}),
        **more,
    )


def deliver(
    order: SmallOrder,
    outgoing: Outgoing,
    answers: dict[str, Any] | None = None,
    *,
    saved: dict[str, str] | None = None,
    **settings: str,
) -> tuple[Receipt, SmallStore]:
    kept = {} if saved is None else saved
    with small_store({**order.answers(), **(answers or {})}) as store:
        shop = client(store, settings=settings)
        return shipments.write(shop, outgoing, kept.__setitem__), store


def sent_items(order: SmallOrder) -> list[list[tuple[int, int]]]:
    return [
        [(part["order_item_id"], int(part["qty"])) for part in made["items"]]
        for made in order.shipments
    ]


def test_what_was_refunded_before_it_left_is_shipped_no_more() -> None:
    order = SmallOrder(item(3, "TEE", 2, qty_refunded=2))
    with pytest.raises(Skipped, match="was refunded in Magento before"):
        deliver(order, shipment(("TEE", 2)))
    part = SmallOrder(item(3, "TEE", 2, qty_refunded=1))
    with pytest.raises(Rejected, match="has 1 units of SKU TEE fewer left"):
        deliver(part, shipment(("TEE", 2)))
    assert (sent_items(order), sent_items(part)) == ([], [])


def test_a_shipment_leaves_with_its_track_its_mark_and_its_source() -> None:
    order = SmallOrder(item(3, "TEE", 2), item(4, "CAP", 1))
    receipt, store = deliver(
        order,
        shipment(("TEE", 2), fields={"location": "100006", "number": "I-12"}),
        location_map="100005 = main; 100006 = outlet",
        source_code="main",
    )
    assert (receipt.id, receipt.outcome, receipt.label) == ("1", Outcome.CREATED, "1Z1")
    assert store.sent(SHIP) == [
        {
            "items": [{"order_item_id": 3, "qty": 2}],
            "notify": False,
            "appendComment": False,
            "comment": {
                "comment": "Shipment I-12 of the point of sale [clarity shipment 900]",
                "is_visible_on_front": 0,
            },
            "tracks": [{"track_number": "1Z1", "title": "UPS", "carrier_code": "ups"}],
            "arguments": {"extension_attributes": {"source_code": "outlet"}},
        }
    ]
    # Nothing had left, so nothing was looked through.
    assert "GET /V1/shipments" not in store.calls()


def test_a_lost_answer_ships_nothing_twice() -> None:
    order, outgoing = SmallOrder(item(3, "TEE", 4)), shipment(("TEE", 2), numbers=())
    order.lose = 1
    with pytest.raises(TryLater):
        deliver(order, outgoing)
    receipt, _ = deliver(order, replace(outgoing, attempt=2))
    assert (receipt.id, receipt.outcome) == ("1", Outcome.CREATED)
    assert sent_items(order) == [[(3, 2)]]


def test_a_shipment_that_may_be_under_way_still_is_not_begun_again() -> None:
    order, outgoing = SmallOrder(item(3, "TEE", 4)), shipment(("TEE", 2))
    just_now = {"unsure_until": (datetime.now(UTC) + timedelta(seconds=9)).isoformat()}
    with pytest.raises(TryLater) as caught:
        deliver(order, replace(outgoing, attempt=2, progress=just_now))
    assert caught.value.of_record
    assert order.shipments == []
    long_ago = {"unsure_until": "2026-01-01T00:00:00+00:00"}
    deliver(order, replace(outgoing, attempt=3, progress=long_ago))
    assert sent_items(order) == [[(3, 2)]]


def test_two_shipments_of_the_till_are_told_apart_by_their_marks() -> None:
    order = SmallOrder(item(3, "TEE", 4))
    deliver(order, shipment(("TEE", 2)))
    deliver(order, replace(shipment(("TEE", 2)), key="901"))
    assert sent_items(order) == [[(3, 2)], [(3, 2)]]
    # A third one would need units that the others speak for already.
    with pytest.raises(Rejected) as caught:
        deliver(order, replace(shipment(("TEE", 1)), key="902"))
    assert (caught.value.field, caught.value.said) == ("lines", "TEE: 1")
    assert len(order.shipments) == 2


def test_what_somebody_shipped_by_hand_is_left_alone() -> None:
    order = SmallOrder(item(3, "TEE", 2))
    order.ship((3, 2))
    receipt, store = deliver(order, shipment(("TEE", 2)))
    assert (receipt.id, receipt.outcome) == ("7", Outcome.UNCHANGED)
    assert not [call for call in store.calls() if call.startswith("POST")]


def test_a_track_that_comes_later_is_added_to_the_shipment() -> None:
    order = SmallOrder(item(3, "TEE", 2))
    deliver(order, shipment(("TEE", 2), numbers=()))
    outgoing = shipment(("TEE", 2), numbers=("1Z1", "1Z2"), linked_id="1")
    receipt, store = deliver(order, outgoing)
    assert (receipt.id, receipt.outcome) == ("1", Outcome.UPDATED)
    assert [sent["entity"] for sent in store.sent(TRACK)] == [
        {
            "order_id": 7,
            "parent_id": 1,
            "track_number": number,
            "title": "UPS",
            "carrier_code": "ups",
            "weight": 0,
            "qty": 1,
            "description": "",
        }
        for number in ("1Z1", "1Z2")
    ]
    again, store = deliver(order, outgoing)
    assert (again.outcome, store.sent(TRACK)) == (Outcome.UNCHANGED, [])


@pytest.mark.parametrize(
    ("said", "code", "title"),
    [
        ("FedEx", "fedex", "FedEx"),
        ("DHL Express", "dhl", "DHL Express"),
        ("U.S.P.S.", "usps", "U.S.P.S."),
        ("Bike courier", "custom", "Bike courier"),
        ("", "custom", "Parcel service"),
    ],
)
def test_carriers_magento_does_not_know_keep_their_name(said: str, code: str, title: str) -> None:
    order = SmallOrder(item(3, "TEE", 1))
    parcel = {"carrier": said, "tracking_number": "1Z1"}
    deliver(order, shipment(("TEE", 1), fields={"parcels": [parcel]}))
    assert order.shipments[0]["tracks"] == [
        {"track_number": "1Z1", "title": title, "carrier_code": code}
    ]


def test_an_article_is_found_by_its_link_where_its_number_differs() -> None:
    order = SmallOrder(item(3, "TEE", 2))
    line = {"sku": "0815", "product_key": "55", "quantity": 2}
    linked = {"order:100": "7", "product:55": "TEE"}
    deliver(order, shipment(fields={"lines": [line]}, related=linked))
    assert sent_items(order) == [[(3, 2)]]


def test_options_that_make_a_sku_longer_hide_no_article() -> None:
    engraved = {"extension_attributes": {"custom_options": [{"option_id": "1"}]}}
    order = SmallOrder(item(3, "RING-engraved", 2, product_option=engraved))
    found = {"items": [{"id": 503, "sku": "RING"}], "total_count": 1}
    deliver(order, shipment(("RING", 2)), {"GET /V1/products": found})
    assert sent_items(order) == [[(3, 2)]]


def test_a_configurable_leaves_by_its_parent() -> None:
    order = SmallOrder(
        item(10, "TEE-RED", 2, product_type="configurable"),
        item(11, "TEE-RED", 2, "0", parent=10),
    )
    deliver(order, shipment(("TEE-RED", 1)))
    assert sent_items(order) == [[(10, 1)]]


def _bundle() -> tuple[dict[str, Any], ...]:
    """Two sets of two balls and a pump each."""
    return (
        item(5, "SET", 2, "20", product_type="bundle"),
        item(6, "BALL", 4, "5", parent=5),
        item(7, "PUMP", 2, "10", parent=5),
    )


def test_a_bundle_shipped_together_leaves_by_its_parent() -> None:
    order = SmallOrder(*_bundle(), item(8, "BALL", 1, "5"))
    deliver(order, shipment(("BALL", 3), ("PUMP", 1)))
    assert sent_items(order) == [[(5, 1), (8, 1)]]
    # Half a set cannot leave.
    with pytest.raises(Rejected, match="part of a bundle that Magento ships only whole"):
        deliver(order, replace(shipment(("PUMP", 1)), key="901"))


def test_a_bundle_shipped_by_its_children_leaves_piece_by_piece() -> None:
    order = SmallOrder(*_bundle())
    order.products["505"] = "1"
    deliver(order, shipment(("BALL", 3)))
    deliver(
        order,
        replace(
            shipment(("SET", 1), numbers=()),
            key="901",
            fields={"lines": [{"sku": "BALL", "quantity": 1}, {"sku": "PUMP", "quantity": 2}]},
        ),
    )
    assert sent_items(order) == [[(6, 3)], [(6, 1), (7, 2)]]


def test_the_name_of_a_bundle_stands_for_its_pieces() -> None:
    order = SmallOrder(*_bundle())
    order.products["505"] = "1"
    deliver(order, shipment(("SET", 1)))
    assert sent_items(order) == [[(6, 2), (7, 1)]]


def test_virtual_articles_are_not_shipped_and_not_missed() -> None:
    order = SmallOrder(item(3, "TEE", 1), item(4, "EBOOK", 1, is_virtual=1, product_type="virtual"))
    deliver(order, shipment(("TEE", 1), ("EBOOK", 1)))
    assert sent_items(order) == [[(3, 1)]]


@pytest.mark.parametrize(
    ("state", "words"),
    [("holded", "is on hold"), ("canceled", "was cancelled"), ("payment_review", "review")],
)
def test_an_order_that_cannot_ship_says_why(state: str, words: str) -> None:
    order = SmallOrder(item(3, "TEE", 1), state=state)
    with pytest.raises(Rejected, match=words):
        deliver(order, shipment(("TEE", 1)))
    assert order.shipments == []


def test_an_article_the_order_has_not_is_named() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    with pytest.raises(Rejected) as caught:
        deliver(order, shipment(("TEE", 1), ("HAT", 1)))
    assert (caught.value.field, caught.value.said) == ("lines", "HAT")
    assert order.shipments == []


def test_a_location_without_a_source_is_named() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    with pytest.raises(Rejected) as caught:
        deliver(order, shipment(("TEE", 1), fields={"location": "9"}), location_map="8 = main")
    assert (caught.value.field, caught.value.said) == ("location", "9")


def test_a_shop_without_sources_is_told_none() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    _, store = deliver(
        order, shipment(("TEE", 1)), {"GET /V1/modules": ["Magento_Sales"]}, source_code="main"
    )
    assert "arguments" not in store.sent(SHIP)[0]


def test_a_refusal_after_which_the_order_looks_different_is_tried_again() -> None:
    order = SmallOrder(item(3, "TEE", 1))

    def overtaken(_: Any) -> Any:
        order.ship((3, 1))
        return 400, {"message": "The order does not allow a shipment to be created."}

    with pytest.raises(TryLater) as caught:
        deliver(order, shipment(("TEE", 1)), {SHIP: overtaken})
    assert caught.value.of_record
    assert deliver(order, shipment(("TEE", 1), attempt=2))[0].outcome == Outcome.UNCHANGED


def test_any_other_refusal_is_told_in_their_words() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    said = "Not all of your products are available in the requested quantity."
    with pytest.raises(Rejected) as caught:
        deliver(order, shipment(("TEE", 1)), {SHIP: (400, {"message": said})}, source_code="main")
    assert caught.value.said == said
    assert "000000012" in caught.value.message
    assert "main" in caught.value.advice


# --- invoices that follow ------------------------------------------------------------------------


def test_what_left_of_an_offline_order_is_invoiced_once() -> None:
    order = SmallOrder(item(3, "TEE", 2), *_bundle(), method="banktransfer")
    follow = {"invoice_on_shipment": "offline"}
    deliver(order, shipment(("TEE", 1), ("SET", 1)), **follow)
    assert [
        {part["order_item_id"]: int(part["qty"]) for part in made["items"]}
        for made in order.invoices
    ] == [{3: 1, 6: 2, 7: 1}]
    assert order.invoices[0]["capture"] is True
    deliver(order, shipment(("TEE", 1), ("SET", 1), attempt=2), **follow)
    assert len(order.invoices) == 1


def test_an_invoice_whose_answer_was_lost_is_not_made_twice() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    lost = {INVOICE: lambda asked: (order.answers()[INVOICE](asked), (502, {"message": "x"}))[1]}
    with pytest.raises(TryLater):
        deliver(order, shipment(("TEE", 1)), lost, invoice_on_shipment="offline")
    deliver(order, shipment(("TEE", 1), attempt=2), invoice_on_shipment="offline")
    assert (len(order.shipments), len(order.invoices)) == (1, 1)


def test_an_invoice_that_may_be_under_way_still_is_not_begun_again() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    follow = {"invoice_on_shipment": "offline"}
    saved: dict[str, str] = {}
    with pytest.raises(TryLater):
        deliver(order, shipment(("TEE", 1)), {INVOICE: (504, "late")}, saved=saved, **follow)
    with pytest.raises(TryLater) as caught:
        deliver(order, shipment(("TEE", 1), attempt=2, progress=saved), **follow)
    assert caught.value.of_record
    assert order.invoices == []

    def made_meanwhile(asked: Asked) -> Any:
        order.answers()[INVOICE](asked)
        return 400, {"message": "An invoice cannot be created when an order has a status of x."}

    deliver(order, shipment(("TEE", 1), attempt=2), {INVOICE: made_meanwhile}, **follow)
    assert len(order.invoices) == 1


@pytest.mark.parametrize(
    ("method", "settings"),
    [("stripe_payments", {"invoice_on_shipment": "offline"}), ("checkmo", {})],
)
def test_money_that_others_take_is_never_captured(method: str, settings: dict[str, str]) -> None:
    order = SmallOrder(item(3, "TEE", 1), method=method)
    deliver(order, shipment(("TEE", 1)), **settings)
    assert order.invoices == []


def test_a_refused_invoice_leaves_the_shipment_and_says_so() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    refused = {INVOICE: (400, {"message": "An invoice cannot be created."})}
    with pytest.raises(Rejected) as caught:
        deliver(order, shipment(("TEE", 1)), refused, invoice_on_shipment="offline")
    assert caught.value.field == "settings.invoice_on_shipment"
    assert "is entered" in caught.value.message
    deliver(order, shipment(("TEE", 1), attempt=2), invoice_on_shipment="offline")
    assert (len(order.shipments), len(order.invoices)) == (1, 1)


def test_units_are_whole_and_named() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    outgoing = shipment(fields={"lines": [{"sku": "TEE", "quantity": Decimal("0.5")}]})
    with pytest.raises(Rejected) as caught:
        deliver(order, outgoing)
    assert caught.value.field == "lines[0]"
