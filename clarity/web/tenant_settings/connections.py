"""The connections of an account: the list, one of them, its name, its settings, its credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings as installed
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import ADMINS, may_administer, may_operate, member_required, signed_in
from clarity.web.fragments import whole_page
from clarity.web.tenant_settings import words
from clarity.web.tenant_settings.fields import of_credential, of_setting
from integrations.connector_kit.base import Choice
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import Connection, ConnectionState
from integrations.services import (
    connecting,
    connection_facts,
    connection_settings,
    connection_state,
    connections,
)
from integrations.services.connection_settings import Stale
from integrations.services.connections import BadConnection
from tenants import scope
from tenants.models import Membership


@require_safe
@member_required()
def overview(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Every connection with its state."""
    with scope.tenant(membership.tenant_id):
        rows = [
            {
                "connection": one,
                "system": system,
                "pairs": pairs,
                "badge": words.connection_badge(one),
            }
            for one, system, pairs in connection_facts.every()
        ]
    context = {
        **_common(membership),
        "rows": rows,
        "start": _address("start", membership.tenant.slug),
    }
    return whole_page(request, "tenant_settings/connections.html", context)


@require_safe
@member_required()
def detail(request: HttpRequest, membership: Membership, connection_id: UUID) -> HttpResponse:
    """One connection."""
    with scope.tenant(membership.tenant_id):
        connection = found(connection_id)
        facts = connection_facts.facts(connection, now=timezone.now())
    context = {
        **_common(membership),
        "facts": facts,
        "connection": connection,
        "badge": words.connection_badge(connection),
        "state_said": words.connection_said(connection),
        "can_pause": connection.state == ConnectionState.ACTIVE,
        "can_resume": connection.state == ConnectionState.PAUSED,
        "can_disconnect": connection.state != ConnectionState.DISCONNECTED,
    }
    return whole_page(request, "tenant_settings/connection.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def settings(request: HttpRequest, membership: Membership, connection_id: UUID) -> HttpResponse:
    """The form of its settings. With `?offered` the account is asked for possible values."""
    with scope.tenant(membership.tenant_id):
        connection = found(connection_id)
    if request.method != "POST":
        return _settings_page(request, membership, connection)
    specs = connection_settings.specs(_kit(connection).manifest)
    # A part of the form that did not arrive must not empty what is there.
    typed = {spec.name: request.POST[spec.name] for spec in specs if spec.name in request.POST}
    values = {name: value.replace("\r\n", "\n") for name, value in typed.items()}
    try:
        changed = connection_settings.change_settings(
            tenant_id=membership.tenant_id,
            connection_id=connection_id,
            values=values,
            seen=request.POST.get("seen", "") or "none",
            actor=signed_in(request),
            now=timezone.now(),
        )
    except BadConnection as error:
        errors = {error.field: str(error)}
        return _settings_page(
            request, membership, connection, typed=typed, errors=errors, status=400
        )
    except Stale as error:
        with scope.tenant(membership.tenant_id):
            connection = found(connection_id)
        return _settings_page(request, membership, connection, stale=str(error), status=409)
    messages.success(request, words.settings_saved(changed))
    return redirect("connection", slug=membership.tenant.slug, connection_id=connection_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def rename(request: HttpRequest, membership: Membership, connection_id: UUID) -> HttpResponse:
    """Another name."""
    with scope.tenant(membership.tenant_id):
        connection = found(connection_id)
    context = {**_common(membership), "connection": connection, "name": connection.name}
    if request.method != "POST":
        return whole_page(request, "tenant_settings/connection_rename.html", context)
    try:
        with scope.tenant(membership.tenant_id):
            connection_settings.rename(
                tenant_id=membership.tenant_id,
                connection_id=connection_id,
                name=request.POST.get("name", ""),
                actor=signed_in(request),
            )
    except BadConnection as error:
        wrong = {**context, "name": request.POST.get("name", ""), "error": str(error)}
        return whole_page(request, "tenant_settings/connection_rename.html", wrong, status=400)
    messages.success(request, "Renamed.")
    return redirect("connection", slug=membership.tenant.slug, connection_id=connection_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def reconnect(request: HttpRequest, membership: Membership, connection_id: UUID) -> HttpResponse:
    """New credentials, tried before they take the place of the old ones."""
    with scope.tenant(membership.tenant_id):
        connection = found(connection_id)
    if request.method != "POST":
        return _reconnect_page(request, membership, connection)
    specs = [spec for spec in _kit(connection).manifest.credentials if spec.typed != "never"]
    typed = {spec.name: request.POST.get(spec.name, "").strip() for spec in specs}
    given = {name: value for name, value in typed.items() if value}
    problem = _try_credentials(request, connection, given)
    if problem is not None:
        return _reconnect_page(request, membership, connection, errors=problem, status=400)
    messages.success(request, f"{connection.name} is connected. What waited goes on.")
    return redirect("connection", slug=membership.tenant.slug, connection_id=connection_id)


def _try_credentials(
    request: HttpRequest, connection: Connection, given: Mapping[str, str]
) -> dict[str, str] | None:
    """Mistakes by field ("" for the account's own answer), None when it went well."""
    if not given:
        return {"": "Enter what is to be replaced; a field that is left empty stays as it is."}
    for name, value in given.items():
        if len(value) > connection_settings.LONGEST_VALUE:
            return {name: "This is too long for a credential. Copy it again."}
    try:
        missed = connection_state.reconnect(
            connection,
            credentials=given,
            public_url=installed.CLARITY_PUBLIC_URL,
            now=timezone.now(),
            actor=signed_in(request),
        )
    except BadConnection as error:
        return {error.field: str(error)}
    except ConnectorError as error:
        return {"": f"{error.message} Nothing was changed."}
    if missed:
        messages.warning(
            request, f"Webhooks could not be registered, so changes show later: {missed}"
        )
    return None


def found(connection_id: UUID) -> Connection:
    """The connection, within the scope. Raises Http404."""
    connection: Connection | None = Connection.objects.filter(pk=connection_id).first()
    if connection is None:
        raise Http404
    return connection


def _common(membership: Membership) -> dict[str, Any]:
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "may_administer": may_administer(membership),
        "may_operate": may_operate(membership),
    }


def _kit(connection: Connection) -> Any:
    try:
        return get(connection.connector)
    except UnknownConnector:
        raise Http404 from None


def _settings_page(
    request: HttpRequest,
    membership: Membership,
    connection: Connection,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    stale: str = "",
    status: int = 200,
) -> HttpResponse:
    manifest = _kit(connection).manifest
    offered, unasked = _offered(request, connection)
    values = typed if typed is not None else connection.settings
    wrong = errors or {}
    known = {spec.name for spec in manifest.settings}
    fields = [
        (
            spec.name in known,
            of_setting(
                spec,
                value=str(values.get(spec.name, "")),
                error=wrong.get(spec.name, ""),
                choices=offered.get(spec.name, ()),
            ),
        )
        for spec in connection_settings.specs(manifest)
    ]
    context = {
        **_common(membership),
        "connection": connection,
        "own": [field for is_own, field in fields if is_own],
        "engine": [field for is_own, field in fields if not is_own],
        "seen": request.POST.get("seen")
        if typed is not None
        else connection_settings.version_of(connection),
        "stale": stale,
        "unasked": unasked,
        "errors": [(field.label, field.error, field.name) for _, field in fields if field.error],
        "is_offered": bool(offered),
        "can_offer": any(spec.from_account for spec in manifest.settings),
    }
    return whole_page(request, "tenant_settings/connection_settings.html", context, status=status)


def _offered(
    request: HttpRequest, connection: Connection
) -> tuple[Mapping[str, Sequence[Choice]], str]:
    """What the account offers, when a person asked to see it, and why it could not be asked."""
    if "offered" not in request.GET:
        return {}, ""
    try:
        return connection_settings.choices(connection), ""
    except ConnectorError as error:
        return {}, error.message


def _reconnect_page(
    request: HttpRequest,
    membership: Membership,
    connection: Connection,
    *,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    wrong = errors or {}
    manifest = _kit(connection).manifest
    with scope.tenant(membership.tenant_id):
        kept = connections.credentials_set(connection)
    context = {
        **_common(membership),
        "connection": connection,
        "system": manifest.label,
        "fields": [
            (of_credential(spec, error=wrong.get(spec.name, "")), kept.get(spec.name))
            for spec in manifest.credentials
            if spec.typed != "never"
        ],
        "error": wrong.get("", ""),
        "authorises": connecting.offers_consent(connection.connector),
    }
    return whole_page(request, "tenant_settings/connection_reconnect.html", context, status=status)


def _address(name: str, slug: str, **rest: Any) -> str:
    """The address of a page this installation may have; "" when it has not."""
    try:
        return reverse(name, kwargs={"slug": slug, **rest})
    except NoReverseMatch:
        return ""
