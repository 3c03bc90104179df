"""Erasing an account: asked for by its owner, told while it goes on, and its receipt."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import OWNERS, member_required, signed_in
from clarity.web.fragments import whole_page
from integrations.services import erased_payers, erasing
from integrations.services.erasing import CannotErase
from tenants import scope
from tenants.models import Membership, Tenant, User

# Who has no password (they sign in with a passkey or a link) has to have signed in just now.
JUST_NOW = timedelta(minutes=5)
MOST_TRIES = 5
_TRIES_LAST = 15 * 60
_TRIES = "erase_tries"


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OWNERS)
def ask(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Says what will happen; erases when the name and the password are right."""
    user = signed_in(request)
    if user is None:
        raise Http404
    if request.method != "POST":
        return _page(request, membership, user)
    problem = _proof_problem(request, user)
    if problem:
        return _page(request, membership, user, errors={"password": problem}, status=400)
    try:
        erasure = erasing.begin(
            tenant_id=membership.tenant_id,
            typed_name=request.POST.get("name", "")[:400],
            actor=user,
            now=timezone.now(),
        )
    except CannotErase as error:
        return _page(request, membership, user, errors={error.field: str(error)}, status=400)
    return redirect("erasure", receipt=erasure.pk)


@never_cache
@require_safe
def receipt(request: HttpRequest, receipt: UUID) -> HttpResponse:
    """How far an erasure is, and afterwards what was erased and when. Open to who has the address."""
    progress = erasing.find(receipt)
    if progress is None:
        raise Http404
    ours = [one for one in progress.erasure.revoked if one["system"] != erased_payers.SYSTEM]
    payers = [one for one in progress.erasure.revoked if one["system"] == erased_payers.SYSTEM]
    context = {
        "erasure": progress.erasure,
        "rows": progress.rows,
        "groups": _groups(progress.tables),
        "refused": [one for one in ours if one["problem"]],
        "taken": [one for one in ours if not one["problem"]],
        "payers": payers,
    }
    return whole_page(request, "tenant_settings/erasure.html", context)


_GROUPS = (
    ("Notices and records", ("inboxitem", "delivery", "attempt", "payload", "noticename")),
    ("Links and figures", ("link", "daytotal", "balance", "cursor", "rank")),
    ("Rules and tables", ("mappings_",)),
    ("Stock notes", ("reservation", "stockedarticle", "safetystock")),
    ("Connections, pairs and credentials", ("connection", "pair", "flow", "lane", "credential")),
    ("Memberships", ("membership",)),
)


def _groups(tables: object) -> list[tuple[str, int]]:
    """Rows by what a person would call them."""
    counted: dict[str, int] = {}
    for table, count in tables if isinstance(tables, list) else ():
        name = next(
            (said for said, parts in _GROUPS if any(part in table for part in parts)), "Other rows"
        )
        counted[name] = counted.get(name, 0) + count
    return sorted(counted.items(), key=lambda row: -row[1])


def _proof_problem(request: HttpRequest, user: User) -> str:
    """Why it is not sure that the owner asks, "" when it is."""
    if not user.has_usable_password():
        last = user.last_login
        if last is None or timezone.now() - last > JUST_NOW:
            return "Sign out and in again, then come back here within five minutes."
        return ""
    since, tries = request.session.get(_TRIES, (0, 0))
    if time.time() - since > _TRIES_LAST:
        since, tries = int(time.time()), 0
    if tries >= MOST_TRIES:
        return "Too many wrong passwords. Wait a quarter of an hour, then try again."
    if user.check_password(request.POST.get("password", "")):
        return ""
    request.session[_TRIES] = (since, tries + 1)
    return "This is not your password."


def _page(
    request: HttpRequest,
    membership: Membership,
    user: User,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    with scope.tenant(membership.tenant_id):
        tenant = Tenant.objects.get(pk=membership.tenant_id)
    context = {
        "tenant": tenant,
        "membership": membership,
        "errors": errors or {},
        "typed": request.POST.get("name", ""),
        "has_password": user.has_usable_password(),
    }
    return whole_page(request, "tenant_settings/erase.html", context, status=status)
