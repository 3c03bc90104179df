"""What the chore does for payments: ends what was begun, and charges what may be charged.

Nothing depends on when it runs. It also makes up for events that never came.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from tenants import scope
from tenants.billing.models import PaymentTry, Receivable, StripeCustomer, TryState, Way
from tenants.billing.models.provider import RUNNING
from tenants.billing.services.renewing import Surviving
from tenants.billing.stripe import asking, checkout, kept_card, library, settling
from tenants.billing.stripe.problems import Away

log = logging.getLogger(__name__)

REASON = "collect payments"
# Whoever began it is at it still.
_LEAVE_ALONE = timedelta(minutes=2)
# A card that Stripe does not let us keep by then is not kept.
_KEEP_WITHIN = timedelta(days=3)
# A chore that takes too long is ended; what is left is done in its next turn.
_FOR = 60.0

Job = Callable[[], None]


def run_due(now: datetime, *, survives: Surviving) -> int:
    """Looks after every try that goes on, and charges kept cards where that is due; answers how many
    were seen to. May run twice, at once, or late. Call outside any scope.

    While Stripe is away the rest waits for the next turn.
    """
    if not library.is_set_up():
        return 0
    until, done = time.monotonic() + _FOR, 0
    away = False

    def seen_to(job: Job) -> Job:
        def see() -> None:
            nonlocal away
            try:
                job()
            except Away:
                away = True

        return see

    for name, job in [*_begun(now), *_due(now)]:
        if away or time.monotonic() > until:
            log.warning("payments wait for the next turn; stripe is %s", "away" if away else "slow")
            break
        survives(name, seen_to(job))
        done += 1
    return done


def _begun(now: datetime) -> list[tuple[str, Job]]:
    with scope.door(REASON):
        tries = PaymentTry.objects.filter(created_at__lte=now - _LEAVE_ALONE)
        going = tries.filter(state__in=RUNNING)
        unkept = tries.filter(
            state=TryState.PAID,
            keeps_card=True,
            is_card_kept=False,
            ended_at__gte=now - _KEEP_WITHIN,
        )
        rows = [
            *going.order_by("created_at", "pk").values_list("tenant_id", "pk"),
            *unkept.order_by("created_at", "pk").values_list("tenant_id", "pk"),
        ]
    return [(f"payment try {pk}", _going_on(tenant_id, pk, now)) for tenant_id, pk in rows]


def _due(now: datetime) -> list[tuple[str, Job]]:
    """Invoices of after the owner agreed, whose account has a card; whether one is due to be charged
    is asked once more under lock."""
    with scope.door(REASON):
        agreed = {
            row.tenant_id: row.kept_at
            for row in StripeCustomer.objects.exclude(method_id="").filter(
                kept_at__isnull=False, tenant__erasing_since=None
            )
        }
        open_rows = Receivable.objects.filter(open__gt=0, tenant_id__in=list(agreed))
        rows = [
            (row.tenant_id, row.invoice_id)
            for row in open_rows.annotate(issued_at=F("invoice__issued_at")).order_by("pk")
            if row.issued_at >= agreed[row.tenant_id]
        ]
    return [(f"charge of {pk}", _charging(tenant_id, pk, now)) for tenant_id, pk in rows]


def _going_on(tenant_id: UUID, try_id: UUID, now: datetime) -> Job:
    def go_on() -> None:
        with scope.tenant(tenant_id):
            one: PaymentTry = PaymentTry.objects.select_related("invoice").get(pk=try_id)
            is_wanted = asking.is_wanted(one)
        if one.way == Way.KEPT and one.is_running:
            kept_card.go_on(tenant_id, one, now=now)
        elif one.is_running and _is_stale(one, now, is_wanted=is_wanted):
            checkout.give_up(tenant_id, one, now=now)
        else:
            settling.look(tenant_id, try_id, now=now)

    return go_on


def _is_stale(one: PaymentTry, now: datetime, *, is_wanted: bool) -> bool:
    """A page that asks for what is not to be paid any more, or that nobody was ever sent to."""
    if one.state == TryState.ASKED:
        return one.created_at + checkout.LASTS <= now
    return one.state == TryState.OPEN and not is_wanted


def _charging(tenant_id: UUID, invoice_id: UUID, now: datetime) -> Job:
    def charge() -> None:
        kept_card.charge(tenant_id, invoice_id, now=now)

    return charge
