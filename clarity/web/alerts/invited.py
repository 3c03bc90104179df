"""The page behind the link that an e-mail address gets: agree to messages, or end them.

Whoever has the link owns the address, so nobody has to sign in. Opening it changes nothing, since
mail programs open links by themselves.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from integrations.services import alert_addresses
from integrations.services.alert_addresses import LinkBroken


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest, token: str) -> HttpResponse:
    """Shows who would send what, and does what is pressed."""
    now = timezone.now()
    try:
        if request.method != "POST":
            found = alert_addresses.invitation(token, now=now)
        elif request.POST.get("answer") == "yes":
            found = alert_addresses.confirm(token, now=now)
        else:
            found = alert_addresses.leave(token, now=now)
    except LinkBroken as error:
        return render(request, "alerts/broken_link.html", {"said": str(error)}, status=410)
    response = render(request, "alerts/invited.html", {"found": found})
    # The address of the page is the key to it.
    response["Referrer-Policy"] = "no-referrer"
    return response
