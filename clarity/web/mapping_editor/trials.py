"""One stored record by the draft: what it would be, before and after, and rule by rule."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from clarity.web.mapping_editor import words
from clarity.web.mapping_editor.place import Place, flow_page
from integrations.models import Delivery
from integrations.services import mapping_trial, shadow_records
from integrations.services.mapping_trial import Tried
from integrations.services.mapping_versions import BadRules, CannotChange

RECENT = 30
MOST_FIELDS = 400


@require_safe
@flow_page()
def trial(request: HttpRequest, place: Place) -> HttpResponse:
    """The draft on a record of the person's choice, else on the newest."""
    recent = shadow_records.stored(place.flow, below=None, limit=RECENT)
    asked = request.GET.get("item", "")
    item_id = int(asked) if asked.isdecimal() and len(asked) < 19 else None
    context: dict[str, Any] = {
        "recent": [(row.inbox_item_id, row.number or row.key) for row in recent],
        "item_id": item_id or (recent[0].inbox_item_id if recent else None),
    }
    if place.draft is not None and (recent or item_id):
        try:
            context |= _tried(mapping_trial.try_on(flow=place.flow, item_id=item_id))
        except (CannotChange, BadRules) as error:
            context["problem"] = str(error)
    return place.page(request, "trial.html", context)


def _tried(done: Tried) -> dict[str, Any]:
    changed = {path for path, _, _ in done.changed}
    return {
        "delivery": done.delivery,
        "stopped": done.stopped,
        "problems": done.problems,
        "changed": [
            (path, words.value(before), words.value(after)) for path, before, after in done.changed
        ],
        "same": [
            (path, words.value(value))
            for path, value in shadow_records.flat(done.fields)
            if path not in changed
        ][:MOST_FIELDS],
        "record": _name(done.delivery),
    }


def _name(row: Delivery) -> str:
    return str(row.number or row.key)
