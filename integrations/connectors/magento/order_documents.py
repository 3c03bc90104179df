"""The order that a record speaks of, and the documents that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connectors.magento import order_reading
from integrations.connectors.magento.answers import NotFound
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from mappings.canonical.record import Entity

# Where one document of a list is read: Magento calls some in the singular.
_ONE = {"shipments": "shipment", "creditmemos": "creditmemo", "invoices": "invoices"}


def linked_order(client: StoreClient, outgoing: Outgoing, what: str) -> Mapping[str, Any]:
    """The order as it is now. Raises Rejected when none is linked, or when it is gone."""
    linked = [key for name, key in outgoing.related.items() if name.startswith(f"{Entity.ORDER}:")]
    if len(linked) != 1:
        raise Rejected(
            f"The {what} is not linked to a Magento order",
            field="order_key",
            advice=f"Link the order of this {what} to its Magento order, then replay.",
        )
    return order_reading.with_skus(client, order_of(client, linked[0]))


def order_of(client: StoreClient, key: str) -> Mapping[str, Any]:
    """Raises Rejected when the order is gone."""
    try:
        order: Mapping[str, Any] = client.get(f"orders/{key}")
    except NotFound:
        raise Rejected(
            "The linked order is not in Magento any more",
            field="order_key",
            said=key,
            advice="It was deleted there. Nothing can be entered for it; dismiss this record.",
        ) from None
    return order


def documents(client: StoreClient, path: str, order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All `shipments`, `invoices` or `creditmemos` of the order, with their comments."""
    asked = Criteria(
        filters=(where("order_id", str(order["entity_id"])),), sort=(("entity_id", "ASC"),)
    )
    return [
        row if "comments" in row else client.get(f"{_ONE[path]}/{row['entity_id']}")
        for row in client.everything(path, asked)
    ]
