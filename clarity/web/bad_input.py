"""Requests that no page can make sense of are refused before any page sees them.

PostgreSQL keeps no NUL and no half of a surrogate pair, and no key of ours exceeds 64 bits: without
this each view would have to know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict

from clarity.web import errors

LONGEST_ADDRESS = 8_192
LARGEST_ID = 2**63 - 1
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class BadInput:
    """Answers 413, 414, 400 or 404 where a view would otherwise end in an error of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refused = _refused(request)
        return errors.answer(request, refused) if refused else self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: Iterable[Any], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if any(isinstance(value, int) and value > LARGEST_ID for value in kwargs.values()):
            raise Http404
        is_form = request.method == "POST" and request.content_type in _FORMS
        if is_form and not _can_keep(request.POST):
            return errors.answer(request, 400)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A text from elsewhere in the request, such as a JSON body, that could not be kept."""
        return errors.answer(request, 400) if _is_unkeepable(error) else None


def _refused(request: HttpRequest) -> int:
    """The status with which the request is turned away, 0 when it is not."""
    query = request.META.get("QUERY_STRING", "")
    if len(request.path) + len(query) > LONGEST_ADDRESS:
        return 414
    # Hooks have a limit of their own; they are read as they come, never as forms.
    if (
        not request.path.startswith(errors.HOOKS)
        and _length(request) > settings.CLARITY_FORM_MAX_BYTES
    ):
        return 413
    if _UNKEEPABLE.search(request.path) or not _can_keep(request.GET):
        return 400
    return 0


def _length(request: HttpRequest) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(text) if text.isdecimal() and len(text) < 20 else 0


def _can_keep(sent: QueryDict) -> bool:
    return not any(
        _UNKEEPABLE.search(text)
        for name, values in sent.lists()
        for text in (name, *values)
        if isinstance(text, str)
    )


def _is_unkeepable(error: Exception) -> bool:
    if isinstance(error, UnicodeEncodeError):
        return "surrogates" in error.reason
    return isinstance(error, ValueError) and "NUL (0x00)" in str(error)
