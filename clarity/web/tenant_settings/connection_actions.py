"""Pausing, resuming and ending a connection, and seeing to its webhooks."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clarity.web.access import ADMINS, OPERATORS, may_administer, member_required, signed_in
from clarity.web.fragments import whole_page
from clarity.web.tenant_settings.connections import found
from integrations.connector_kit.errors import ConnectorError
from integrations.models import Connection, Pair
from integrations.services import connection_facts, connection_state
from integrations.services.connection_state import CannotChange
from tenants import scope
from tenants.models import Membership


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OPERATORS)
def pause(request: HttpRequest, membership: Membership, connection_id: UUID) -> HttpResponse:
    """Asks first."""
    with scope.tenant(membership.tenant_id):
        connection = found(connection_id)
        if request.method == "POST":
            _told(request, lambda: _pause(connection, request), f"{connection.name} is paused.")
            return _back(membership, connection)
        context = _context(membership, connection)
    return whole_page(request, "tenant_settings/connection_pause.html", context)


@require_POST
@member_required(*OPERATORS)
def resume(request: HttpRequest, membership: Membership, connection_id: UUID) -> HttpResponse:
    """Goes on at once."""
    with scope.tenant(membership.tenant_id):
        connection = found(connection_id)
        _told(request, lambda: _resume(connection, request), f"{connection.name} goes on.")
    return _back(membership, connection)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def disconnect(request: HttpRequest, membership: Membership, connection_id: UUID) -> HttpResponse:
    """Asks first, with what it means."""
    with scope.tenant(membership.tenant_id):
        connection = found(connection_id)
        context = _context(membership, connection)
    if request.method != "POST":
        return whole_page(request, "tenant_settings/connection_disconnect.html", context)
    problem = connection_state.disconnect(
        tenant_id=membership.tenant_id,
        connection_id=connection_id,
        public_url=settings.CLARITY_PUBLIC_URL,
        actor=signed_in(request),
        now=timezone.now(),
    )
    messages.success(request, f"{connection.name} is disconnected, its credentials are destroyed.")
    if problem:
        messages.warning(
            request,
            f"Our webhooks could not be taken away there: {problem} What they still send is refused.",
        )
    return _back(membership, connection)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def webhooks(request: HttpRequest, membership: Membership, connection_id: UUID) -> HttpResponse:
    """Asks the account which webhooks it has; registers ours again."""
    with scope.tenant(membership.tenant_id):
        connection = found(connection_id)
    public_url = settings.CLARITY_PUBLIC_URL
    if request.method == "POST":
        try:
            connection_state.register_webhooks(
                connection, public_url=public_url, actor=signed_in(request)
            )
        except ConnectorError as error:
            messages.warning(request, f"They could not be registered: {error.message}")
        else:
            messages.success(request, "Every webhook that is needed is registered.")
        return redirect(
            "connection-webhooks", slug=membership.tenant.slug, connection_id=connection_id
        )
    problem, rows = "", None
    try:
        rows = connection_state.webhooks(connection, public_url=public_url)
    except ConnectorError as error:
        problem = error.message
    context = {
        **_context(membership, connection),
        "rows": sorted(rows or (), key=lambda row: (not row.is_ours, row.topic)),
        "ours": sum(row.is_ours for row in rows or ()),
        "cannot_ask": rows is None and not problem,
        "problem": problem,
        "address": connection_state.hook_address(connection, public_url),
    }
    return whole_page(request, "tenant_settings/connection_webhooks.html", context)


def _pause(connection: Connection, request: HttpRequest) -> None:
    connection_state.pause(
        connection_id=connection.pk, actor=signed_in(request), now=timezone.now()
    )


def _resume(connection: Connection, request: HttpRequest) -> None:
    connection_state.resume(
        tenant_id=connection.tenant_id,
        connection_id=connection.pk,
        actor=signed_in(request),
        now=timezone.now(),
    )


def _told(request: HttpRequest, action: Callable[[], None], said: str) -> None:
    """Does it, and tells how it went."""
    try:
        action()
    except CannotChange as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, said)


def _context(membership: Membership, connection: Connection) -> dict[str, object]:
    with scope.tenant(membership.tenant_id):
        mine = [
            pair
            for pair in Pair.objects.order_by("name", "pk")
            if connection.pk in (pair.pos_id, pair.store_id)
        ]
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "may_administer": may_administer(membership),
        "connection": connection,
        "system": connection_facts.system_of(connection),
        "pairs": mine,
    }


def _back(membership: Membership, connection: Connection) -> HttpResponse:
    answer: HttpResponse = redirect(
        "connection", slug=membership.tenant.slug, connection_id=connection.pk
    )
    return answer
