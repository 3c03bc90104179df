"""The mail with an invitation's link."""

from __future__ import annotations

import logging

from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from tenants.models import Membership
from tenants.services.invitations import Sent

log = logging.getLogger(__name__)


def send(request: HttpRequest, membership: Membership, sent: Sent) -> str:
    """Sends it, and says what went wrong, or ""."""
    business = " ".join(membership.tenant.name.split())
    context = {
        "business": business,
        "by": membership.user.name or membership.user.email,
        "role": sent.invitation.get_role_display().lower(),
        "link": request.build_absolute_uri(reverse("invitation", args=[sent.token])),
        "until": sent.invitation.expires_at,
        "host": request.get_host(),
    }
    message = EmailMessage(
        subject=f"{business} invites you to Clarity Connect",
        body=render_to_string("members/email/invitation.txt", context),
        to=[sent.invitation.email],
    )
    try:
        message.send()
    except OSError as error:
        # Every failure of smtplib and of the network is one; its text may hold the address.
        log.warning("invitation %s was not sent: %s", sent.invitation.pk, type(error).__name__)
        return (
            f"The invitation of {sent.invitation.email} is made, but the mail server did not take "
            "it. Send it again in a minute."
        )
    return ""
