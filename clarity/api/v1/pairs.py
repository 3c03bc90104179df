"""Pairs: a point of sale and a web store kept in step."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import page_of
from clarity.api.schema import operation
from clarity.api.shapes import Answered, Id, Instant, Nothing, PageParameters, body_of
from clarity.api.v1 import finding
from clarity.api.views import View
from clarity.api.writing import write
from integrations.models import Pair, PairState
from integrations.services import pair_settings
from tenants import scope

EXAMPLE = {
    "id": "6f1c7d0e-3a52-4f0b-9d5e-0c1b2a394857",
    "name": "Store till and web shop",
    "state": "live",
    "pos": "0d9c1f6a-8b7e-4c3d-a2f1-5e6d7c8b9a01",
    "store": "1e8d2f7b-9c6a-4d5e-b3f2-6a7b8c9d0e12",
    "created_at": "2026-11-02T08:15:00Z",
}
STATES = [(one.value, one.label) for one in PairState]


class PairAnswer(Answered):
    """A pair. Only `testing` and `live` pairs carry records."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    pos = serializers.UUIDField(source="pos_id", help_text="The connection of the point of sale.")
    store = serializers.UUIDField(source="store_id", help_text="The connection of the web store.")
    created_at = Instant()


class PairPage(Answered):
    """A page of pairs."""

    items = PairAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class PairParameters(PageParameters):
    """Narrows the list."""

    state = serializers.ChoiceField(choices=STATES, required=False)
    connection = Id(required=False, help_text="Pairs that this connection is a side of.")


class Pairs(View):
    """All pairs."""

    reads = "pairs:read"
    topic = "Pairs"
    parameters = PairParameters

    @operation(
        "List pairs",
        name="listPairs",
        answers=PairPage,
        example={"items": [EXAMPLE], "next": None},
    )
    def get(self, request: Request) -> Response:
        """The tenant's pairs, the oldest first."""
        with scope.tenant(self.caller.tenant.pk):
            rows = Pair.objects.all()
            if state := self.asked.get("state"):
                rows = rows.filter(state=state)
            if connection := self.asked.get("connection"):
                rows = rows.filter(pos_id=connection) | rows.filter(store_id=connection)
            return page_of(
                request, rows, self.asked, PairAnswer.each, by="created_at", newest_first=False
            )


class OnePair(View):
    """One pair."""

    reads = "pairs:read"
    topic = "Pairs"

    @operation("Read a pair", name="readPair", answers=PairAnswer, example=EXAMPLE)
    def get(self, request: Request, pair_id: UUID) -> Response:
        """One pair."""
        with scope.tenant(self.caller.tenant.pk):
            return Response(PairAnswer(finding.pair(pair_id)).data)


class PausePair(View):
    """Pausing."""

    writes = "pairs:write"
    topic = "Pairs"

    @operation(
        "Pause a pair",
        name="pausePair",
        body=Nothing,
        answers=PairAnswer,
        example={**EXAMPLE, "state": "paused"},
    )
    @write
    def post(self, request: Request, pair_id: UUID) -> Response:
        """Stops the pair. What arrives meanwhile is kept and flows when it is resumed.

        One that does not run stays as it is.
        """
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            finding.pair(pair_id)
            pair = pair_settings.pause(pair_id=pair_id, actor=self.caller.user)
            return Response(PairAnswer(pair).data)


class ResumePair(View):
    """Resuming."""

    writes = "pairs:write"
    topic = "Pairs"

    @operation(
        "Resume a pair",
        name="resumePair",
        body=Nothing,
        answers=PairAnswer,
        example=EXAMPLE,
    )
    @write
    def post(self, request: Request, pair_id: UUID) -> Response:
        """Lets a paused pair go on as it did before; what was kept flows, oldest first.

        One that is not paused stays as it is.
        """
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            finding.pair(pair_id)
            pair = pair_settings.resume(pair_id=pair_id, actor=self.caller.user, now=timezone.now())
            return Response(PairAnswer(pair).data)
