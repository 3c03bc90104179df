"""Rows of orders and of documents, comments and addresses, shaped like the recorded answers.

Null fields are left out, as Magento leaves them out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from integrations.connectors.magento.sandbox.sales.amounts import number
from integrations.connectors.magento.sandbox.sales.records import (
    Comment,
    DocumentItem,
    Item,
    Order,
    OrderAddress,
)

Row = dict[str, Any]


def stamp(moment: datetime) -> str:
    """UTC without saying so."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def present(row: Row) -> Row:
    """`row` without the fields that are null."""
    return {name: value for name, value in row.items() if value is not None}


def item_body(order: Order, item: Item, *, with_parent: bool = True) -> Row:
    row: Row = {
        "applied_rule_ids": item.rule_ids or None,
        **item.amounts.rows(),
        "created_at": stamp(order.created_at),
        "discount_percent": number(item.discount_percent),
        "free_shipping": 0,
        "is_qty_decimal": 0,
        "is_virtual": int(item.is_virtual),
        "item_id": item.id,
        "name": item.name,
        "no_discount": 0,
        "order_id": order.id,
        "parent_item_id": item.parent.id if item.parent is not None else None,
        "product_id": item.product_id,
        "product_type": item.product_type,
        "qty_canceled": number(item.canceled),
        "qty_invoiced": number(item.invoiced),
        "qty_ordered": number(item.ordered),
        "qty_refunded": number(item.refunded),
        "qty_shipped": number(item.shipped),
        "quote_item_id": item.quote_item_id,
        "row_weight": number(item.weight * item.ordered),
        "sku": item.sku,
        "store_id": 1,
        "tax_percent": number(item.tax_percent) if item.tax_percent is not None else None,
        "updated_at": stamp(order.updated_at),
        "weight": number(item.weight) if not item.is_virtual else None,
        "product_option": item.option,
    }
    if item.canceled:
        row["tax_canceled"] = number(item.tax_canceled)
    if item.parent is not None and with_parent:
        row["parent_item"] = item_body(order, item.parent)
    return present(row)


def address_body(order: Order, address: OrderAddress) -> Row:
    return present(
        {
            "address_type": address.kind,
            "city": address.city,
            "company": address.company or None,
            "country_id": address.country_id,
            "customer_address_id": address.customer_address_id,
            "email": address.email,
            "entity_id": address.id,
            "firstname": address.firstname,
            "lastname": address.lastname,
            "parent_id": order.id,
            "postcode": address.postcode,
            "region": address.region or None,
            "region_code": address.region_code or None,
            "region_id": address.region_id or None,
            "street": list(address.street),
            "telephone": address.telephone,
        }
    )


def history_body(order: Order, entry: Comment) -> Row:
    return {
        "comment": entry.text,
        "created_at": stamp(entry.created_at),
        "entity_id": entry.id,
        "entity_name": entry.entity_name,
        "is_customer_notified": int(entry.is_notified),
        "is_visible_on_front": int(entry.is_visible),
        "parent_id": order.id,
        "status": entry.status,
    }


def comment_body(parent_id: int, entry: Comment) -> Row:
    """Of an invoice, a shipment or a credit memo."""
    return {
        "comment": entry.text,
        "created_at": stamp(entry.created_at),
        "entity_id": entry.id,
        "is_customer_notified": int(entry.is_notified),
        "is_visible_on_front": int(entry.is_visible),
        "parent_id": parent_id,
    }


# What documents keep of a row; how much was refunded of it stands on the order.
_ON_DOCUMENTS = (
    "price",
    "price_incl_tax",
    "row_total",
    "row_total_incl_tax",
    "tax_amount",
    "discount_amount",
    "discount_tax_compensation_amount",
)


def document_item_body(parent_id: int, row: DocumentItem) -> Row:
    """Of an invoice or a credit memo. An amount of nothing is left out where Magento has null."""
    item = row.item
    amounts = {
        name: value
        for name, value in row.amounts.rows().items()
        if name.removeprefix("base_") in _ON_DOCUMENTS
        and (value or not name.removeprefix("base_").startswith("discount_amount"))
    }
    return {
        **amounts,
        "entity_id": row.id,
        "name": item.name,
        "parent_id": parent_id,
        "product_id": item.product_id,
        "sku": item.sku,
        "order_item_id": item.id,
        "qty": number(row.qty),
    }
