"""Incoming webhooks: whether an account tells of its changes, and having it told anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.schema import operation
from clarity.api.shapes import Answered, Instant, Nothing, body_of
from clarity.api.v1 import finding
from clarity.api.views import View
from clarity.api.writing import write
from integrations.services import incoming_webhooks
from tenants import scope

EXAMPLE: dict[str, Any] = {
    "address": "https://connect.example.com/hooks/shopify/1e8d2f7b-9c6a-4d5e-b3f2-6a7b8c9d0e12/",
    "is_supported": True,
    "entities": ["order", "customer"],
    "last_received_at": "2026-11-21T09:30:00.120000Z",
}


class WebhooksAnswer(Answered):
    """What an account is to tell us of, and when it told something last."""

    address = serializers.CharField(help_text="Where the account sends its webhooks.")
    is_supported = serializers.BooleanField(
        help_text="Whether the system has webhooks; else it is asked for changes."
    )
    entities = serializers.ListField(
        child=serializers.CharField(), help_text="Of what: that which its flows carry."
    )
    last_received_at = Instant(
        allow_null=True, help_text="When anything came from the account, by webhook or by asking."
    )


class Webhooks(View):
    """The webhooks of a connection."""

    reads = "webhooks:read"
    topic = "Webhooks"

    @operation("Read webhooks", name="readWebhooks", answers=WebhooksAnswer, example=EXAMPLE)
    def get(self, request: Request, connection_id: UUID) -> Response:
        """What the connection's account is to tell us of."""
        with scope.tenant(self.caller.tenant.pk):
            return _answer(connection_id)


class RegisterWebhooks(View):
    """Registering again."""

    writes = "webhooks:write"
    topic = "Webhooks"

    @operation(
        "Register webhooks again",
        name="registerWebhooks",
        body=Nothing,
        answers=WebhooksAnswer,
        example=EXAMPLE,
        more=(503,),
    )
    @write
    def post(self, request: Request, connection_id: UUID) -> Response:
        """Asks the account which webhooks it has, and makes those that are missing."""
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            connection = finding.connection(connection_id)
        incoming_webhooks.register(
            connection, actor=self.caller.user, public_url=settings.CLARITY_PUBLIC_URL
        )
        with scope.tenant(self.caller.tenant.pk):
            return _answer(connection_id)


def _answer(connection_id: UUID) -> Response:
    found = incoming_webhooks.of(
        finding.connection(connection_id), public_url=settings.CLARITY_PUBLIC_URL
    )
    return Response(WebhooksAnswer(found).data)
