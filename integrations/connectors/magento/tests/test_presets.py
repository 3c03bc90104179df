"""What the shipped rules make of our records is what the writing functions read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from integrations.connector_kit.presets import incoming
from mappings.canonical.order_status import OrderStatus, Paid, Progress
from mappings.canonical.record import Record
from mappings.canonical.refund import Refund, RefundedLine
from mappings.canonical.shipment import Parcel, Shipment, ShippedLine
from mappings.engine.document import document
from mappings.engine.transform import transform

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def made(record: Record) -> dict[str, object]:
    """The fields, without what stays empty."""
    rules = incoming("magento", "rest", record.entity)
    done = transform(rules, document(record, reference=record.key))
    assert not done.problems
    return dict(done.fields)


def test_a_shipment_names_its_location_its_goods_and_its_parcels() -> None:
    record = Shipment(
        key="900",
        number="I-12",
        updated_at=NOW,
        order_key="100",
        location="100006",
        lines=(ShippedLine(sku="TEE", quantity=2, product_key="55"),),
        parcels=(Parcel(carrier="UPS", tracking_number="1Z1"),),
    )
    assert made(record) == {
        "number": "I-12",
        "location": "100006",
        "lines": [{"sku": "TEE", "product_key": "55", "quantity": 2}],
        "parcels": [{"carrier": "UPS", "tracking_number": "1Z1"}],
    }


def test_a_return_puts_nothing_into_magentos_stock() -> None:
    record = Refund(
        key="5",
        number="R-7",
        updated_at=NOW,
        order_key="100",
        currency="USD",
        lines=(RefundedLine(sku="TEE", product_key="55", quantity=1, amount=Decimal("10.00")),),
        total=Decimal("10.00"),
    )
    fields = made(record)
    assert fields["lines"] == [{"sku": "TEE", "product_key": "55", "quantity": 1, "restock": "no"}]
    assert (fields["total"], fields["currency"]) == (Decimal("10.00"), "USD")


def test_an_order_tells_its_number_and_progress() -> None:
    record = OrderStatus(
        key="100", number="S-100", updated_at=NOW, progress=Progress.OPEN, paid=Paid.ALL
    )
    assert made(record) == {
        "number": "S-100",
        "progress": "open",
        "paid": "paid",
        "cancelled": False,
    }
