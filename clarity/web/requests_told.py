"""One line in the log for each request, and an id by which its lines are found again."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from clarity.logs.formats import REQUESTS
from clarity.metrics import requests
from clarity.web.health.machines import ADDRESSES
from tenants import log_context

log = logging.getLogger(REQUESTS)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SANE = re.compile(r"[A-Za-z0-9._-]{8,80}")


def middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Gives the request an id (a sane X-Request-ID is taken over), answers it, and tells the log.

    Of the address only the route is told: what stands in it may be personal.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _SANE.fullmatch(given) else uuid.uuid4().hex
        began = time.monotonic()
        with log_context.during(request_id=request_id):
            response = get_response(request)
            _tell(request, response.status_code, (time.monotonic() - began) * 1000)
        response.headers["X-Request-ID"] = request_id
        return response

    return respond


def route_of(request: HttpRequest) -> str:
    """The name of the page that was asked for, never what stands in its address."""
    if request.path in ADDRESSES:
        return request.path.strip("/")
    match = request.resolver_match
    return (match.view_name or "unnamed") if match else "none"


def _tell(request: HttpRequest, status: int, ms: float) -> None:
    method = request.method if request.method in METHODS else "OTHER"
    route = route_of(request)
    # Those who watch us ask every few seconds.
    level = logging.DEBUG if request.path in ADDRESSES else logging.INFO
    requests.count(method=method, route=route, status=status, seconds=ms / 1000)
    log.log(
        level,
        "%s %s %s in %.1f ms",
        method,
        route,
        status,
        ms,
        extra={"method": method, "route": route, "status": status, "ms": round(ms, 1)},
    )
