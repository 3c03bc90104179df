"""The reference of the API: the OpenAPI document, and the same as a page without any script."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clarity.api import reference_page
from clarity.api.schema import document


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    response = JsonResponse(dict(document()), json_dumps_params={"indent": 1})
    response["Cache-Control"] = "public, max-age=300"
    return response


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The reference page."""
    return render(request, "api/reference.html", reference_page.context())
