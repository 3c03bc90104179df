"""Binds the parts of this folder to the contract."""

from __future__ import annotations

from pathlib import Path

from integrations.connectors.corner_shop import client, inventory, orders, webhooks

from integrations.connector_kit.base import Connector, EntityPort
from integrations.connector_kit.manifest import load
from mappings.canonical.record import Entity

CONNECTOR = Connector(
    manifest=load(Path(__file__).parent),
    open=client.CornerClient,
    probe=client.probe,
    entities={
        Entity.ORDER: EntityPort(normalise=orders.normalise),
        Entity.INVENTORY: EntityPort(write=inventory.write),
    },
    verify=webhooks.verify,
    notices=webhooks.notices,
    challenge=webhooks.challenge,
    acknowledge=webhooks.acknowledge,
    subscribe=webhooks.subscribe,
    sandbox="integrations.connectors.corner_shop.sandbox.app:create",
    witness="integrations.connectors.corner_shop.sandbox.witness:Witness",
)
