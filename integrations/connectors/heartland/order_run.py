"""One attempt at one order: what it works on, and the checkpoints it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.connector_kit.base import Outgoing, Save
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.checkpoints import Checkpoints, steps_of
from integrations.connectors.heartland.client import HeartlandClient
from integrations.connectors.heartland.order_fields import OrderFields
from integrations.connectors.heartland.order_settings import OrderSettings, order_settings


@dataclass
class Run(Checkpoints):
    """One attempt at one order."""

    client: HeartlandClient
    order: OrderFields
    settings: OrderSettings
    related: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"Order {self.order.public_id}"


def run_of(client: HeartlandClient, outgoing: Outgoing, order: OrderFields, save: Save) -> Run:
    """Raises Rejected when a setting of the connection is missing or the currency is another."""
    settings = order_settings(client.account)
    if settings.currency and order.currency and settings.currency != order.currency:
        raise Rejected(
            f"Order {order.public_id} is in {order.currency}, this Heartland sells in"
            f" {settings.currency}.",
            field="currency",
            said=order.currency,
            advice="Heartland keeps one currency. Leave such orders out, or correct the setting.",
        )
    steps = steps_of(outgoing)
    return Run(client, order, settings, outgoing.related, save=save, steps=steps)
