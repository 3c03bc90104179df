"""Binds the parts of this folder to the contract."""

from __future__ import annotations

from pathlib import Path

from integrations.connector_kit.base import Connector
from integrations.connector_kit.manifest import load
from integrations.connectors.magento import probe
from integrations.connectors.magento.client import StoreClient

CONNECTOR = Connector(
    manifest=load(Path(__file__).parent),
    open=StoreClient,
    probe=probe.probe,
    entities={},
    choices=probe.choices,
    close=StoreClient.close,
    sandbox="integrations.connectors.magento.sandbox.app:create",
)
