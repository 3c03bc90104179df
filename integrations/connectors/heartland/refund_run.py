"""One attempt at one refund: what it works on, and the checkpoints it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.connectors.heartland.checkpoints import Checkpoints
from integrations.connectors.heartland.client import HeartlandClient
from integrations.connectors.heartland.order_settings import OrderSettings
from integrations.connectors.heartland.refund_fields import RefundFields

TICKETS = "/sales/tickets"


@dataclass
class Work(Checkpoints):
    """One attempt at one refund."""

    client: HeartlandClient
    refund: RefundFields
    settings: OrderSettings
    related: Mapping[str, str]
