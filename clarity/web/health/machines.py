"""What machines ask is answered before anything looks at hosts, sessions or forms.

A load balancer asks by number, not by the name of the site, and must get an answer all the same.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

ADDRESSES = frozenset({"/healthz", "/readyz", "/metrics"})


def middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answers ADDRESSES at once."""

    def respond(request: HttpRequest) -> HttpResponse:
        if request.path not in ADDRESSES:
            return get_response(request)
        answer: HttpResponse = resolve(request.path).func(request)
        return answer

    return respond
