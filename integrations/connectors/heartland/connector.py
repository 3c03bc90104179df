"""Binds the parts of the Heartland connector to the contract."""

from __future__ import annotations

from pathlib import Path

from integrations.connector_kit.base import Connector, Consent
from integrations.connector_kit.manifest import load
from integrations.connectors.heartland import audit, back_office, consent, flavours, own_fields
from integrations.connectors.heartland.client import HeartlandClient

CONNECTOR = Connector(
    manifest=load(Path(__file__).parent),
    open=HeartlandClient,
    probe=flavours.probe,
    entities={entity: flavours.port(entity) for entity in flavours.RETAIL_PORTS},
    verify=flavours.verify,
    notices=flavours.notices,
    subscribe=flavours.subscribe,
    subscriptions=flavours.subscriptions,
    unsubscribe=flavours.unsubscribe,
    choices=flavours.choices,
    close=HeartlandClient.close,
    money=flavours.MONEY,
    audit=audit.audit,
    fields=own_fields.fields,
    record_url=back_office.record_url,
    consent=Consent(place=consent.place, url=consent.url, grant=consent.grant),
    sandbox="integrations.connectors.heartland.sandbox.app:create",
    witness="integrations.connectors.heartland.sandbox.witness:Witness",
)
