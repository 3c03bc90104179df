"""The seam to billing: tells it of production pairs that go live and are removed.

Billing knows a pair by id and name alone and is told in the transaction in which it happens, so
that neither stands without the other. While CLARITY_BILLING is off nothing is told and nothing
billed.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef

from integrations.models import Environment, Pair, PairState
from integrations.services import pairs
from integrations.sync import pipeline
from tenants import scope
from tenants.billing.models import BilledPair
from tenants.billing.services import letter_occasions, letter_sending, reminding, renewing
from tenants.billing.services import pairs as billed_pairs
from tenants.billing.services.pairs import Agreed, Quote
from tenants.billing.services.problems import BillingProblem
from tenants.models import User
from tenants.services import audit

log = logging.getLogger(__name__)

CHORE = "billing"
EVERY = timedelta(minutes=10)
LETTERS_CHORE = "billing mails"
LETTERS_EVERY = timedelta(minutes=1)
REASON = "stop pairs of ended subscriptions"


def went_live(pair: Pair, *, agreed: Agreed | None, actor: User | None, now: datetime) -> None:
    """Bills a pair that goes live. Call in its transaction. Raises BillingProblem; then it is not
    to go live."""
    if not _is_billed(pair) or billed_pairs.is_billed(pair.pk):
        return
    if agreed is None:
        raise BillingProblem("Look at the price and confirm it before the pair goes live.")
    billed_pairs.went_live(
        pair_id=pair.pk, pair_name=pair.name, agreed=agreed, actor=actor, now=now
    )


def price_of(pair: Pair, *, now: datetime) -> Quote | None:
    """What it costs if it goes live now; None where that costs nothing more: a sandbox pair, one that
    is billed already, or nobody is billed here. Call inside the scope. Raises BillingProblem."""
    if not _is_billed(pair) or billed_pairs.is_billed(pair.pk):
        return None
    return billed_pairs.quote(now=now)


def can_be_removed(pair: Pair) -> bool:
    """Whether it is billed, so that it can be taken out of the subscription."""
    return _is_billed(pair) and billed_pairs.is_billed(pair.pk)


def removed(pair: Pair, *, actor: User | None, now: datetime) -> date | None:
    """Bills a pair no more; answers the day to which its place is paid. Call in the transaction that
    removes or deletes it; again does nothing."""
    if not _is_billed(pair):
        return None
    return billed_pairs.removed(pair_id=pair.pk, actor=actor, now=now)


def obstacle_to_resuming(pair: Pair) -> str:
    """Why a paused pair may not just go on, "" when it may: its subscription has ended, or it was
    removed from it."""
    if _is_billed(pair) and billed_pairs.has_ended(pair.pk):
        return (
            f"The subscription of {pair.name} has ended. Look at the price and go live again;"
            " nothing is billed before you confirm it."
        )
    return ""


def waiting_for_a_price() -> list[Pair]:
    """Paused pairs that are not in the subscription any more. Call inside the scope."""
    rows = Pair.objects.filter(state=PairState.PAUSED).select_related("pos", "store")
    return [pair for pair in rows.order_by("name", "pk") if obstacle_to_resuming(pair)]


def run_due(now: datetime) -> None:
    """The chore: renewals, reminders, and pairs whose subscription ended are paused. Late or twice
    is the same. Call outside any scope.

    An account that fails stops neither the others nor what comes after it; the chore then counts as
    failed: RuntimeError.
    """
    if not settings.CLARITY_BILLING:
        return

    def renew() -> None:
        renewing.run_due(now, survives=pipeline.survives)

    def remind() -> None:
        reminding.run_due(now, survives=pipeline.survives)

    steps = (("renewals", renew), ("reminders", remind), ("pausing", stop_ended))
    failed = [name for name, step in steps if not pipeline.survives(f"billing: {name}", step)]
    if failed:
        raise RuntimeError(f"{' and '.join(failed)} failed for some accounts; the log says which")


def send_letters(now: datetime) -> None:
    """The chore: mails about bills go out. Call outside any scope."""
    if settings.CLARITY_BILLING:
        letter_occasions.write_due(now, survives=pipeline.survives)
        letter_sending.run_due(now, survives=pipeline.survives)


def stop_ended() -> None:
    """Pauses production pairs that run although their subscription has ended; what comes meanwhile
    is kept, as with every pause."""
    with scope.door(REASON):
        mine = BilledPair.objects.filter(pair_id=OuterRef("pk"), tenant_id=OuterRef("tenant_id"))
        running = Pair.objects.filter(
            Exists(mine), ~Exists(mine.filter(ends_on=None)), state=PairState.LIVE
        )
        tenant_ids = list(
            running.order_by("tenant_id").values_list("tenant_id", flat=True).distinct()
        )
    for tenant_id in tenant_ids:
        pipeline.survives(f"pausing the pairs of {tenant_id}", partial(_stop, tenant_id))


def _stop(tenant_id: UUID) -> None:
    with scope.tenant(tenant_id):
        live = Pair.objects.select_for_update(of=("self",)).select_related("pos")
        for pair in live.filter(state=PairState.LIVE).order_by("pk"):
            if not (_is_billed(pair) and billed_pairs.has_ended(pair.pk)):
                continue
            pairs.pause(pair)
            audit.record(
                action="pair.paused",
                object_type="Pair",
                object_id=pair.pk,
                before={"state": PairState.LIVE.value},
                after={"state": PairState.PAUSED.value},
                reason="The subscription has ended.",
            )


def _is_billed(pair: Pair) -> bool:
    """Production pairs are; whoever only tries with sandboxes pays nothing."""
    return bool(settings.CLARITY_BILLING and pair.pos.environment == Environment.PRODUCTION)
