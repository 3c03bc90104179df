"""Connections: accounts at other systems. Their secrets go in and never come out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import page_of
from clarity.api.schema import operation
from clarity.api.shapes import Answered, Instant, PageParameters, Shape, Text, body_of
from clarity.api.v1 import finding
from clarity.api.views import View
from clarity.api.writing import write
from integrations.models import Connection, ConnectionState, Environment
from integrations.services import connection_state
from tenants import scope

EXAMPLE = {
    "id": "1e8d2f7b-9c6a-4d5e-b3f2-6a7b8c9d0e12",
    "name": "Web shop",
    "connector": "shopify",
    "flavour": "admin",
    "environment": "production",
    "base_url": "https://harbour-goods.example.com/",
    "account_name": "Harbour Goods",
    "state": "active",
    "state_reason": "",
    "state_since": "2026-11-02T08:15:00Z",
    "created_at": "2026-11-02T08:15:00Z",
}
STATES = [(one.value, one.label) for one in ConnectionState]
ENVIRONMENTS = [(one.value, one.label) for one in Environment]


class ConnectionAnswer(Answered):
    """One account at one system."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    connector = serializers.CharField()
    flavour = serializers.CharField()
    environment = serializers.ChoiceField(choices=ENVIRONMENTS)
    base_url = serializers.CharField()
    account_name = serializers.CharField(help_text="What the account calls itself.")
    state = serializers.ChoiceField(
        choices=STATES,
        help_text="`needs_owner`: the account refused our credentials, so its work waits.",
    )
    state_reason = serializers.CharField()
    state_since = Instant()
    created_at = Instant()


class ConnectionPage(Answered):
    """A page of connections."""

    items = ConnectionAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class ReconnectBody(Shape):
    """New credentials, by the names the connector gives them; those left out stay."""

    credentials = serializers.DictField(
        child=Text(max_length=10_000),
        allow_empty=False,
        help_text="They are tried before they are kept, and never answered or logged.",
    )


class ConnectionParameters(PageParameters):
    """Narrows the list."""

    state = serializers.ChoiceField(choices=STATES, required=False)
    connector = Text(required=False, max_length=40)
    environment = serializers.ChoiceField(choices=ENVIRONMENTS, required=False)


class Connections(View):
    """All connections."""

    reads = "connections:read"
    topic = "Connections"
    parameters = ConnectionParameters

    @operation(
        "List connections",
        name="listConnections",
        answers=ConnectionPage,
        example={"items": [EXAMPLE], "next": None},
    )
    def get(self, request: Request) -> Response:
        """The tenant's connections, the oldest first."""
        with scope.tenant(self.caller.tenant.pk):
            rows = Connection.objects.all()
            for name in ("state", "connector", "environment"):
                if name in self.asked:
                    rows = rows.filter(**{name: self.asked[name]})
            return page_of(
                request,
                rows,
                self.asked,
                ConnectionAnswer.each,
                by="created_at",
                newest_first=False,
            )


class OneConnection(View):
    """One connection."""

    reads = "connections:read"
    topic = "Connections"

    @operation(
        "Read a connection", name="readConnection", answers=ConnectionAnswer, example=EXAMPLE
    )
    def get(self, request: Request, connection_id: UUID) -> Response:
        """One connection, without its credentials."""
        with scope.tenant(self.caller.tenant.pk):
            return Response(ConnectionAnswer(finding.connection(connection_id)).data)


class Reconnect(View):
    """Reconnecting."""

    writes = "connections:write"
    topic = "Connections"

    @operation(
        "Reconnect with new credentials",
        name="reconnectConnection",
        body=ReconnectBody,
        body_example={"credentials": {"token": "the new token"}},
        answers=ConnectionAnswer,
        example=EXAMPLE,
        more=(503,),
    )
    @write
    def post(self, request: Request, connection_id: UUID) -> Response:
        """Tries the credentials at the account, keeps them, and lets the work that waited go on.

        Our webhooks are registered again where they are missing; where the account refuses that,
        changes are found by asking.
        """
        body: dict[str, Any] = body_of(request, ReconnectBody)
        with scope.tenant(self.caller.tenant.pk):
            connection = finding.connection(connection_id)
        connection_state.reconnect(
            connection,
            credentials=body["credentials"],
            public_url=settings.CLARITY_PUBLIC_URL,
            actor=self.caller.user,
            now=timezone.now(),
        )
        return Response(ConnectionAnswer(connection).data)
