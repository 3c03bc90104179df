"""A record's timeline, and replaying it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import OPERATORS, may_operate, member_required, signed_in
from clarity.web.activity import origins, sentences, words
from clarity.web.fragments import whole_page
from integrations.models import InboxItem, Incident, Pair
from integrations.services import editing, incidents, remedies
from integrations.services.mapping_reading import has_rules
from integrations.services.replay import CannotReplay, replay
from integrations.services.trace import Timeline, timeline
from tenants import scope
from tenants.models import Membership
from tenants.services import audit

REPLAYABLE = ("held", "dead", "filtered")


@require_safe
@member_required()
def record(request: HttpRequest, membership: Membership, item_id: int) -> HttpResponse:
    """What happened to one record, step by step."""
    with scope.tenant(membership.tenant_id):
        item = find_item(item_id)
        found = timeline(item=item)
        source = item.connection
        incident = incidents.of_record(item)
        context = {
            "tenant": membership.tenant,
            "membership": membership,
            "pair": _pair(found),
            "item": item,
            "source": source,
            "found": found,
            "badge": words.badge(found.outcome),
            "entity": words.entity_word(item.entity),
            "summary": sentences.summary(found, source),
            "steps": sentences.steps(found, source),
            "related": [(other, words.badge(other.state)) for other in found.related],
            "relatives": [
                (one.item, words.entity_word(one.item.entity), words.badge(one.outcome))
                for one in found.relatives
            ],
            "took": words.duration(found.seconds),
            "is_stopped": found.outcome in ("held", "dead"),
            "may_replay": may_operate(membership) and found.outcome in REPLAYABLE,
            "may_edit": may_operate(membership) and not editing.why_not(item),
            "fix": _fix(membership, item, incident, found.stopped_by.said),
            "incident": incident,
            "origins": origins.shown(found.delivery),
            "has_rules": found.delivery is not None and has_rules(found.delivery.flow),
        }
    return whole_page(request, "activity/record.html", context)


def _fix(
    membership: Membership, item: InboxItem, incident: Incident | None, value: str
) -> tuple[str, str] | None:
    """Address and words of the form that fixes the cause, None when there is none."""
    if incident is None or not may_operate(membership):
        return None
    page, said = _FORMS.get(remedies.remedy(incident, value=value).fix, ("", ""))
    if not page:
        return None
    slug = membership.tenant.slug
    if page == "record-customer":
        is_open = remedies.undecided(item) is not None
        return (reverse(page, args=[slug, item.pk]), said) if is_open else None
    query = urlencode({"value": value})
    return f"{reverse(page, args=[slug, incident.pk])}?{query}", said


_FORMS = {
    remedies.Fix.TABLE: ("incident-entry", "Say what it becomes"),
    remedies.Fix.ARTICLE: ("incident-article", "Link the article"),
    remedies.Fix.CUSTOMER: ("record-customer", "Choose the customer"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OPERATORS)
def replay_record(request: HttpRequest, membership: Membership, item_id: int) -> HttpResponse:
    """Asks first, then runs the record again."""
    slug = membership.tenant.slug
    with scope.tenant(membership.tenant_id):
        item = find_item(item_id)
        name = f"{words.entity_word(item.entity)} {item.number or item.key}"
        if request.method != "POST":
            found = timeline(item=item)
            context = {
                "tenant": membership.tenant,
                "membership": membership,
                "pair": _pair(found),
                "item": item,
                "name": name,
                "stopped_by": found.stopped_by,
            }
            return render(request, "activity/replay.html", context)
        try:
            replay(item, now=timezone.now())
        except CannotReplay as error:
            messages.warning(request, str(error))
        else:
            audit.record(
                action="record.replayed",
                object_type="InboxItem",
                object_id=item.pk,
                actor=signed_in(request),
            )
            messages.success(request, f"{name} runs again. This page shows what becomes of it.")
    return redirect("record", slug=slug, item_id=item_id)


def find_item(item_id: int) -> InboxItem:
    """The tenant's item. Call inside its scope. Raises Http404."""
    item: InboxItem | None = (
        InboxItem.objects.filter(pk=item_id).select_related("connection").first()
    )
    if item is None:
        raise Http404
    return item


def _pair(found: Timeline) -> Pair | None:
    """The pair to go back to: that of the delivery, else the first its connection is part of."""
    if found.delivery:
        return found.delivery.flow.pair
    source = found.item.connection
    return (
        source.pairs_as_pos.order_by("created_at", "pk").first()
        or source.pairs_as_store.order_by("created_at", "pk").first()
    )
