"""The rules of a flow: listed, and changed one at a time in the draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import OPERATORS
from clarity.web.fragments import fragment
from clarity.web.mapping_editor import listed, words
from clarity.web.mapping_editor.forms import EMPTY, KINDS, OPS, RuleForm, initial
from clarity.web.mapping_editor.listed import Listed
from clarity.web.mapping_editor.place import Place, flow_page
from integrations.services import mapping_checks, mapping_tables, mapping_versions
from integrations.services.mapping_checks import Trouble
from integrations.services.mapping_versions import CannotChange
from mappings.engine.functions import FUNCTIONS
from mappings.engine.paths import BadPath

ROWS = 40
SHOWS = {"": "All rules", "own": "Changed by us", "draft": "In the draft", "wrong": "With problems"}

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@flow_page()
def rules(request: HttpRequest, place: Place) -> HttpResponse:
    """Every rule in plain words, what runs now, and the draft over it."""
    troubles = mapping_versions.problems(flow=place.flow) if place.draft else []
    rows = _rows(place, troubles)
    asked = {
        "q": request.GET.get("q", "").strip()[:120],
        "show": request.GET.get("show", ""),
    }
    found = [row for row in rows if _fits(row, **asked)]
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "asked": asked,
        "kept": urlencode({name: text for name, text in asked.items() if text}),
        "is_narrowed": any(asked.values()),
        "shows": SHOWS.items(),
        "total": sum(row.state != "removed" for row in rows),
        "own": sum(row.state != "shipped" for row in rows),
        "drafted": sum(row.is_drafted for row in rows),
        "troubles": troubles,
        "newer": _newer(place),
    }
    return place.page(request, "rules.html", context)


@_asks_first
@flow_page(*OPERATORS)
def rule(request: HttpRequest, place: Place) -> HttpResponse:
    """One rule as a form; saving puts it into the draft, which is made when there is none."""
    slot = request.GET.get("slot", "")
    row = _row(place, slot) if slot else None
    before = row.rule if row else {}
    if request.method == "POST":
        form = RuleForm(request.POST, entity=place.flow.entity, before=before)
        seen = parse_datetime(request.POST.get("seen", ""))
        if form.is_valid() and _saved(request, place, form, row, seen):
            return place.to("mapping-rules", urlencode({"q": form.cleaned_data["target"]}))
    else:
        form = RuleForm(entity=place.flow.entity, before=before, initial=initial(before))
    context = {
        **_form_context(place, form),
        "row": row,
        "shipped": words.sentence(place.flow.entity, row.shipped) if row and row.shipped else "",
        "seen": place.draft.changed_at.isoformat() if place.draft else "",
    }
    status = 422 if form.is_bound else 200
    return place.page(request, "rule.html", context, status=status)


@_asks_first
@flow_page(*OPERATORS)
def remove(request: HttpRequest, place: Place) -> HttpResponse:
    """Asks first, then takes a rule out in the draft."""
    row = _row(place, request.GET.get("slot", ""))
    what: Mapping[str, Any] = {"target": row.key, "removed": True}
    if row.shipped is None:
        what = {"target": row.key, "shipped": True}
    return _ask(request, place, row, what, "remove")


@_asks_first
@flow_page(*OPERATORS)
def reset(request: HttpRequest, place: Place) -> HttpResponse:
    """Asks first, then lets a field follow the shipped rule again, in the draft."""
    row = _row(place, request.GET.get("slot", ""))
    return _ask(request, place, row, {"target": row.key, "shipped": True}, "reset")


@require_safe
@flow_page(*OPERATORS)
def described(request: HttpRequest, place: Place) -> HttpResponse:
    """What a field of the record means, for the form."""
    path = (request.GET.get("source") or request.GET.get("lookup_source") or "").strip()[:200]
    context = {"found": words.field(place.flow.entity, path), "path": path}
    return fragment(request, "mapping_editor/described.html", context)


def _ask(
    request: HttpRequest, place: Place, row: Listed, change: Mapping[str, Any], what: str
) -> HttpResponse:
    if request.method == "POST":
        if _changed(request, place, change):
            messages.success(request, _done(what, row.target))
        return place.to("mapping-rules")
    context = {
        "row": row,
        "what": what,
        "now": words.sentence(place.flow.entity, row.rule),
        "shipped": words.sentence(place.flow.entity, row.shipped) if row.shipped else "",
    }
    return place.page(request, "ask_rule.html", context)


def _done(what: str, target: str) -> str:
    if what == "remove":
        return (
            f"The draft has no rule for {target} any more. Nothing flows by it before you publish."
        )
    return f"In the draft, {target} follows the shipped rule again."


def _saved(
    request: HttpRequest, place: Place, form: RuleForm, row: Listed | None, seen: datetime | None
) -> bool:
    """Puts the form's rule into the draft, unless the engine finds it wrong; then the form says."""
    made = form.made()
    slot = listed.slot_of(made, made["target"])
    if row is None and listed.one(_rows(place), slot):
        form.add_error("target", f"There is a rule for {slot} already. Change that one instead.")
        return False
    key = row.key if row else slot
    change = {"target": key, "rule": made}
    wrong = [
        one for one in _troubles_with(place, change) if one.target in (key, slot, made["target"])
    ]
    for one in wrong:
        form.tell(one.message)
    if wrong:
        return False
    try:
        if _changed(request, place, change, seen=seen):
            messages.success(
                request,
                f"{made['target']} is changed in the draft. Nothing flows by it before you publish.",
            )
            return True
    except BadPath as error:
        form.add_error("target", str(error))
    return False


def _troubles_with(place: Place, change: Mapping[str, Any]) -> Sequence[Trouble]:
    shown = place.draft or place.published
    kept = {str(one["target"]): one for one in shown.changes} if shown else {}
    kept[change["target"]] = change
    return mapping_checks.troubles(place.flow, list(kept.values()))


def _changed(
    request: HttpRequest,
    place: Place,
    change: Mapping[str, Any],
    *,
    seen: datetime | None = None,
) -> bool:
    try:
        mapping_versions.change(
            flow=place.flow,
            changes=[change],
            actor=place.actor,
            now=timezone.now(),
            seen=seen if place.draft else None,
        )
    except CannotChange as error:
        messages.warning(request, str(error))
        return False
    return True


def _form_context(place: Place, form: RuleForm) -> dict[str, Any]:
    tables = mapping_tables.tables(pair=place.pair)
    targets = {row.target for row in _rows(place)}
    return {
        "form": form,
        "kinds": KINDS.items(),
        "empties": EMPTY.items(),
        "ops": OPS.items(),
        "conditions": form.condition_rows(),
        "fields": words.offered(place.flow.entity, place.flow.direction),
        "functions": list(FUNCTIONS.values()),
        "tables": tables,
        "targets": sorted(targets),
        "chosen": words.field(place.flow.entity, str(form["source"].value() or "")),
    }


def _rows(place: Place, troubles: Sequence[Trouble] = ()) -> list[Listed]:
    problems: dict[str, list[str]] = {}
    for one in troubles:
        problems.setdefault(one.target, []).append(one.message)
    return listed.rules(place.flow, place.draft, place.published, problems)


def _row(place: Place, slot: str) -> Listed:
    found = listed.one(_rows(place), slot)
    if found is None:
        raise Http404
    return found


def _fits(row: Listed, *, q: str, show: str) -> bool:
    if show == "own" and row.state == "shipped":
        return False
    if show == "draft" and not row.is_drafted:
        return False
    if show == "wrong" and not row.problems:
        return False
    return q.lower() in row.text


def _newer(place: Place) -> int:
    try:
        return len(mapping_versions.newer_preset(flow=place.flow))
    except mapping_versions.CannotRead:
        return 0
