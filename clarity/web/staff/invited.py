"""Sending an invitation of an account again, when somebody rings that it never came."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clarity.web.members import mail
from clarity.web.staff.acts import ask
from clarity.web.staff.gate import staff_page
from tenants.models import Invitation, Membership, Role, Tenant, User
from tenants.services import invitations, staff_door
from tenants.services.roster import NotAllowed
from tenants.services.staff import May, ReasonNeeded, refuse_unless


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def resend(request: HttpRequest, person: User, slug: str, invitation_id: UUID) -> HttpResponse:
    """A new link by mail; the one before it ends. Nobody of ours sees the link."""
    refuse_unless(person, May.ACT)
    there = f"{reverse('admin:account', kwargs={'slug': slug})}#members"
    error = ""
    if request.method == "POST":
        try:
            with staff_door.acting(
                person, slug, act="invite again", reason=request.POST.get("reason", ""),
                about=str(invitation_id),
            ) as tenant:  # fmt: skip
                by = _as_admin(tenant, person)
                sent = invitations.resend(_found(invitation_id), by=by, now=timezone.now())
        except ReasonNeeded as caught:
            error = str(caught)
        except NotAllowed as caught:
            messages.warning(request, str(caught))
            return redirect(there)
        else:
            if problem := mail.send(request, by, sent):
                messages.warning(request, problem)
            else:
                messages.success(
                    request, f"An invitation is on its way to {sent.invitation.email}."
                )
            return redirect(there)
    with staff_door.looking(person, slug, at="sending an invitation again") as tenant:
        found = _found(invitation_id)
    said: dict[str, object] = {
        "question": f"Send the invitation of {found.email} again?",
        "will": ["The link they have, if any, ends.", "The new one works once, for seven days."],
        "button": "Send it again",
        "icon": "again",
        "part": "members",
    }
    return ask(request, tenant, said, error=error)


def _as_admin(tenant: Tenant, person: User) -> Membership:
    """Not kept: an admin may send on what is no owner's."""
    return Membership(tenant=tenant, user=person, role=Role.ADMIN)


def _found(invitation_id: UUID) -> Invitation:
    found: Invitation | None = invitations.open_ones().filter(pk=invitation_id).first()
    if found is None:
        raise Http404
    return found
