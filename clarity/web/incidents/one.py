"""One incident: what happened, what to do, and the records it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from clarity.web.access import may_operate, member_required
from clarity.web.activity import words
from clarity.web.fragments import fragment, whole_page
from clarity.web.incidents import sentences
from clarity.web.mapping_editor.links import flow_of_incident
from integrations.models import Connection, Delivery, Incident
from integrations.services import incidents as service
from integrations.services import remedies
from tenants import scope
from tenants.models import Membership

ROWS = 20


@dataclass(frozen=True)
class RecordLine:
    """One row of the records table."""

    affected: service.Affected
    badge: words.Badge
    name: str


@require_safe
@member_required()
def incident(request: HttpRequest, membership: Membership, incident_id: int) -> HttpResponse:
    """The whole page; its pieces are asked for again by `now` and `records`."""
    with scope.tenant(membership.tenant_id):
        found = find(incident_id)
        context = {**_now(found, membership), **_records(request, found)}
    return whole_page(request, "incidents/incident.html", context)


@require_safe
@member_required()
def now(request: HttpRequest, membership: Membership, incident_id: int) -> HttpResponse:
    """State, replay and what can be done."""
    with scope.tenant(membership.tenant_id):
        context = _now(find(incident_id), membership)
    return fragment(request, "incidents/now.html", context)


@require_safe
@member_required()
def records(request: HttpRequest, membership: Membership, incident_id: int) -> HttpResponse:
    """The records of it."""
    with scope.tenant(membership.tenant_id):
        found = find(incident_id)
        context = {"tenant": membership.tenant, "incident": found, **_records(request, found)}
    return fragment(request, "incidents/records.html", context)


def find(incident_id: int) -> Incident:
    """The tenant's incident. Call inside its scope. Raises Http404."""
    found: Incident | None = (
        Incident.objects.filter(pk=incident_id).select_related("connection", "replay_by").first()
    )
    if found is None:
        raise Http404
    return found


def _now(found: Incident, membership: Membership) -> Mapping[str, Any]:
    (listed,) = service.listed([found])
    progress = service.progress(found)
    said, meaning = sentences.replay_words(found, progress) if progress else ("", "")
    values = service.values(found) if found.has_records else []
    remedy = remedies.remedy(found)
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "incidents",
        "incident": found,
        "listed": listed,
        "title": sentences.title(found),
        "kind": sentences.KINDS.get(found.kind, ""),
        "badge": sentences.badge(found),
        "what_stopped": sentences.what_stopped(listed),
        "progress": progress,
        "replay_said": said,
        "replay_meaning": meaning,
        # One value for all says no more than the sentence above does.
        "values": values,
        "may_act": may_operate(membership) and found.has_records and listed.stopped > 0,
        "rules_of": flow_of_incident(found),
        "remedy": remedy,
        "example": _example(found, remedy),
        "only_value": values[0].value if len(values) == 1 else "",
        "reconnect": _connection_page(membership, found.connection),
        "may_stop": may_operate(membership) and found.is_replaying,
    }


def _example(found: Incident, remedy: remedies.Remedy) -> Mapping[str, Any] | None:
    """One of the stopped records in its own words, where they say more than the incident does."""
    row, is_sum = remedy.row, remedy.fix is remedies.Fix.SUM
    if row is None or not (is_sum or row.advice not in (row.reason, found.advice)):
        return None
    item = row.inbox_item if isinstance(row, Delivery) else row
    return {
        "item": item,
        "name": item.number or item.key,
        "reason": row.reason,
        "said": row.said,
        "advice": row.advice if row.advice != row.reason else "",
        "is_sum": is_sum,
    }


def _connection_page(membership: Membership, connection: Connection | None) -> str:
    """Where the connection is set up, "" while there is no such page."""
    if connection is None:
        return ""
    try:
        return reverse(
            "connection", kwargs={"slug": membership.tenant.slug, "connection_id": connection.pk}
        )
    except NoReverseMatch:
        return ""


def _records(request: HttpRequest, found: Incident) -> Mapping[str, Any]:
    only_stopped = request.GET.get("show") != "all"
    value = request.GET.get("value", "").replace("\x00", "")[:400]
    items = service.affected(found, only_stopped=only_stopped, value=value)
    page = Paginator(items, ROWS).get_page(request.GET.get("page"))
    rows = service.described(found, list(page.object_list))
    kept = {"show": "" if only_stopped else "all", "value": value}
    return {
        "page": page,
        "lines": [
            RecordLine(row, words.badge(row.outcome), row.item.number or row.item.key)
            for row in rows
        ],
        "only_stopped": only_stopped,
        "value": value,
        "kept": urlencode({name: text for name, text in kept.items() if text}),
        "here": urlencode(
            {name: text for name, text in {**kept, "page": str(page.number)}.items() if text}
        ),
    }
