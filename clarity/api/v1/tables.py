"""Lookup tables of a pair: words of one system with the words of the other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import answer_page
from clarity.api.schema import operation
from clarity.api.shapes import Answered, Anything, Instant, Shape, Text, body_of
from clarity.api.v1 import finding
from clarity.api.views import View
from clarity.api.writing import write
from integrations.models import Pair
from integrations.services import mapping_tables
from integrations.services.mapping_tables import Put, Table
from tenants import scope

MOST = 500
EXAMPLE = {
    "name": "payment_types",
    "title": "Payment types",
    "rows": {"shopify_payments": "12", "manual": "3"},
    "uses": [
        {
            "entity": "order",
            "direction": "to_pos",
            "target": "payments[].type_id",
            "source": "payments[].gateway",
            "default": None,
        }
    ],
    "unmapped": 1,
    "revision": 4,
    "changed_at": "2026-11-20T16:40:12Z",
}


class UseAnswer(Answered):
    """A rule that looks into the table."""

    entity = serializers.CharField()
    direction = serializers.CharField()
    target = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    default = Anything(
        allow_null=True,
        help_text="What a value without an entry becomes; null when it holds the record.",
    )


class TableAnswer(Answered):
    """A table as it is now."""

    name = serializers.CharField()
    title = serializers.CharField()
    rows = serializers.DictField(
        child=serializers.CharField(), help_text="The value that comes, and what it becomes."
    )
    uses = UseAnswer(many=True)
    unmapped = serializers.IntegerField(help_text="How many values were met without an entry.")
    revision = serializers.IntegerField()
    changed_at = Instant(allow_null=True)


class TablePage(Answered):
    """All tables: there are few, so there is one page."""

    items = TableAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class ChangedTableAnswer(Answered):
    """What a change did."""

    table = TableAnswer()
    released = serializers.IntegerField(
        help_text="Records that were held for want of an entry and run again: one first, the"
        " others when it went through."
    )


class PutBody(Shape):
    """Entries to add or to change; others stay."""

    rows = serializers.DictField(
        child=Text(max_length=400), allow_empty=False, help_text=f"At most {MOST} at a time."
    )
    title = Text(required=False, allow_blank=True, max_length=120)

    def validate_rows(self, rows: dict[str, str]) -> dict[str, str]:
        """Raises ValidationError for too many."""
        if len(rows) > MOST:
            raise serializers.ValidationError(f"{len(rows)} entries; at most {MOST} at a time.")
        return rows


class RemoveBody(Shape):
    """Entries to take out."""

    values = serializers.ListField(child=Text(max_length=400), allow_empty=False, max_length=MOST)


class Tables(View):
    """The tables of a pair."""

    reads = "mappings:read"
    topic = "Lookup tables"

    @operation(
        "List lookup tables",
        name="listTables",
        answers=TablePage,
        example={"items": [EXAMPLE], "next": None},
    )
    def get(self, request: Request, pair_id: UUID) -> Response:
        """The pair's tables, and those its rules look into that nobody has filled yet."""
        with scope.tenant(self.caller.tenant.pk):
            found = mapping_tables.tables(pair=finding.pair(pair_id))
            return answer_page(TableAnswer(found, many=True).data, None)


class OneTable(View):
    """One table."""

    reads = "mappings:read"
    writes = "mappings:write"
    topic = "Lookup tables"

    @operation("Read a lookup table", name="readTable", answers=TableAnswer, example=EXAMPLE)
    def get(self, request: Request, pair_id: UUID, name: str) -> Response:
        """One table with all its entries."""
        with scope.tenant(self.caller.tenant.pk):
            return Response(TableAnswer(_find(finding.pair(pair_id), name)).data)

    @operation(
        "Add or change entries",
        name="putTableEntries",
        body=PutBody,
        body_example={"rows": {"klarna": "14"}},
        answers=ChangedTableAnswer,
        example={"table": EXAMPLE, "released": 12},
    )
    @write
    def patch(self, request: Request, pair_id: UUID, name: str) -> Response:
        """Adds entries or changes them. Records that were held for want of one run again."""
        body = body_of(request, PutBody)
        with scope.tenant(self.caller.tenant.pk):
            pair = finding.pair(pair_id)
            _find(pair, name)
            done = mapping_tables.put(
                pair=pair,
                table=name,
                rows=body["rows"],
                title=body.get("title", ""),
                actor=self.caller.user,
                now=timezone.now(),
            )
            return _changed(pair, name, done)


class RemoveEntries(View):
    """Taking entries out."""

    writes = "mappings:write"
    topic = "Lookup tables"

    @operation(
        "Remove entries",
        name="removeTableEntries",
        body=RemoveBody,
        body_example={"values": ["klarna"]},
        answers=ChangedTableAnswer,
        example={"table": EXAMPLE, "released": 0},
    )
    @write
    def post(self, request: Request, pair_id: UUID, name: str) -> Response:
        """Takes entries out; all must be there. Records that need one are held from then on."""
        body: dict[str, Any] = body_of(request, RemoveBody)
        with scope.tenant(self.caller.tenant.pk):
            pair = finding.pair(pair_id)
            _find(pair, name)
            done = mapping_tables.remove(
                pair=pair,
                table=name,
                values=body["values"],
                actor=self.caller.user,
                now=timezone.now(),
            )
            return _changed(pair, name, done)


def _find(pair: Pair, name: str) -> Table:
    for one in mapping_tables.tables(pair=pair):
        if one.name == name:
            return one
    raise Http404("There is no table by this name that a rule looks into.")


def _changed(pair: Pair, name: str, done: Put) -> Response:
    return Response({"table": TableAnswer(_find(pair, name)).data, "released": done.records})
