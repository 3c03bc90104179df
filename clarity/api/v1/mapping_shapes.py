"""What is answered about mapping rules, with an example each."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from clarity.api.shapes import Answered, Anything, Instant
from mappings.models import MappingVersion

IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The ETag of the draft as you have read it; it is refused when it has changed.",
)
VERSION: dict[str, Any] = {
    "number": 4,
    "state": "published",
    "preset": "heartland/retail/order@3f9a1c0b7d2e",
    "changes": [{"target": "note", "rule": {"target": "note", "constant": "Web order"}}],
    "note": "Notes of web orders",
    "restores": 0,
    "published_by": "owner@example.com",
    "published_at": "2026-11-20T16:45:00Z",
    "retired_at": None,
}
DRAFT: dict[str, Any] = {
    "preset": VERSION["preset"],
    "changes": VERSION["changes"],
    "created_at": "2026-11-20T16:30:00Z",
    "changed_at": "2026-11-20T16:41:07Z",
}


def _changes() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.DictField(child=Anything(allow_null=True)),
        help_text="What differs from the shipped rules, by target.",
    )


class VersionAnswer(Answered):
    """A version: what differs from the shipped rules `preset`."""

    number = serializers.IntegerField(help_text="0 while it is a draft.")
    state = serializers.CharField(help_text="`draft`, `published` or `retired`.")
    preset = serializers.CharField()
    changes = _changes()
    note = serializers.CharField()
    restores = serializers.IntegerField(help_text="Whose changes it published again; 0 for none.")
    published_by = serializers.CharField(source="published_by.email", allow_null=True, default=None)
    published_at = Instant(allow_null=True)
    retired_at = Instant(allow_null=True)


class VersionPage(Answered):
    """A page of versions."""

    items = VersionAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class VersionRules(Answered):
    """All rules of a version."""

    version = VersionAnswer(allow_null=True, help_text="null for the shipped rules.")
    rules = serializers.ListField(child=serializers.DictField(child=Anything(allow_null=True)))


class DraftAnswer(Answered):
    """The draft."""

    preset = serializers.CharField()
    changes = _changes()
    created_at = Instant()
    changed_at = Instant()


class TroubleAnswer(Answered):
    """One thing that is wrong."""

    target = serializers.CharField()
    message = serializers.CharField()


class ProblemsAnswer(Answered):
    """What a check found."""

    is_valid = serializers.BooleanField()  # type: ignore[assignment]
    problems = TroubleAnswer(many=True)


class DifferenceAnswer(Answered):
    """One rule that two versions do not share; null where it is missing."""

    target = serializers.CharField()
    before = serializers.DictField(child=Anything(allow_null=True), allow_null=True)
    after = serializers.DictField(child=Anything(allow_null=True), allow_null=True)


class DifferencePage(Answered):
    """All of them."""

    items = DifferenceAnswer(many=True)
    next = serializers.CharField(allow_null=True)


def version_data(row: MappingVersion) -> Any:
    """A version as it is answered."""
    return VersionAnswer(row).data
