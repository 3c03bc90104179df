"""What every view of the API has: who may, how often, and which parameters are known."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clarity.api import parsing, problems
from clarity.api.access import Caller, caller_of, refuse_token_in_address
from clarity.api.shapes import NoParameters, Parameters, parameters_of
from tenants.services import api_requests

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class View(APIView):
    """A view of one tenant. Methods open `scope.tenant(self.caller.tenant.pk)` themselves."""

    reads: ClassVar[str] = ""
    """The scope for looking; "" asks for none."""
    writes: ClassVar[str] = ""
    """The scope for changing."""
    parameters: ClassVar[type[Parameters]] = NoParameters
    """What a GET may have behind the ?."""
    topic: ClassVar[str] = ""
    """Under which heading the reference shows it."""

    http_method_names: ClassVar[list[str]] = ["get", "post", "put", "patch", "delete", "head"]  # type: ignore[misc]
    asked: Mapping[str, Any]
    limits: tuple[int, int, int] | None = None

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return caller_of(self.request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        for name, value in request.query_params.items():
            parsing.check_text(name, "A parameter")
            parsing.check_text(str(value), name)
        refuse_token_in_address(request)
        method = str(request.method).lower()
        if method not in self.http_method_names or not hasattr(self, method):
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)
        shape = self.parameters if request.method in READING else NoParameters
        self.asked = parameters_of(request, shape)

    def check_permissions(self, request: Request) -> None:
        """Raises NotAuthenticated, or PermissionDenied naming the scope."""
        if request.auth is None:
            raise NotAuthenticated("Send an API token: Authorization: Bearer clr_…")
        caller = caller_of(request)
        needed = self.reads if request.method in READING else self.writes
        if needed and needed not in caller.scopes:
            raise PermissionDenied(
                f"This token lacks the scope {needed}, or its maker's role does not allow it."
                if caller.token
                else f"Your role, {caller.role}, does not allow {needed}."
            )

    def check_throttles(self, request: Request) -> None:
        """Counts the request. Raises Throttled."""
        caller = caller_of(request)
        own, all_of_it = api_requests.count(
            tenant_id=caller.tenant.pk, who=caller.id.hex, now=timezone.now()
        )
        left = min(
            settings.CLARITY_API_PER_TOKEN - own, settings.CLARITY_API_PER_TENANT - all_of_it
        )
        wait = 60 - int(time.time()) % 60
        self.limits = (settings.CLARITY_API_PER_TOKEN, max(0, left), wait)
        if left < 0:
            who = "this token" if all_of_it <= settings.CLARITY_API_PER_TENANT else "this tenant"
            raise Throttled(wait, f"Too many requests by {who} in this minute.")

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        done = super().finalize_response(request, response, *args, **kwargs)
        if self.limits:
            limit, left, wait = self.limits
            done["RateLimit-Limit"] = str(limit)
            done["RateLimit-Remaining"] = str(left)
            done["RateLimit-Reset"] = str(wait)
        done["Cache-Control"] = "private, no-store"
        return done


class Unknown(APIView):
    """Every address below /api/ that is nothing."""

    authentication_classes: ClassVar[list[Any]] = []  # type: ignore[misc]
    permission_classes: ClassVar[list[Any]] = []  # type: ignore[misc]
    schema = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return problems.plain_answer(
            problems.Problem(404, "There is no such address. See /api/docs/ for those there are.")
        )


def no_content() -> Response:
    """Done, and nothing to say."""
    return Response(status=204)
