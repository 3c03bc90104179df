"""Events of a shop: what each is called by the modules that send it, and which records it is about.

Every event is a hint: it names records, which are then read over the API. Magento stamps times in
whole seconds, so a notice bears no version; the poll that follows puts versions in order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from mappings.canonical.record import Entity

Body = Mapping[str, Any]
Named = list[tuple[Entity, str]]
"""Entity and key of each record an event is about."""


def _id(body: Body, *names: str) -> str:
    """The first of these that is a number; model dumps write them as text. Raises ValueError."""
    for name in names:
        value = body.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            continue
        text = str(value)
        if text.isascii() and text.isdecimal() and text != "0":
            return text
    raise ValueError("names no record")


def _order(body: Body) -> Named:
    return [(Entity.ORDER, _id(body, "entity_id", "id"))]


def _invoice(body: Body) -> Named:
    return [
        (Entity.ORDER, _id(body, "order_id")),
        (Entity.PAYMENT, _id(body, "entity_id", "id")),
    ]


def _credit_memo(body: Body) -> Named:
    # The order too, so that a refund never overtakes the order it speaks of.
    return [
        (Entity.ORDER, _id(body, "order_id")),
        (Entity.REFUND, _id(body, "entity_id", "id")),
    ]


def _customer(body: Body) -> Named:
    return [(Entity.CUSTOMER, _id(body, "id", "entity_id"))]


def _address(body: Body) -> Named:
    return [(Entity.CUSTOMER, _id(body, "customer_id", "parent_id"))]


def _product(body: Body) -> Named:
    sku = body.get("sku")
    if not isinstance(sku, str) or not sku:
        raise ValueError("names no SKU")
    return [(Entity.PRODUCT, sku)]


# Mage-OS: mageos-common-async-events declares these names; the framework itself declares none.
ASYNC_EVENTS: Mapping[str, Callable[[Body], Named]] = {
    "sales.order.created": _order,
    "sales.order.updated": _order,
    "sales.order.cancelled": _order,
    "sales.invoice.created": _invoice,
    "sales.invoice.paid": _invoice,
    "sales.creditmemo.created": _credit_memo,
    "customer.created": _customer,
    "customer.updated": _customer,
    "customer.address.created": _address,
    "customer.address.updated": _address,
    "catalog.product.created": _product,
    "catalog.product.updated": _product,
}
# Adobe I/O Events: names of Commerce's own events.
IO_EVENTS: Mapping[str, Callable[[Body], Named]] = {
    "observer.sales_order_save_commit_after": _order,
    "observer.sales_order_invoice_save_after": _invoice,
    "observer.sales_order_creditmemo_save_after": _credit_memo,
    "observer.customer_save_commit_after": _customer,
    "observer.catalog_product_save_commit_after": _product,
}
# Mageplaza Webhook: its hook types, which a merchant puts behind the address.
MAGEPLAZA_EVENTS: Mapping[str, Callable[[Body], Named]] = {
    "order": _order,
    "new_order_comment": _order,
    "new_invoice": _invoice,
    "new_creditmemo": _credit_memo,
    "new_customer": _customer,
    "update_customer": _customer,
    "new_product": _product,
    "update_product": _product,
}
_ALL = {**ASYNC_EVENTS, **IO_EVENTS, **MAGEPLAZA_EVENTS}

# What of a record an event must carry; the rest is read. Adobe drops events above 64 KB.
FIELDS: Mapping[Callable[[Body], Named], tuple[str, ...]] = {
    _order: ("entity_id", "increment_id"),
    _invoice: ("entity_id", "order_id"),
    _credit_memo: ("entity_id", "order_id"),
    _customer: ("entity_id",),
    _address: ("parent_id",),
    _product: ("sku",),
}
_OF_ENTITY: Mapping[Entity, frozenset[Callable[[Body], Named]]] = {
    Entity.ORDER: frozenset({_order}),
    Entity.PAYMENT: frozenset({_invoice}),
    Entity.REFUND: frozenset({_credit_memo}),
    Entity.CUSTOMER: frozenset({_customer, _address}),
    Entity.PRODUCT: frozenset({_product}),
}


def wanted(
    names: Mapping[str, Callable[[Body], Named]], entities: Collection[Entity]
) -> dict[str, tuple[str, ...]]:
    """The events that tell of these entities, each with the fields it must carry."""
    readers = frozenset().union(*(_OF_ENTITY.get(entity, frozenset()) for entity in entities))
    return {name: FIELDS[reader] for name, reader in names.items() if reader in readers}


def is_known(event: str) -> bool:
    return event in _ALL


def records(event: str, body: Body) -> Named:
    """What a known event is about. Raises ValueError when the body does not say."""
    return _ALL[event](body)
