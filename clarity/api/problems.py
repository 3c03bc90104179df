"""Errors as programs get them: RFC 9457 problem documents, whatever went wrong."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response

from integrations.connector_kit.errors import ConnectorError, TryLater
from integrations.connector_kit.presets import NoPreset
from integrations.services.accuracy import CannotRun
from integrations.services.alert_errors import BadChannel
from integrations.services.connections import BadConnection
from integrations.services.converge import CannotConverge
from integrations.services.discard import CannotDiscard
from integrations.services.mapping_tables import BadTable
from integrations.services.mapping_versions import (
    BadRules,
    CannotChange,
    CannotPublish,
    CannotRead,
)
from integrations.services.pairs import BadPair
from integrations.services.replay import CannotReplay
from integrations.services.search import BadSearch
from integrations.services.stock_sides import CannotAsk
from tenants.services.api_requests import KeyTaken, StillRunning

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# Where the codes are explained; the last part of `type`.
PLACE = "/api/docs/#problem-"


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its code, its title and what it means."""

    status: int
    code: str
    title: str
    meaning: str


KINDS: Mapping[int, Kind] = {
    kind.status: kind
    for kind in (
        Kind(
            400,
            "bad-request",
            "The request is wrong",
            "The body is not JSON, or a field or parameter is missing, unknown or of the wrong"
            " type. `errors` names each.",
        ),
        Kind(
            401,
            "not-authenticated",
            "Who asks is not known",
            "No token was sent, or the token is unknown, revoked or expired.",
        ),
        Kind(
            403,
            "not-allowed",
            "This is not allowed",
            "The token lacks the scope, or the role of its maker does not allow it.",
        ),
        Kind(404, "not-found", "There is no such thing", "Also for what belongs to other tenants."),
        Kind(
            405,
            "method-not-allowed",
            "This method is not possible here",
            "The header Allow lists those that are.",
        ),
        Kind(
            406,
            "not-acceptable",
            "Only JSON can be answered",
            "The header Accept leaves out application/json.",
        ),
        Kind(
            409,
            "conflict",
            "This is not possible now",
            "What is asked does not fit the state things are in; `detail` says what to do first.",
        ),
        Kind(
            412,
            "changed-meanwhile",
            "It has changed meanwhile",
            "The header If-Match names an older state. Read it again.",
        ),
        Kind(413, "too-large", "The body is too large", "A body has at most 1 MB."),
        Kind(
            415,
            "unsupported-media-type",
            "Only JSON is understood",
            "Send the body as application/json.",
        ),
        Kind(
            422,
            "not-possible",
            "What is asked cannot be done",
            "The request is well-formed, but what it says does not hold; `detail` and `errors` say"
            " what.",
        ),
        Kind(
            429,
            "too-many-requests",
            "Too many requests",
            "Wait as many seconds as Retry-After says.",
        ),
        Kind(500, "our-error", "An error of ours", "It was logged. Trying again may help."),
        Kind(
            503,
            "try-later",
            "The other system does not answer",
            "The account that was to be asked is busy or away. Try again later.",
        ),
    )
}


@dataclass(frozen=True)
class Problem:
    """One answer. `errors` are (field, message)."""

    status: int
    detail: str
    errors: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        kind = KINDS.get(self.status) or KINDS[400 if self.status < 500 else 500]
        data: dict[str, Any] = {
            "type": f"{PLACE}{kind.code}",
            "title": kind.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            data["errors"] = [{"field": name, "message": said} for name, said in self.errors]
        return data


class PreconditionFailed(exceptions.APIException):
    """It has changed since it was read. Read it again, then change that."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = (__doc__ or "").strip()


class TooLarge(exceptions.APIException):
    """The body of the request is larger than 1 MB."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body of the request is larger than 1 MB."


# What services raise: plain sentences for people, which programs get as they are.
_REFUSALS: tuple[tuple[tuple[type[Exception], ...], int], ...] = (
    ((CannotReplay, CannotDiscard, CannotChange, CannotPublish), 409),
    ((BadPair, CannotConverge, CannotRun, CannotAsk, StillRunning), 409),
    ((CannotRead, NoPreset), 404),
    ((BadTable, KeyTaken, ConnectorError), 422),
)


def handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler. Nothing passes it, so that no answer below /api/ is a page."""
    found = _problem(error)
    if found is None:
        request = context["request"]._request
        log.error("request to %s failed", request.path, exc_info=error)
        got_request_exception.send(sender=context["view"].__class__, request=request)
        found = Problem(500, "This is an error of ours, and was logged. Trying again may help.")
    return answer(found)


def answer(found: Problem) -> Response:
    """A problem as an answer of a view."""
    return Response(
        found.as_data(), status=found.status, headers=found.headers, content_type=MEDIA_TYPE
    )


def plain_answer(found: Problem) -> JsonResponse:
    """The same where no view of DRF is at work."""
    return JsonResponse(
        found.as_data(), status=found.status, headers=dict(found.headers), content_type=MEDIA_TYPE
    )


def _problem(error: Exception) -> Problem | None:
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, Http404):
        return Problem(404, str(error) or "There is nothing here by this id.")
    if isinstance(error, PermissionDenied):
        return Problem(403, str(error) or "This is not allowed.")
    if isinstance(error, RequestDataTooBig):
        return Problem(413, TooLarge.default_detail)
    if isinstance(error, SuspiciousOperation):
        return Problem(400, "The request cannot be read.")
    return _of_service(error)


def _of_service(error: Exception) -> Problem | None:
    if isinstance(error, BadRules):
        errors = [(trouble.target, trouble.message) for trouble in error.troubles]
        return Problem(422, "These rules cannot be used yet.", errors)
    if isinstance(error, BadConnection | BadChannel | BadSearch):
        return Problem(422, str(error), [(error.field, str(error))])
    if isinstance(error, TryLater):
        return Problem(503, str(error), headers={"Retry-After": str(math.ceil(error.after or 30))})
    for kinds, code in _REFUSALS:
        if isinstance(error, kinds):
            wait = {"Retry-After": "1"} if isinstance(error, StillRunning) else {}
            return Problem(code, str(error.args[0] if error.args else error), headers=wait)
    return None


def _of_framework(error: exceptions.APIException) -> Problem:
    headers: dict[str, str] = {}
    if auth := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(error, exceptions.ValidationError):
        errors = list(_flat(error.detail))
        said = " ".join(f"{name}: {text}" if name else text for name, text in errors[:3])
        return Problem(400, said, errors, headers)
    return Problem(error.status_code, str(error.detail), headers=headers)


def _flat(detail: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every message with the path of its field: ("changes[2].target", "Say which field.")."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _flat(inner, f"{place}.{own}" if place and own else place or own)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            is_row = isinstance(inner, Mapping | list)
            yield from _flat(inner, f"{place}[{index}]" if is_row else place)
    elif detail:
        yield place, str(detail)
