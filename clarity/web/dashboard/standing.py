"""What the dashboard says of this moment: the tiles, and each pair with its flows and accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.utils import timezone

from clarity.web.access import zone_of
from clarity.web.activity.words import PAIR_BADGES, Badge
from clarity.web.dashboard import words
from integrations.models import ConvergenceRun, DeliveryState, Flow, Pair
from integrations.services import accuracy, budgets, figures
from integrations.services.budgets import BudgetUse
from integrations.services.figures import Figures, Line, Span
from integrations.services.incidents import open_count
from integrations.services.overview import (
    FlowHealth,
    Group,
    Open,
    PairHealth,
    Side,
    open_records,
    standing,
)
from integrations.services.verdict import Verdict, flow_name, verdict
from mappings.canonical.record import Entity
from tenants.models import Membership

PAIRS_A_PAGE = 4
QUIET = ("unchanged", "merged", "filtered")


@dataclass(frozen=True)
class FlowLine:
    """One flow: its records of today, and how fresh those of 24 hours are."""

    name: str
    health: FlowHealth
    received: str
    delivered: str
    quiet: str
    waiting: str
    held: str
    dead: str
    half: str
    p95: str


@dataclass(frozen=True)
class SideLine:
    """One account with what it permits; `used` in whole percent."""

    side: Side
    budget: BudgetUse | None
    rate: str
    at_once: str
    used: int


@dataclass(frozen=True)
class PairPanel:
    """One pair."""

    pair: Pair
    badge: Badge
    health: PairHealth
    verdict: Verdict
    flows: Sequence[FlowLine]
    sides: Sequence[SideLine]
    run: ConvergenceRun | None
    share: str
    carries_stock: bool


@dataclass(frozen=True)
class Tiles:
    """The figures at the head of the page, "" where there is none yet."""

    received: str
    delivered: str
    counted_at: datetime | None
    is_counted_earlier: bool
    stock_p95: str
    stock_half: str
    share: str
    skus: str
    compared_at: datetime | None
    waiting: str
    oldest_at: datetime | None
    incidents: int


def context(membership: Membership, *, page: str) -> Mapping[str, Any]:
    """Call inside the tenant's scope."""
    moment, zone = timezone.now(), zone_of(membership.tenant)
    pairs = list(Pair.objects.select_related("pos", "store").order_by("name", "pk"))
    flows = list(Flow.objects.filter(pair__in=pairs).order_by("pk"))
    tail = figures.tail_of(flows=flows, now=moment)
    today = figures.today(flows=flows, now=moment, zone=zone, tail=tail)
    day = figures.read(flows=flows, span=Span.DAY, now=moment, zone=zone, tail=tail)
    open_now = open_records(flows)
    shown = Paginator(pairs, PAIRS_A_PAGE).get_page(page)
    runs = accuracy.latest_of(pairs=pairs)
    uses = budgets.in_use(
        connections=[pk for pair in shown for pk in (pair.pos_id, pair.store_id)], now=moment
    )
    panels = [
        _panel(
            standing(pair=pair, day=day.by_flow, open_now=open_now, now=moment),
            today.by_flow,
            day.by_flow,
            runs.get(pair.pk),
            uses,
            now=moment,
        )
        for pair in shown
    ]
    return {
        "pairs": pairs,
        "panels": panels,
        "page": shown,
        "tiles": _tiles(flows, open_now, today, day, list(runs.values()), now=moment),
    }


def _panel(
    health: PairHealth,
    today: Mapping[int, Line],
    day: Mapping[int, Line],
    run: ConvergenceRun | None,
    uses: Mapping[UUID, BudgetUse],
    *,
    now: datetime,
) -> PairPanel:
    return PairPanel(
        pair=health.pair,
        badge=PAIR_BADGES[health.pair.state],
        health=health,
        verdict=verdict(health=health, now=now),
        flows=[_flow(flow, today[flow.flow.pk], day[flow.flow.pk]) for flow in health.flows],
        sides=[_side(side, uses.get(side.connection.pk)) for side in health.sides],
        run=run,
        share=words.percent(run.share) if run else "",
        carries_stock=any(flow.flow.entity == Entity.INVENTORY for flow in health.flows),
    )


def _flow(health: FlowHealth, today: Line, day: Line) -> FlowLine:
    fresh = day.freshness
    return FlowLine(
        name=flow_name(health.flow),
        health=health,
        received=words.number(today.received),
        delivered=words.number(today.counts["delivered"]),
        quiet=words.number(sum(today.counts[name] for name in QUIET)),
        waiting=words.number(health.waiting),
        held=words.number(health.held),
        dead=words.number(health.dead),
        half=words.took(fresh.half),
        p95=words.took(fresh.p95),
    )


def _side(side: Side, use: BudgetUse | None) -> SideLine:
    if use is None:
        return SideLine(side, None, "", "", 0)
    return SideLine(side, use, words.rate(use.rate), f"{use.at_once:,.0f}", round(use.used * 100))


def _tiles(
    flows: Sequence[Flow],
    open_now: Mapping[Group, Open],
    today: Figures,
    day: Figures,
    runs: Sequence[ConvergenceRun],
    *,
    now: datetime,
) -> Tiles:
    stock = [day.by_flow[flow.pk] for flow in flows if flow.entity == Entity.INVENTORY]
    fresh = figures.together(stock).freshness
    waiting = [one for (_, state), one in open_now.items() if state == DeliveryState.WAITING]
    oldest = [one.oldest for one in waiting if one.oldest]
    matched, equal = sum(run.matched for run in runs), sum(run.equal for run in runs)
    moments = [run.finished_at for run in runs if run.finished_at]
    return Tiles(
        received=words.number(today.total.received) if today.counted_at else "",
        delivered=words.number(today.total.counts["delivered"]),
        counted_at=today.counted_at,
        is_counted_earlier=words.is_old(today.counted_at, now=now),
        stock_p95=words.took(fresh.p95),
        stock_half=words.took(fresh.half),
        share=words.percent(equal / matched) if matched else "",
        skus=words.number(matched),
        compared_at=min(moments, default=None),
        waiting=words.number(sum(one.count for one in waiting)),
        oldest_at=min(oldest, default=None),
        incidents=open_count(),
    )
