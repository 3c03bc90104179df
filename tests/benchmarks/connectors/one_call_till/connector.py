"""Binds the parts of this folder to the contract."""

from __future__ import annotations

from pathlib import Path

from integrations.connectors.one_call_till import orders

from integrations.connector_kit.base import Connector, EntityPort
from integrations.connector_kit.manifest import load
from mappings.canonical.record import Entity

CONNECTOR = Connector(
    manifest=load(Path(__file__).parent),
    open=orders.TillClient,
    probe=orders.probe,
    entities={Entity.ORDER: EntityPort(write=orders.write)},
)
