"""Choosing accounts for a bulk act: by name, by group, by trouble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clarity.web.staff.bulk import words
from clarity.web.staff.gate import staff_page
from clarity.web.staff.lines import BADGES
from integrations.models import PairTemplate
from integrations.services.bulk_jobs import MOST_ACCOUNTS, chosen
from integrations.services.troubles import Kind
from tenants.models import Tenant, TenantGroup, User
from tenants.services import groups, staff, standings
from tenants.services.staff import May, refuse_unless

SHOWN = 200
MOST_CHOICES = 200


@dataclass(frozen=True)
class Narrowed:
    """What narrows the accounts: a part of the name, a group, a trouble."""

    named: str = ""
    group: TenantGroup | None = None
    trouble: str = ""

    @property
    def over(self) -> str:
        """In words, for the job."""
        parts = []
        if self.group is not None:
            parts.append(f"the group {self.group.name}")
        if self.trouble:
            parts.append(f"in trouble: {trouble_word(Kind(self.trouble)).lower()}")
        if self.named:
            parts.append(f"called {self.named!r}")
        return ", ".join(parts)

    @property
    def query(self) -> str:
        return urlencode(
            {
                "q": self.named,
                "group": self.group.pk if self.group else "",
                "trouble": self.trouble,
            }
        )


def narrowed(asked: QueryDict) -> Narrowed:
    """What makes no sense narrows nothing."""
    group, trouble = asked.get("group", ""), asked.get("trouble", "")
    return Narrowed(
        asked.get("q", "").replace("\x00", "").strip()[:80],
        group_of(group),
        trouble if trouble in set(Kind) else "",
    )


def group_of(text: str) -> TenantGroup | None:
    pk = number(text)
    return TenantGroup.objects.filter(pk=pk).first() if pk is not None else None


def place(text: str) -> tuple[str, UUID] | None:
    """Name and id of the last account of the page before; None when it makes no sense."""
    pk, _, name = text.replace("\x00", "").partition("_")
    try:
        return name, UUID(pk)
    except ValueError:
        return None


def number(text: str) -> int | None:
    """A row's number as an address or a form says it; None when it is none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else None


def fitting(person: User, by: Narrowed, *, limit: int) -> Sequence[Tenant]:
    """The person's accounts that fit, by name."""
    if by.trouble:
        rows = standings.work_list(person, limit=MOST_ACCOUNTS)
        found = [
            row.tenant for row in rows if any(one["kind"] == by.trouble for one in row.troubles)
        ]
        if by.group is not None:
            inside = groups.members(person, by.group, limit=MOST_ACCOUNTS)
            found = [one for one in found if one in inside]
        seek = by.named.casefold()
        found = [one for one in found if seek in f"{one.name} {one.slug}".casefold()]
        return sorted(found, key=lambda one: (one.name, str(one.pk)))[:limit]
    if by.group is not None:
        return groups.members(person, by.group, named=by.named, limit=limit)
    found = list(staff.assigned(person, named=by.named, limit=limit))
    return [one for one in found if one.erasing_since is None]


def taken(request: HttpRequest, person: User) -> tuple[Sequence[Tenant], str]:
    """The accounts a form chose, and over what that is, in words."""
    by = narrowed(request.POST)
    if request.POST.get("all"):
        found = fitting(person, by, limit=MOST_ACCOUNTS + 1)
        return found, by.over or "every assigned account"
    found = chosen(person, request.POST.getlist("account"))
    return found, request.POST.get("over", "")[:120] or f"{words.accounts(len(found))}, chosen"


@staff_page
@require_safe
def new(request: HttpRequest, person: User) -> HttpResponse:
    """What to do, and over which accounts."""
    refuse_unless(person, May.ACT)
    return choosing_page(request, person, asked=request.GET)


def choosing_page(
    request: HttpRequest, person: User, *, asked: QueryDict, error: str = ""
) -> HttpResponse:
    """The form; `error` says what was wrong with what was chosen."""
    by = narrowed(asked)
    found = fitting(person, by, limit=SHOWN + 1)
    act = asked.get("act", "")
    context: dict[str, Any] = {
        "here": "bulk",
        "part": "bulk-jobs",
        "by": by,
        "accounts": found[:SHOWN],
        "has_more": len(found) > SHOWN,
        "ticked": set(asked.getlist("account")),
        "acts": [(name, words.ACTS[name].label) for name in words.OFFERED],
        "act": act if act in words.OFFERED else "",
        "template": asked.get("template", ""),
        "error": error,
        "most": MOST_ACCOUNTS,
        **choices(),
    }
    return render(request, "staff/bulk/new.html", context, status=422 if error else 200)


def choices() -> Mapping[str, Any]:
    return {
        "groups": groups.every(limit=MOST_CHOICES),
        "troubles": [(kind.value, trouble_word(kind)) for kind in Kind],
    }


def trouble_word(kind: Kind) -> str:
    """The word of its badge, or of itself where two kinds share a badge."""
    word = BADGES[kind].word
    shared = sum(one.word == word for one in BADGES.values()) > 1
    return kind.value.replace("_", " ").capitalize() if shared else word


def templates() -> Sequence[PairTemplate]:
    """Those that have a version."""
    rows = PairTemplate.objects.filter(versions__isnull=False).distinct()
    return list(rows.order_by("name")[:MOST_CHOICES])
