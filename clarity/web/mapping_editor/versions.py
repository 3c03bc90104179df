"""Versions of a flow's rules: who published what, how two differ, and going back to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import OPERATORS
from clarity.web.mapping_editor import drafts, words
from clarity.web.mapping_editor.place import Place, flow_page
from integrations.services import mapping_reading, mapping_versions
from integrations.services.mapping_versions import BadRules, CannotChange, CannotRead
from mappings.models import VersionState

ROWS = 25
# Choices for comparing; older ones are reached from their own row.
MOST_CHOICES = 100


@require_safe
@flow_page()
def versions(request: HttpRequest, place: Place) -> HttpResponse:
    """The history, newest first, and what a newer release ships otherwise."""
    rows = (
        mapping_reading.of_flow(place.flow)
        .exclude(state=VersionState.DRAFT)
        .select_related("published_by")
        .order_by("-number")
    )
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [{"row": row, "changed": len(row.changes)} for row in page.object_list],
        "newer": newer(place),
        "choices": choices(place),
    }
    return place.page(request, "versions.html", context)


@require_safe
@flow_page()
def compare(request: HttpRequest, place: Place) -> HttpResponse:
    """What tells two versions apart, rule by rule."""
    usual = str(place.published.number) if place.published else mapping_reading.PRESET
    before = request.GET.get("before") or mapping_reading.PRESET
    after = request.GET.get("after") or (mapping_reading.DRAFT if place.draft else usual)
    context: dict[str, Any] = {"before": before, "after": after, "choices": choices(place)}
    try:
        found = mapping_versions.difference(flow=place.flow, before=before, after=after)
    except CannotRead as error:
        return place.page(request, "compare.html", {**context, "error": str(error)}, status=404)
    names = dict(context["choices"])
    return place.page(
        request,
        "compare.html",
        {
            **context,
            "before_name": names.get(before, before),
            "after_name": names.get(after, after),
            "changes": in_words(place, found),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@flow_page(*OPERATORS)
def back(request: HttpRequest, place: Place, number: int) -> HttpResponse:
    """Asks first, saying what becomes another, then publishes an earlier version again."""
    now = place.published.number if place.published else 0
    try:
        mapping_reading.find(place.flow, number)
        found = mapping_versions.difference(flow=place.flow, before=now, after=number)
    except CannotRead as error:
        if not _exists(place, number):
            raise Http404 from None
        messages.warning(request, str(error))
        return place.to("mapping-versions")
    if request.method != "POST":
        context = {"number": number, "changes": in_words(place, found)}
        return place.page(request, "back.html", context)
    try:
        made = mapping_versions.rollback(
            flow=place.flow,
            to=number,
            actor=place.actor,
            now=timezone.now(),
            note=request.POST.get("note", "").strip(),
            running=drafts.running(request),
        )
    except (BadRules, CannotChange) as error:
        messages.warning(request, str(error))
        return place.to("mapping-versions")
    what = f"Version {number} is" if number else "The shipped rules are"
    messages.success(
        request, f"{what} published again as version {made.number}. The next record follows it."
    )
    return place.to("mapping-rules")


def _exists(place: Place, number: int) -> bool:
    return number == 0 or bool(mapping_reading.of_flow(place.flow).filter(number=number).exists())


def choices(place: Place) -> list[tuple[str, str]]:
    numbers = (
        mapping_reading.of_flow(place.flow)
        .exclude(state=VersionState.DRAFT)
        .order_by("-number")
        .values_list("number", flat=True)[:MOST_CHOICES]
    )
    draft = [(mapping_reading.DRAFT, "The draft")] if place.draft else []
    return [
        (mapping_reading.PRESET, "The shipped rules"),
        *draft,
        *((str(number), f"Version {number}") for number in numbers),
    ]


def newer(place: Place) -> Sequence[Mapping[str, str]]:
    try:
        found = mapping_versions.newer_preset(flow=place.flow)
    except CannotRead:
        return ()
    return [
        {**said, "note": "You have a rule of your own, which stays." if one.is_own else ""}
        for one, said in zip(found, in_words(place, found), strict=True)
    ]


def in_words(place: Place, found: Sequence[Any]) -> list[Mapping[str, str]]:
    entity = place.flow.entity
    return [
        {
            "target": one.target,
            "before": words.sentence(entity, one.before),
            "after": words.sentence(entity, one.after),
        }
        for one in found
    ]
