"""What an app leaves with a shop: metafields and webhook subscriptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Metafield:
    id: int
    owner: str
    namespace: str
    key: str
    type: str
    value: str
    created_at: datetime
    updated_at: datetime


@dataclass
class Subscription:
    """`last_success`: when a delivery last arrived, as the post office counts time."""

    id: int
    topic: str
    uri: str
    created_at: datetime
    updated_at: datetime
    name: str | None = None
    filter: str | None = None
    include_fields: list[str] = field(default_factory=list)
    metafield_namespaces: list[str] = field(default_factory=list)
    last_success: float = 0.0
