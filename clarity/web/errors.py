"""What an answer says when a request cannot be served: a page for people, a problem for programs.

Nothing here repeats what was sent, nor says what happened inside.
"""

from __future__ import annotations

from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from clarity.web.access import RoleNeeded
from clarity.web.deputies.session import NotForDeputies

# For programs; people get the template of the status.
_SAID = {
    400: "The request makes no sense to us.",
    403: "That is not allowed.",
    404: "There is nothing at this address.",
    413: "That is larger than we take.",
    414: "The address is too long.",
    429: "Too many requests. Try again later.",
    500: "Something went wrong on our side.",
}

# Where machines tell us something.
HOOKS = ("/hooks/", "/webhooks/")


def answer(request: HttpRequest, status: int) -> HttpResponse:
    """The answer of that status: problem+json below /api/, plain text for hooks, else a page."""
    if request.path.startswith("/api/"):
        problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
        return JsonResponse(
            {**problem, "detail": _SAID[status]},
            status=status,
            content_type="application/problem+json",
        )
    if request.path.startswith(HOOKS):
        return HttpResponse(_SAID[status] + "\n", status=status, content_type="text/plain")
    return render(request, f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A member is told which role is needed; anybody else no more than that it is not allowed."""
    is_for_them = isinstance(exception, RoleNeeded | NotForDeputies)
    if is_for_them and not request.path.startswith(("/api/", *HOOKS)):
        return render(request, "403.html", {"exception": str(exception)}, status=403)
    return answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, 500)


def too_many_requests(request: HttpRequest, *, after_seconds: int = 60) -> HttpResponse:
    """For whoever counts tries: the page that says when to come back."""
    response = answer(request, 429)
    response["Retry-After"] = str(after_seconds)
    return response
