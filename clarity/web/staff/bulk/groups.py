"""Groups of accounts: made, named, filled and deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.staff.bulk import words
from clarity.web.staff.bulk.choosing import place
from clarity.web.staff.gate import staff_page
from tenants.models import TenantGroup, User
from tenants.services import groups
from tenants.services.groups import BadGroup
from tenants.services.staff import May, refuse_unless
from tenants.services.staff_door import NotAssigned

ROWS = 50


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def every(request: HttpRequest, person: User) -> HttpResponse:
    """All groups by name, and a form for a new one."""
    refuse_unless(person, May.ACT)
    error = ""
    if request.method == "POST":
        try:
            made = groups.create(name=request.POST.get("name", ""), by=person)
        except BadGroup as refused:
            error = str(refused)
        else:
            messages.success(request, f"The group {made.name} is there. Put accounts into it.")
            return redirect("admin:group", group_id=made.pk)
    after = request.GET.get("after", "").replace("\x00", "")[:80]
    found = groups.every(after=after, limit=ROWS + 1)
    shown = found[:ROWS]
    sizes = groups.sizes(person, shown)
    context = {
        "here": "bulk",
        "part": "groups",
        "groups": [(one, words.accounts(sizes.get(one.pk, 0))) for one in shown],
        "is_first": not after,
        "next": shown[-1].name if len(found) > ROWS else "",
        "error": error,
        "name": request.POST.get("name", "") if error else "",
        "longest": groups.LONGEST_NAME,
    }
    return render(request, "staff/bulk/groups.html", context, status=422 if error else 200)


@staff_page
@require_safe
def group(request: HttpRequest, person: User, group_id: int) -> HttpResponse:
    """The accounts in it that one looks after."""
    refuse_unless(person, May.ACT)
    return _page(request, person, _group(group_id))


@staff_page
@require_POST
def rename(request: HttpRequest, person: User, group_id: int) -> HttpResponse:
    """Gives it another name."""
    refuse_unless(person, May.ACT)
    found = _group(group_id)
    try:
        groups.rename(group=found, name=request.POST.get("name", ""), by=person)
    except BadGroup as refused:
        return _page(request, person, _group(group_id), wrong={"name": str(refused)})
    messages.success(request, f"It is called {found.name} now.")
    return redirect("admin:group", group_id=group_id)


@staff_page
@require_POST
def add(request: HttpRequest, person: User, group_id: int) -> HttpResponse:
    """Puts the account of this short name into it."""
    refuse_unless(person, May.ACT)
    found = _group(group_id)
    slug = request.POST.get("slug", "").replace("\x00", "").strip().strip("/")
    try:
        is_new = groups.add(person=person, slug=slug, group=found)
    except NotAssigned:
        said = f"You look after no account with the short name {slug[:80] or '(none)'}."
        return _page(request, person, found, wrong={"slug": said})
    messages.success(request, f"{slug} is in {found.name}{'' if is_new else ' already'}.")
    return redirect("admin:group", group_id=group_id)


@staff_page
@require_POST
def remove(request: HttpRequest, person: User, group_id: int, slug: str) -> HttpResponse:
    """Takes an account out."""
    refuse_unless(person, May.ACT)
    found = _group(group_id)
    if groups.remove(person=person, slug=slug, group=found):
        messages.success(request, f"{slug} is not in {found.name} any more.")
    return redirect("admin:group", group_id=group_id)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, person: User, group_id: int) -> HttpResponse:
    """Asks, then deletes a group nobody is in."""
    refuse_unless(person, May.ACT)
    found = _group(group_id)
    if request.method == "POST":
        try:
            groups.delete(group=found, by=person)
        except BadGroup as refused:
            messages.warning(request, str(refused))
            return redirect("admin:group", group_id=group_id)
        messages.success(request, f"The group {found.name} is deleted.")
        return redirect("admin:groups")
    context = {"here": "bulk", "part": "groups", "group": found}
    return render(request, "staff/bulk/group_delete.html", context)


def _page(
    request: HttpRequest, person: User, found: TenantGroup, *, wrong: dict[str, str] | None = None
) -> HttpResponse:
    named = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    after = place(request.GET.get("after", ""))
    members = groups.members(person, found, named=named, after=after, limit=ROWS + 1)
    shown = members[:ROWS]
    context: dict[str, Any] = {
        "here": "bulk",
        "part": "groups",
        "group": found,
        "accounts": shown,
        "named": named,
        "is_first": after is None,
        "next": f"{shown[-1].pk}_{shown[-1].name}" if len(members) > ROWS else "",
        "wrong": wrong or {},
        "sent": request.POST,
        "longest": groups.LONGEST_NAME,
    }
    return render(request, "staff/bulk/group.html", context, status=422 if wrong else 200)


def _group(group_id: int) -> TenantGroup:
    found = TenantGroup.objects.filter(pk=group_id).first() if group_id < 2**63 else None
    if found is None:
        raise Http404
    return found
