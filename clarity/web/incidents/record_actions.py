"""What a person does about one stopped record, besides replaying it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clarity.web.access import OPERATORS, member_required, signed_in
from clarity.web.activity import words
from clarity.web.activity.documents import indented, pretty
from clarity.web.activity.records import find_item
from clarity.web.fragments import whole_page
from clarity.web.once_more import once_more
from integrations.models import InboxItem
from integrations.services import editing
from integrations.services.discard import LONGEST_REASON, CannotDiscard, discard
from integrations.services.replay import CannotReplay, replay
from integrations.services.trace import timeline
from tenants import scope
from tenants.models import Membership
from tenants.services import audit

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@_asks_first
@member_required(*OPERATORS)
def edit_record(request: HttpRequest, membership: Membership, item_id: int) -> HttpResponse:
    """The payload as text; what is saved is checked, kept beside the original and may run at once."""
    with scope.tenant(membership.tenant_id):
        item = find_item(item_id)
        if request.method == "POST":
            return _save(request, membership, item)
        try:
            text = indented(editing.source(item))
        except editing.CannotEdit as error:
            messages.warning(request, str(error))
            return redirect("record", slug=membership.tenant.slug, item_id=item_id)
        context = _edit_context(item, membership, text)
    return whole_page(request, "incidents/edit.html", context)


def _save(request: HttpRequest, membership: Membership, item: InboxItem) -> HttpResponse:
    text = request.POST.get("payload", "").replace("\r\n", "\n")
    seen = request.POST.get("seen", "")
    actor, now = signed_in(request), timezone.now()
    to_record = redirect("record", slug=membership.tenant.slug, item_id=item.pk)
    try:
        editing.edit(
            item,
            text=text,
            actor=actor,
            now=now,
            seen=int(seen) if seen.isdecimal() and len(seen) < 10 else None,
        )
    except editing.CannotEdit as error:
        messages.warning(request, str(error))
        return to_record
    except editing.BadEdit as error:
        context = {**_edit_context(item, membership, text), "error": error}
        return whole_page(request, "incidents/edit.html", context, status=422)
    if request.POST.get("then") != "replay":
        messages.success(request, "The edit is kept. The record runs from it when it is replayed.")
        return to_record
    try:
        replay(item, now=now)
    except CannotReplay as error:
        messages.warning(request, f"The edit is kept. {error}")
    else:
        audit.record(
            action="record.replayed", object_type="InboxItem", object_id=item.pk, actor=actor
        )
        messages.success(request, "The edit is kept, and the record runs again from it.")
    return to_record


@_asks_first
@member_required(*OPERATORS)
@once_more
def discard_record(request: HttpRequest, membership: Membership, item_id: int) -> HttpResponse:
    """Leaves the record out, with a reason."""
    with scope.tenant(membership.tenant_id):
        item = find_item(item_id)
        context = {
            "tenant": membership.tenant,
            "membership": membership,
            "section": "incidents",
            "item": item,
            "name": _name(item),
            "longest": LONGEST_REASON,
            "stopped_by": timeline(item=item).stopped_by,
        }
        if request.method != "POST":
            return render(request, "incidents/discard_record.html", context)
        reason = request.POST.get("reason", "")
        try:
            discard(item, reason=reason, actor=signed_in(request), now=timezone.now())
        except CannotDiscard as error:
            refused = {**context, "reason": reason, "error": str(error)}
            return render(request, "incidents/discard_record.html", refused, status=422)
        messages.success(request, f"{_name(item)} is left out. It can be replayed later.")
    return redirect("record", slug=membership.tenant.slug, item_id=item_id)


def _edit_context(item: InboxItem, membership: Membership, text: str) -> Mapping[str, Any]:
    edits = editing.edits(item)
    stopped_by = timeline(item=item).stopped_by
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "incidents",
        "item": item,
        "name": _name(item),
        "text": text,
        "rows": min(36, max(12, text.count("\n") + 2)),
        "stopped_by": stopped_by,
        "edits": edits,
        "original": pretty(edits[0].before) if edits and edits[0].before is not None else "",
    }


def _name(item: InboxItem) -> str:
    return f"{words.entity_word(item.entity)} {item.number or item.key}"
