"""What the integration may do, tried call by call.

Magento has no list of what an integration was granted, and names a resource only when it refuses a
call for want of it. So each call a flow needs is made in a form that changes nothing: lists are asked
for their length, and writes name the order or customer 0, which there never is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connector_kit.base import Account
from integrations.connectors.magento.answers import Forbidden, Refused
from integrations.connectors.magento.auth import Method
from integrations.connectors.magento.client import Params, StoreClient
from integrations.connectors.magento.criteria import Criteria
from mappings.canonical.record import Entity

_LENGTH = Criteria(sort=(), size=1, fields="total_count").params()


@dataclass(frozen=True)
class Try:
    """A call that needs a resource and does nothing."""

    method: Method
    path: str
    params: Params = ()
    body: Any = None


def _list(path: str) -> Try:
    return Try("GET", path, _LENGTH)


def _write(path: str, body: Any = None, method: Method = "POST") -> Try:
    return Try(method, path, body={} if body is None else body)


_COMMENT = {
    "statusHistory": {
        "comment": "",
        "is_customer_notified": 0,
        "is_visible_on_front": 0,
        "parent_id": 0,
    }
}
_NOBODY = {"customer": {"id": 0, "email": "", "firstname": "", "lastname": ""}}

ORDERS = _list("orders")
_OF_ENTITY: dict[Entity, Sequence[Try]] = {
    Entity.ORDER: (ORDERS, _write("orders/0/comments", _COMMENT)),
    Entity.PAYMENT: (_list("invoices"), _list("transactions")),
    Entity.REFUND: (_list("creditmemos"), _list("invoices"), _write("order/0/refund")),
    Entity.SHIPMENT: (_list("shipments"), _write("order/0/ship")),
    Entity.CUSTOMER: (
        _list("customers/search"),
        _list("customerGroups/search"),
        _write("customers/0", _NOBODY, "PUT"),
    ),
    Entity.PRODUCT: (
        _list("products"),
        _list("products/attributes"),
        _list("products/attribute-sets/sets/list"),
    ),
    Entity.INVENTORY: (_list("products"), _list("bulk")),
}
# Where stock is kept by sources.
_MSI = (
    _list("inventory/sources"),
    _list("inventory/source-items"),
    _list("inventory/stocks"),
    _list("inventory/stock-source-links"),
    _write("inventory/source-items", {"sourceItems": []}),
)
# Where an article has one number. Nobody has an article of that SKU.
_LEGACY = (Try("GET", "stockItems/no-such-article-of-clarity"),)


def missing(client: StoreClient, entities: Collection[Entity]) -> list[str]:
    """The resources that these entities need and the integration lacks, as Magento names them."""
    lacking: dict[str, None] = {}
    tried: list[Try] = []
    for one in _tries(client, entities):
        if one not in tried:
            tried.append(one)
            lacking.update(dict.fromkeys(_refused(client, one)))
    return list(lacking)


def _tries(client: StoreClient, entities: Collection[Entity]) -> Iterator[Try]:
    for entity, tries in _OF_ENTITY.items():
        if entity in entities:
            yield from tries
    if Entity.INVENTORY in entities:
        yield from _MSI if client.shape.uses_msi else _LEGACY
    yield from _chosen(client.account, entities)


def _chosen(account: Account, entities: Collection[Entity]) -> Iterator[Try]:
    """What only some settings need."""
    if Entity.INVENTORY in entities and account.setting("reservations") != "as_is":
        yield _list("orders")
    if Entity.SHIPMENT in entities and account.setting("invoice_on_shipment", "no") != "no":
        yield _write("order/0/invoice")
    if Entity.ORDER in entities and account.setting("cancelled_at_pos") == "cancel":
        yield _write("orders/0/cancel")


def _refused(client: StoreClient, one: Try) -> Sequence[str]:
    """The resources a call was refused for; none when it was let through and found pointless."""
    try:
        client.send(one.method, one.path, one.params, body=one.body)
    except Forbidden as error:
        return [name.strip() for name in error.resources.split(",")]
    except Refused:
        return ()
    return ()
