"""Binds the parts of this folder to the contract."""

from __future__ import annotations

from pathlib import Path

from integrations.connector_kit.base import Connector, EntityPort
from integrations.connector_kit.manifest import load
from integrations.connectors.magento import (
    admin_pages,
    audit,
    customer_writing,
    handshake,
    inventory,
    order_status,
    own_fields,
    probe,
    products,
    refund_writing,
    shipments,
    subscriptions,
    webhooks,
)
from integrations.connectors.magento.client import StoreClient
from mappings.canonical.record import Entity

CONNECTOR = Connector(
    manifest=load(Path(__file__).parent),
    open=StoreClient,
    probe=probe.probe,
    entities={
        Entity.ORDER: EntityPort(write=order_status.write),
        Entity.REFUND: EntityPort(write=refund_writing.write),
        Entity.SHIPMENT: EntityPort(write=shipments.write),
        Entity.PRODUCT: products.PORT,
        Entity.INVENTORY: inventory.PORT,
        Entity.CUSTOMER: customer_writing.PORT,
    },
    verify=webhooks.verify,
    notices=webhooks.notices,
    challenge=webhooks.challenge,
    acknowledge=webhooks.acknowledge,
    subscribe=subscriptions.subscribe,
    subscriptions=subscriptions.subscriptions,
    unsubscribe=subscriptions.unsubscribe,
    choices=probe.choices,
    introduction=handshake.INTRODUCTION,
    audit=audit.audit,
    record_url=admin_pages.record_url,
    fields=own_fields.fields,
    close=StoreClient.close,
    sandbox="integrations.connectors.magento.sandbox.app:create",
)
