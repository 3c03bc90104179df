"""Traces: step by step what happened to a record, and why each target field has its value."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.schema import operation
from clarity.api.shapes import Answered, Anything, Instant, Parameters, YesNo
from clarity.api.v1 import finding
from clarity.api.v1.records import EXAMPLE, RecordAnswer, of_timeline
from clarity.api.views import View
from integrations.models import Delivery
from integrations.services.mapping_provenance import of_delivery
from integrations.services.trace import Call, Event, Kind, timeline
from tenants import scope

KINDS = [(one.value, one.value) for one in Kind]


class CallAnswer(Answered):
    """One HTTP exchange; secrets and card data were removed before it was kept."""

    method = serializers.CharField()
    url = serializers.CharField()
    status = serializers.IntegerField()
    milliseconds = serializers.IntegerField()
    request_id = serializers.CharField()
    request_body = serializers.CharField(required=False, help_text="With `documents` only.")
    response_body = serializers.CharField(required=False, help_text="With `documents` only.")


class EventAnswer(Answered):
    """One step."""

    kind = serializers.ChoiceField(choices=KINDS)
    at = Instant()
    state = serializers.CharField()
    reason = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)
    target = serializers.UUIDField(allow_null=True, help_text="The connection it is about.")
    attempt = serializers.IntegerField(allow_null=True)
    calls = CallAnswer(many=True)
    arithmetic = serializers.ListField(child=serializers.CharField())
    was_pruned = serializers.BooleanField(help_text="Its documents were deleted by retention.")
    notice = Anything(required=False, allow_null=True, help_text="With `documents` only.")
    record = Anything(required=False, allow_null=True, help_text="With `documents` only.")
    target_fields = Anything(required=False, allow_null=True, help_text="With `documents` only.")


class LinkAnswer(Answered):
    """The same thing on both sides."""

    pair = serializers.UUIDField(source="pair_id")
    pos_key = serializers.CharField()
    store_key = serializers.CharField()


class TimelineAnswer(Answered):
    """Everything that is known of a record."""

    record = RecordAnswer()
    events = EventAnswer(many=True)
    links = LinkAnswer(many=True)
    related = serializers.ListField(
        child=serializers.IntegerField(), help_text="Other notices of the same record."
    )


class SourceAnswer(Answered):
    """A field that was read."""

    path = serializers.CharField()
    value = Anything(allow_null=True)


class OriginAnswer(Answered):
    """One field of the target, and what made it."""

    target = serializers.CharField()
    value = Anything(allow_null=True)
    sources = SourceAnswer(many=True)
    rule = serializers.CharField(help_text="What the rule does, in words.")
    row = Anything(allow_null=True, help_text="The rule as data.")
    is_own = serializers.BooleanField(help_text="A rule of the pair's own, else a shipped one.")
    note = serializers.CharField()


class OriginsAnswer(Answered):
    """Where each field of the delivered record came from."""

    source = serializers.CharField()  # type: ignore[assignment]
    target = serializers.CharField()
    preset = serializers.CharField()
    version = serializers.IntegerField(help_text="0 for the shipped rules.")
    published_by = serializers.CharField()
    published_at = Instant(allow_null=True)
    fields = OriginAnswer(many=True)  # type: ignore[assignment]
    left = serializers.IntegerField(help_text="How many fields are not listed.")
    note = serializers.CharField(help_text="Why something is not known.")


class TimelineParameters(Parameters):
    """What to leave out."""

    documents = YesNo(
        required=False,
        default=False,
        help_text="With the notice, the record, the mapped fields and the bodies of all calls.",
    )


class RecordTimeline(View):
    """The timeline of a record."""

    reads = "records:read"
    topic = "Records"
    parameters = TimelineParameters

    @operation(
        "Read the timeline of a record",
        name="readTimeline",
        answers=TimelineAnswer,
        example={
            "record": EXAMPLE,
            "events": [
                {
                    "kind": "received",
                    "at": EXAMPLE["received_at"],
                    "state": "",
                    "reason": "",
                    "seconds": None,
                    "target": None,
                    "attempt": None,
                    "calls": [],
                    "arithmetic": [],
                    "was_pruned": False,
                }
            ],
            "links": [],
            "related": [],
        },
    )
    def get(self, request: Request, record_id: int) -> Response:
        """From the notice to the answer of the other system, with every attempt."""
        with scope.tenant(self.caller.tenant.pk):
            found = timeline(item=finding.record(record_id))
            full = self.asked["documents"]
            return Response(
                {
                    "record": RecordAnswer(of_timeline(found)).data,
                    "events": [_event(one, full=full) for one in found.events],
                    "links": LinkAnswer(found.links, many=True).data,
                    "related": [item.pk for item in found.related],
                }
            )


class RecordOrigins(View):
    """Where fields come from."""

    reads = "records:read"
    topic = "Records"

    @operation(
        "Read where each field came from",
        name="readOrigins",
        answers=OriginsAnswer,
        example={
            "source": "Web shop",
            "target": "Store till",
            "preset": "heartland/retail/order",
            "version": 4,
            "published_by": "owner@example.com",
            "published_at": "2026-11-20T16:45:00Z",
            "fields": [
                {
                    "target": "lines[0].qty",
                    "value": 2,
                    "sources": [{"path": "lines[0].quantity", "value": 2}],
                    "rule": "taken over",
                    "row": {"target": "lines[].qty", "source": "lines[].quantity"},
                    "is_own": False,
                    "note": "",
                }
            ],
            "left": 0,
            "note": "",
        },
    )
    def get(self, request: Request, record_id: int) -> Response:
        """Per target field: source, value, rule, and who published that rule when."""
        with scope.tenant(self.caller.tenant.pk):
            delivery: Delivery | None = timeline(item=finding.record(record_id)).delivery
            if delivery is None or delivery.payload_id is None:
                raise Http404("This record has not been mapped, so no field was made of it.")
            found = of_delivery(delivery)
        return Response(
            {
                "source": found.source,
                "target": found.target,
                "preset": found.preset,
                "version": found.number,
                "published_by": found.published_by,
                "published_at": found.published_at
                and Instant().to_representation(found.published_at),
                "fields": [
                    {
                        "target": one.target,
                        "value": one.value,
                        "sources": [{"path": path, "value": value} for path, value in one.sources],
                        "rule": one.rule,
                        "row": dict(one.row) or None,
                        "is_own": one.is_own,
                        "note": one.note,
                    }
                    for one in found.fields
                ],
                "left": found.left,
                "note": found.note,
            }
        )


def _event(event: Event, *, full: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "kind": event.kind,
        "at": Instant().to_representation(event.at),
        "state": event.state,
        "reason": event.reason,
        "seconds": event.seconds,
        "target": event.delivery.target_id if event.delivery else None,
        "attempt": event.attempt.number if event.attempt else None,
        "calls": [_call(call, full=full) for call in event.calls],
        "arithmetic": list(event.arithmetic),
        "was_pruned": event.was_pruned,
    }
    if full:
        data |= {"notice": event.notice, "record": event.record, "target_fields": event.fields}
    return data


def _call(call: Call, *, full: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "method": call.method,
        "url": call.url,
        "status": call.status,
        "milliseconds": call.milliseconds,
        "request_id": call.request_id,
    }
    if full:
        data |= {"request_body": call.request_body, "response_body": call.response_body}
    return data
