"""The connections of an account: their health, their settings masked, and what one may do with them."""

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
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.once_more import once_more
from clarity.web.staff.engine.acts import Act, Mistake, Question, Wrong, carry_out
from clarity.web.staff.frame import account_page
from clarity.web.staff.gate import staff_page
from clarity.web.tenant_settings import words
from clarity.web.tenant_settings.fields import of_credential
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import Connection, ConnectionState, Lane
from integrations.services import (
    budgets,
    connection_facts,
    connection_settings,
    connection_state,
    connection_trial,
    connections,
    credential_renewal,
    cursors,
)
from integrations.services.connection_state import CannotChange
from integrations.services.connection_trial import CannotTry
from integrations.services.connections import BadConnection
from integrations.services.credential_renewal import CannotRenew
from tenants.models import User
from tenants.services import staff, staff_door
from tenants.services.staff import May, refuse_unless

TAB = "account-connections"
_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@staff_page
@require_safe
def overview(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Every connection with its state."""
    with staff_door.looking(person, slug, at="the connections") as tenant:
        rows = [
            {
                "connection": one,
                "system": system,
                "pairs": pairs,
                "badge": words.connection_badge(one),
                "said": words.connection_said(one),
            }
            for one, system, pairs in connection_facts.every()
        ]
    return account_page(
        request,
        person,
        "staff/engine/connections.html",
        tenant=tenant,
        tab=TAB,
        context={"rows": rows},
    )


@staff_page
@require_safe
def detail(request: HttpRequest, person: User, slug: str, connection_id: UUID) -> HttpResponse:
    """One connection: health, lane, rate budget, credentials by name, settings, cursors."""
    now = timezone.now()
    with staff_door.looking(person, slug, at="a connection") as tenant:
        connection = found(connection_id)
        context = {
            "connection": connection,
            "facts": connection_facts.facts(connection, now=now),
            "badge": words.connection_badge(connection),
            "state_said": words.connection_said(connection),
            "lane": Lane.objects.filter(pk=connection_id).first(),
            "use": budgets.in_use(connections=[connection_id], now=now).get(connection_id),
            "now": now,
            "cursors": cursors.of_connection(connection),
            "can_pause": connection.state == ConnectionState.ACTIVE,
            "can_resume": connection.state == ConnectionState.PAUSED,
            "can_test": connection.state != ConnectionState.DISCONNECTED,
            "ends_at": connections.ends_at(connection),
            "can_renew": credential_renewal.can_renew(connection),
            "may_act": staff.may(person, May.ACT),
        }
    return account_page(
        request, person, "staff/engine/connection.html", tenant=tenant, tab=TAB, context=context
    )


@staff_page
@require_POST
def try_it(request: HttpRequest, person: User, slug: str, connection_id: UUID) -> HttpResponse:
    """Asks the account who it is; changes nothing, so it needs no reason."""
    refuse_unless(person, May.ACT)
    with staff_door.looking(person, slug, at="a test of a connection"):
        connection = found(connection_id)
    try:
        probe = connection_trial.ask(connection)
    except CannotTry as error:
        messages.warning(request, str(error))
    except ConnectorError as error:
        messages.warning(request, f"{connection.name} does not work: {error.message}")
    else:
        name = f" as {probe.account_name}" if probe.account_name else ""
        money = f", in {probe.currency}" if probe.currency else ""
        messages.success(request, f"{connection.name} lets us in{name}{money}.")
        for problem in probe.problems:
            messages.warning(request, problem)
    return redirect(_page(slug, connection_id))


@staff_page
@_asks_first
@once_more
def pause(request: HttpRequest, person: User, slug: str, connection_id: UUID) -> HttpResponse:
    """Nothing calls the account any more."""

    def question(connection: Connection, wrong: Wrong) -> Question:
        return Question(
            f"Pause {connection.name}?",
            (
                "Nothing is asked of it or written to it until somebody resumes it.",
                "What comes meanwhile is kept. Every pair that uses it stands still.",
            ),
            "Pause",
            "pause",
        )

    def do(connection: Connection) -> str:
        connection_state.pause(connection_id=connection_id, actor=person, now=timezone.now())
        return f"{connection.name} is paused."

    return carry_out(
        request,
        person,
        slug,
        _act(
            "pause a connection",
            slug,
            connection_id,
            question=question,
            do=do,
            refused=(CannotChange,),
        ),
    )


@staff_page
@_asks_first
def replace(request: HttpRequest, person: User, slug: str, connection_id: UUID) -> HttpResponse:
    """New credentials by the connector's own form, tried before they take the place of the old ones."""
    typed = {name: request.POST.get(name, "").strip() for name in request.POST}

    def question(connection: Connection, wrong: Wrong) -> Question:
        kit = _kit(connection)
        kept = connections.credentials_set(connection)
        fields = [
            (of_credential(spec, error=wrong.get(spec.name, "")), kept.get(spec.name))
            for spec in kit.manifest.credentials
            if spec.typed != "never"
        ]
        return Question(
            f"Replace the credentials of {connection.name}?",
            (
                f"They are tried at {kit.manifest.label} first. Only when it lets us in do they take"
                " the place of the old ones, and what waited goes on in order.",
                "What is kept is shown to nobody. Take care how new ones reach you: not by e-mail or"
                " chat.",
            ),
            "Try and save",
            "key",
            template="staff/engine/credentials.html",
            more={"fields": fields},
        )

    def do(connection: Connection) -> str:
        missed = _replace(connection, typed, person)
        if missed:
            messages.warning(
                request, f"Webhooks could not be registered, so changes show later: {missed}"
            )
        return f"{connection.name} is connected with the new credentials. What waited goes on."

    act = _act(
        "replace credentials",
        slug,
        connection_id,
        question=question,
        do=do,
        asks_the_account=True,
    )
    return carry_out(request, person, slug, act)


@staff_page
@_asks_first
def renew(request: HttpRequest, person: User, slug: str, connection_id: UUID) -> HttpResponse:
    """Has the vendor give another token in place of one that would end."""

    def question(connection: Connection, wrong: Wrong) -> Question:
        return Question(
            f"Renew the credentials of {connection.name} now?",
            (
                "The vendor gives new ones and ends the old ones at once. Do this when they may have"
                " been seen by somebody; else it is done in time by itself.",
            ),
            "Renew",
            "again",
        )

    def do(connection: Connection) -> str:
        try:
            due = credential_renewal.renew(connection, actor=person, now=timezone.now())
        except ConnectorError as error:
            raise CannotRenew(
                f"{connection.name} gave no new credentials: {error.message} The old ones stay."
            ) from None
        return f"{connection.name} has new credentials, which are renewed before {due:%-d %B %Y}."

    act = _act(
        "renew credentials",
        slug,
        connection_id,
        question=question,
        do=do,
        refused=(CannotRenew,),
        asks_the_account=True,
    )
    return carry_out(request, person, slug, act)


def found(connection_id: UUID) -> Connection:
    """The connection, within the scope. Raises Http404."""
    connection: Connection | None = Connection.objects.filter(pk=connection_id).first()
    if connection is None:
        raise Http404
    return connection


def _replace(connection: Connection, typed: Mapping[str, str], person: User) -> str:
    """Why webhooks could not be registered, "" for nothing. Raises Mistake by field."""
    specs = [spec for spec in _kit(connection).manifest.credentials if spec.typed != "never"]
    given = {spec.name: typed[spec.name] for spec in specs if typed.get(spec.name)}
    if not given:
        raise Mistake(
            {"": "Enter what is to be replaced; a field that is left empty stays as it is."}
        )
    for name, value in given.items():
        if len(value) > connection_settings.LONGEST_VALUE:
            raise Mistake({name: "This is too long for a credential. Copy it again."})
    try:
        return connection_state.reconnect(
            connection,
            credentials=given,
            public_url=settings.CLARITY_PUBLIC_URL,
            now=timezone.now(),
            actor=person,
        )
    except BadConnection as error:
        raise Mistake({error.field: str(error)}) from None
    except ConnectorError as error:
        raise Mistake({"": f"{error.message} Nothing was changed."}) from None


def _kit(connection: Connection) -> Any:
    try:
        return get(connection.connector)
    except UnknownConnector:
        raise Http404 from None


def _page(slug: str, connection_id: UUID) -> str:
    return reverse(
        "admin:account-connection", kwargs={"slug": slug, "connection_id": connection_id}
    )


def _act(name: str, slug: str, connection_id: UUID, **rest: Any) -> Act:
    return Act(
        name=name,
        about=str(connection_id),
        tab=TAB,
        part="Connection",
        back=_page(slug, connection_id),
        row=lambda: found(connection_id),
        **rest,
    )
