"""What the long lists are narrowed to, as the form above them says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from clarity.web.access import zone_of
from integrations.models import Connection, Flow
from integrations.services.row_lists import Asked
from integrations.services.row_pages import Rows
from integrations.services.verdict import PLURALS, flow_name
from tenants.models import Tenant

FIELDS = ("state", "entity", "connection", "flow", "incident", "from", "to")


@dataclass(frozen=True)
class Narrowed:
    """What was asked, how it was typed (`kept`), what of it made no sense, and where the page begins."""

    asked: Asked
    kept: Mapping[str, str]
    after: str
    mistakes: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return 422 if self.mistakes else 200

    def context(self, page: Rows[Any], states: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """What form and pager of a list show. Call inside the tenant's scope."""
        asked = {name: text for name, text in self.kept.items() if text}
        return {
            "kept": self.kept,
            "mistakes": self.mistakes,
            "is_narrowed": bool(asked),
            "is_newest": not self.after,
            "newest": urlencode(asked),
            "older": urlencode({**asked, "after": page.older}) if page.older else "",
            "looked_through": f"{page.looked_through:,}" if page.looked_through else "",
            "states": states,
            "entities": [(one.value, word.capitalize()) for one, word in PLURALS.items()],
            "connections": _connections(),
            "flows": _flows(),
        }


def read(request: HttpRequest, tenant: Tenant, states: Sequence[tuple[str, str]]) -> Narrowed:
    """What the request asks for; a choice that is none of ours narrows nothing."""
    kept = {name: _text(request, name) for name in FIELDS}
    if kept["state"] not in [value for value, _ in states]:
        kept["state"] = ""
    if kept["entity"] not in set(PLURALS):
        kept["entity"] = ""
    connection, flow, incident = _uuid(kept["connection"]), _id(kept["flow"]), _id(kept["incident"])
    kept |= {
        "connection": str(connection or ""),
        "flow": str(flow or ""),
        "incident": str(incident or ""),
    }
    mistakes: dict[str, str] = {}
    times = {name: _moment(kept[name], zone_of(tenant), name, mistakes) for name in ("from", "to")}
    if times["from"] and times["to"] and times["from"] >= times["to"]:
        mistakes["to"] = "This must be later than the time it begins at."
    asked = Asked(
        state=kept["state"],
        entity=kept["entity"],
        connection_id=connection,
        flow_id=flow,
        incident_id=incident,
        since=times["from"],
        until=times["to"],
    )
    return Narrowed(asked, kept, _text(request, "after"), mistakes)


def _moment(text: str, zone: ZoneInfo, name: str, mistakes: dict[str, str]) -> datetime | None:
    """A time of day as it is typed, in the account's zone."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = timezone.make_aware(found, zone)
        # A time near either end of the calendar is none in another zone.
        return found.astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        mistakes[name] = "This is no date and time. Write it like 2026-03-31 14:30."
    return None


def _connections() -> list[tuple[str, str]]:
    rows = Connection.objects.order_by("name", "pk").values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows]


def _flows() -> list[tuple[str, str]]:
    rows = Flow.objects.select_related("source", "target").order_by("pair__name", "pk")
    return [
        (str(one.pk), f"{flow_name(one)}, {one.source.name} to {one.target.name}") for one in rows
    ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _text(request: HttpRequest, name: str) -> str:
    # PostgreSQL takes no NUL in a text, and nothing of ours is this long.
    return request.GET.get(name, "").replace("\x00", "").strip()[:120]
