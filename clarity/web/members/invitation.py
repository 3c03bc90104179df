"""Where an invitation's link leads: joining as who one is, or as someone new."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clarity.web.access import signed_in
from clarity.web.accounts.places import first_page
from tenants.models import Tenant, User
from tenants.services import invitations, people
from tenants.services.invitations import Found
from tenants.services.members import memberships_of


class NewPersonForm(forms.Form):
    """Who comes by an invitation has shown already that the address is theirs."""

    name = forms.CharField(
        max_length=200, required=False, validators=[ProhibitNullCharactersValidator()]
    )
    password = forms.CharField(
        strip=False, error_messages={"required": "Choose a password."}, max_length=4096
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.email, name=self.data.get("name", "")))
        return password


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Says who invites to what, and lets the right person in."""
    found = invitations.find(token, now=timezone.now())
    if found is None:
        return render(request, "members/invitation_over.html", status=410)
    user = signed_in(request)
    if user is not None:
        return _as_somebody(request, token, found, user)
    known = people.known(found.invitation.email)
    if known is not None and people.is_proven(known):
        return render(request, "members/invitation_sign_in.html", _context(request, found))
    return _as_someone_new(request, token, found)


def _as_somebody(request: HttpRequest, token: str, found: Found, user: User) -> HttpResponse:
    if user.email != found.invitation.email:
        return render(request, "members/invitation_other.html", _context(request, found))
    if request.method != "POST":
        return render(request, "members/invitation_join.html", _context(request, found))
    try:
        tenant = invitations.accept(token, user=user, now=timezone.now())
    except invitations.CannotAccept as error:
        messages.error(request, str(error))
        return redirect("home")
    messages.success(request, f"You are a member of {tenant.name} now.")
    return redirect(_first_page(user, tenant))


def _as_someone_new(request: HttpRequest, token: str, found: Found) -> HttpResponseBase:
    form = NewPersonForm(
        request.POST if request.method == "POST" else None, email=found.invitation.email
    )
    if request.method == "POST" and form.is_valid():
        try:
            user = invitations.join_as_new_person(
                token,
                password=form.cleaned_data["password"],
                name=form.cleaned_data["name"],
                now=timezone.now(),
            )
        except invitations.CannotAccept as error:
            form.add_error(None, str(error))
        else:
            place = _first_page(user, found.tenant)
            answer: HttpResponseBase = perform_login(request, user, redirect_url=place)
            return answer
    status = 422 if form.errors else 200
    context = {**_context(request, found), "form": form}
    return render(request, "members/invitation_new.html", context, status=status)


def _first_page(user: User, tenant: Tenant) -> str:
    mine = (row for row in memberships_of(user) if row.tenant_id == tenant.pk)
    membership = next(mine, None)
    return first_page(membership) if membership else reverse("home")


def _context(request: HttpRequest, found: Found) -> dict[str, Any]:
    """`business`, not `tenant`: this page is not one of the tenant's."""
    return {
        "invitation": found.invitation,
        "business": found.tenant.name,
        "here": request.path,
    }
