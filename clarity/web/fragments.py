"""Whole pages of a tenant, and pieces of them that are asked for again and again."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response


def whole_page(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The rendered page, which no browser keeps: it shows a tenant's records."""
    response = render(request, template, dict(context), status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def fragment(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """The rendered piece, or 304 when the browser has exactly this already.

    Times in it must be absolute (the page counts the seconds), or it would never stay the same.
    """
    response = render(request, template, dict(context))
    response["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Cookie, HX-Request"
    answer = get_conditional_response(request, etag=response["ETag"], response=response)
    return answer if isinstance(answer, HttpResponse) else response
