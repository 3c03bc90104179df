"""An account that is erased goes from Stripe too: nobody pays on a page any more, and its customer,
which holds a name, an address and cards, is deleted. Payments stay there, as they stay in the ledger."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants import scope
from tenants.billing.models import PaymentTry, StripeCustomer, Way
from tenants.billing.models.provider import RUNNING
from tenants.billing.stripe import checkout, library
from tenants.billing.stripe.problems import MISSING, Away, Refused

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Left:
    """The customer, and why Stripe has it still; "" when it does not."""

    customer_id: str
    problem: str


def leave(tenant_id: UUID, *, now: datetime) -> Left | None:
    """Takes the account away at Stripe; None when it never was there. Call outside any scope, before
    its rows are deleted; may be called twice."""
    with scope.tenant(tenant_id):
        customer_id = StripeCustomer.objects.values_list("customer_id", flat=True).first()
        pages = PaymentTry.objects.filter(way=Way.CHECKOUT, state__in=RUNNING)
        begun = list(pages.select_related("invoice").order_by("created_at", "pk"))
    if customer_id is None:
        return None
    if library.is_set_up():
        for one in begun:
            try:
                checkout.give_up(tenant_id, one, now=now)
            except (Away, Refused) as problem:
                # It ends by itself within the hour; what is paid until then waits for finance.
                log.warning("the page of try %s stays open: %s", one.pk, type(problem).__name__)
    return Left(customer_id, delete(customer_id))


def delete(customer_id: str) -> str:
    """Deletes a customer at Stripe for good; answers why it is there still, "" when it is not. May be
    called twice."""
    if not library.is_set_up():
        return "No key of Stripe is set here any more."
    try:
        with library.talking("deleting a customer"):
            library.client().v1.customers.delete(customer_id)
    except Away:
        return "Stripe did not answer, or does not take our key."
    except Refused as problem:
        return "" if problem.code == MISSING else "Stripe refused to delete it."
    return ""
