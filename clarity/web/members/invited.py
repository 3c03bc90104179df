"""Inviting someone, sending an invitation again, taking it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clarity.web.access import ADMINS, member_required
from clarity.web.fragments import whole_page
from clarity.web.members import mail
from clarity.web.members.roster import listed
from tenants import scope
from tenants.models import Invitation, Membership
from tenants.services import invitations
from tenants.services.roster import NotAllowed


@require_POST
@member_required(*ADMINS)
def invite(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Opens an invitation and sends its link."""
    asked = {name: request.POST.get(name, "").replace("\x00", "") for name in ("email", "role")}
    try:
        with scope.tenant(membership.tenant_id):
            sent = invitations.invite(
                email=asked["email"], role=asked["role"], by=membership, now=timezone.now()
            )
    except invitations.CannotInvite as error:
        context = listed(membership, asked=asked, problem=str(error), problem_field=error.field)
        return whole_page(request, "members/list.html", context, status=422)
    return _sent(request, membership, sent)


@require_POST
@member_required(*ADMINS)
def resend(request: HttpRequest, membership: Membership, invitation_id: UUID) -> HttpResponse:
    """A new link; the one before it ends."""
    try:
        with scope.tenant(membership.tenant_id):
            sent = invitations.resend(_found(invitation_id), by=membership, now=timezone.now())
    except NotAllowed as error:
        messages.warning(request, str(error))
        return _back(membership)
    return _sent(request, membership, sent)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def revoke(request: HttpRequest, membership: Membership, invitation_id: UUID) -> HttpResponse:
    """Takes an invitation back, after asking."""
    with scope.tenant(membership.tenant_id):
        found = _found(invitation_id)
        if request.method != "POST":
            context = {
                "tenant": membership.tenant,
                "membership": membership,
                "section": "settings",
                "settings_section": "members",
                "invitation": found,
            }
            return whole_page(request, "members/revoke.html", context)
        try:
            invitations.revoke(found, by=membership, now=timezone.now())
        except NotAllowed as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, f"The invitation of {found.email} is taken back.")
    return _back(membership)


def _sent(request: HttpRequest, membership: Membership, sent: invitations.Sent) -> HttpResponse:
    problem = mail.send(request, membership, sent)
    if problem:
        messages.warning(request, problem)
    else:
        messages.success(request, f"An invitation is on its way to {sent.invitation.email}.")
    return _back(membership)


def _found(invitation_id: UUID) -> Invitation:
    found: Invitation | None = Invitation.objects.filter(pk=invitation_id).first()
    if found is None:
        raise Http404
    return found


def _back(membership: Membership) -> HttpResponse:
    return redirect("members", slug=membership.tenant.slug)
