"""API tokens: listed, made and shown once, revoked after a question."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import ADMINS, member_required, signed_in
from clarity.web.fragments import whole_page
from tenants import api_scopes, scope
from tenants.models import ApiToken, Membership
from tenants.services import api_tokens
from tenants.services.api_tokens import BadToken

LASTS = ((30, "30 days"), (90, "90 days"), (180, "half a year"), (365, "a year"))


@require_safe
@member_required(*ADMINS)
def tokens(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Every token, also those that open nothing any more."""
    now = timezone.now()
    with scope.tenant(membership.tenant_id):
        rows = [
            {
                "token": token,
                "is_usable": token.is_usable(now),
                "scopes": api_scopes.in_order(token.scopes),
            }
            for token in api_tokens.listed()
        ]
    rows.sort(key=lambda row: not row["is_usable"])
    return _page(request, membership, "list", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("text")
@member_required(*ADMINS)
def create(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The form; once it is sent, the token itself, which no other page ever shows."""
    if request.method != "POST":
        return _form(request, membership, {"days": "90", "once": str(uuid.uuid4())}, None)
    typed = {name: request.POST.get(name, "") for name in ("name", "days", "once")}
    chosen = request.POST.getlist("scopes")
    try:
        with scope.tenant(membership.tenant_id):
            token, text = api_tokens.create(
                token_id=_once(typed["once"]),
                name=typed["name"],
                scopes=chosen,
                days=int(typed["days"]) if typed["days"] in _days() else 0,
                by=membership,
                now=timezone.now(),
            )
    except BadToken as error:
        return _form(request, membership, {**typed, "scopes": chosen}, error)
    context = {"token": token, "text": text, "scopes": api_scopes.in_order(token.scopes)}
    return _page(request, membership, "made", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def revoke(request: HttpRequest, membership: Membership, token_id: UUID) -> HttpResponse:
    """Asks first, then ends the token."""
    with scope.tenant(membership.tenant_id):
        token: ApiToken | None = ApiToken.objects.filter(pk=token_id).first()
        if token is None:
            raise Http404
        if request.method != "POST":
            return _page(request, membership, "revoke", {"token": token})
        ended = api_tokens.revoke(token=token, actor=signed_in(request), now=timezone.now())
    if ended:
        messages.success(request, f"{token.name} opens nothing any more.")
    else:
        messages.warning(request, f"{token.name} was revoked already.")
    return redirect("api-tokens", slug=membership.tenant.slug)


def _form(
    request: HttpRequest, membership: Membership, typed: Mapping[str, Any], error: BadToken | None
) -> HttpResponse:
    allowed = api_scopes.of_role(membership.role)
    context = {
        "typed": typed,
        "error": error,
        "scopes": [
            {"scope": one, "is_chosen": one.name in typed.get("scopes", ())}
            for one in api_scopes.SCOPES
            if one.name in allowed
        ],
        "lasts": [(str(days), word) for days, word in LASTS],
        "longest": api_tokens.LONGEST_NAME,
    }
    return _page(request, membership, "new", context, status=422 if error else 200)


def _page(
    request: HttpRequest,
    membership: Membership,
    name: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    shell = {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "settings",
        "settings_section": "tokens",
    }
    return whole_page(request, f"api_tokens/{name}.html", {**shell, **context}, status=status)


def _once(text: str) -> UUID:
    """The form's own number; one that cannot be read makes a token all the same."""
    try:
        return UUID(text)
    except ValueError:
        return uuid.uuid4()


def _days() -> set[str]:
    return {str(days) for days, _ in LASTS}
