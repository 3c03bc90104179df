"""Flows: what a pair carries, one entity in one direction each."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import page_of
from clarity.api.schema import operation
from clarity.api.shapes import Answered, Id, Instant, PageParameters, Shape, YesNo, body_of
from clarity.api.v1 import finding
from clarity.api.views import View
from clarity.api.writing import write
from integrations.models import Direction, Flow
from integrations.services import flows
from mappings.canonical.record import Entity
from tenants import scope

EXAMPLE = {
    "id": 41,
    "pair": "6f1c7d0e-3a52-4f0b-9d5e-0c1b2a394857",
    "entity": "order",
    "direction": "to_pos",
    "source": "1e8d2f7b-9c6a-4d5e-b3f2-6a7b8c9d0e12",
    "target": "0d9c1f6a-8b7e-4c3d-a2f1-5e6d7c8b9a01",
    "is_on": True,
    "on_since": "2026-11-02T08:20:00Z",
}
ENTITIES = [(one.value, one.value) for one in Entity]
DIRECTIONS = [(one.value, one.label) for one in Direction]


class FlowAnswer(Answered):
    """One entity of a pair in one direction."""

    id = serializers.IntegerField()
    pair = serializers.UUIDField(source="pair_id")
    entity = serializers.ChoiceField(choices=ENTITIES)
    direction = serializers.ChoiceField(choices=DIRECTIONS)
    source = serializers.UUIDField(source="source_id")  # type: ignore[assignment]
    target = serializers.UUIDField(source="target_id")
    is_on = serializers.BooleanField()
    on_since = Instant()


class FlowPage(Answered):
    """A page of flows."""

    items = FlowAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class SwitchedAnswer(FlowAnswer):
    """The flow as it is now."""

    warning = serializers.CharField(
        allow_blank=True,
        help_text="Why the source's webhooks could not be registered; empty when they were."
        " Changes are found by asking then, which takes longer.",
    )


class FlowBody(Shape):
    """What is to change."""

    is_on = YesNo(help_text="What comes while a flow is off is left out, not kept for later.")


class FlowParameters(PageParameters):
    """Narrows the list."""

    pair = Id(required=False)
    entity = serializers.ChoiceField(choices=ENTITIES, required=False)
    direction = serializers.ChoiceField(choices=DIRECTIONS, required=False)
    is_on = YesNo(required=False)


class Flows(View):
    """All flows."""

    reads = "pairs:read"
    topic = "Flows"
    parameters = FlowParameters

    @operation(
        "List flows",
        name="listFlows",
        answers=FlowPage,
        example={"items": [EXAMPLE], "next": None},
    )
    def get(self, request: Request) -> Response:
        """The flows of all pairs."""
        with scope.tenant(self.caller.tenant.pk):
            rows = Flow.objects.all()
            for name in ("pair", "entity", "direction", "is_on"):
                if name in self.asked:
                    rows = rows.filter(**{name: self.asked[name]})
            return page_of(request, rows, self.asked, FlowAnswer.each, newest_first=False)


class OneFlow(View):
    """One flow."""

    reads = "pairs:read"
    writes = "pairs:write"
    topic = "Flows"

    @operation("Read a flow", name="readFlow", answers=FlowAnswer, example=EXAMPLE)
    def get(self, request: Request, flow_id: int) -> Response:
        """One flow."""
        with scope.tenant(self.caller.tenant.pk):
            return Response(FlowAnswer(finding.flow(flow_id)).data)

    @operation(
        "Switch a flow on or off",
        name="switchFlow",
        body=FlowBody,
        body_example={"is_on": False},
        answers=SwitchedAnswer,
        example={**EXAMPLE, "is_on": False, "warning": ""},
    )
    @write
    def patch(self, request: Request, flow_id: int) -> Response:
        """Switches the flow and has its source tell of what it carries now."""
        body = body_of(request, FlowBody)
        tenant_id = self.caller.tenant.pk
        with scope.tenant(tenant_id):
            flow = finding.flow(flow_id)
        warning = flows.switch(
            flow,
            is_on=body["is_on"],
            by=self.caller.user,
            public_url=settings.CLARITY_PUBLIC_URL,
            now=timezone.now(),
        )
        return Response({**FlowAnswer(flow).data, "warning": warning})
