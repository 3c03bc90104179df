"""Invoices, shipments, credit memos and transactions as REST shows them."""

from __future__ import annotations

from integrations.connectors.magento.sandbox.sales.amounts import Amounts, number
from integrations.connectors.magento.sandbox.sales.bodies.rows import (
    Row,
    comment_body,
    document_item_body,
    present,
    stamp,
)
from integrations.connectors.magento.sandbox.sales.records import (
    NONE,
    CreditMemo,
    DocumentItem,
    Invoice,
    Order,
    Shipment,
    Track,
    Transaction,
)


def _header(order: Order) -> Row:
    return {
        "base_currency_code": order.base_currency,
        "base_to_global_rate": 1,
        "base_to_order_rate": float(order.rate) if order.rate % 1 else int(order.rate),
        "billing_address_id": order.billing.id,
        "global_currency_code": order.base_currency,
        "order_currency_code": order.own_currency,
        "order_id": order.id,
        "shipping_address_id": order.shipping.id if order.shipping is not None else None,
        "store_currency_code": order.base_currency,
        "store_id": 1,
        "store_to_base_rate": 0,
        "store_to_order_rate": 0,
        "discount_description": order.coupon or None,
    }


def _extension(amounts: Amounts) -> Row | None:
    return amounts.rows() or None


def invoice_body(made: Invoice) -> Row:
    return present(
        {
            **_header(made.order),
            **made.amounts.rows(),
            "can_void_flag": 0,
            "created_at": stamp(made.created_at),
            "email_sent": 1,
            "entity_id": made.id,
            "increment_id": made.increment_id,
            "is_used_for_refund": 1 if made.is_used_for_refund else None,
            "state": made.state,
            "total_qty": number(sum((row.qty for row in made.items), NONE)),
            "transaction_id": made.transaction_id or None,
            "updated_at": stamp(made.updated_at),
            "items": [document_item_body(made.id, row) for row in made.items],
            "comments": [comment_body(made.id, entry) for entry in made.comments],
            "extension_attributes": _extension(made.extension),
        }
    )


def memo_body(made: CreditMemo) -> Row:
    return present(
        {
            **_header(made.order),
            **made.amounts.rows(),
            "created_at": stamp(made.created_at),
            "entity_id": made.id,
            "increment_id": made.increment_id,
            "invoice_id": made.invoice.id if made.invoice is not None else None,
            "state": made.state,
            "transaction_id": made.transaction_id or None,
            "updated_at": stamp(made.updated_at),
            # The cost is required by the schema, and nothing in a shop that keeps none.
            "items": [{"base_cost": 0, **document_item_body(made.id, row)} for row in made.items],
            "comments": [comment_body(made.id, entry) for entry in made.comments],
            "extension_attributes": _extension(made.extension),
        }
    )


def shipment_body(made: Shipment) -> Row:
    order = made.order
    tops = [
        row for row in made.items if row.item.parent is None or row.item.parent.ships_separately
    ]
    return present(
        {
            "billing_address_id": order.billing.id,
            "created_at": stamp(made.created_at),
            "customer_id": order.customer_id,
            "entity_id": made.id,
            "increment_id": made.increment_id,
            "order_id": order.id,
            "packages": [],
            "shipping_address_id": order.shipping.id if order.shipping is not None else None,
            "store_id": 1,
            "total_qty": number(sum((row.qty for row in tops), NONE)),
            "total_weight": number(sum((row.qty * row.item.weight for row in tops), NONE)),
            "updated_at": stamp(made.updated_at),
            "items": [_shipped(made, row) for row in made.items],
            "tracks": [track_body(made, track) for track in made.tracks],
            "comments": [comment_body(made.id, entry) for entry in made.comments],
            "extension_attributes": (
                {"source_code": made.source_code} if made.source_code else None
            ),
        }
    )


def _shipped(made: Shipment, row: DocumentItem) -> Row:
    item = row.item
    return {
        "entity_id": row.id,
        "name": item.name,
        "parent_id": made.id,
        "price": number(item.amounts.get("price")[0]),
        "product_id": item.product_id,
        "sku": item.sku,
        "weight": number(item.weight),
        "order_item_id": item.id,
        "qty": number(row.qty),
    }


def track_body(made: Shipment, track: Track) -> Row:
    return {
        "order_id": made.order.id,
        "created_at": stamp(track.created_at),
        "entity_id": track.id,
        "parent_id": made.id,
        "updated_at": stamp(track.created_at),
        "weight": number(track.weight),
        "qty": number(track.qty),
        "description": track.description,
        "track_number": track.number,
        "title": track.title,
        "carrier_code": track.carrier_code,
    }


def transaction_body(made: Transaction) -> Row:
    children = [row for row in made.order.transactions if row.parent is made]
    return present(
        {
            "transaction_id": made.id,
            "parent_id": made.parent.id if made.parent is not None else None,
            "order_id": made.order.id,
            "payment_id": made.order.payment.id,
            "txn_id": made.txn_id,
            "parent_txn_id": made.parent.txn_id if made.parent is not None else "",
            "txn_type": made.kind,
            "is_closed": int(made.is_closed),
            "additional_information": list(made.information),
            "created_at": stamp(made.created_at),
            "child_transactions": [transaction_body(row) for row in children],
        }
    )
