"""What is done about one record, with the services that its own page uses."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clarity.web.activity.records import find_item
from clarity.web.once_more import once_more
from clarity.web.staff.gate import staff_page
from clarity.web.staff.records.asking import Question, ask
from clarity.web.staff.records.record import name_of
from clarity.web.staff.records.shown import RECORDS
from integrations.services.discard import discard
from integrations.services.replay import replay
from integrations.services.trace import timeline
from tenants.models import User
from tenants.services import audit

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@staff_page
@_asks_first
@once_more
def replay_one(request: HttpRequest, person: User, slug: str, item_id: int) -> HttpResponse:
    """Runs the record again."""

    def question() -> Question:
        item = find_item(item_id)
        why = timeline(item=item).stopped_by.reason
        return Question(
            asks=f"Replay {name_of(item)}?",
            quiet=f"It was stopped by: {why}" if why else "",
            will=[
                "It runs again from the notice as it came, or as it was edited since: checked, mapped"
                " by the present rules and sent.",
                "What the target already has exactly like this is not written twice.",
            ],
            button="Replay",
            icon="again",
            back=_page_of(slug, item_id),
            tab=RECORDS,
        )

    def do(reason: str) -> str:
        item = find_item(item_id)
        replay(item, now=timezone.now())
        audit.record(
            action="record.replayed", object_type="InboxItem", object_id=item.pk, actor=person
        )
        return f"{name_of(item)} runs again. This page shows what becomes of it."

    return ask(
        request, person, slug, act="replay", about=f"record {item_id}", question=question, do=do
    )


@staff_page
@_asks_first
@once_more
def discard_one(request: HttpRequest, person: User, slug: str, item_id: int) -> HttpResponse:
    """Leaves the record out."""

    def question() -> Question:
        item = find_item(item_id)
        why = timeline(item=item).stopped_by.reason
        return Question(
            asks=f"Discard {name_of(item)}?",
            quiet=f"It was stopped by: {why}" if why else "",
            will=[
                "It is not delivered. It counts as left out, with the reason on the record.",
                "News of it is left out too as long as the record stays as it is. It can be replayed"
                " later.",
                "This is for the business to decide: ask them first.",
            ],
            button="Discard",
            icon="cross",
            back=_page_of(slug, item_id),
            tab=RECORDS,
        )

    def do(reason: str) -> str:
        item = find_item(item_id)
        discard(item, reason=reason, actor=person, now=timezone.now())
        return f"{name_of(item)} is left out. It can be replayed later."

    return ask(
        request, person, slug, act="discard", about=f"record {item_id}", question=question, do=do
    )


def _page_of(slug: str, item_id: int) -> str:
    return reverse("admin:account-record", kwargs={"slug": slug, "item_id": item_id})
