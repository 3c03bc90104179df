"""What is stuck at a tenant, grouped by cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from clarity.web.access import member_required
from clarity.web.activity import words
from clarity.web.fragments import whole_page
from clarity.web.incidents import sentences
from integrations.models import Connection, Pair
from integrations.services import incidents as service
from integrations.services.verdict import PLURALS
from tenants import scope
from tenants.models import Membership

ROWS = 20


@dataclass(frozen=True)
class Line:
    """One row of the list."""

    listed: service.Listed
    title: str
    badge: words.Badge
    entity: str


@require_safe
@member_required()
def incidents(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Open ones first; narrowed by state, connection and kind of record."""
    asked = _asked(request)
    with scope.tenant(membership.tenant_id):
        found = service.incidents(
            state=asked["state"],
            pair_id=asked["pair"],
            connection_id=asked["connection"],
            entity=asked["entity"],
        )
        page = Paginator(found, ROWS).get_page(request.GET.get("page"))
        context = {
            "tenant": membership.tenant,
            "membership": membership,
            "section": "incidents",
            "lines": [_line(row) for row in service.listed(list(page.object_list))],
            "page": page,
            "asked": asked,
            "kept": urlencode({name: value for name, value in asked.items() if value}),
            "is_narrowed": any(asked.values()),
            "pairs": list(Pair.objects.order_by("name", "pk").values_list("pk", "name")),
            "connections": list(
                Connection.objects.order_by("name", "pk").values_list("pk", "name")
            ),
            "entities": _entities(),
        }
    return whole_page(request, "incidents/list.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    """What the list is narrowed to; what means nothing narrows nothing."""
    state, entity = request.GET.get("state", ""), request.GET.get("entity", "")
    return {
        "state": state if state in ("open", "closed") else "",
        "pair": _id(request.GET.get("pair", "")),
        "connection": _id(request.GET.get("connection", "")),
        "entity": entity if entity in set(PLURALS) else "",
    }


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _line(listed: service.Listed) -> Line:
    return Line(
        listed=listed,
        title=sentences.title(listed.incident),
        badge=sentences.badge(listed.incident),
        entity=words.entity_word(listed.incident.entity) if listed.incident.entity else "",
    )


def _entities() -> Sequence[tuple[str, str]]:
    return [(entity.value, word.capitalize()) for entity, word in PLURALS.items()]
