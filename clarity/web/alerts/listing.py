"""All channels of a tenant, its daily digest, and what was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clarity.web.access import ADMINS, member_required, signed_in
from clarity.web.activity.words import Badge
from clarity.web.alerts import words
from clarity.web.alerts.place import shown
from integrations.models import AlertChannel, AlertMessage
from integrations.services import alerts as service
from integrations.services.alert_errors import BadChannel
from tenants import scope
from tenants.models import Membership

ROWS = 25
LATEST = 5


@dataclass(frozen=True)
class ChannelLine:
    """A channel in the list."""

    channel: AlertChannel
    kind: str
    hears: str
    badge: Badge


@dataclass(frozen=True)
class MessageLine:
    """A message in the history."""

    message: AlertMessage
    badge: Badge


@require_safe
@member_required()
def alerts(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The channels with their state, the digest, and the latest messages."""
    with scope.tenant(membership.tenant_id):
        plan = service.plan(now=timezone.now())
        context = {
            "plan": plan,
            "lines": [
                ChannelLine(row, words.kind_word(row), words.hears(row), words.state(row))
                for row in service.channels()
            ],
            "kinds": [(kind.value, *said) for kind, said in words.KINDS.items()],
            "hours": [(hour, f"{hour:02d}:00") for hour in range(24)],
            "latest": lines(service.messages()[:LATEST]),
        }
        return shown(request, membership, "list.html", context)


@require_safe
@member_required()
def messages_sent(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Every message, the newest first."""
    with scope.tenant(membership.tenant_id):
        page = Paginator(service.messages(), ROWS).get_page(request.GET.get("page"))
        context = {"page": page, "lines": lines(page.object_list)}
        return shown(request, membership, "messages.html", context)


@require_POST
@member_required(*ADMINS)
def digest(request: HttpRequest, membership: Membership) -> HttpResponse:
    """When the daily digest comes."""
    hour = request.POST.get("hour", "")
    with scope.tenant(membership.tenant_id):
        try:
            plan = service.set_digest(
                hour=int(hour) if hour.isascii() and hour.isdigit() and len(hour) < 3 else -1,
                digests_nothing="digests_nothing" in request.POST,
                actor=signed_in(request),
                now=timezone.now(),
            )
        except BadChannel as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"The daily digest comes at {plan.digest_hour:02d}:00.")
    return redirect("alerts", slug=membership.tenant.slug)


def lines(rows: Iterable[AlertMessage]) -> list[MessageLine]:
    """Messages as a history shows them."""
    return [MessageLine(row, words.outcome(row)) for row in rows]
