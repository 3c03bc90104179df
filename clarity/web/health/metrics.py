"""/metrics: figures for Prometheus, for those who hold the token."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from clarity.metrics import scrape


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures as text; 401 without the token, 404 where no token is set."""
    token = settings.CLARITY_METRICS_TOKEN
    if not token:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {token}"):
        return HttpResponse(
            "The token of CLARITY_METRICS_TOKEN is needed.\n",
            status=401,
            content_type="text/plain",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return HttpResponse(scrape.text(), content_type=CONTENT_TYPE_LATEST)
