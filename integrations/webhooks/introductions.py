"""POST /introductions/<connector>/<token>/ : a system that was asked to calls us first.

Kept sealed and answered; nobody is called back before the person who asked for it is there. Answers:
200 kept; 400 not readable, or another system than was entered; 404 nobody waits for it; 413 too large.
"""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from integrations.connector_kit.base import WebhookRequest
from integrations.connector_kit.errors import NotTheirs
from integrations.services import introducing
from integrations.webhooks.views import answer, body_of, headers_of

log = logging.getLogger(__name__)


@csrf_exempt
@sensitive_post_parameters()
@require_POST
def introduction(request: HttpRequest, connector: str, token: str) -> HttpResponse:
    """What a system says of itself, for one started connecting."""
    try:
        said = WebhookRequest(
            headers=headers_of(request), query=request.GET.dict(), body=body_of(request)
        )
        introducing.hear(connector=connector, token=token, request=said, now=timezone.now())
    except introducing.NotOpen as error:
        return answer(404, str(error))
    except NotTheirs as error:
        log.info("introduction at %s refused with %s", connector, error.status)
        return answer(error.status, error.message)
    return answer(200, "Kept. Go on in the browser.")
