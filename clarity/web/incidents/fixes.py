"""The forms that fix a cause once. Each says before it is saved how many records follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clarity.web.access import OPERATORS, member_required, signed_in
from clarity.web.activity import words
from clarity.web.activity.records import find_item
from clarity.web.fragments import whole_page
from clarity.web.incidents import sentences
from clarity.web.incidents.one import find
from clarity.web.once_more import once_more
from integrations.connector_kit.audit import Article
from integrations.models import Incident
from integrations.services import fixing, mapping_tables, product_links, remedies
from integrations.services.customer_links import BadChoice
from integrations.services.fixing import CannotFix, Fixed
from integrations.services.mapping_tables import BadTable, Put
from integrations.services.product_links import BadLink, CannotSearch
from integrations.services.remedies import Fix, MissingArticle, Remedy
from tenants import scope
from tenants.models import Membership

_form = require_http_methods(["GET", "HEAD", "POST"])


# --- an entry of a lookup table --------------------------------------------------------------------


@_form
@member_required(*OPERATORS)
@once_more
def entry(request: HttpRequest, membership: Membership, incident_id: int) -> HttpResponse:
    """What a value becomes, for the records that stopped at it and all that come."""
    with scope.tenant(membership.tenant_id):
        found = find(incident_id)
        remedy = remedies.remedy(found, value=_value(request))
        if remedy.fix is not Fix.TABLE or remedy.pair is None or remedy.row is None:
            return _nothing_left(request, membership, incident_id)
        if request.method != "POST":
            return _entry_form(request, membership, found, remedy)
        result = request.POST.get("result", "").strip()
        if not result:
            return _entry_form(request, membership, found, remedy, error="Say what it becomes.")
        try:
            with transaction.atomic():
                done = mapping_tables.put(
                    pair=remedy.pair,
                    table=remedy.table,
                    rows={remedy.row.said: result},
                    actor=signed_in(request),
                    now=timezone.now(),
                )
        except BadTable as error:
            return _entry_form(request, membership, found, remedy, error=str(error), typed=result)
        _say(request, f"{remedy.row.said} becomes {result}.", _released(done, incident_id))
    return _to_incident(membership, incident_id)


def _entry_form(
    request: HttpRequest,
    membership: Membership,
    found: Incident,
    remedy: Remedy,
    *,
    error: str = "",
    typed: str = "",
) -> HttpResponse:
    value = remedy.row.said if remedy.row else ""
    rows = remedies.stopped(found, value).filter(flow__pair=remedy.pair)
    table = next(
        (one for one in mapping_tables.tables(pair=remedy.pair) if one.name == remedy.table), None
    ) if remedy.pair else None  # fmt: skip
    context = {
        **_context(membership, found),
        "pair": remedy.pair,
        "table": remedy.table,
        "table_title": (table.title if table else "") or remedy.table,
        "value": value,
        "rows": list(table.rows.items())[:12] if table else [],
        "results": sorted(set(table.rows.values())) if table else [],
        "count": rows.values("inbox_item_id").distinct().count(),
        "typed": typed,
        "error": error,
    }
    return whole_page(request, "incidents/entry.html", context, status=422 if error else 200)


def _released(done: Put, incident_id: int) -> Fixed:
    mine = [one for one in done.released if one.incident.pk == incident_id]
    waits = next((one.obstacle for one in mine if one.obstacle), "")
    return Fixed(sum(one.records for one in mine), waits)


# --- an article of the other side ------------------------------------------------------------------


@_form
@member_required(*OPERATORS)
@once_more
def article(request: HttpRequest, membership: Membership, incident_id: int) -> HttpResponse:
    """Which article of the other side it is."""
    value = _value(request)
    with scope.tenant(membership.tenant_id):
        found = find(incident_id)
        missing = remedies.missing_article(found, value=value)
        if missing is None:
            return _nothing_left(request, membership, incident_id)
        context = {**_context(membership, found), **_missing(missing, value)}
        if request.method == "POST":
            return _link(request, membership, found, value, context)
    text = request.GET.get("q", "").replace("\x00", "").strip()[:120]
    return whole_page(
        request, "incidents/article.html", {**context, **_searched(missing, text), "text": text}
    )


def _missing(missing: MissingArticle, value: str) -> Mapping[str, Any]:
    flow = missing.delivery.flow
    return {
        "missing": missing,
        "pair": missing.pair,
        "value": value,
        "source": flow.source,
        "target": flow.target,
        "text": missing.title or missing.sku,
    }


def _searched(missing: MissingArticle, text: str) -> Mapping[str, Any]:
    if not text:
        return {}
    articles: Sequence[Article] = ()
    try:
        articles = product_links.articles(connection=missing.delivery.target, text=text)
    except CannotSearch as error:
        return {"search_error": str(error)}
    return {"articles": articles, "was_searched": True}


def _link(
    request: HttpRequest,
    membership: Membership,
    found: Incident,
    value: str,
    context: Mapping[str, Any],
) -> HttpResponse:
    key = (request.POST.get("article") or request.POST.get("key") or "").replace("\x00", "")
    try:
        with transaction.atomic():
            done = fixing.link_article(
                found, value=value, key=key, actor=signed_in(request), now=timezone.now()
            )
    except CannotFix:
        return _nothing_left(request, membership, found.pk)
    except BadLink as error:
        said = "Choose an article, or type its id." if not key.strip() else str(error)
        refused = {**context, "error": said, "typed": key[:191]}
        return whole_page(request, "incidents/article.html", refused, status=422)
    _say(request, "The article is linked.", done)
    return _to_incident(membership, found.pk)


# --- a customer that several fit -------------------------------------------------------------------


@_form
@member_required(*OPERATORS)
@once_more
def customer(request: HttpRequest, membership: Membership, item_id: int) -> HttpResponse:
    """Which of the customers that fit is this one."""
    with scope.tenant(membership.tenant_id):
        item = find_item(item_id)
        found = remedies.undecided(item)
        to_record = redirect("record", slug=membership.tenant.slug, item_id=item_id)
        if found is None:
            messages.warning(request, "The customer does not wait for a decision any more.")
            return to_record
        context: dict[str, Any] = {
            "tenant": membership.tenant,
            "membership": membership,
            "section": "incidents",
            "pair": found.delivery.flow.pair,
            "item": item,
            "name": f"{words.entity_word(item.entity)} {item.number or item.key}",
            "found": found,
        }
        if request.method != "POST":
            return whole_page(request, "incidents/customer.html", context)
        key = request.POST.get("customer", "")
        try:
            with transaction.atomic():
                done = fixing.choose_customer(
                    item, key=key, actor=signed_in(request), now=timezone.now()
                )
        except (BadChoice, CannotFix) as error:
            refused = {**context, "error": str(error), "chosen": key}
            return whole_page(request, "incidents/customer.html", refused, status=422)
        _say(request, "The customer is chosen.", done)
    return to_record


# --- shared ----------------------------------------------------------------------------------------


def _context(membership: Membership, found: Incident) -> dict[str, Any]:
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "incidents",
        "incident": found,
        "title": sentences.title(found),
    }


def _value(request: HttpRequest) -> str:
    named = request.POST if request.method == "POST" else request.GET
    return named.get("value", "").replace("\x00", "")[:400]


def _say(request: HttpRequest, what: str, done: Fixed) -> None:
    if done.obstacle:
        messages.warning(request, f"{what} {done.obstacle}")
    elif done.records == 1:
        messages.success(request, f"{what} The record that waited for it runs again.")
    elif done.records:
        messages.success(
            request,
            f"{what} {done.records:,} records run again: one first, and the others when it went"
            " through.",
        )
    else:
        messages.success(request, f"{what} The next record that comes in follows it.")


def _nothing_left(request: HttpRequest, membership: Membership, incident_id: int) -> HttpResponse:
    messages.warning(request, "There is nothing to fix here any more, or not in this way.")
    return _to_incident(membership, incident_id)


def _to_incident(membership: Membership, incident_id: int) -> HttpResponse:
    return redirect("incident", slug=membership.tenant.slug, incident_id=incident_id)
