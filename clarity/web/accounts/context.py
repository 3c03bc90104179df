"""What the pages before sign-in have to know about this installation."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def doors(request: HttpRequest) -> dict[str, bool]:
    """Whether anyone may sign up, and whether mail only appears in the log of the web process."""
    return {
        "signup_is_open": settings.CLARITY_SIGNUP == "open",
        "mail_is_logged": not settings.EMAIL_HOST and not settings.CLARITY_PRODUCTION,
    }
