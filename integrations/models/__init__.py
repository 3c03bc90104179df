"""Rows of the sync engine."""

from __future__ import annotations

from integrations.models.alert_channel import (
    AlertAddress,
    AlertChannel,
    AlertPlan,
    ChannelKind,
    Topic,
)
from integrations.models.alert_message import (
    AlertCase,
    AlertMessage,
    MessageKind,
    MessageState,
)
from integrations.models.backfill import (
    ACTIVE,
    ArticleSide,
    Backfill,
    BackfillArticle,
    BackfillState,
)
from integrations.models.balance import Balance
from integrations.models.bulk import BulkJob, BulkStep, JobState, StepState
from integrations.models.chore import Chore
from integrations.models.connection import Connection, ConnectionState, Environment
from integrations.models.convergence import ConvergenceRun, ConvergenceState
from integrations.models.credential import Credential
from integrations.models.cursor import Cursor
from integrations.models.data_key import DataKey
from integrations.models.day_total import DayTotal, TotalRow
from integrations.models.delivery import Attempt, Delivery, DeliveryState
from integrations.models.erasure import Erasure
from integrations.models.export import Export, ExportKind, ExportPart, ExportState
from integrations.models.figure import HourFigure
from integrations.models.inbox import InboxItem, InboxState
from integrations.models.incident import RECORDS, Incident, IncidentState, ReplayState, Side
from integrations.models.lane import BreakerState, Lane
from integrations.models.link import Link
from integrations.models.notice_name import NoticeName
from integrations.models.onboarding import (
    DryRun,
    DryRunState,
    Introduction,
    Onboarding,
    SandboxPair,
)
from integrations.models.pair import Direction, Flow, Pair, PairState
from integrations.models.payload import Payload
from integrations.models.preflight import Preflight, PreflightState
from integrations.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from integrations.models.rank import Rank, rank_of
from integrations.models.reconciliation import ReconciledOrder, Reconciliation, Verdict
from integrations.models.refusal import Refusal
from integrations.models.search import SearchKey, SearchTerm, TermKind
from integrations.models.shadow import ShadowRun, ShadowState
from integrations.models.stock import Reservation, SafetyStock, StockedArticle
from integrations.models.template import PairTemplate, TemplateVersion

__all__ = [
    "RECORDS",
    "ACTIVE",
    "AlertAddress",
    "AlertCase",
    "AlertChannel",
    "AlertMessage",
    "AlertPlan",
    "ArticleSide",
    "Attempt",
    "Backfill",
    "BackfillArticle",
    "BackfillState",
    "Balance",
    "BulkJob",
    "BulkStep",
    "Chore",
    "BreakerState",
    "ChannelKind",
    "Connection",
    "ConnectionState",
    "ConvergenceRun",
    "ConvergenceState",
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
    "Erasure",
    "Export",
    "ExportKind",
    "ExportPart",
    "ExportState",
    "Flow",
    "HourFigure",
    "InboxItem",
    "InboxState",
    "Incident",
    "IncidentState",
    "Introduction",
    "JobState",
    "Lane",
    "Link",
    "MessageKind",
    "MessageState",
    "NoticeName",
    "Onboarding",
    "Pair",
    "PairState",
    "PairTemplate",
    "Payload",
    "Preflight",
    "PreflightState",
    "PrivacyKind",
    "PrivacyRequest",
    "PrivacyState",
    "Rank",
    "ReconciledOrder",
    "Reconciliation",
    "Refusal",
    "ReplayState",
    "Reservation",
    "SafetyStock",
    "SandboxPair",
    "SearchKey",
    "SearchTerm",
    "ShadowRun",
    "ShadowState",
    "Side",
    "StepState",
    "StockedArticle",
    "TemplateVersion",
    "TermKind",
    "Topic",
    "TotalRow",
    "Verdict",
    "rank_of",
]
