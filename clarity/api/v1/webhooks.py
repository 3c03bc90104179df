"""Incoming webhooks: what accounts tell us of, asked of them, and having them told anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.schema import operation
from clarity.api.shapes import Answered, Nothing, body_of
from clarity.api.v1 import finding
from clarity.api.views import View
from clarity.api.writing import write
from integrations.models import Connection
from integrations.services import connection_state
from tenants import scope

EXAMPLE: dict[str, Any] = {
    "address": "https://connect.example.com/hooks/shopify/1e8d2f7b-9c6a-4d5e-b3f2-6a7b8c9d0e12/",
    "can_be_asked": True,
    "registered": [
        {
            "topic": "orders/create",
            "address": "https://connect.example.com/hooks/shopify/1e8d2f7b-9c6a-4d5e-b3f2-6a7b8c9d0e12/",
            "is_ours": True,
        }
    ],
}


class RegisteredAnswer(Answered):
    """A webhook that is registered at the account."""

    topic = serializers.CharField()
    address = serializers.CharField()
    is_ours = serializers.BooleanField(help_text="Whether it leads to `address`.")


class WebhooksAnswer(Answered):
    """What the account tells of."""

    address = serializers.CharField(help_text="Where its webhooks ought to lead.")
    can_be_asked = serializers.BooleanField(help_text="Whether the system can say what it has.")
    registered = RegisteredAnswer(many=True)


class Webhooks(View):
    """The webhooks of a connection."""

    reads = "webhooks:read"
    topic = "Webhooks"

    @operation(
        "Verify webhooks",
        name="verifyWebhooks",
        answers=WebhooksAnswer,
        example=EXAMPLE,
        more=(422, 503),
    )
    def get(self, request: Request, connection_id: UUID) -> Response:
        """Asks the account which webhooks it has."""
        with scope.tenant(self.caller.tenant.pk):
            connection = finding.connection(connection_id)
        return _answer(connection)


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
        connection_state.register_webhooks(
            connection, actor=self.caller.user, public_url=settings.CLARITY_PUBLIC_URL
        )
        return _answer(connection)


def _answer(connection: Connection) -> Response:
    found = connection_state.webhooks(connection, public_url=settings.CLARITY_PUBLIC_URL)
    data = {
        "address": connection_state.hook_address(connection, settings.CLARITY_PUBLIC_URL),
        "can_be_asked": found is not None,
        "registered": found or (),
    }
    return Response(WebhooksAnswer(data).data)
