"""Rows of the sync engine."""

from __future__ import annotations

from integrations.models.backfill import (
    ACTIVE,
    ArticleSide,
    Backfill,
    BackfillArticle,
    BackfillState,
)
from integrations.models.balance import Balance
from integrations.models.chore import Chore
from integrations.models.connection import Connection, ConnectionState, Environment
from integrations.models.credential import Credential
from integrations.models.cursor import Cursor
from integrations.models.data_key import DataKey
from integrations.models.day_total import DayTotal, TotalRow
from integrations.models.delivery import Attempt, Delivery, DeliveryState
from integrations.models.inbox import InboxItem, InboxState
from integrations.models.incident import RECORDS, Incident, IncidentState, ReplayState, Side
from integrations.models.lane import BreakerState, Lane
from integrations.models.link import Link
from integrations.models.notice_name import NoticeName
from integrations.models.onboarding import DryRun, DryRunState, Onboarding, SandboxPair
from integrations.models.pair import Direction, Flow, Pair, PairState
from integrations.models.payload import Payload
from integrations.models.preflight import Preflight, PreflightState
from integrations.models.rank import Rank, rank_of
from integrations.models.reconciliation import ReconciledOrder, Reconciliation, Verdict
from integrations.models.refusal import Refusal
from integrations.models.shadow import ShadowRun, ShadowState
from integrations.models.stock import Reservation, SafetyStock, StockedArticle

__all__ = [
    "RECORDS",
    "ACTIVE",
    "ArticleSide",
    "Attempt",
    "Backfill",
    "BackfillArticle",
    "BackfillState",
    "Balance",
    "Chore",
    "BreakerState",
    "Connection",
    "ConnectionState",
    "Credential",
    "Cursor",
    "DataKey",
    "DayTotal",
    "Delivery",
    "DeliveryState",
    "Direction",
    "DryRun",
    "DryRunState",
    "Environment",
    "Flow",
    "InboxItem",
    "InboxState",
    "Incident",
    "IncidentState",
    "Lane",
    "Link",
    "NoticeName",
    "Onboarding",
    "Pair",
    "PairState",
    "Payload",
    "Preflight",
    "PreflightState",
    "Rank",
    "ReconciledOrder",
    "Reconciliation",
    "Refusal",
    "ReplayState",
    "Reservation",
    "SafetyStock",
    "SandboxPair",
    "ShadowRun",
    "ShadowState",
    "Side",
    "StockedArticle",
    "TotalRow",
    "Verdict",
    "rank_of",
]
