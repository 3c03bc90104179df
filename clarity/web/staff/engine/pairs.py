"""The integration pairs of an account: the list, one of them with its flows and policy, and its acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.flows import words as flow_words
from clarity.web.once_more import once_more
from clarity.web.staff.engine.acts import Act, Mistake, Question, Wrong, carry_out
from clarity.web.staff.frame import account_page
from clarity.web.staff.gate import staff_page
from clarity.web.tenant_settings import words
from integrations.models import (
    DeliveryState,
    Flow,
    Pair,
    PairState,
    Preflight,
    PreflightState,
    SafetyStock,
)
from integrations.services import (
    accuracy,
    connection_schedule,
    flows,
    mapping_tables,
    merging,
    pair_settings,
    pairs,
)
from integrations.services.mapping_reading import has_rules
from integrations.services.overview import Group, Open, open_records
from integrations.sync.merge_rules import ALL_OTHERS
from tenants.models import User
from tenants.services import staff, staff_door
from tenants.services.staff import May

TAB = "account-pairs"
_asks_first = require_http_methods(["GET", "HEAD", "POST"])
_STOPPED = (DeliveryState.HELD, DeliveryState.DEAD)


@dataclass(frozen=True)
class FlowLine:
    """One flow, whether its rules can be looked at, and what it has open."""

    flow: Flow
    name: str
    has_rules: bool
    waiting: Open
    stopped: int


@staff_page
@require_safe
def overview(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Every pair."""
    with staff_door.looking(person, slug, at="the pairs") as tenant:
        rows = [
            {"pair": pair, "badge": words.pair_badge(pair), "flows": pair.flows.count()}
            for pair in Pair.objects.select_related("pos", "store").order_by("name", "pk")
        ]
    return account_page(
        request, person, "staff/engine/pairs.html", tenant=tenant, tab=TAB, context={"rows": rows}
    )


@staff_page
@require_safe
def detail(request: HttpRequest, person: User, slug: str, pair_id: UUID) -> HttpResponse:
    """One pair: its flows, what it does by itself, and who wins where both sides changed a field."""
    with staff_door.looking(person, slug, at="a pair") as tenant:
        pair = found(pair_id)
        context = {
            "pair": pair,
            "badge": words.pair_badge(pair),
            "flows": _flows(pair),
            "schedule": connection_schedule.of_pair(pair),
            "safety_rows": SafetyStock.objects.filter(pair=pair).count(),
            "merge": _merge(pair),
            "preflight": _preflight(pair),
            "compared": accuracy.latest_of(pairs=[pair]).get(pair.pk),
            "tables": mapping_tables.tables(pair=pair),
            "is_paused": pair.state == PairState.PAUSED,
            "may_act": staff.may(person, May.ACT),
        }
    return account_page(
        request, person, "staff/engine/pair.html", tenant=tenant, tab=TAB, context=context
    )


@staff_page
@_asks_first
@once_more
def pause(request: HttpRequest, person: User, slug: str, pair_id: UUID) -> HttpResponse:
    """Stops a pair."""

    def question(pair: Pair, wrong: Wrong) -> Question:
        return Question(
            f"Pause {pair.name}?",
            (
                "Nothing is written to either side until somebody resumes it.",
                "What comes meanwhile is kept, and flows in order afterwards. The store goes on"
                " selling by the stock it last heard of.",
            ),
            "Pause",
            "pause",
        )

    def do(pair: Pair) -> str:
        pair = pair_settings.pause(pair_id=pair_id, actor=person)
        return f"{pair.name} is paused. What comes meanwhile is kept."

    return carry_out(
        request, person, slug, _act("pause a pair", slug, pair_id, question=question, do=do)
    )


@staff_page
@_asks_first
@once_more
def resume(request: HttpRequest, person: User, slug: str, pair_id: UUID) -> HttpResponse:
    """Goes on with a paused pair, when it may."""

    def question(pair: Pair, wrong: Wrong) -> Question:
        before = pair_settings.state_before(pair).label.lower()
        return Question(
            f"Resume {pair.name}?",
            (
                f"It goes on as it was before: {before}. What came and waited flows now, in order.",
                "Somebody at the business may have paused it on purpose: ask them first.",
            ),
            "Resume",
            "play",
        )

    def do(pair: Pair) -> str:
        pair = pair_settings.resume(pair_id=pair_id, actor=person, now=timezone.now())
        return f"{pair.name} goes on. What waited flows now, in order."

    act = _act("resume a pair", slug, pair_id, question=question, do=do, refused=(pairs.NotReady,))
    return carry_out(request, person, slug, act)


@staff_page
@_asks_first
def switch(
    request: HttpRequest, person: User, slug: str, pair_id: UUID, flow_id: int
) -> HttpResponse:
    """Switches a flow; the form says which way, so that a second click changes nothing back."""

    def question(flow: Flow, wrong: Wrong) -> Question:
        way = "off" if flow.is_on else "on"
        return Question(
            f"Switch {flow_words.name_of(flow).lower()} {way}?",
            flow_words.consequences(flow),
            f"Switch {way}",
            "swap",
            quiet=f"{flow.source.name} to {flow.target.name}",
            template="staff/engine/switch.html",
            more={"to": way},
        )

    def do(flow: Flow) -> str:
        is_on = _way(request.POST.get("to", "")) == "on"
        problem = flows.switch(
            flow,
            is_on=is_on,
            by=person,
            public_url=settings.CLARITY_PUBLIC_URL,
            now=timezone.now(),
        )
        if problem:
            messages.warning(
                request, f"Webhooks could not be registered, so changes show later: {problem}"
            )
        return f"{flow_words.name_of(flow)}: switched {'on' if is_on else 'off'}."

    act = _act(
        "switch a flow",
        slug,
        pair_id,
        about=str(flow_id),
        row=lambda: _flow(pair_id, flow_id),
        asks_the_account=True,
        question=question,
        do=do,
    )
    return carry_out(request, person, slug, act)


def found(pair_id: UUID) -> Pair:
    """The pair, within the scope. Raises Http404."""
    rows = Pair.objects.filter(pk=pair_id).select_related("pos", "store", "mapping_set")
    pair: Pair | None = rows.first()
    if pair is None:
        raise Http404
    return pair


def _flow(pair_id: UUID, flow_id: int) -> Flow:
    rows = (
        Flow.objects.filter(pair_id=pair_id, pk=flow_id) if flow_id < 2**63 else Flow.objects.none()
    )
    flow: Flow | None = rows.select_related("pair", "source", "target").first()
    if flow is None:
        raise Http404
    return flow


def _way(to: str) -> str:
    """Which way the form said. Raises Mistake: what no form of ours sends switches nothing."""
    if to not in ("on", "off"):
        said = f"says {to[:20]!r}" if to else "is missing"
        raise Mistake(
            {"": f"Nothing was switched: the field “to” {said}, and must say “on” or “off”."}
        )
    return to


def _act(name: str, slug: str, pair_id: UUID, *, about: str = "", **rest: Any) -> Act:
    return Act(
        name=name,
        about=about or str(pair_id),
        tab=TAB,
        part="Pair",
        back=reverse("admin:account-pair", kwargs={"slug": slug, "pair_id": pair_id}),
        **{"row": lambda: found(pair_id), **rest},
    )


def _flows(pair: Pair) -> list[FlowLine]:
    carried = flows.of_pair(pair)
    open_now = open_records(carried)
    return [
        FlowLine(
            flow,
            flow_words.name_of(flow),
            has_rules(flow),
            open_now.get((flow.pk, DeliveryState.WAITING.value), Open(0, None)),
            _stopped(flow, open_now),
        )
        for flow in carried
    ]


def _stopped(flow: Flow, open_now: dict[Group, Open]) -> int:
    return sum(open_now.get((flow.pk, state.value), Open(0, None)).count for state in _STOPPED)


def _merge(pair: Pair) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """By entity that goes both ways: what holds for all fields, and those with a rule of their own."""
    return [
        (
            entity.replace("_", " "),
            [
                (
                    "Every other field" if one.field == ALL_OTHERS else one.field,
                    merging.MEANING[one.rule],
                )
                for one in merging.shown(pair, entity)
                if one.is_own or one.field == ALL_OTHERS
            ],
        )
        for entity in merging.going_both_ways(pair)
    ]


def _preflight(pair: Pair) -> Preflight | None:
    found: Preflight | None = (
        Preflight.objects.filter(pair=pair, state=PreflightState.DONE).order_by("-id").first()
    )
    return found
