"""Bodies, parameters and answers: serializers that take nothing for something else.

DRF's own fields turn "yes" into true and 5 into "5"; a program that sends those is wrong and should
be told at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)


class Shape(serializers.Serializer[Any]):
    """A body or the parameters of an address. What it does not know is refused by name."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise ValidationError({"non_field_errors": ["An object is needed here."]})
        unknown = sorted(str(name) for name in set(data) - set(self.fields))
        if unknown:
            known = ", ".join(sorted(self.fields)) or "none"
            raise ValidationError(
                {name: [f"This is not known here. Known: {known}."] for name in unknown[:20]}
            )
        return super().to_internal_value(data)


class Nothing(Shape):
    """No field at all."""


class Answered(serializers.Serializer[Any]):
    """What is answered."""

    @classmethod
    def each(cls, found: Sequence[Any]) -> Any:
        """Each of them as an answer."""
        return cls(found, many=True).data


class Text(serializers.CharField):
    """A string, never a number that looks like one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise ValidationError("A text is needed.")
        return super().to_internal_value(data)


class YesNo(serializers.BooleanField):
    """true or false; in an address the words."""

    def to_internal_value(self, data: Any) -> bool:
        if isinstance(data, bool):
            return data
        if isinstance(self.root, Parameters) and data in ("true", "false"):
            return str(data) == "true"
        raise ValidationError("true or false is needed.")


class Whole(serializers.IntegerField):
    """A whole number."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, int) and not isinstance(data, bool):
            return data
        if isinstance(self.root, Parameters) and isinstance(data, str) and _WHOLE.fullmatch(data):
            return int(data)
        raise ValidationError("A whole number is needed.")


class Id(serializers.UUIDField):
    """A UUID in its usual form."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not _UUID.fullmatch(data.lower()):
            raise ValidationError("A UUID is needed, such as 6f1c….")
        return UUID(data)


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(serializers.Field[Any, Any, Any, Any]):
    """A time with its zone, as RFC 3339 has it; answered in UTC."""

    def to_internal_value(self, data: Any) -> datetime:
        if isinstance(data, str) and _INSTANT.fullmatch(data):
            try:
                return datetime.fromisoformat(data.upper()).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
        raise ValidationError("A time with its zone is needed, such as 2026-11-21T09:30:00Z.")

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Anything(serializers.JSONField):
    """A JSON value of any type."""


class Parameters(Shape):
    """What may stand behind the ? of an address."""


class NoParameters(Parameters):
    """Nothing may."""


class PageParameters(Parameters):
    """Of every list."""

    limit = Whole(
        required=False, min_value=1, max_value=100, default=25, help_text="How many at most."
    )
    cursor = Text(
        required=False,
        max_length=600,
        help_text="`next` of the page before; nothing for the first page.",
    )


def body_of(request: Request, shape: type[Shape]) -> dict[str, Any]:
    """The body, checked. Raises ValidationError."""
    made = shape(data=request.data)
    made.is_valid(raise_exception=True)
    found: dict[str, Any] = made.validated_data
    return found


def parameters_of(request: Request, shape: type[Shape]) -> dict[str, Any]:
    """What stands behind the ?, checked; each name once. Raises ValidationError."""
    given = request.query_params
    twice = [name for name in given if len(given.getlist(name)) > 1]
    if twice:
        raise ValidationError({name: ["This is given more than once."] for name in twice})
    made = shape(data=given.dict())
    made.is_valid(raise_exception=True)
    found: dict[str, Any] = made.validated_data
    return found
