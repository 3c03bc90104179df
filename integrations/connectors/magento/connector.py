"""Binds the parts of this folder to the contract."""

from __future__ import annotations

from pathlib import Path

from integrations.connector_kit.base import Connector
from integrations.connector_kit.manifest import load
from integrations.connectors.magento import (
    customer_writing,
    own_fields,
    probe,
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
    fields=own_fields.fields,
    close=StoreClient.close,
    sandbox="integrations.connectors.magento.sandbox.app:create",
)
