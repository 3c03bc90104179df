"""Records: what came from a system, and what became of it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import answer_page, cursor_at, place_of
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
from integrations.models import InboxItem, Pair
from integrations.services import record_pages
from integrations.services.discard import LONGEST_REASON, discard
from integrations.services.record_pages import Found, Wanted
from integrations.services.records import Show
from integrations.services.replay import replay
from integrations.services.trace import Timeline, timeline
from tenants import scope
from tenants.services import audit

SHOWS = [(one.value, one.value) for one in Show if one.value]
STATES = {
    "waiting": "on its way",
    "passed": "read, and not yet on its way",
    "delivered": "the target has it",
    "unchanged": "the target had exactly this already",
    "merged": "a newer notice of the same record speaks for it",
    "replaced": "a newer version speaks for it",
    "filtered": "left out, with a reason",
    "held": "waits for a person",
    "dead": "given up",
}
EXAMPLE: dict[str, Any] = {
    "id": 50_331_649,
    "pair": "6f1c7d0e-3a52-4f0b-9d5e-0c1b2a394857",
    "connection": "1e8d2f7b-9c6a-4d5e-b3f2-6a7b8c9d0e12",
    "entity": "order",
    "key": "5001",
    "number": "#1001",
    "topic": "orders/create",
    "state": "delivered",
    "reason": "",
    "field": "",
    "value": "",
    "advice": "",
    "target_key": "100321",
    "target_label": "S-1001",
    "received_at": "2026-11-21T09:30:00.120000Z",
    "finished_at": "2026-11-21T09:30:00.540000Z",
}


class RecordAnswer(Answered):
    """A record as it came, with what became of it."""

    id = serializers.IntegerField()
    pair = serializers.UUIDField(allow_null=True, help_text="null: no pair carries it yet.")
    connection = serializers.UUIDField(help_text="Where it came from.")
    entity = serializers.ChoiceField(choices=ENTITIES)
    key = serializers.CharField(help_text="Its id in the source.")
    number = serializers.CharField(help_text="What people call it there.")
    topic = serializers.CharField()
    state = serializers.ChoiceField(choices=list(STATES.items()))
    reason = serializers.CharField()
    field = serializers.CharField(help_text="The field to blame.")
    value = serializers.CharField(help_text="What stood in that field.")
    advice = serializers.CharField(help_text="What to do.")
    target_key = serializers.CharField(help_text="Its id in the target.")
    target_label = serializers.CharField(help_text="What people call it there.")
    received_at = Instant()
    finished_at = Instant(allow_null=True)


class RecordPage(Answered):
    """A page of records. It may hold fewer than `limit`, even none, before the last one."""

    items = RecordAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class RecordParameters(PageParameters):
    """Narrows the list."""

    pair = Id(required=False)
    entity = serializers.ChoiceField(choices=ENTITIES, required=False)
    state = serializers.ChoiceField(
        choices=SHOWS,
        required=False,
        help_text="`quiet`: nothing was to be written (unchanged, filtered, merged, replaced).",
    )
    since = Instant(required=False, help_text="Received at this time or later.")
    until = Instant(required=False, help_text="Received before this time.")
    q = Text(
        required=False,
        max_length=120,
        help_text="A whole id or number on either side; parts of numbers among recent records.",
    )


class DiscardBody(Shape):
    """Why."""

    reason = Text(max_length=LONGEST_REASON, help_text="It stays on the record, with your name.")


class Records(View):
    """All records."""

    reads = "records:read"
    topic = "Records"
    parameters = RecordParameters

    @operation(
        "List records",
        name="listRecords",
        answers=RecordPage,
        example={"items": [EXAMPLE], "next": "eJyL…"},
    )
    def get(self, request: Request) -> Response:
        """What was received, the newest first. A record that two pairs carry is listed for each."""
        place = place_of(request, self.asked)
        with scope.tenant(self.caller.tenant.pk):
            found = record_pages.page(
                pairs=self._pairs(),
                wanted=_wanted(self.asked),
                limit=self.asked["limit"],
                before=place[0] if place else "",
            )
            items = RecordAnswer([_row(one) for one in found.found], many=True).data
        return answer_page(items, cursor_at(request, [found.older]) if found.older else None)

    def _pairs(self) -> list[Pair]:
        if wanted := self.asked.get("pair"):
            return [finding.pair(wanted)]
        return list(Pair.objects.select_related("pos", "store").order_by("created_at", "pk"))


class OneRecord(View):
    """One record."""

    reads = "records:read"
    topic = "Records"

    @operation("Read a record", name="readRecord", answers=RecordAnswer, example=EXAMPLE)
    def get(self, request: Request, record_id: int) -> Response:
        """One record with its state of now."""
        with scope.tenant(self.caller.tenant.pk):
            return _answer(finding.record(record_id))


class ReplayRecord(View):
    """Replaying."""

    writes = "records:write"
    topic = "Records"

    @operation(
        "Replay a record",
        name="replayRecord",
        body=Nothing,
        answers=RecordAnswer,
        example={**EXAMPLE, "state": "waiting", "finished_at": None},
    )
    @write
    def post(self, request: Request, record_id: int) -> Response:
        """Runs the record again, from the payload that is kept of it.

        Nothing is written twice: what the target has already stays as it is.
        """
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            item = finding.record(record_id)
            replay(item, now=timezone.now())
            audit.record(
                action="record.replayed",
                object_type="InboxItem",
                object_id=item.pk,
                actor=self.caller.user,
            )
            item.refresh_from_db()
            return _answer(item)


class DiscardRecord(View):
    """Discarding."""

    writes = "records:write"
    topic = "Records"

    @operation(
        "Discard a stopped record",
        name="discardRecord",
        body=DiscardBody,
        body_example={"reason": "A test order"},
        answers=RecordAnswer,
        example={**EXAMPLE, "state": "filtered", "reason": "Discarded: A test order"},
    )
    @write
    def post(self, request: Request, record_id: int) -> Response:
        """Leaves a held or given-up record out, with the reason. It can be replayed later."""
        body = body_of(request, DiscardBody)
        with scope.tenant(self.caller.tenant.pk):
            item = finding.record(record_id)
            discard(item, reason=body["reason"], actor=self.caller.user, now=timezone.now())
            item.refresh_from_db()
            return _answer(item)


def _wanted(asked: Any) -> Wanted:
    since, until = asked.get("since"), asked.get("until")
    if since and until and since >= until:
        raise ValidationError({"until": ["This is not later than since."]})
    return Wanted(
        show=Show(asked.get("state", "")),
        entity=asked.get("entity", ""),
        search=asked.get("q", ""),
        since=since,
        until=until,
    )


def _row(found: Found) -> dict[str, Any]:
    row = found.row
    stopped = row.delivery or row.item
    return {
        **_common(row.item),
        "pair": found.pair.pk,
        "state": row.outcome,
        "reason": row.reason,
        "field": stopped.field,
        "value": stopped.said,
        "advice": stopped.advice,
        "target_key": row.delivery.target_key if row.delivery else "",
        "target_label": row.delivery.target_label if row.delivery else "",
        "finished_at": stopped.finished_at,
    }


def _answer(item: InboxItem) -> Response:
    return Response(RecordAnswer(of_timeline(timeline(item=item))).data)


def of_timeline(found: Timeline) -> dict[str, Any]:
    """A record's answer from its timeline."""
    delivery, stopped = found.delivery, found.stopped_by
    return {
        **_common(found.item),
        "pair": delivery.flow.pair_id if delivery else None,
        "state": found.outcome,
        "reason": stopped.reason,
        "field": stopped.field,
        "value": stopped.said,
        "advice": stopped.advice,
        "target_key": delivery.target_key if delivery else "",
        "target_label": delivery.target_label if delivery else "",
        "finished_at": stopped.finished_at,
    }


def _common(item: InboxItem) -> dict[str, Any]:
    return {
        "id": item.pk,
        "connection": item.connection_id,
        "entity": item.entity,
        "key": item.key,
        "number": item.number,
        "topic": item.topic,
        "received_at": item.received_at,
    }
