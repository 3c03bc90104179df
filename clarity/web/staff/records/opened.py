"""Why somebody opens documents of an account: said once, it holds for a while in this session.

Documents name customers of the business, so a look at them needs a reason, which stands in the
account's audit log with each of them.
"""

from __future__ import annotations

import time

from django.http import HttpRequest

from tenants.services.staff import said_why

MINUTES = 30
_KEY = "staff_documents"


def why(request: HttpRequest, slug: str) -> str:
    """The reason given for this account, "" when there is none any more."""
    given = request.session.get(_KEY, {}).get(slug)
    return str(given["why"]) if given and given["until"] > time.time() else ""


def give(request: HttpRequest, slug: str, reason: str) -> None:
    """Keeps the reason for MINUTES. Raises ReasonNeeded."""
    said = said_why(reason)
    now = time.time()
    valid = {name: one for name, one in request.session.get(_KEY, {}).items() if one["until"] > now}
    request.session[_KEY] = {**valid, slug: {"why": said, "until": now + MINUTES * 60}}
