"""POST /hooks/<connector>/<connection>/ : verify, store, answer; the work is done later.

Answers: 200 stored, known already, an event we do not carry, or the account's goodbye; 400 not
readable; 401 not signed by the connected account; 404 no such connection; 413 too large; 503 its
signature cannot be checked just now. A refused body is never stored.

GET there is answered for vendors that ask whether an address is ours; for all others it is 405.
"""

from __future__ import annotations

import logging
import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from integrations.connector_kit.base import Notice, WebhookRequest
from integrations.connector_kit.errors import (
    NeedsOwner,
    NotTheirs,
    Rejected,
    TryLater,
    Unsupported,
)
from integrations.services import connections
from integrations.sync import intake
from integrations.webhooks import refusals
from integrations.webhooks.doors import Door, NoDoor, door_of

log = logging.getLogger(__name__)

# Of the columns that hold a notice's names.
LONGEST_NAME = 191
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")


# A plain view: what REST framework does for one (negotiating, authenticating, wrapping) costs more
# than storing the notice.
@csrf_exempt
@require_http_methods(["POST", "GET"])
def hook(request: HttpRequest, connector: str, connection: UUID) -> HttpResponse:
    """Where the connected systems tell us that something changed."""
    try:
        door = door_of(connector, connection)
    except NoDoor:
        return answer(404, "No such connection.")
    if request.method == "GET":
        return _challenged(door, request)
    return _delivered(door, request)


def _challenged(door: Door, request: HttpRequest) -> HttpResponse:
    """The vendor asks whether the address is ours."""
    if door.connector.challenge is None:
        return HttpResponseNotAllowed(["POST"])
    asked = WebhookRequest(headers=headers_of(request), query=request.GET.dict(), body=b"")
    try:
        said = door.connector.challenge(asked, door.account)
    except NotTheirs as error:
        return answer(error.status, error.message)
    return HttpResponse(said, content_type="text/plain; charset=utf-8")


def _delivered(door: Door, request: HttpRequest) -> HttpResponse:
    connection = door.connection_id
    try:
        incoming = WebhookRequest(
            headers=headers_of(request), query=request.GET.dict(), body=body_of(request)
        )
        notices = _notices(door, incoming)
    except NotTheirs as error:
        refusals.count(door, error.message, now=timezone.now())
        log.info("webhook of connection %s refused with %s", connection, error.status)
        return answer(error.status, error.message)
    except Rejected as error:
        refusals.count(door, "Not readable", now=timezone.now())
        return answer(400, str(error))
    except TryLater as error:
        refusals.count(door, "Signature not checked", now=timezone.now())
        return answer(503, error.message)
    except Unsupported as error:
        refusals.count(door, "Event not carried", now=timezone.now())
        # It came from there all the same, and a vendor that reads our answer waits for it.
        return _taken(door, incoming) or answer(200, error.message)
    except NeedsOwner as error:
        # A signed goodbye, such as an uninstalled app: heard, so it need not be told again.
        log.warning("connection %s needs its owner: %s", connection, error.message)
        connections.lose_owner(
            tenant_id=door.tenant_id,
            connection_id=connection,
            reason=error.message,
            said_at=error.at,
            now=timezone.now(),
        )
        return answer(200, error.message)
    new = intake.accept(
        tenant_id=door.tenant_id,
        connection_id=connection,
        notices=notices,
        now=timezone.now(),
    )
    return _taken(door, incoming) or _json({"accepted": new})


def _taken(door: Door, incoming: WebhookRequest) -> HttpResponse | None:
    """What the vendor reads of our answer; None for the usual one."""
    said = door.connector.acknowledge(incoming) if door.connector.acknowledge else None
    return None if said is None else _json(dict(said))


def _notices(door: Door, incoming: WebhookRequest) -> list[Notice]:
    if door.connector.verify is None or door.connector.notices is None:
        raise Unsupported(f"{door.connector.manifest.label} sends no webhooks")
    door.connector.verify(incoming, door.account)
    notices = list(door.connector.notices(incoming))
    if not all(map(_can_be_kept, notices)):
        raise NotTheirs("The webhook names its record in a form that cannot be kept.", status=400)
    return notices


def headers_of(request: HttpRequest) -> dict[str, str]:
    """By name in lower case, of those WSGI hands over as HTTP_...; of the others the type alone."""
    found = {
        name[5:].replace("_", "-").lower(): value
        for name, value in request.META.items()
        if name.startswith("HTTP_")
    }
    return {**found, "content-type": request.META.get("CONTENT_TYPE", "")}


def _can_be_kept(notice: Notice) -> bool:
    """Whether its names fit into the inbox: the length, and no NUL or half a surrogate pair."""
    return all(
        len(name) <= LONGEST_NAME and not _UNKEEPABLE.search(name)
        for name in (notice.key, notice.event, notice.delivery)
    )


def body_of(request: HttpRequest) -> bytes:
    """The raw body. Raises NotTheirs when it is too large."""
    limit = settings.CLARITY_WEBHOOK_MAX_BYTES
    too_big = NotTheirs(f"The body is larger than {limit} bytes.", status=413)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > limit:
        raise too_big
    try:
        body: Any = request.body  # the signature covers the raw bytes
    except RequestDataTooBig:
        raise too_big from None
    return bytes(body)


def answer(status: int, detail: str) -> HttpResponse:
    """What the other system is told."""
    return _json({"detail": detail}, status=status)


def _json(said: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return JsonResponse(said, status=status, json_dumps_params={"separators": (",", ":")})
