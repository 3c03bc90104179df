"""What an event says of the record it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integrations.connectors.magento.sandbox.catalogue import product_view
from integrations.connectors.magento.sandbox.events.names import subject
from integrations.connectors.magento.sandbox.people import customer_view
from integrations.connectors.magento.sandbox.sales.bodies import document_bodies
from integrations.connectors.magento.sandbox.sales.bodies.order_body import order_body

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

Row = Mapping[str, Any]

_PLACE = re.compile(r"\{\{\s*item\.([a-z_]+)\s*\}\}")


def _order(shop: Shop, number: int) -> Row | None:
    found = shop.sales.orders.get(number)
    return None if found is None else order_body(found)


def _invoice(shop: Shop, number: int) -> Row | None:
    found = shop.sales.invoices.get(number)
    return None if found is None else document_bodies.invoice_body(found)


def _shipment(shop: Shop, number: int) -> Row | None:
    found = shop.sales.shipments.get(number)
    return None if found is None else document_bodies.shipment_body(found)


def _memo(shop: Shop, number: int) -> Row | None:
    found = shop.sales.memos.get(number)
    return None if found is None else document_bodies.memo_body(found)


def _customer(shop: Shop, number: int) -> Row | None:
    found = shop.customers.get(number)
    return None if found is None else customer_view.customer(found)


def _product(shop: Shop, number: int) -> Row | None:
    found = next((row for row in shop.products.values() if row.id == number), None)
    return None if found is None else product_view.product(shop, found, "default")


_OF: Mapping[str, Callable[[Shop, int], Row | None]] = {
    "sales.order": _order,
    "sales.invoice": _invoice,
    "sales.shipment": _shipment,
    "sales.creditmemo": _memo,
    "customer": _customer,
    "catalog.product": _product,
}


def record(shop: Shop, event: str, number: int) -> Row | None:
    """The record as REST shows it now; no more than its id when it is gone, None for an event that
    is about nothing REST shows."""
    read = _OF.get(subject(event))
    if read is None:
        return None
    return read(shop, number) or {"id": number, "entity_id": number}


def flat(row: Row) -> dict[str, Any]:
    """The record as a model dump: nothing below it, all values as text, money with four decimals."""
    found = {
        name: _text(value) for name, value in row.items() if not isinstance(value, (list, dict))
    }
    if "id" in found:
        found.setdefault("entity_id", found["id"])
    return found


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (float, Decimal)):
        return f"{value:.4f}"
    return str(value) if isinstance(value, int) else value


def filled(template: str, row: Row) -> str:
    """A template with the record's values in the places of {{ item.name }}."""
    values = flat(row)
    return _PLACE.sub(lambda found: str(values.get(found[1], "") or ""), template)
