"""Content-Security-Policy and its companions on every answer.

No page has an inline script or style: everything it needs is a file of ours. A page that cannot do
without one small script gives it `nonce="{{ request.csp_nonce }}"`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# What no page of ours uses, refused to whatever gets into one.
_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
_PERMISSIONS = ", ".join(f"{feature}=()" for feature in _FEATURES)


def table_policy() -> str:
    """The policy of the tables of django-unfold, below /admin/ alone, for staff who proved it twice.

    Alpine makes functions of the texts in its attributes, so `eval` is allowed. Scripts and styles
    within the page stay forbidden.
    """
    return "; ".join(
        "script-src 'self' 'unsafe-eval'" if part.startswith("script-src") else part
        for part in policy("").split("; ")
    )


def policy(nonce: str) -> str:
    """The policy of one answer.

    `form-action` also binds the redirects that follow a form, so a form cannot lead to another
    site: the way to a vendor's consent page begins with a link.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


def middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Adds the headers; a view that set its own policy keeps it."""

    def respond(request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy(nonce))
        # Pages show what is one person's or one tenant's; what may be kept says so itself.
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return respond
