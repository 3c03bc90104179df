"""Trials: a draft over the last stored records of its flow. Nothing is sent."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import page_of
from clarity.api.schema import operation
from clarity.api.shapes import (
    Answered,
    Anything,
    Instant,
    Nothing,
    PageParameters,
    Shape,
    Whole,
    body_of,
)
from clarity.api.v1 import finding
from clarity.api.views import View
from clarity.api.writing import write
from integrations.models import ShadowRun, ShadowState
from integrations.services import mapping_shadow
from tenants import scope

MOST_RECORDS = 5_000
STATES = [(one.value, one.label) for one in ShadowState]
TRIAL: dict[str, Any] = {
    "id": 12,
    "flow": 41,
    "state": "done",
    "wanted": 500,
    "seen": 500,
    "same": 480,
    "changed": 20,
    "newly_held": 0,
    "newly_left_out": 0,
    "no_longer_held": 0,
    "still_held": 0,
    "unreadable": 0,
    "problem": "",
    "started_at": "2026-11-20T16:42:00Z",
    "finished_at": "2026-11-20T16:42:05Z",
}


class TrialAnswer(Answered):
    """A trial with its counts."""

    id = serializers.IntegerField()
    flow = serializers.IntegerField(source="flow_id")
    state = serializers.ChoiceField(choices=STATES)
    wanted = serializers.IntegerField(help_text="How many records are to be tried.")
    seen = serializers.IntegerField()
    same = serializers.IntegerField()
    changed = serializers.IntegerField()
    newly_held = serializers.IntegerField()
    newly_left_out = serializers.IntegerField()
    no_longer_held = serializers.IntegerField()
    still_held = serializers.IntegerField()
    unreadable = serializers.IntegerField(help_text="Their documents are gone, or say too little.")
    problem = serializers.CharField(help_text="Why it stopped, if it did.")
    started_at = Instant()
    finished_at = Instant(allow_null=True)


class TrialPage(Answered):
    """A page of trials."""

    items = TrialAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class ExampleAnswer(Answered):
    """One record that would be another."""

    record = serializers.IntegerField(source="item_id")
    number = serializers.CharField()
    path = serializers.CharField()
    before = Anything(allow_null=True)
    after = Anything(allow_null=True)


class FieldAnswer(Answered):
    """In how many records a field would be another."""

    target = serializers.CharField()
    count = serializers.IntegerField()
    examples = ExampleAnswer(many=True)


class MoneyAnswer(Answered):
    """What the draft adds to a target's amounts."""

    currency = serializers.CharField()
    target = serializers.CharField()
    added = serializers.CharField(help_text="An amount of money, as text.")


class CauseAnswer(Answered):
    """Why records would newly be held or left out, or no longer."""

    kind = serializers.CharField()
    message = serializers.CharField()
    field = serializers.CharField()
    count = serializers.IntegerField()
    records = serializers.ListField(child=serializers.IntegerField())


class ReportAnswer(Answered):
    """What a trial found."""

    trial = TrialAnswer()
    is_current = serializers.BooleanField(help_text="Whether the draft is still as it was tried.")
    fields = FieldAnswer(many=True)  # type: ignore[assignment]
    money = MoneyAnswer(many=True)
    causes = CauseAnswer(many=True)


class TrialBody(Shape):
    """How many records."""

    records = Whole(required=False, min_value=1, max_value=MOST_RECORDS, default=500)


class Trials(View):
    """The trials of a flow."""

    reads = "mappings:read"
    writes = "mappings:write"
    topic = "Mappings"
    parameters = PageParameters

    @operation(
        "List trials",
        name="listTrials",
        answers=TrialPage,
        example={"items": [TRIAL], "next": None},
    )
    def get(self, request: Request, flow_id: int) -> Response:
        """Trials of the flow's drafts, the newest first."""
        with scope.tenant(self.caller.tenant.pk):
            rows = ShadowRun.objects.filter(flow=finding.mapped_flow(flow_id))
            return page_of(request, rows, self.asked, TrialAnswer.each)

    @operation(
        "Try the draft",
        name="startTrial",
        body=TrialBody,
        body_example={"records": 500},
        status=202,
        answers=TrialAnswer,
        example={**TRIAL, "state": "running", "seen": 0, "finished_at": None},
    )
    @write
    def post(self, request: Request, flow_id: int) -> Response:
        """Tries the draft on the flow's last stored records, in the background."""
        body = body_of(request, TrialBody)
        with scope.tenant(self.caller.tenant.pk):
            run = mapping_shadow.start(
                flow=finding.mapped_flow(flow_id),
                actor=self.caller.user,
                now=timezone.now(),
                records=body["records"],
            )
            return Response(TrialAnswer(run).data, status=202)


class OneTrial(View):
    """One trial."""

    reads = "mappings:read"
    topic = "Mappings"

    @operation(
        "Read the report of a trial",
        name="readTrial",
        answers=ReportAnswer,
        example={
            "trial": TRIAL,
            "is_current": True,
            "fields": [{"target": "note", "count": 20, "examples": []}],
            "money": [{"currency": "USD", "target": "shipping", "added": "12.50"}],
            "causes": [],
        },
    )
    def get(self, request: Request, trial_id: int) -> Response:
        """What would be different by field, what would newly be held, and the money in it."""
        with scope.tenant(self.caller.tenant.pk):
            found = mapping_shadow.report(run=_find(trial_id))
            fields = FieldAnswer(found.fields, many=True).data
            causes = [
                {
                    "kind": one.kind,
                    "message": one.message,
                    "field": one.field,
                    "count": one.count,
                    "records": [item_id for item_id, _ in one.examples],
                }
                for one in found.causes
            ]
            return Response(
                {
                    "trial": TrialAnswer(found.run).data,
                    "is_current": found.is_current,
                    "fields": fields,
                    "money": MoneyAnswer(found.money, many=True).data,
                    "causes": causes,
                }
            )


class CancelTrial(View):
    """Cancelling."""

    writes = "mappings:write"
    topic = "Mappings"

    @operation(
        "Cancel a trial",
        name="cancelTrial",
        body=Nothing,
        answers=TrialAnswer,
        example={**TRIAL, "state": "cancelled"},
    )
    @write
    def post(self, request: Request, trial_id: int) -> Response:
        """Ends a trial that runs; one that is over stays as it is."""
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            run = _find(trial_id)
            mapping_shadow.cancel(run=run, now=timezone.now())
            run.refresh_from_db()
            return Response(TrialAnswer(run).data)


def _find(trial_id: int) -> ShadowRun:
    found: ShadowRun | None = ShadowRun.objects.select_related("flow").filter(pk=trial_id).first()
    if found is None:
        raise Http404("There is no trial by this id.")
    return found
