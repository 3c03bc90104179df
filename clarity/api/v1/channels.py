"""Alert channels: e-mail, Slack-compatible and signed webhooks that hear of what needs a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import page_of
from clarity.api.schema import operation
from clarity.api.shapes import (
    Answered,
    Id,
    Instant,
    Nothing,
    PageParameters,
    Shape,
    Text,
    YesNo,
    body_of,
)
from clarity.api.views import View, no_content
from clarity.api.writing import once_only, write
from integrations.models import AlertChannel, ChannelKind, Topic
from integrations.services import alerts
from integrations.services.alerts import Wanted
from tenants import scope

KINDS = [(one.value, one.label) for one in ChannelKind]
TOPICS = [(one.value, one.label) for one in Topic]
CHANNEL: dict[str, Any] = {
    "id": "5b4a3928-1706-4f5e-8d4c-3b2a19087f6e",
    "kind": "webhook",
    "name": "Our help desk",
    "is_on": True,
    "hears": ["records", "owner"],
    "has_digest": False,
    "to_owners": False,
    "members": [],
    "addresses": [],
    "host": "desk.example.com",
    "last_sent_at": None,
    "problem": "",
    "created_at": "2026-11-20T10:00:00Z",
}


class ChannelAnswer(Answered):
    """A channel. Of a web address only the host is told, since the rest may be a secret."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    name = serializers.CharField()
    is_on = serializers.BooleanField()
    hears = serializers.ListField(child=serializers.ChoiceField(choices=TOPICS))
    has_digest = serializers.BooleanField()
    to_owners = serializers.BooleanField(help_text="Of e-mail: whoever is an owner.")
    members = serializers.ListField(child=serializers.UUIDField(), source="member_ids")
    addresses = serializers.SerializerMethodField()
    host = serializers.CharField()
    last_sent_at = Instant(allow_null=True)
    problem = serializers.CharField(help_text="Why the last message did not arrive.")
    created_at = Instant()

    def get_addresses(self, channel: AlertChannel) -> list[str]:
        """E-mail addresses of others; each hears nothing until it has confirmed."""
        return sorted(one.email for one in channel.addresses.all())


class ChannelPage(Answered):
    """A page of channels."""

    items = ChannelAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class MadeAnswer(Answered):
    """A new channel."""

    channel = ChannelAnswer()
    key = serializers.CharField(
        help_text="Signs the messages of a signed webhook. Told now and never again; else empty."
    )


class ToldAnswer(Answered):
    """How a test message ended."""

    went_out = serializers.BooleanField()
    said = serializers.CharField()


class _ChannelBody(Shape):
    """What a channel is to be."""

    name = Text(max_length=alerts.LONGEST_NAME)
    hears = serializers.ListField(
        child=serializers.ChoiceField(choices=TOPICS), required=False, max_length=20
    )
    has_digest = YesNo(required=False)
    to_owners = YesNo(required=False)
    members = serializers.ListField(child=Id(), required=False, max_length=100)
    addresses = serializers.ListField(child=serializers.EmailField(), required=False, max_length=20)


class NewChannelBody(_ChannelBody):
    """A new channel."""

    kind = serializers.ChoiceField(choices=KINDS)
    url = Text(required=False, max_length=2_000, help_text="Of webhooks: where messages go.")


class ChangeChannelBody(_ChannelBody):
    """What is to change; the rest stays."""

    name = Text(required=False, max_length=alerts.LONGEST_NAME)
    url = Text(required=False, max_length=2_000)
    is_on = YesNo(required=False)


class Channels(View):
    """All channels."""

    reads = "webhooks:read"
    writes = "webhooks:write"
    topic = "Alert channels"
    parameters = PageParameters

    @operation(
        "List alert channels",
        name="listChannels",
        answers=ChannelPage,
        example={"items": [CHANNEL], "next": None},
    )
    def get(self, request: Request) -> Response:
        """The tenant's channels, the oldest first."""
        with scope.tenant(self.caller.tenant.pk):
            rows = alerts.channels().prefetch_related("addresses")
            return page_of(
                request, rows, self.asked, ChannelAnswer.each, by="created_at", newest_first=False
            )

    @operation(
        "Make an alert channel",
        name="makeChannel",
        body=NewChannelBody,
        body_example={
            "kind": "webhook",
            "name": "Our help desk",
            "hears": ["records"],
            "url": "https://desk.example.com/clarity",
        },
        status=201,
        answers=MadeAnswer,
        example={"channel": CHANNEL, "key": "shown once"},
    )
    @write
    def post(self, request: Request) -> Response:
        """Makes a channel; it hears of what begins from now on.

        The signing key is answered once: under an Idempotency-Key, the repeated answer lacks it.
        """
        body = body_of(request, NewChannelBody)
        with scope.tenant(self.caller.tenant.pk):
            made = alerts.create(
                kind=ChannelKind(body["kind"]),
                wanted=_wanted(body, {}),
                actor=self.caller.user,
                now=timezone.now(),
            )
            data = {"channel": ChannelAnswer(made.channel).data, "key": made.key}
            return once_only(Response(data, status=201), "key")


class OneChannel(View):
    """One channel."""

    reads = "webhooks:read"
    writes = "webhooks:write"
    topic = "Alert channels"

    @operation("Read an alert channel", name="readChannel", answers=ChannelAnswer, example=CHANNEL)
    def get(self, request: Request, channel_id: UUID) -> Response:
        """One channel."""
        with scope.tenant(self.caller.tenant.pk):
            return Response(ChannelAnswer(_find(channel_id)).data)

    @operation(
        "Change an alert channel",
        name="changeChannel",
        body=ChangeChannelBody,
        body_example={"is_on": False},
        answers=ChannelAnswer,
        example={**CHANNEL, "is_on": False},
    )
    @write
    def patch(self, request: Request, channel_id: UUID) -> Response:
        """Changes what is named and leaves the rest as it is."""
        body = body_of(request, ChangeChannelBody)
        if not body:
            raise ValidationError({"": ["Say what is to change."]})
        with scope.tenant(self.caller.tenant.pk):
            channel = _find(channel_id)
            is_on = body.pop("is_on", None)
            if body:
                before = dict(ChannelAnswer(channel).data)
                alerts.change(
                    channel=channel,
                    wanted=_wanted(body, before),
                    actor=self.caller.user,
                    now=timezone.now(),
                )
            if is_on is not None:
                alerts.switch(channel=channel, is_on=is_on, actor=self.caller.user)
            return Response(ChannelAnswer(_find(channel_id)).data)

    @operation("Delete an alert channel", name="deleteChannel", status=204)
    @write
    def delete(self, request: Request, channel_id: UUID) -> Response:
        """Deletes a channel. Its messages stay in the history."""
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            alerts.delete(channel=_find(channel_id), actor=self.caller.user)
        return no_content()


class TryChannel(View):
    """Trying a channel."""

    writes = "webhooks:write"
    topic = "Alert channels"

    @operation(
        "Send a test message",
        name="testChannel",
        body=Nothing,
        answers=ToldAnswer,
        example={"went_out": True, "said": "The receiver took it."},
    )
    @write
    def post(self, request: Request, channel_id: UUID) -> Response:
        """Sends a test message at once and answers what the receiver said."""
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            _find(channel_id)
        told = alerts.send_test(
            tenant_id=self.caller.tenant.pk,
            channel_id=channel_id,
            actor=self.caller.user,
            now=timezone.now(),
        )
        return Response({"went_out": told.went_out, "said": told.said})


def _find(channel_id: UUID) -> AlertChannel:
    found: AlertChannel | None = AlertChannel.objects.filter(pk=channel_id).first()
    if found is None:
        raise Http404("There is no alert channel by this id.")
    return found


def _wanted(body: Mapping[str, Any], before: Mapping[str, Any]) -> Wanted:
    """What is asked for; of what is not named, what was there before."""

    def of(name: str, usual: Any) -> Any:
        return body.get(name, before.get(name, usual))

    return Wanted(
        name=of("name", ""),
        hears=of("hears", ()),
        has_digest=of("has_digest", False),
        to_owners=of("to_owners", False),
        members=[str(one) for one in of("members", ())],
        addresses=of("addresses", ()),
        url=body.get("url", ""),
    )
