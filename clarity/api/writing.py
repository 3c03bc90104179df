"""Writes that must not happen twice: the Idempotency-Key."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clarity.api.access import caller_of
from tenants.services import api_requests
from tenants.services.api_requests import Answer

log = logging.getLogger(__name__)

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_ONCE_ONLY = "clarity_once_only"
_KEPT_HEADERS = ("ETag", "Location")

P = ParamSpec("P")
V = TypeVar("V", bound=APIView)
Handler = Callable[Concatenate[V, Request, P], Response]


def write(handle: Handler[V, P]) -> Handler[V, P]:
    """A view's method that changes something. With an Idempotency-Key it takes effect once.

    Only what succeeded is kept: a request that was refused changed nothing, and may come again
    under its key.
    """

    @wraps(handle)
    def run(self: V, request: Request, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return _logged(request, handle(self, request, *args, **kwargs))
        if not _KEY.fullmatch(key):
            raise ValidationError({HEADER: ["1 to 200 visible ASCII characters are needed."]})
        caller = caller_of(request)
        place: dict[str, Any] = {"tenant_id": caller.tenant.pk, "actor": caller.id, "key": key}
        before = api_requests.begin(**place, request_hash=_hash(request), now=timezone.now())
        if before is not None:
            headers = {**before.headers, REPLAYED: "true"}
            return Response(before.body, status=before.status, headers=headers)
        answer: Answer | None = None
        try:
            response = _logged(request, handle(self, request, *args, **kwargs))
            if response.status_code < 300:
                answer = _kept(response)
        finally:
            api_requests.finish(**place, answer=answer)
        return response

    return cast(Handler[V, P], run)


def once_only(response: Response, name: str) -> Response:
    """The answer, whose field `name` is a secret: it is told now, and never kept nor repeated."""
    setattr(response, _ONCE_ONLY, name)
    return response


def _logged(request: Request, response: Response) -> Response:
    log.info(
        "api: %s %s by %s: %s",
        request.method,
        request.path,
        caller_of(request).name,
        response.status_code,
    )
    return response


def _hash(request: Request) -> str:
    """Keyed, since a body may hold credentials that could be guessed from a plain hash."""
    said = json.dumps([request.method, request.path, request.data], sort_keys=True)
    return salted_hmac("clarity.api.idempotency", said, algorithm="sha256").hexdigest()


def _kept(response: Response) -> Answer:
    body = None if response.data is None else json.loads(JSONRenderer().render(response.data))
    secret = getattr(response, _ONCE_ONLY, None)
    if secret is not None and isinstance(body, dict):
        body[secret] = ""
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    return Answer(response.status_code, body, headers)
