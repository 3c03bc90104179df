"""The list of members, and changing, removing and leaving. Each asks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import ADMINS, may_administer, may_own, member_required
from clarity.web.fragments import whole_page
from tenants import scope
from tenants.models import Invitation, Membership, Role
from tenants.services import invitations, permissions, roster
from tenants.services.permissions import may_grant

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Line:
    """One member in the list."""

    row: Membership
    has_second_step: bool
    is_me: bool
    is_changeable: bool


@dataclass(frozen=True)
class Asked:
    """One open invitation in the list."""

    row: Invitation
    has_run_out: bool
    is_changeable: bool


@require_safe
@member_required()
def members(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Everyone, the open invitations, and what each role may do."""
    return whole_page(request, "members/list.html", listed(membership))


def listed(membership: Membership, **more: Any) -> dict[str, Any]:
    """What the page of members shows."""
    with scope.tenant(membership.tenant_id):
        lines = _lines(membership)
        open_ones = _open(membership) if may_administer(membership) else []
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "settings",
        "settings_section": "members",
        "may_administer": may_administer(membership),
        "lines": lines,
        "invitations": open_ones,
        "roles": grantable(membership),
        "meaning": [(role.label, said) for role, said in permissions.MEANING.items()],
        "columns": [role.label for role in Role],
        "table": [
            {"may": row.may, "cells": [row.allows(role) for role in Role]}
            for row in permissions.TABLE
        ],
        "asked": {"email": "", "role": Role.OPERATOR.value},
        **more,
    }


def grantable(membership: Membership) -> Sequence[tuple[str, str, str]]:
    """Value, word and meaning of the roles this member may give."""
    return [
        (role.value, role.label, permissions.MEANING[role])
        for role in Role
        if may_grant(role, by=membership.role)
    ]


@_asks_first
@member_required(*ADMINS)
def role(request: HttpRequest, membership: Membership, membership_id: int) -> HttpResponse:
    """Gives a member another role."""
    with scope.tenant(membership.tenant_id):
        target = _found(membership_id)
        if request.method == "POST":
            try:
                if roster.change_role(
                    target=target, role=request.POST.get("role", ""), by=membership
                ):
                    messages.success(request, f"{target.user.email} has another role now.")
                return _back(membership)
            except roster.NotAllowed as error:
                problem, status = str(error), 422
        else:
            problem, status = "", 200
        context = {
            **_base(membership),
            "target": target,
            "roles": grantable(membership),
            "problem": problem,
        }
        return whole_page(request, "members/role.html", context, status=status)


@_asks_first
@member_required(*ADMINS)
def remove(request: HttpRequest, membership: Membership, membership_id: int) -> HttpResponse:
    """Ends someone's membership."""
    with scope.tenant(membership.tenant_id):
        target = roster.member(membership_id)
        if target is None and request.method == "POST":
            return _back(membership)
        return _end(request, membership, _found(membership_id))


@_asks_first
@member_required()
def leave(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Ends one's own membership."""
    with scope.tenant(membership.tenant_id):
        return _end(request, membership, _found(membership.pk))


def _end(request: HttpRequest, membership: Membership, target: Membership) -> HttpResponse:
    is_me = target.user_id == membership.user_id
    problem, status = "", 200
    if request.method == "POST":
        try:
            roster.remove(target=target, by=membership)
        except roster.NotAllowed as error:
            problem, status = str(error), 422
        else:
            if is_me:
                messages.success(request, f"You have left {membership.tenant.name}.")
                return redirect("home")
            messages.success(request, f"{target.user.email} is no longer a member.")
            return _back(membership)
    context = {**_base(membership), "target": target, "is_me": is_me, "problem": problem}
    return whole_page(request, "members/remove.html", context, status=status)


def _lines(membership: Membership) -> Sequence[Line]:
    rows = roster.members()
    secured = set(
        Authenticator.objects.filter(user_id__in=[row.user_id for row in rows])
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .values_list("user_id", flat=True)
    )
    return [
        Line(
            row,
            has_second_step=row.user_id in secured,
            is_me=row.user_id == membership.user_id,
            is_changeable=may_grant(row.role, by=membership.role),
        )
        for row in rows
    ]


def _open(membership: Membership) -> Sequence[Asked]:
    now = timezone.now()
    return [
        Asked(
            row,
            has_run_out=row.expires_at <= now,
            is_changeable=may_grant(row.role, by=membership.role),
        )
        for row in invitations.open_ones()
    ]


def _found(membership_id: int) -> Membership:
    found = roster.member(membership_id)
    if found is None:
        raise Http404
    return found


def _base(membership: Membership) -> dict[str, Any]:
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "settings",
        "settings_section": "members",
        "may_own": may_own(membership),
    }


def _back(membership: Membership) -> HttpResponse:
    return redirect("members", slug=membership.tenant.slug)
