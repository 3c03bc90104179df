"""Lookup tables of a pair: their entries, and the values that have none yet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.mapping_editor.tables import consequences, uses_said
from clarity.web.once_more import once_more
from clarity.web.staff.engine import pairs
from clarity.web.staff.engine.acts import Act, Mistake, Question, Wrong, carry_out
from clarity.web.staff.frame import account_page
from clarity.web.staff.gate import staff_page
from integrations.models import Pair
from integrations.services import mapping_tables
from integrations.services.mapping_tables import BadTable, Table
from tenants.models import User
from tenants.services import staff, staff_door
from tenants.services.staff import May

TAB = "account-rules"
ROWS = 50
_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@staff_page
@require_safe
def table(request: HttpRequest, person: User, slug: str, pair_id: UUID, name: str) -> HttpResponse:
    """What it says, and what it is asked in vain."""
    q = request.GET.get("q", "").replace("\x00", "").strip()[:120]
    with staff_door.looking(person, slug, at="a lookup table") as tenant:
        pair = pairs.found(pair_id)
        found = _find(pair, name)
        unmapped = mapping_tables.unmapped_values(
            pair=pair, table=name, since=timezone.now() - mapping_tables.LATELY
        )
        rows = [row for row in found.rows.items() if q.lower() in " ".join(row).lower()]
        context = {
            "pair": pair,
            "table": found,
            "title": found.title or found.name,
            "page": Paginator(rows, ROWS).get_page(request.GET.get("page")),
            "waiting": Paginator(unmapped, ROWS).get_page(request.GET.get("waiting")),
            "uses": uses_said(found),
            "q": q,
            "may_act": staff.may(person, May.ACT),
        }
    return account_page(
        request, person, "staff/engine/table.html", tenant=tenant, tab=TAB, context=context
    )


@staff_page
@_asks_first
@once_more
def put(request: HttpRequest, person: User, slug: str, pair_id: UUID, name: str) -> HttpResponse:
    """Adds an entry or changes one; records that waited for it go on."""
    given = request.POST if request.method == "POST" else request.GET
    value = given.get("value", "").replace("\x00", "").strip()
    result = given.get("result", "").replace("\x00", "").strip()

    def question(pair: Pair, wrong: Wrong) -> Question:
        found = _find(pair, name)
        known = found.rows.get(value, "")
        return Question(
            f"Change {value} in the table {found.title or name}?"
            if known
            else f"Add an entry to the table {found.title or name}?",
            (
                "It counts from the next record that comes in.",
                "Records that were held for want of this entry run again: one first, and the others"
                " when it went through.",
            ),
            "Save the entry",
            "pen",
            quiet=pair.name,
            template="staff/engine/entry.html",
            more={
                "value": value,
                "result": result or known,
                "entry_error": wrong.get("entry", ""),
                "is_known": bool(known),
            },
        )

    def do(pair: Pair) -> str:
        _find(pair, name)
        if not value or not result:
            raise Mistake({"entry": "Say both: the value that comes, and what it becomes."})
        try:
            done = mapping_tables.put(
                pair=pair, table=name, rows={value: result}, actor=person, now=timezone.now()
            )
        except BadTable as error:
            raise Mistake({"entry": str(error)}) from None
        return " ".join((f"{value} becomes {result}.", *consequences(done)))

    act = _act("change a lookup table", slug, pair_id, name, question=question, do=do)
    return carry_out(request, person, slug, act)


@staff_page
@_asks_first
@once_more
def remove(request: HttpRequest, person: User, slug: str, pair_id: UUID, name: str) -> HttpResponse:
    """Takes an entry out."""
    value = request.GET.get("value", "")

    def question(pair: Pair, wrong: Wrong) -> Question:
        found = _find(pair, name)
        if value not in found.rows:
            raise Http404
        return Question(
            f"Remove {value} from the table {found.title or name}?",
            (
                f"It becomes {found.rows[value]} now. Without an entry a record with this value is"
                " held, or gets what the rule says for such values.",
                "Records that were delivered stay as they are.",
            ),
            "Remove",
            "cross",
            quiet=pair.name,
        )

    def do(pair: Pair) -> str:
        mapping_tables.remove(
            pair=pair, table=name, values=[value], actor=person, now=timezone.now()
        )
        return f"{value} has no entry any more."

    act = _act(
        "change a lookup table",
        slug,
        pair_id,
        name,
        question=question,
        do=do,
        refused=(BadTable,),
    )
    return carry_out(request, person, slug, act)


def _find(pair: Pair, name: str) -> Table:
    for one in mapping_tables.tables(pair=pair):
        if one.name == name:
            return one
    raise Http404


def _act(name: str, slug: str, pair_id: UUID, table_name: str, **rest: Any) -> Act:
    where = {"slug": slug, "pair_id": pair_id, "name": table_name}
    return Act(
        name=name,
        about=table_name,
        tab=TAB,
        part="Lookup table",
        back=reverse("admin:account-table", kwargs=where),
        row=lambda: pairs.found(pair_id),
        **rest,
    )
