"""The live page of a pair, and the pieces of it that renew themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clarity.web.access import member_required
from clarity.web.activity import words
from clarity.web.activity.accounted import accounted
from clarity.web.fragments import fragment, whole_page
from integrations.models import Pair
from integrations.services.incidents import open_count
from integrations.services.overview import FlowHealth, PairHealth, pair_health
from integrations.services.records import Row, Show, latest_records
from integrations.services.stock import StockComparison, StockRow, compare_stock
from integrations.services.verdict import PLURALS, flow_name, verdict
from tenants import scope
from tenants.models import Membership

ROWS = 25
# Decided in passing, so how long it took says nothing.
QUIET_AT_ONCE = ("merged", "replaced", "filtered")
SHOWS = (
    (Show.ALL, "All states"),
    (Show.DELIVERED, "Delivered"),
    (Show.WAITING, "On its way"),
    (Show.HELD, "Held"),
    (Show.DEAD, "Given up"),
    (Show.QUIET, "Nothing to do"),
)


@dataclass(frozen=True)
class RecordLine:
    """One row of the records table."""

    row: Row
    badge: words.Badge
    entity: str
    took: str


@dataclass(frozen=True)
class FlowLine:
    """One row of the flows table."""

    health: FlowHealth
    name: str
    median: str
    p95: str


@dataclass(frozen=True)
class StockLine:
    """One row of the stock table; "" where a side does not have the article."""

    row: StockRow
    at_till: str
    in_shop: str
    difference: str


@dataclass(frozen=True)
class Counter:
    """One part of the day's sum."""

    badge: words.Badge
    count: int
    state: str


@require_safe
@member_required()
def live(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The whole page; its pieces are asked for again by `now`, `records` and `stock`."""
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
        context = {
            **_health(pair),
            **_records(request, pair),
            "tenant": membership.tenant,
            "pair_badge": words.PAIR_BADGES[pair.state],
            "shows": SHOWS,
            "entities": _entities(pair),
            "q": _text(request, "q"),
            "stock_seconds": 2 if pair.pos.environment == "sandbox" else 60,
        }
    return whole_page(request, "activity/live.html", context)


@require_safe
@member_required()
def now(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Verdict, counters, both connections and the flows."""
    with scope.tenant(membership.tenant_id):
        context = {**_health(_pair(pair_id)), "tenant": membership.tenant}
    return fragment(request, "activity/now.html", context)


@require_safe
@member_required()
def records(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The latest records."""
    with scope.tenant(membership.tenant_id):
        context = {**_records(request, _pair(pair_id)), "tenant": membership.tenant}
    return fragment(request, "activity/records.html", context)


@require_safe
@member_required()
def stock(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Every SKU on both sides. Both systems are asked, outside any scope."""
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
    comparison = compare_stock(pair=pair, now=timezone.now())
    page = _stock_page(
        comparison, search=_text(request, "sku"), number=request.GET.get("page", "1")
    )
    context = {"tenant": membership.tenant, "pair": pair, "stock": comparison, "page": page}
    return fragment(request, "activity/stock.html", context)


def _pair(pair_id: UUID) -> Pair:
    pair: Pair | None = Pair.objects.filter(pk=pair_id).select_related("pos", "store").first()
    if pair is None:
        raise Http404
    return pair


def _health(pair: Pair) -> Mapping[str, Any]:
    moment = timezone.now()
    health = pair_health(pair=pair, now=moment)
    return {
        "pair": pair,
        "health": health,
        "verdict": verdict(health=health, now=moment),
        "flows": [_flow_line(flow) for flow in health.flows],
        "counters": _counters(health),
        "open_incidents": open_count(),
        "accounted": accounted(health),
    }


def _flow_line(flow: FlowHealth) -> FlowLine:
    return FlowLine(
        health=flow,
        name=flow_name(flow.flow),
        median=words.duration(flow.median_seconds),
        p95=words.duration(flow.p95_seconds),
    )


def _counters(health: PairHealth) -> list[Counter]:
    """Every state there may be, in one order, so that the tiles never jump about."""
    counts = dict(health.counters)
    counts["merged"] = counts.get("merged", 0) + counts.pop("replaced", 0)
    counts["waiting"] = counts.get("waiting", 0) + counts.pop("passed", 0)
    return [Counter(words.badge(state), counts.get(state, 0), state) for state in words.COUNTERS]


def _records(request: HttpRequest, pair: Pair) -> Mapping[str, Any]:
    asked = {name: _text(request, name) for name in ("show", "entity", "q", "before")}
    show = Show(asked["show"]) if asked["show"] in set(Show) else Show.ALL
    found = latest_records(
        pair=pair,
        limit=ROWS,
        show=show,
        entity=asked["entity"],
        search=asked["q"],
        before=asked["before"],
    )
    kept = {name: asked[name] for name in ("show", "entity", "q") if asked[name]}
    return {
        "pair": pair,
        "lines": [_record_line(row) for row in found.rows],
        "older": urlencode({**kept, "before": found.older}) if found.older else "",
        "looked_back_to": found.looked_back_to,
        "newest": urlencode(kept),
        "is_newest": not asked["before"],
        "is_narrowed": bool(kept),
        "show": show.value,
        "entity": asked["entity"],
    }


def _record_line(row: Row) -> RecordLine:
    return RecordLine(
        row=row,
        badge=words.badge(row.outcome),
        entity=words.entity_word(row.item.entity),
        took="" if row.outcome in QUIET_AT_ONCE else words.duration(row.seconds),
    )


def _entities(pair: Pair) -> Sequence[tuple[str, str]]:
    flowing = set(pair.flows.values_list("entity", flat=True))
    return [(entity.value, PLURALS[entity].capitalize()) for entity in PLURALS if entity in flowing]


def _stock_page(comparison: StockComparison, *, search: str, number: str) -> Page[StockLine]:
    wanted = search.casefold()
    lines = [
        StockLine(row, _units(row.at_till), _units(row.in_shop), _units(row.difference))
        for row in comparison.rows
        if wanted in row.sku.casefold() or wanted in row.title.casefold()
    ]
    return Paginator(lines, ROWS).get_page(number)


def _units(count: Decimal | None) -> str:
    """ "12", "0.5"; "" where a side does not have the article."""
    return "" if count is None else f"{count.normalize():f}".replace("-", "\N{MINUS SIGN}")


def _text(request: HttpRequest, name: str) -> str:
    # PostgreSQL takes no NUL in a text, and no number is this long.
    return request.GET.get(name, "").replace("\x00", "").strip()[:120]
