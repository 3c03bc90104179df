"""The way back from a vendor's page: the answer belongs to one session, one tenant and one use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clarity.web.access import ADMINS, member_required, membership_in, sign_in_first, signed_in
from integrations.connector_kit.registry import get
from integrations.models import Connection
from integrations.services import connecting, onboarding
from integrations.services.connecting import Begun
from integrations.services.connections import BadConnection, NewConnection
from integrations.services.onboarding import CannotGoOn
from tenants import scope
from tenants.models import Membership

_KEY = "connecting"
# Someone who opens the vendor's page again and again leaves no more than these.
_MOST = 5


def remember(
    request: HttpRequest,
    begun: Begun,
    membership: Membership,
    *,
    back: str,
    onboarding: str = "",
    side: str = "",
    connection: str = "",
) -> None:
    """Keeps in the session what the answer must fit, and what it is for."""
    waiting: dict[str, Any] = dict(request.session.get(_KEY) or {})
    waiting[begun.state] = {
        **begun.pending,
        "tenant": str(membership.tenant_id),
        "slug": membership.tenant.slug,
        "back": back,
        "onboarding": onboarding,
        "side": side,
        "connection": connection,
    }
    request.session[_KEY] = dict(list(waiting.items())[-_MOST:])


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
    membership = membership_in(user, pending["slug"])
    if membership.role not in ADMINS or str(membership.tenant_id) != pending["tenant"]:
        messages.error(request, "Only admins and owners connect accounts.")
        return redirect("home")
    try:
        if request.GET.get("error"):
            label = get(connector).manifest.label
            raise BadConnection(f"{label} was not allowed to let us in.", field="address")
        granted = connecting.finish(
            pending=pending, state=state, query=request.GET.dict(), now=timezone.now()
        )
        return _kept(request, membership, pending, granted)
    except (BadConnection, CannotGoOn) as error:
        messages.error(request, str(error))
    return redirect(pending["back"])


def _kept(
    request: HttpRequest,
    membership: Membership,
    pending: Mapping[str, str],
    granted: NewConnection,
) -> HttpResponse:
    """The account connected for the way or, when it is known, once more. Raises BadConnection."""
    actor, now = signed_in(request), timezone.now()
    with scope.tenant(membership.tenant_id):
        row = onboarding.find(UUID(pending["onboarding"])) if pending["onboarding"] else None
        known = Connection.objects.filter(pk=pending["connection"] or None).first()
    if known is not None:
        connecting.connect_again(connection=known, granted=granted, actor=actor, now=now)
        messages.success(request, f"{known.name} is connected. What waited goes on.")
        return redirect(pending["back"])
    if row is None:
        raise CannotGoOn("What you began was removed meanwhile. Begin again.")
    made = connecting.connect_granted(
        row=row, side=pending["side"], granted=granted, actor=actor, now=now
    )
    messages.success(request, f"{made.name} is connected: {made.account_name}.")
    return redirect("start-step", slug=membership.tenant.slug, onboarding_id=row.pk)


@require_safe
@member_required(*ADMINS)
def again(request: HttpRequest, membership: Membership, connection_id: UUID) -> HttpResponse:
    """To the vendor's page, to let us into a known account once more."""
    with scope.tenant(membership.tenant_id):
        connection = Connection.objects.filter(pk=connection_id).first()
    if connection is None:
        raise Http404
    back = reverse(
        "connection", kwargs={"slug": membership.tenant.slug, "connection_id": connection_id}
    )
    try:
        begun = connecting.begin_again(
            connection=connection,
            redirect_uri=callback_address(connection.connector),
            now=timezone.now(),
        )
    except BadConnection as error:
        messages.error(request, str(error))
        return redirect(back)
    remember(request, begun, membership, back=back, connection=str(connection_id))
    return redirect(begun.url)


def callback_address(connector: str) -> str:
    """Where the vendor sends the person back to; the app there must name it."""
    place = reverse("connect-callback", kwargs={"connector": connector})
    return f"{settings.CLARITY_PUBLIC_URL}{place}"
