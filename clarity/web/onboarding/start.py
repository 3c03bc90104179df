"""Where a pair begins: a sandbox in one click, or the systems to connect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clarity.web.access import ADMINS, may_administer, member_required, signed_in
from clarity.web.billing import prices
from clarity.web.fragments import whole_page
from integrations.connector_kit.registry import connectors
from integrations.models import Pair
from integrations.services import onboarding, sandbox_pairs
from tenants import scope
from tenants.models import Membership


@dataclass(frozen=True)
class System:
    """One card to choose from."""

    name: str
    label: str
    flavours: Sequence[str]


@require_safe
@member_required()
def start(request: HttpRequest, membership: Membership) -> HttpResponse:
    """What can be begun, and what was begun and not finished."""
    return whole_page(request, "onboarding/start.html", _context(membership))


@require_POST
@member_required(*ADMINS)
def begin(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Goes on to connecting the chosen systems; a way that is open already is gone on with."""
    pos, store = request.POST.get("pos", ""), request.POST.get("store", "")
    try:
        with scope.tenant(membership.tenant_id):
            row = onboarding.begin(
                pos=pos, store=store, actor=signed_in(request), now=timezone.now()
            )
    except onboarding.CannotGoOn as error:
        messages.error(request, str(error))
        return redirect("start", slug=membership.tenant.slug)
    return redirect("start-step", slug=membership.tenant.slug, onboarding_id=row.pk)


def _context(membership: Membership) -> dict[str, Any]:
    with scope.tenant(membership.tenant_id):
        pairs = list(
            Pair.objects.select_related("pos", "store", "sandbox_pair").order_by("name", "pk")
        )
        ways = onboarding.open_ways()
    offered = sandbox_pairs.offered()
    sandboxes = [pair for pair in pairs if hasattr(pair, "sandbox_pair")]
    labels = {name: one.manifest.label for name, one in connectors().items()}
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "pairs",
        "pairs": pairs,
        "ways": [
            {
                "row": one,
                "pos": labels.get(one.pos_connector, one.pos_connector),
                "store": labels.get(one.store_connector, one.store_connector),
            }
            for one in ways
        ],
        "sandboxes": sandboxes,
        "offered": [
            {"systems": one, "pos": labels[one.pos], "store": labels[one.store]} for one in offered
        ]
        if len(sandboxes) < sandbox_pairs.MOST
        else [],
        "tills": systems("pos"),
        "shops": systems("store"),
        "may_administer": may_administer(membership),
        "price": prices.of_another(membership),
    }


def systems(role: str) -> list[System]:
    """The cards of one role: every connector there is, and no other."""
    found = [
        System(one.manifest.name, one.manifest.label, tuple(one.manifest.flavours.values()))
        for one in connectors().values()
        if one.manifest.role == role
    ]
    return sorted(found, key=lambda one: one.label)
