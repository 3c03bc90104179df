"""One attempt at one refund: what it works on, and the checkpoints it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.connector_kit.base import Save
from integrations.connectors.heartland.client import HeartlandClient
from integrations.connectors.heartland.order_settings import OrderSettings
from integrations.connectors.heartland.refund_fields import RefundFields

TICKETS = "/sales/tickets"


@dataclass
class Work:
    """One attempt at one refund. `steps` is what earlier attempts saved and this one adds."""

    client: HeartlandClient
    refund: RefundFields
    settings: OrderSettings
    related: Mapping[str, str]
    save: Save
    steps: dict[str, str] = field(default_factory=dict)

    def keep(self, step: str, value: str) -> str:
        """Saves a checkpoint once."""
        if self.steps.get(step) != value:
            self.save(step, value)
            self.steps[step] = value
        return value
