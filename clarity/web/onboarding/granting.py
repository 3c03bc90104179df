"""The way back from a vendor's page: the answer belongs to one session, one tenant and one use."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from clarity.web.access import ADMINS, membership_in, sign_in_first, signed_in
from clarity.web.deputies import session as deputy
from clarity.web.fragments import whole_page
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.registry import get
from integrations.models import Connection
from integrations.services import connecting, connection_state, onboarding
from integrations.services.connecting import Begun
from integrations.services.connections import BadConnection
from integrations.services.onboarding import CannotGoOn
from tenants import scope
from tenants.models import Membership

_KEY = "connecting"
# Someone who opens the vendor's page again and again leaves no more than these.
_MOST = 5


def remember(request: HttpRequest, begun: Begun, **place: str) -> None:
    """Keeps in the session what the answer must fit."""
    waiting: dict[str, Any] = dict(request.session.get(_KEY) or {})
    waiting[begun.state] = {**begun.pending, **place}
    request.session[_KEY] = dict(list(waiting.items())[-_MOST:])


def lead_there(
    request: HttpRequest, begun: Begun, membership: Membership, *, connector: str, back: str
) -> HttpResponse:
    """A page with the link to the vendor's: no form of ours may lead to another site."""
    context = {
        "tenant": membership.tenant,
        "membership": membership,
        "system": get(connector).manifest.label,
        "host": urlsplit(begun.url).hostname,
        "url": begun.url,
        "back": back,
    }
    return whole_page(request, "onboarding/leaving.html", context)


@require_safe
def callback(request: HttpRequest, connector: str) -> HttpResponse:
    """The vendor sends the person back with a code, or with a refusal."""
    user = signed_in(request)
    if user is None:
        return sign_in_first(request)
    waiting: dict[str, Any] = dict(request.session.get(_KEY) or {})
    state = request.GET.get("state", "")
    pending = waiting.pop(state, None)
    request.session[_KEY] = waiting
    if pending is None or pending["connector"] != connector:
        messages.error(
            request,
            "This answer belongs to no attempt of yours to connect, or was used already."
            " Nothing was connected; begin again.",
        )
        return redirect("home")
    membership = membership_in(user, pending["slug"], request)
    if membership.role not in ADMINS or str(membership.tenant_id) != pending["tenant"]:
        messages.error(request, "Only admins and owners connect accounts.")
        return redirect("home")
    with deputy.standing_in(request):
        return _answered(request, membership, pending, state)


def _answered(
    request: HttpRequest, membership: Membership, pending: dict[str, Any], state: str
) -> HttpResponse:
    """Takes what the vendor gave, for a connection that is new or known."""
    connector = pending["connector"]
    if "connection" in pending:
        return _reconnected(request, membership, pending, state)
    with scope.tenant(membership.tenant_id):
        row = onboarding.find(UUID(pending["onboarding"]))
    if row is None:
        messages.error(request, "What you began was removed meanwhile. Begin again.")
        return redirect("start", slug=pending["slug"])
    try:
        if request.GET.get("error"):
            label = get(connector).manifest.label
            raise BadConnection(f"{label} was not allowed to let us in.", field="address")
        granted = connecting.finish(
            pending=pending, state=state, query=request.GET.dict(), now=timezone.now()
        )
        made = connecting.connect_granted(
            row=row,
            side=pending["side"],
            granted=granted,
            actor=membership.user,
            now=timezone.now(),
        )
    except (BadConnection, CannotGoOn) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{made.name} is connected: {made.account_name}.")
    return redirect("start-step", slug=pending["slug"], onboarding_id=row.pk)


def _reconnected(
    request: HttpRequest, membership: Membership, pending: dict[str, Any], state: str
) -> HttpResponse:
    """The same account let us in again: what it gave takes the place of the old credentials."""
    with scope.tenant(membership.tenant_id):
        connection = Connection.objects.filter(pk=UUID(pending["connection"])).first()
    if connection is None:
        messages.error(request, "This connection was removed meanwhile.")
        return redirect("connections", slug=pending["slug"])
    try:
        granted = connecting.finish(
            pending=pending, state=state, query=request.GET.dict(), now=timezone.now()
        )
        if granted.base_url.rstrip("/") != connection.base_url.rstrip("/"):
            raise BadConnection(f"That was another account than {connection.name}.", field="")
        missed = connection_state.reconnect(
            connection,
            credentials=granted.credentials,
            public_url=settings.CLARITY_PUBLIC_URL,
            now=timezone.now(),
            actor=signed_in(request),
        )
    except (BadConnection, ConnectorError) as error:
        messages.error(request, f"{error} Nothing was changed.")
    else:
        messages.success(request, f"{connection.name} is connected. What waited goes on.")
        if missed:
            messages.warning(
                request, f"Webhooks could not be registered, so changes show later: {missed}"
            )
    return redirect("connection", slug=pending["slug"], connection_id=connection.pk)
