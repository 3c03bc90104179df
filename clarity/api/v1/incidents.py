"""Incidents: equal failures as one thing, and what can be done about all their records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from rest_framework import serializers
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
    body_of,
)
from clarity.api.v1 import finding
from clarity.api.v1.flows import ENTITIES
from clarity.api.views import View
from clarity.api.writing import write
from integrations.models import Incident, IncidentState
from integrations.services import group_replay
from integrations.services import incidents as service
from integrations.services.discard import LONGEST_REASON, discard_group
from tenants import scope

STATES = [(one.value, one.label) for one in IncidentState]
EXAMPLE: dict[str, Any] = {
    "id": 7,
    "state": "open",
    "kind": "records",
    "connection": "0d9c1f6a-8b7e-4c3d-a2f1-5e6d7c8b9a01",
    "side": "target",
    "entity": "order",
    "field": "lines[].sku",
    "message": "no Heartland item for SKU …",
    "advice": "Add the article in Heartland, or give it this SKU there, then replay.",
    "stopped": 12,
    "records": 15,
    "first_at": "2026-11-21T08:02:11Z",
    "last_at": "2026-11-21T09:28:40Z",
    "closed_at": None,
    "replay": None,
}


class ReplayAnswer(Answered):
    """How far the last replay has come."""

    state = serializers.CharField(help_text="`canary`, `rest`, `done` or `stopped`.")
    note = serializers.CharField()
    total = serializers.IntegerField()
    through = serializers.IntegerField()
    running = serializers.IntegerField()
    failed = serializers.IntegerField()
    left = serializers.IntegerField()


class IncidentAnswer(Answered):
    """One cause of failures, or an alarm."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=STATES)
    kind = serializers.CharField(help_text="`records` for stopped records; else an alarm.")
    connection = serializers.UUIDField(allow_null=True)
    side = serializers.CharField(help_text="`source`, `target` or empty.")
    entity = serializers.CharField()
    field = serializers.CharField()
    message = serializers.CharField(help_text="The cause, without values of single records.")
    advice = serializers.CharField()
    stopped = serializers.IntegerField(help_text="Records that wait for a person.")
    records = serializers.IntegerField(help_text="Records that were ever part of it.")
    first_at = Instant()
    last_at = Instant()
    closed_at = Instant(allow_null=True)
    replay = ReplayAnswer(allow_null=True)


class IncidentPage(Answered):
    """A page of incidents."""

    items = IncidentAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class IncidentParameters(PageParameters):
    """Narrows the list."""

    state = serializers.ChoiceField(choices=STATES, required=False)
    entity = serializers.ChoiceField(choices=ENTITIES, required=False)
    connection = Id(required=False)


class ReplayBody(Shape):
    """Which of its records."""

    value = Text(
        required=False,
        max_length=400,
        default="",
        allow_blank=True,
        help_text="Only records that stopped at this value.",
    )


class DiscardGroupBody(ReplayBody):
    """Why, and which."""

    reason = Text(max_length=LONGEST_REASON, help_text="It stays on each record, with your name.")


class DiscardedAnswer(Answered):
    """What was left out."""

    discarded = serializers.IntegerField()
    incident = IncidentAnswer()


class Incidents(View):
    """All incidents."""

    reads = "incidents:read"
    topic = "Incidents"
    parameters = IncidentParameters

    @operation(
        "List incidents",
        name="listIncidents",
        answers=IncidentPage,
        example={"items": [EXAMPLE], "next": None},
    )
    def get(self, request: Request) -> Response:
        """Incidents, the newest first."""
        with scope.tenant(self.caller.tenant.pk):
            rows = service.incidents(
                state=self.asked.get("state", ""),
                entity=self.asked.get("entity", ""),
                connection_id=str(self.asked.get("connection", "")),
            )
            return page_of(request, rows, self.asked, _rows)


class OneIncident(View):
    """One incident."""

    reads = "incidents:read"
    topic = "Incidents"

    @operation("Read an incident", name="readIncident", answers=IncidentAnswer, example=EXAMPLE)
    def get(self, request: Request, incident_id: int) -> Response:
        """One incident with how far its replay has come."""
        with scope.tenant(self.caller.tenant.pk):
            return Response(_one(finding.incident(incident_id)))


class ReplayIncident(View):
    """Replaying."""

    writes = "incidents:write"
    topic = "Incidents"

    @operation(
        "Replay the records of an incident",
        name="replayIncident",
        body=ReplayBody,
        body_example={},
        status=202,
        answers=IncidentAnswer,
        example={
            **EXAMPLE,
            "replay": {
                "state": "canary",
                "note": "",
                "total": 12,
                "through": 0,
                "running": 1,
                "failed": 0,
                "left": 11,
            },
        },
    )
    @write
    def post(self, request: Request, incident_id: int) -> Response:
        """Runs one record again; when it went through, the others follow by themselves."""
        body = body_of(request, ReplayBody)
        with scope.tenant(self.caller.tenant.pk):
            found = group_replay.start(
                finding.incident(incident_id),
                actor=self.caller.user,
                now=timezone.now(),
                value=body["value"],
            )
            return Response(_one(found), status=202)


class StopReplay(View):
    """Stopping."""

    writes = "incidents:write"
    topic = "Incidents"

    @operation(
        "Stop a replay",
        name="stopReplay",
        body=Nothing,
        answers=IncidentAnswer,
        example=EXAMPLE,
    )
    @write
    def post(self, request: Request, incident_id: int) -> Response:
        """Lets no further record follow. A replay that is over stays as it is."""
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            found = finding.incident(incident_id)
            group_replay.stop(found, actor=self.caller.user, now=timezone.now())
            return Response(_one(finding.incident(incident_id)))


class DiscardIncident(View):
    """Discarding."""

    writes = "incidents:write"
    topic = "Incidents"

    @operation(
        "Discard the records of an incident",
        name="discardIncident",
        body=DiscardGroupBody,
        body_example={"reason": "Orders of the trade fair"},
        answers=DiscardedAnswer,
        example={"discarded": 12, "incident": {**EXAMPLE, "stopped": 0, "state": "closed"}},
    )
    @write
    def post(self, request: Request, incident_id: int) -> Response:
        """Leaves out every stopped record of it, with the reason. They can be replayed later."""
        body = body_of(request, DiscardGroupBody)
        with scope.tenant(self.caller.tenant.pk):
            count = discard_group(
                finding.incident(incident_id),
                reason=body["reason"],
                value=body["value"],
                actor=self.caller.user,
                now=timezone.now(),
            )
            after = finding.incident(incident_id)
            return Response({"discarded": count, "incident": _one(after)})


def _rows(rows: Sequence[Incident]) -> Any:
    return IncidentAnswer.each([_shown(one) for one in service.listed(rows)])


def _one(row: Incident) -> Any:
    return _rows([row])[0]


def _shown(listed: service.Listed) -> dict[str, Any]:
    row = listed.incident
    names = (
        "state",
        "kind",
        "side",
        "entity",
        "field",
        "message",
        "advice",
        "first_at",
        "last_at",
        "closed_at",
    )
    return {
        "id": row.pk,
        "connection": row.connection_id,
        "stopped": listed.stopped,
        "records": listed.records,
        "replay": _replay(row),
        **{name: getattr(row, name) for name in names},
    }


def _replay(row: Incident) -> dict[str, Any] | None:
    found = service.progress(row)
    if found is None:
        return None
    return {
        "state": row.replay_state,
        "note": row.replay_note,
        "total": found.total,
        "through": found.through,
        "running": found.running,
        "failed": found.failed,
        "left": found.left,
    }
