"""The first page of our own people: which tenants need them, and where to begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clarity.web.fragments import fragment
from clarity.web.staff.gate import staff_page
from clarity.web.staff.lines import BADGES, MONEY, Line, lines_of
from integrations.services.troubles import Kind
from tenants.models import Standing, TenantGroup, User
from tenants.services import groups, staff, standings
from tenants.services.staff import May
from tenants.services.standings import Narrowed, Place

ROWS = 50
ALONE = "alone"
MOST_GROUPS = 200


@dataclass(frozen=True)
class Row:
    """One tenant of the list. `others`: how many of its troubles the list leaves out."""

    standing: Standing
    lines: Sequence[Line]
    others: int


@staff_page
@require_safe
def work_list(request: HttpRequest, person: User) -> HttpResponse:
    """The most urgent tenant first, the longest in trouble first among equals.

    The page asks for itself again as a piece, which is not a look into any account.
    """
    sees_all = staff.may(person, May.LOOK)
    offered = [one for one in BADGES if sees_all or one in MONEY]
    asked = request.GET.get("kind", "")
    kind = next((one for one in offered if one == asked), None)
    only = (kind,) if kind else (() if sees_all else tuple(offered))
    named = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    is_alone = asked == ALONE
    offered_groups = _groups(person)
    wanted = request.GET.get("group", "")
    group = next((one for one in offered_groups if str(one.pk) == wanted), None)
    after = Place.parse(request.GET.get("after", ""))
    found = standings.work_list(
        person,
        after=after,
        limit=ROWS + 1,
        narrowed=Narrowed(
            tuple(one.value for one in only), named, is_alone, group.pk if group else None
        ),
    )
    shown = found[:ROWS]
    typed = {"kind": asked, "q": named, "group": str(group.pk) if group else ""}
    kept = {name: value for name, value in typed.items() if value}
    context = {
        "here": "work",
        "rows": [_row(one, person, only, is_alone=is_alone) for one in shown],
        "kinds": [(one.value, BADGES[one].word) for one in offered],
        "kind": asked,
        "named": named,
        "groups": [(str(one.pk), one.name) for one in offered_groups],
        "group": typed["group"],
        "is_narrowed": bool(kept),
        "sees_all": sees_all,
        "kept": urlencode(kept),
        "asked": urlencode({**kept, "after": str(after)} if after else kept),
        "is_first": after is None,
        "next": str(standings.place_of(shown[-1])) if len(found) > ROWS else "",
        "has_accounts": bool(shown) or bool(staff.assigned(person, limit=1)),
    }
    if request.headers.get("HX-Request"):
        return fragment(request, "staff/work_now.html", context)
    return render(request, "staff/work.html", context)


def _groups(person: User) -> Sequence[TenantGroup]:
    """Groups that one of their accounts is in."""
    every = groups.every(limit=MOST_GROUPS)
    sizes = groups.sizes(person, every) if every else {}
    return [one for one in every if sizes.get(one.pk)]


def _row(standing: Standing, person: User, only: Sequence[Kind], *, is_alone: bool) -> Row:
    lines = lines_of(standing, person, only=only, is_alone=is_alone)
    return Row(standing, lines, len(lines_of(standing, person, is_alone=False)) - len(lines))
