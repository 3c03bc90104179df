"""The way of one record, as the business sees it; its documents need a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from clarity.web.activity import origins, sentences, words
from clarity.web.activity.records import REPLAYABLE, find_item
from clarity.web.activity.sentences import Step
from clarity.web.activity.words import Badge
from clarity.web.staff.gate import staff_page
from clarity.web.staff.records import opened
from clarity.web.staff.records.shown import RECORDS, shown
from integrations.models import Delivery, InboxItem
from integrations.services import incidents
from integrations.services.trace import Timeline, timeline
from integrations.services.verdict import flow_name
from tenants.models import User
from tenants.services import staff, staff_door
from tenants.services.staff import LONGEST_REASON, May, ReasonNeeded


@dataclass(frozen=True)
class DeliveryFacts:
    """One delivery as its row says it, for those who look for a fault."""

    row: Delivery
    badge: Badge
    flow: str
    facts: Sequence[tuple[str, str]]


@staff_page
@require_safe
def record(request: HttpRequest, person: User, slug: str, item_id: int) -> HttpResponse:
    """Every step; with a reason also what was sent and answered."""
    return _page(request, person, slug, item_id)


@staff_page
@require_POST
def open_documents(request: HttpRequest, person: User, slug: str, item_id: int) -> HttpResponse:
    """Takes the reason, which then holds for the documents of this account for a while."""
    with staff_door.glancing(person, slug):
        find_item(item_id)
    try:
        opened.give(request, slug, request.POST.get("reason", ""))
    except ReasonNeeded as error:
        return _page(request, person, slug, item_id, error=str(error))
    return redirect("admin:account-record", slug=slug, item_id=item_id)


def _page(
    request: HttpRequest, person: User, slug: str, item_id: int, *, error: str = ""
) -> HttpResponse:
    why = opened.why(request, slug)
    at = f"record {item_id} with its documents" if why else f"record {item_id}"
    with staff_door.looking(person, slug, at=at, reason=why) as tenant:
        item = find_item(item_id)
        found = timeline(item=item)
        context = {
            **_context(item, found),
            "steps": _steps(item, found, is_open=bool(why)),
            "origins": origins.shown(found.delivery) if why else None,
            "why": why,
            "minutes": opened.MINUTES,
            "may_act": staff.may(person, May.ACT),
            "error": error,
            "reason": request.POST.get("reason", "") if error else "",
            "longest": LONGEST_REASON,
        }
    return shown(
        request,
        person,
        "staff/records/record.html",
        tenant=tenant,
        tab=RECORDS,
        context=context,
        status=422 if error else 200,
    )


def name_of(item: InboxItem) -> str:
    """ "Order #1001"."""
    return f"{words.entity_word(item.entity)} {item.number or item.key}"


def _context(item: InboxItem, found: Timeline) -> dict[str, Any]:
    return {
        "item": item,
        "name": name_of(item),
        "source": item.connection,
        "found": found,
        "badge": words.badge(found.outcome),
        "summary": sentences.summary(found, item.connection),
        "deliveries": [_delivery(one) for one in found.deliveries],
        "related": [(other, words.badge(other.state)) for other in found.related],
        "relatives": [
            (one.item, name_of(one.item), words.badge(one.outcome)) for one in found.relatives
        ],
        "took": words.duration(found.seconds),
        "is_stopped": found.outcome in ("held", "dead"),
        "can_replay": found.outcome in REPLAYABLE,
        "incident": incidents.of_record(item),
    }


def _steps(item: InboxItem, found: Timeline, *, is_open: bool) -> list[Step]:
    steps = sentences.steps(found, item.connection)
    return steps if is_open else [replace(one, documents=()) for one in steps]


def _needed(entity: str, key: str, reference: str = "") -> str:
    return f"{words.entity_word(entity).lower()} {reference or key}"


def _delivery(row: Delivery) -> DeliveryFacts:
    facts = [
        ("Our id", str(row.pk)),
        ("Rules", row.mapping_version),
        ("Attempts", f"{row.attempts:,}"),
        ("Tried for", words.duration(row.trying_seconds) if row.trying_seconds else ""),
        ("Our reference", row.reference),
        ("Id there", row.target_key),
        ("Comes after", ", ".join(_needed(*one) for one in row.needs)),
        ("Done of it", ", ".join(f"{name} {value}" for name, value in row.progress.items())),
    ]
    return DeliveryFacts(
        row,
        words.badge(row.state),
        f"{flow_name(row.flow)} to {row.target.name}",
        [(name, value) for name, value in facts if value],
    )
