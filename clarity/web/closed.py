"""What is left of an account when the days of reading after its subscription are over.

Its records are not shown any more. Money, people, export, erasure and the ways to go live again are.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clarity.web.deputies import session as deputy
from clarity.web.fragments import whole_page
from integrations.services import billed
from tenants import scope
from tenants.billing.services import reading
from tenants.models import Membership
from tenants.services.permissions import ADMINS

# How the names of the addresses begin that stay.
STAYS = (
    "billing",
    "start",
    "settings",
    "member",
    "invitation",
    "data",
    "connection",
    "pair-",
    "preflight",
    # Who of our staff is in, and the way to send them out.
    "support-access",
    "announcement",
)


def page(request: HttpRequest, membership: Membership) -> HttpResponse | None:
    """The page in place of the asked one, None where that may be shown. Opens the scope."""
    match = request.resolver_match
    name = (match.url_name if match else "") or ""
    if not settings.CLARITY_BILLING or name.startswith(STAYS):
        return None
    since = reading.closed_since(membership.tenant_id, now=timezone.now())
    if since is None:
        return None
    with scope.tenant(membership.tenant_id):
        waiting = billed.waiting_for_a_price()
    context = {
        "tenant": membership.tenant,
        "membership": membership,
        "since": since,
        "waiting": waiting,
        # Its ways on are shut for who acts on the account's behalf.
        "may_administer": membership.role in ADMINS and deputy.held_in(request) is None,
    }
    return whole_page(request, "billing/closed.html", context, status=403)
