"""POST /webhooks/stripe/ : verify, keep, answer; what it means is found out later.

Answers: 200 kept, or known already; 400 not signed by Stripe within the last minutes, or no event;
404 payment through Stripe is not set up; 413 too large. A refused body is never kept, and of an
event only its id, kind and object are.
"""

from __future__ import annotations

import logging

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations.connector_kit.errors import NotTheirs
from integrations.services import card_payments
from integrations.webhooks.views import answer, body_of
from tenants.billing.stripe import events, library
from tenants.billing.stripe.problems import NotSigned

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def payments(request: HttpRequest) -> HttpResponse:
    """Where Stripe tells us that something happened."""
    if not library.is_set_up():
        return answer(404, "Payment through Stripe is not set up here.")
    try:
        told = events.told(body_of(request), request.headers.get("Stripe-Signature", ""))
    except NotTheirs as error:
        return answer(error.status, error.message)
    except NotSigned as error:
        log.warning("an event of stripe was refused: %s", error)
        return answer(400, str(error))
    with transaction.atomic():
        is_new = card_payments.keep_event(told, now=timezone.now())
    log.info("event %s of stripe: %s", told.id, "kept" if is_new else "known already")
    return answer(200, "Kept." if is_new else "Known already.")
