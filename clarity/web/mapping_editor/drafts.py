"""The draft of a flow's rules: looked at, tried on stored records, published or thrown away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.access import OPERATORS
from clarity.web.activity.words import Badge
from clarity.web.fragments import fragment
from clarity.web.mapping_editor import words
from clarity.web.mapping_editor.place import Place, flow_page
from integrations.models import ShadowRun, ShadowState
from integrations.services import mapping_reading, mapping_shadow, mapping_versions
from integrations.services.mapping_versions import BadRules, CannotChange, CannotPublish
from mappings.models import MappingVersion

_asks_first = require_http_methods(["GET", "HEAD", "POST"])

BADGES = {
    ShadowState.RUNNING: Badge("Running", "azure", "clock"),
    ShadowState.DONE: Badge("Done", "green", "check"),
    ShadowState.FAILED: Badge("Stopped", "red", "cross"),
    ShadowState.CANCELLED: Badge("Cancelled", "muted", "minus"),
}
CAUSES = {
    "newly_held": "Would newly be held",
    "newly_left_out": "Would newly be left out",
    "no_longer_held": "Would no longer be held",
}
# A page shows so many fields and causes; the command shows all.
MOST = 50


@require_safe
@flow_page()
def draft(request: HttpRequest, place: Place) -> HttpResponse:
    """What it changes, what is wrong with it, and its trial."""
    if place.draft is None:
        return place.page(request, "no_draft.html", {})
    context = {
        **trial(place),
        "changes": changes(place),
        "troubles": mapping_versions.problems(flow=place.flow),
    }
    return place.page(request, "draft.html", context)


@require_safe
@flow_page()
def now(request: HttpRequest, place: Place) -> HttpResponse:
    """The trial, the piece that renews itself."""
    return fragment(request, "mapping_editor/trial_run.html", {**place.shown(), **trial(place)})


@require_POST
@flow_page(*OPERATORS)
def try_it(request: HttpRequest, place: Place) -> HttpResponse:
    """Lets workers try the draft on the last stored records."""
    try:
        mapping_shadow.start(flow=place.flow, actor=place.actor, now=timezone.now())
    except (CannotChange, BadRules) as error:
        messages.warning(request, str(error))
    return place.to("mapping-draft")


@require_POST
@flow_page(*OPERATORS)
def stop(request: HttpRequest, place: Place) -> HttpResponse:
    """Ends a trial that runs."""
    run = mapping_shadow.latest(flow=place.flow)
    if run and mapping_shadow.cancel(run=run, now=timezone.now()):
        messages.success(request, "The trial is stopped.")
    return place.to("mapping-draft")


@_asks_first
@flow_page(*OPERATORS)
def publish(request: HttpRequest, place: Place) -> HttpResponse:
    """Asks first, saying what the trial found; then records flow by the draft."""
    if place.draft is None:
        if request.method == "POST":
            messages.warning(request, no_draft(place))
        return place.to("mapping-draft")
    context = {**trial(place), "changes": changes(place), "note": request.POST.get("note", "")}
    if request.method != "POST":
        return place.page(request, "publish.html", context)
    if request.POST.get("seen") != place.draft.changed_at.isoformat():
        messages.warning(request, "The draft was changed meanwhile. Look at it first.")
        return place.to("mapping-draft")
    try:
        made = mapping_versions.publish(
            flow=place.flow,
            actor=place.actor,
            now=timezone.now(),
            note=request.POST.get("note", "").strip(),
            accept_failures=request.POST.get("accept") == "yes",
            seen=place.draft.changed_at,
            running=running(request),
        )
    except CannotPublish as error:
        return place.page(request, "publish.html", {**context, "error": str(error)}, status=422)
    except (BadRules, CannotChange) as error:
        messages.warning(request, str(error))
        return place.to("mapping-draft")
    messages.success(
        request, f"Version {made.number} is published. The next record that comes in follows it."
    )
    return place.to("mapping-rules")


@_asks_first
@flow_page(*OPERATORS)
def discard(request: HttpRequest, place: Place) -> HttpResponse:
    """Asks first, then throws the draft away."""
    if place.draft is None:
        return place.to("mapping-draft")
    if request.method != "POST":
        return place.page(request, "discard.html", {"changes": changes(place)})
    mapping_versions.discard_draft(flow=place.flow, actor=place.actor)
    messages.success(request, "The draft is gone. What was published stays as it is.")
    return place.to("mapping-rules")


def no_draft(place: Place) -> str:
    """Why there is nothing to publish any more."""
    now = place.published
    if now is None:
        return "There is no draft any more: somebody threw it away. Nothing was changed."
    who = now.published_by.email if now.published_by else "Somebody"
    return (
        f"There is no draft any more: {who} has published version {now.number} of these rules."
        " Nothing was changed by you."
    )


def running(request: HttpRequest) -> int | None:
    """The number of the version that ran when the page was shown; None when it does not say."""
    said = request.POST.get("running", "")
    return int(said) if said.isdecimal() and len(said) < 10 else None


def changes(place: Place) -> Sequence[Mapping[str, str]]:
    """What the draft changes of the rules that run, in words."""
    entity = place.flow.entity
    running = (
        {str(one["target"]): one for one in place.published.changes} if place.published else {}
    )
    drafted = {str(one["target"]): one for one in place.draft.changes} if place.draft else {}
    shipped = mapping_reading.by_slot(mapping_reading.rules_of(place.flow, None))
    found = []
    for slot in dict.fromkeys((*drafted, *running)):
        before = _rule(running.get(slot), shipped.get(slot))
        after = _rule(drafted.get(slot), shipped.get(slot))
        if before != after:
            said = {
                "before": words.sentence(entity, before),
                "after": words.sentence(entity, after),
            }
            found.append({"target": slot, **said})
    return found


def _rule(change: Mapping[str, Any] | None, shipped: Any) -> Any:
    if change is None:
        return shipped
    if change.get("removed"):
        return None
    rule = change.get("rule") or {}
    if shipped is not None and {"target": shipped.get("target"), **rule} == shipped:
        return shipped
    return rule


def trial(place: Place) -> dict[str, Any]:
    """The latest trial of the draft with its report, None when it was not tried."""
    run = _latest(place.draft)
    if run is None:
        return {"run": None, "report": None, "is_running": False}
    is_running = run.state == ShadowState.RUNNING
    report = mapping_shadow.report(run=run)
    return {
        "run": run,
        "report": report,
        "badge": BADGES[ShadowState(run.state)],
        "is_running": is_running,
        "looked_at": mapping_shadow.done(run),
        "fields": [
            {
                "target": one.target,
                "count": one.count,
                "examples": [
                    {
                        "item_id": each.item_id,
                        "number": each.number,
                        "before": words.value(each.before),
                        "after": words.value(each.after),
                    }
                    for each in one.examples[:3]
                ],
            }
            for one in report.fields[:MOST]
        ],
        "causes": [(CAUSES.get(one.kind, one.kind), one) for one in report.causes[:MOST]],
        "unfit": run.newly_held + run.newly_left_out,
    }


def _latest(version: MappingVersion | None) -> ShadowRun | None:
    if version is None:
        return None
    found: ShadowRun | None = (
        ShadowRun.objects.filter(version=version)
        .select_related("started_by")
        .order_by("-id")
        .first()
    )
    return found
