"""What the unified API is sent for an order: line items with price, discount and tax."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.order_fields import OrderFields
from integrations.connectors.heartland.unified_v1.addresses import render

ZERO = Decimal(0)


@dataclass(frozen=True)
class Item:
    """One line. `source` leads to the line of the store's order."""

    source: str
    sku: str
    quantity: int
    price: Decimal
    discount: Decimal = ZERO
    tax: Decimal = ZERO

    def body(self) -> dict[str, Any]:
        return {
            "SKU": self.sku,
            "Quantity": self.quantity,
            "Price": self.price,
            "Tax": self.tax,
            "Discount": self.discount,
        }


def items_of(outgoing: Outgoing, order: OrderFields, account: Account) -> list[Item]:
    """The lines, tips and duties included.

    Tax of shipping has no field there; it is added to the tax of the last article, so that the
    totals of tax, shipping and order are all exact. Raises Rejected for tax that does not add up.
    """
    fields = Payload(outgoing.fields)
    included = fields.flag("prices_include_tax", default=False)
    items = [
        _item(row, index, order, outgoing, taxed=not included)
        for index, row in enumerate(fields.rows("lines"))
        if row.integer("qty") > 0
    ]
    if not items:
        return items
    rest = order.tax - sum((item.tax for item in items), ZERO)
    if rest < 0:
        raise Rejected(
            f"Order {order.public_id}: the taxes of the lines are {-rest} more than its tax.",
            field="tax_total",
            said=str(order.tax),
            advice="Correct the taxes of the order in the store, then replay.",
        )
    last = items[-1]
    items[-1] = Item(
        last.source, last.sku, last.quantity, last.price, last.discount, last.tax + rest
    )
    return [*items, *_extras(order, account)]


def order_body(
    order: OrderFields, items: list[Item], *, customer_id: str, location_id: str
) -> dict[str, Any]:
    """A draft: it is opened once the totals agree."""
    body: dict[str, Any] = {
        "OrderID": order.public_id,
        "CustomerID": customer_id,
        "OrderDate": order.placed_at,
        "Status": "Draft",
        "PaymentStatus": "pending",
        "TotalAmount": order.total,
        "ShippingAmount": order.shipping_total,
        "LocationID": location_id,
        "LineItems": [item.body() for item in items],
        "CustomFields": {**order.custom, "external_order_id": order.external_id},
    }
    names = {"first_name": order.buyer.first_name, "last_name": order.buyer.last_name}
    for field, place in (
        ("ShippingAddress", order.shipping_address),
        ("BillingAddress", order.billing_address),
    ):
        if place is not None and place.is_complete:
            body[field] = render(place, **names)
    return {name: value for name, value in body.items() if value != ""}


def _item(row: Payload, index: int, order: OrderFields, outgoing: Outgoing, *, taxed: bool) -> Item:
    path = row.maybe_text("path") or f"line_items[{index}]"
    key = row.maybe_text("product_key") or ""
    sku = outgoing.related.get(f"product:{key}", "") or row.maybe_text("sku") or ""
    if not sku:
        raise unknown_sku(order, path, "")
    return Item(
        source=path,
        sku=sku,
        quantity=row.integer("qty"),
        price=row.decimal("unit_price"),
        discount=row.maybe_decimal("discount") or ZERO,
        tax=(row.maybe_decimal("tax") or ZERO) if taxed else ZERO,
    )


def unknown_sku(order: OrderFields, path: str, sku: str) -> Rejected:
    said = (
        f"Order {order.public_id}: no Heartland item for SKU {sku or '(none)'}."
        " Link it or add it, then replay."
    )
    return Rejected(said, field=f"{path}.sku", said=sku, advice=said)


def _extras(order: OrderFields, account: Account) -> list[Item]:
    found = []
    for field, setting, amount in (
        ("tip_total", "tip_item", order.tip),
        ("duty_total", "duty_item", order.duty),
    ):
        if not amount:
            continue
        sku = account.setting(setting)
        if not sku:
            raise Rejected(
                f"Order {order.public_id} has {field} {amount}, and the connection names no item"
                " in Heartland to book it on.",
                field=field,
                said=str(amount),
                advice=f"Name an item as {setting} in the settings of the connection, then replay.",
            )
        found.append(Item(field, sku, 1, amount))
    return found
