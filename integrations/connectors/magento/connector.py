"""Binds the parts of this folder to the contract."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from integrations.connector_kit.base import Connector, EntityPort
from integrations.connector_kit.manifest import load
from integrations.connectors.magento import (
    admin_pages,
    audit,
    customer_writing,
    gift_cards,
    handshake,
    inventory,
    money,
    order_status,
    orders,
    own_fields,
    payments,
    probe,
    products,
    refund_writing,
    refunds,
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
        Entity.ORDER: replace(orders.PORT, write=order_status.write),
        Entity.REFUND: replace(refunds.PORT, write=refund_writing.write),
        Entity.PAYMENT: payments.PORT,
        Entity.SHIPMENT: EntityPort(write=shipments.write),
        Entity.CUSTOMER: customer_writing.PORT,
        Entity.PRODUCT: products.PORT,
        Entity.INVENTORY: inventory.PORT,
        Entity.GIFT_CARD: gift_cards.PORT,
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
    fields=own_fields.fields,
    record_url=admin_pages.record_url,
    close=StoreClient.close,
    money=money.PORT,
    sandbox="integrations.connectors.magento.sandbox.app:create",
    witness="integrations.connectors.magento.sandbox.witness:Witness",
)
