"""Lookup tables of a pair: their rows, and the values that have none yet."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.access import OPERATORS
from clarity.web.mapping_editor import words
from clarity.web.mapping_editor.place import PairPlace, pair_page
from integrations.services import mapping_tables
from integrations.services.mapping_tables import BadTable, Put, Table

ROWS = 50


@require_safe
@pair_page()
def tables(request: HttpRequest, place: PairPlace) -> HttpResponse:
    """Every table, with how many values wait for an entry."""
    return place.page(request, "tables.html", {"tables": mapping_tables.tables(pair=place.pair)})


@require_safe
@pair_page()
def table(request: HttpRequest, place: PairPlace, name: str) -> HttpResponse:
    """One table: what it says, and what it is asked in vain."""
    return _shown(request, place, _find(place, name))


@require_POST
@pair_page(*OPERATORS)
def put(request: HttpRequest, place: PairPlace, name: str) -> HttpResponse:
    """Adds an entry or changes one; records that waited for it go on."""
    found = _find(place, name)
    value = request.POST.get("value", "").strip()
    result = request.POST.get("result", "").strip()
    if not value or not result:
        said = "Say both: the value that comes, and what it becomes."
        return _shown(request, place, found, error=said, typed=(value, result), status=422)
    try:
        with transaction.atomic():
            done = mapping_tables.put(
                pair=place.pair,
                table=name,
                rows={value: result},
                actor=place.actor,
                now=timezone.now(),
            )
    except BadTable as error:
        return _shown(request, place, found, error=str(error), typed=(value, result), status=422)
    messages.success(request, " ".join((f"{value} becomes {result}.", *consequences(done))))
    return _back(place, name)


@require_http_methods(["GET", "HEAD", "POST"])
@pair_page(*OPERATORS)
def remove(request: HttpRequest, place: PairPlace, name: str) -> HttpResponse:
    """Asks first, then takes an entry out."""
    found = _find(place, name)
    value = request.GET.get("value", "")
    if value not in found.rows:
        raise Http404
    if request.method != "POST":
        context = {"table": found, "value": value, "result": found.rows[value]}
        return place.page(request, "remove_entry.html", context)
    mapping_tables.remove(
        pair=place.pair, table=name, values=[value], actor=place.actor, now=timezone.now()
    )
    messages.success(request, f"{value} has no entry any more.")
    return _back(place, name)


@require_POST
@pair_page(*OPERATORS)
def dismiss(request: HttpRequest, place: PairPlace, name: str) -> HttpResponse:
    """Takes a value off the list of those without an entry."""
    value = request.POST.get("value", "")
    if mapping_tables.dismiss(pair=place.pair, table=name, value=value):
        messages.success(request, f"{value} is off the list until it comes again.")
    return _back(place, name)


def _shown(
    request: HttpRequest,
    place: PairPlace,
    found: Table,
    *,
    error: str = "",
    typed: tuple[str, str] = ("", ""),
    status: int = 200,
) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:120]
    rows = [row for row in found.rows.items() if q.lower() in " ".join(row).lower()]
    since = timezone.now() - mapping_tables.LATELY
    unmapped = mapping_tables.unmapped_values(pair=place.pair, table=found.name, since=since)
    context = {
        "table": found,
        "title": found.title or found.name,
        "page": Paginator(rows, ROWS).get_page(request.GET.get("page")),
        "waiting": Paginator(unmapped, ROWS).get_page(request.GET.get("waiting")),
        "uses": uses_said(found),
        "q": q,
        "error": error,
        "typed": typed,
    }
    return place.page(request, "table.html", context, status=status)


def _find(place: PairPlace, name: str) -> Table:
    for one in mapping_tables.tables(pair=place.pair):
        if one.name == name:
            return one
    raise Http404


def uses_said(found: Table) -> Sequence[str]:
    said = []
    for use in found.uses:
        what = f"{words.field_name(use.entity, use.source)} of each {use.entity} for {use.target}"
        if use.default is None:
            said.append(f"{what}; a value without an entry holds the record.")
        else:
            said.append(f"{what}; a value without an entry becomes {words.quoted(use.default)}.")
    return said


def consequences(done: Put) -> Sequence[str]:
    """What happens to the records that were held for want of the entry."""
    begun = [one for one in done.released if not one.obstacle]
    waiting = [one for one in done.released if one.obstacle]
    said = []
    count = sum(one.records for one in begun)
    if count == 1:
        said.append("The record that was held for it runs again.")
    elif count:
        said.append(
            f"{count} records that were held for it run again: one first, and the others when it"
            " went through."
        )
    if waiting:
        said.append("Other records that were held for it run as soon as another replay has ended.")
    return said or ["The next record that comes in follows it."]


def _back(place: PairPlace, name: str) -> HttpResponse:
    answer: HttpResponse = redirect(
        "mapping-table", slug=place.tenant.slug, pair_id=place.pair.pk, name=name
    )
    return answer
