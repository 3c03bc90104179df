"""What orders and their documents can be searched and sorted by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

from integrations.connectors.magento.sandbox.sales.records import (
    CreditMemo,
    Invoice,
    Item,
    Order,
    Shipment,
    Transaction,
)

_Row = TypeVar("_Row")
Columns = Mapping[str, Callable[[Any], Any]]


def _amount(name: str, side: str = "own") -> Callable[[Any], Any]:
    def read(row: Any) -> Any:
        return getattr(row.amounts, side).get(name)

    return read


def _amounts(*names: str) -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {}
    for name in names:
        found[name], found[f"base_{name}"] = _amount(name), _amount(name, "base")
    return found


_DATED: dict[str, Callable[[Any], Any]] = {
    "entity_id": attrgetter("id"),
    "increment_id": attrgetter("increment_id"),
    "created_at": attrgetter("created_at"),
    "updated_at": attrgetter("updated_at"),
    "store_id": lambda _row: 1,
}
_OF_ORDER: dict[str, Callable[[Any], Any]] = {
    **_DATED,
    "order_id": attrgetter("order.id"),
    "store_currency_code": attrgetter("order.base_currency"),
    "order_currency_code": attrgetter("order.own_currency"),
    "base_currency_code": attrgetter("order.base_currency"),
}


def _order_columns() -> dict[str, Callable[[Order], Any]]:
    return {
        **_DATED,
        **_amounts(
            "grand_total", "subtotal", "total_due", "total_paid", "total_refunded", "tax_amount"
        ),
        "state": attrgetter("state"),
        "status": attrgetter("status"),
        "customer_email": attrgetter("email"),
        "customer_id": attrgetter("customer_id"),
        "customer_is_guest": lambda order: int(order.customer_id is None),
        "customer_firstname": attrgetter("firstname"),
        "customer_lastname": attrgetter("lastname"),
        "ext_order_id": attrgetter("ext_order_id"),
        "ext_customer_id": attrgetter("ext_customer_id"),
        "quote_id": attrgetter("quote_id"),
        "coupon_code": lambda order: order.coupon or None,
        "is_virtual": lambda order: int(order.is_virtual),
        "order_currency_code": attrgetter("own_currency"),
        "base_currency_code": attrgetter("base_currency"),
        "protect_code": attrgetter("protect_code"),
    }


def _item_columns() -> dict[str, Callable[[tuple[Order, Item]], Any]]:
    return {
        "item_id": lambda row: row[1].id,
        "order_id": lambda row: row[0].id,
        "parent_item_id": lambda row: row[1].parent.id if row[1].parent is not None else None,
        "sku": lambda row: row[1].sku,
        "product_id": lambda row: row[1].product_id,
        "product_type": lambda row: row[1].product_type,
        "qty_ordered": lambda row: row[1].ordered,
        "qty_shipped": lambda row: row[1].shipped,
        "qty_invoiced": lambda row: row[1].invoiced,
        "qty_refunded": lambda row: row[1].refunded,
        "qty_canceled": lambda row: row[1].canceled,
        "created_at": lambda row: row[0].created_at,
        "updated_at": lambda row: row[0].updated_at,
        "store_id": lambda _row: 1,
    }


def _invoice_columns() -> dict[str, Callable[[Invoice], Any]]:
    return {
        **_OF_ORDER,
        **_amounts("grand_total"),
        "state": attrgetter("state"),
        "transaction_id": lambda row: row.transaction_id or None,
    }


def _memo_columns() -> dict[str, Callable[[CreditMemo], Any]]:
    return {
        **_OF_ORDER,
        **_amounts("grand_total", "adjustment_positive", "adjustment_negative"),
        "state": attrgetter("state"),
        "invoice_id": lambda row: row.invoice.id if row.invoice is not None else None,
        "transaction_id": lambda row: row.transaction_id or None,
    }


def _shipment_columns() -> dict[str, Callable[[Shipment], Any]]:
    return {
        **_OF_ORDER,
        "customer_id": attrgetter("order.customer_id"),
        "total_qty": lambda row: sum(entry.qty for entry in row.items),
    }


def _transaction_columns() -> dict[str, Callable[[Transaction], Any]]:
    return {
        "transaction_id": attrgetter("id"),
        "order_id": attrgetter("order.id"),
        "payment_id": attrgetter("order.payment.id"),
        "parent_id": lambda row: row.parent.id if row.parent is not None else None,
        "txn_id": attrgetter("txn_id"),
        "txn_type": attrgetter("kind"),
        "is_closed": lambda row: int(row.is_closed),
        "created_at": attrgetter("created_at"),
    }


ORDERS = _order_columns()
ITEMS = _item_columns()
INVOICES = _invoice_columns()
MEMOS = _memo_columns()
SHIPMENTS = _shipment_columns()
TRANSACTIONS = _transaction_columns()
