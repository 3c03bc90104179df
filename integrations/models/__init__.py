"""Rows of the sync engine."""

from __future__ import annotations

from integrations.models.connection import Connection, ConnectionState, Environment
from integrations.models.credential import Credential
from integrations.models.cursor import Cursor
from integrations.models.data_key import DataKey
from integrations.models.delivery import Attempt, Delivery, DeliveryState
from integrations.models.inbox import InboxItem, InboxState
from integrations.models.lane import BreakerState, Lane
from integrations.models.link import Link
from integrations.models.pair import Direction, Flow, Pair, PairState
from integrations.models.payload import Payload
from integrations.models.rank import Rank, rank_of
from integrations.models.refusal import Refusal

__all__ = [
    "Attempt",
    "BreakerState",
    "Connection",
    "ConnectionState",
    "Credential",
    "Cursor",
    "DataKey",
    "Delivery",
    "DeliveryState",
    "Direction",
    "Environment",
    "Flow",
    "InboxItem",
    "InboxState",
    "Lane",
    "Link",
    "Pair",
    "PairState",
    "Payload",
    "Rank",
    "Refusal",
    "rank_of",
]
