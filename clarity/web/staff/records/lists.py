"""The long lists: notices as they came, deliveries, and every attempt of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from clarity.web.activity import words
from clarity.web.activity.sentences import attempt_badge
from clarity.web.activity.words import Badge
from clarity.web.staff.gate import staff_page
from clarity.web.staff.records import narrowing
from clarity.web.staff.records.shown import RECORDS, shown
from integrations.models import Delivery, DeliveryState, InboxState
from integrations.services import row_lists
from integrations.services.row_lists import Item, Try
from tenants.models import User
from tenants.services import staff_door

ROWS = 25
TRIES = [("good", "Went through"), ("bad", "Failed"), ("unknown", "Outcome not known")]


@dataclass(frozen=True)
class ItemLine:
    """One notice; `became` is there once it was passed on."""

    row: Item
    entity: str
    badge: Badge
    became: Badge | None


@dataclass(frozen=True)
class DeliveryLine:
    row: Delivery
    entity: str
    badge: Badge
    took: str

    @property
    def became(self) -> str:
        """What it is called in the target. Of a key that is an address the last part says enough."""
        key = self.row.target_key
        return self.row.target_label or (key.rsplit("/", 1)[-1] if "://" in key else key)


@dataclass(frozen=True)
class TryLine:
    row: Try
    entity: str
    badge: Badge
    took: str


@staff_page
@require_safe
def inbox(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Every notice."""
    with staff_door.looking(person, slug, at="the inbox") as tenant:
        asked = narrowing.read(request, tenant, InboxState.choices)
        page = row_lists.inbox_items(asked.asked, after=asked.after, limit=ROWS)
        context = {
            **asked.context(page, InboxState.choices),
            "list": "inbox",
            "lines": [item_line(row) for row in page.rows],
        }
    return shown(
        request,
        person,
        "staff/records/inbox.html",
        tenant=tenant,
        tab=RECORDS,
        context=context,
        status=asked.status,
    )


@staff_page
@require_safe
def deliveries(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Every record on its way into a system, or there."""
    with staff_door.looking(person, slug, at="the deliveries") as tenant:
        asked = narrowing.read(request, tenant, DeliveryState.choices)
        page = row_lists.deliveries(asked.asked, after=asked.after, limit=ROWS)
        context = {
            **asked.context(page, DeliveryState.choices),
            "list": "deliveries",
            "lines": [delivery_line(row) for row in page.rows],
        }
    return shown(
        request,
        person,
        "staff/records/deliveries.html",
        tenant=tenant,
        tab=RECORDS,
        context=context,
        status=asked.status,
    )


@staff_page
@require_safe
def attempts(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Every try to write something."""
    with staff_door.looking(person, slug, at="the attempts") as tenant:
        asked = narrowing.read(request, tenant, TRIES)
        page = row_lists.attempts(asked.asked, after=asked.after, limit=ROWS)
        context = {
            **asked.context(page, TRIES),
            "list": "attempts",
            "lines": [_try(row) for row in page.rows],
        }
    return shown(
        request,
        person,
        "staff/records/attempts.html",
        tenant=tenant,
        tab=RECORDS,
        context=context,
        status=asked.status,
    )


def item_line(row: Item) -> ItemLine:
    state = row.item.state
    return ItemLine(
        row,
        words.entity_word(row.item.entity),
        words.badge(state),
        words.badge(row.outcome) if row.outcome != state else None,
    )


def delivery_line(row: Delivery) -> DeliveryLine:
    took = (
        words.duration((row.finished_at - row.created_at).total_seconds())
        if row.finished_at
        else ""
    )
    return DeliveryLine(row, words.entity_word(row.entity), words.badge(row.state), took)


def _try(row: Try) -> TryLine:
    one = row.attempt
    seconds = (one.finished_at - one.started_at).total_seconds() if one.finished_at else None
    return TryLine(
        row,
        words.entity_word(row.delivery.entity) if row.delivery else "",
        attempt_badge(one.outcome),
        words.duration(seconds),
    )
