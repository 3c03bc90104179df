"""What a person does with a channel: try it out, switch it, renew its key, delete it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clarity.web.access import ADMINS, member_required, signed_in
from clarity.web.alerts.place import find, shown
from integrations.models import ChannelKind
from integrations.services import alert_addresses
from integrations.services import alerts as service
from integrations.services.alert_errors import BadChannel
from tenants import scope
from tenants.models import Membership

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@require_POST
@member_required(*ADMINS)
def test(request: HttpRequest, membership: Membership, channel_id: UUID) -> HttpResponse:
    """Sends a test message now and shows the answer."""
    with scope.tenant(membership.tenant_id):
        name = find(channel_id).name
    try:
        # Outside the scope, so that nothing is locked while the receiver is asked.
        told = service.send_test(
            tenant_id=membership.tenant_id,
            channel_id=channel_id,
            actor=signed_in(request),
            now=timezone.now(),
        )
    except BadChannel as error:
        messages.warning(request, str(error))
    else:
        if told.went_out:
            messages.success(request, f"The test message to {name} went out. {told.said}")
        else:
            messages.error(request, f"The test message to {name} did not get through. {told.said}")
    return _back(membership, channel_id)


@require_POST
@member_required(*ADMINS)
def switch(request: HttpRequest, membership: Membership, channel_id: UUID) -> HttpResponse:
    """On or off."""
    to = request.POST.get("to", "")
    if to not in ("on", "off"):
        messages.warning(
            request, "Nothing was switched: the field “to” must say “on” or “off”. Try again."
        )
        return _back(membership, channel_id)
    is_on = to == "on"
    with scope.tenant(membership.tenant_id):
        found = find(channel_id)
        if service.switch(channel=found, is_on=is_on, actor=signed_in(request)):
            said = "is on again." if is_on else "is off. Nothing is sent to it."
            messages.success(request, f"{found.name} {said}")
    return _back(membership, channel_id)


@_asks_first
@member_required(*ADMINS)
def renew_key(request: HttpRequest, membership: Membership, channel_id: UUID) -> HttpResponse:
    """Asks first, then shows a new signing key, once."""
    with scope.tenant(membership.tenant_id):
        found = find(channel_id)
        if found.kind != ChannelKind.WEBHOOK:
            raise Http404
        if request.method != "POST":
            return shown(request, membership, "ask_key.html", {"channel": found})
        key = service.renew_key(channel=found, actor=signed_in(request))
        return shown(request, membership, "key.html", {"channel": found, "key": key})


@_asks_first
@member_required(*ADMINS)
def delete(request: HttpRequest, membership: Membership, channel_id: UUID) -> HttpResponse:
    """Asks first, then deletes the channel."""
    with scope.tenant(membership.tenant_id):
        found = find(channel_id)
        if request.method != "POST":
            return shown(request, membership, "delete.html", {"channel": found})
        service.delete(channel=found, actor=signed_in(request))
    messages.success(request, f"{found.name} is deleted. What it was sent stays in the history.")
    return redirect("alerts", slug=membership.tenant.slug)


@require_POST
@member_required(*ADMINS)
def ask_again(
    request: HttpRequest, membership: Membership, channel_id: UUID, address_id: UUID
) -> HttpResponse:
    """Sends a new link to an address that has not agreed yet."""
    with scope.tenant(membership.tenant_id):
        address = find(channel_id).addresses.filter(pk=address_id).first()
        if address is None:
            raise Http404
        try:
            alert_addresses.ask_again(address=address, actor=signed_in(request), now=timezone.now())
        except BadChannel as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, f"A new link is on its way to {address.email}.")
    return _back(membership, channel_id)


def _back(membership: Membership, channel_id: UUID) -> HttpResponse:
    return redirect("alert-channel", slug=membership.tenant.slug, channel_id=channel_id)
