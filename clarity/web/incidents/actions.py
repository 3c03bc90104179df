"""What a person does about a whole incident. Each asks first; each works without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clarity.web.access import OPERATORS, member_required, signed_in
from clarity.web.incidents import sentences
from clarity.web.incidents.one import find
from clarity.web.once_more import once_more
from integrations.models import Incident
from integrations.services import group_replay
from integrations.services import incidents as service
from integrations.services.discard import LONGEST_REASON, CannotDiscard, discard_group
from integrations.services.replay import CannotReplay
from tenants import scope
from tenants.models import Membership

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@_asks_first
@member_required(*OPERATORS)
@once_more
def replay_group(request: HttpRequest, membership: Membership, incident_id: int) -> HttpResponse:
    """Replays one record; the others follow when it went through."""
    value = _value(request)
    with scope.tenant(membership.tenant_id):
        found = find(incident_id)
        if request.method != "POST":
            return render(request, "incidents/replay.html", _context(found, membership, value))
        try:
            group_replay.start(found, actor=signed_in(request), now=timezone.now(), value=value)
        except CannotReplay as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, "The first record runs again.")
    return _back(membership, incident_id)


@_asks_first
@member_required(*OPERATORS)
def stop_group(request: HttpRequest, membership: Membership, incident_id: int) -> HttpResponse:
    """Lets no further record follow."""
    with scope.tenant(membership.tenant_id):
        found = find(incident_id)
        if request.method != "POST":
            return render(request, "incidents/stop.html", _context(found, membership))
        if group_replay.stop(found, actor=signed_in(request), now=timezone.now()):
            messages.success(request, "No further record follows.")
        else:
            messages.warning(request, "The replay was over already.")
    return _back(membership, incident_id)


@_asks_first
@member_required(*OPERATORS)
@once_more
def discard_them(request: HttpRequest, membership: Membership, incident_id: int) -> HttpResponse:
    """Leaves out every stopped record of it, with a reason."""
    value = _value(request)
    with scope.tenant(membership.tenant_id):
        found = find(incident_id)
        context = _context(found, membership, value)
        if request.method != "POST":
            return render(request, "incidents/discard.html", context)
        reason = request.POST.get("reason", "")
        try:
            count = discard_group(
                found, reason=reason, actor=signed_in(request), now=timezone.now(), value=value
            )
        except CannotDiscard as error:
            refused = {**context, "reason": reason, "error": str(error)}
            return render(request, "incidents/discard.html", refused, status=422)
        many = "record is" if count == 1 else "records are"
        messages.success(request, f"{count:,} {many} left out. They can be replayed later.")
    return _back(membership, incident_id)


def _context(found: Incident, membership: Membership, value: str = "") -> Mapping[str, Any]:
    (listed,) = service.listed([found])
    counts = {each.value: each.count for each in service.values(found)}
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "incidents",
        "incident": found,
        "title": sentences.title(found),
        "value": value,
        "count": counts.get(value, 0) if value else listed.stopped,
        "longest": LONGEST_REASON,
    }


def _value(request: HttpRequest) -> str:
    """Only the records that stopped at this value, when one is named."""
    named = request.POST if request.method == "POST" else request.GET
    return named.get("value", "").replace("\x00", "")[:400]


def _back(membership: Membership, incident_id: int) -> HttpResponse:
    return redirect("incident", slug=membership.tenant.slug, incident_id=incident_id)
