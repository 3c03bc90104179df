"""Accounts one belongs to: a list to switch between, and another one."""

from __future__ import annotations

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import sign_in_first, signed_in
from clarity.web.accounts.places import first_page
from tenants import support
from tenants.services.members import create_tenant, memberships_of

MOST_OWNED = 20
"""Tenants one person makes by themselves."""


class NewAccountForm(forms.Form):
    business = forms.CharField(
        label="Name of the business",
        max_length=200,
        validators=[ProhibitNullCharactersValidator()],
        error_messages={"required": "Say what the business is called."},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tenant_new(request: HttpRequest) -> HttpResponse:
    """Makes another tenant with the signed-in person as its owner."""
    user = signed_in(request)
    if user is None:
        return sign_in_first(request)
    form = NewAccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["business"].strip()
        mine = memberships_of(user)
        # A form that was sent twice makes one account.
        for membership in mine:
            if membership.tenant.name == name and membership.role == "owner":
                return redirect(first_page(membership))
        if len(mine) >= MOST_OWNED:
            form.add_error(
                "business",
                f"You belong to {len(mine)} accounts. Before you add more, write to {support.whom()}.",
            )
        else:
            tenant = create_tenant(name=name, owner_email=user.email)
            made = next(row for row in memberships_of(user) if row.tenant_id == tenant.pk)
            return redirect(first_page(made))
    status = 422 if form.errors else 200
    return render(request, "accounts/new.html", {"form": form}, status=status)


@never_cache
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Where signing out ends."""
    if signed_in(request) is not None:
        return redirect("home")
    return render(request, "registration/logged_out.html")
