"""Events of Stripe: kept before they are answered, looked into afterwards, in any order.

An event is only a reason to read its object, so one that comes twice, late or before another does
no harm, and one that is lost is made up for by the next look of the chore.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from tenants import scope
from tenants.billing.models import EventState, StripeEvent
from tenants.billing.services.renewing import Surviving
from tenants.billing.stripe import (
    checkout,
    customers,
    finding,
    library,
    money_back,
    reading,
    settling,
)
from tenants.billing.stripe.problems import MISSING, Away, NotSigned, Refused

log = logging.getLogger(__name__)

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)
_BATCH = 50
# A chore that takes too long is ended; what is left is done in its next turn.
_FOR = 60.0


@dataclass(frozen=True)
class Told:
    """What of an event is kept."""

    id: str
    kind: str
    object_id: str
    is_live: bool
    happened_at: datetime


def told(raw: bytes, signature: str) -> Told:
    """The event of a body as it came. Raises NotSigned when Stripe did not sign it, or when it is
    no event."""
    event = library.signed(raw, signature)
    try:
        return Told(
            id=_text(event["id"]),
            kind=_text(event["type"])[:80],
            object_id=_text(event["data"]["object"].get("id", "")),
            is_live=bool(event["livemode"]),
            happened_at=datetime.fromtimestamp(int(event["created"]), UTC),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        raise NotSigned("It is signed, and no event of Stripe.") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 255 or "\x00" in value:
        raise ValueError("not a text that can be kept")
    return value


def keep(event: Told, *, now: datetime) -> bool:
    """Keeps an event, once; answers whether it is new. Commits with the caller."""
    is_ours = event.kind in _LOOKS and event.is_live == library.is_live()
    row = StripeEvent(
        id=event.id,
        kind=event.kind,
        object_id=event.object_id,
        is_live=event.is_live,
        happened_at=event.happened_at,
        received_at=now,
        due_at=now,
        state=EventState.WAITING if is_ours else EventState.IGNORED,
        done_at=None if is_ours else now,
    )
    with transaction.atomic():
        if StripeEvent.objects.filter(pk=row.pk).exists():
            return False
        StripeEvent.objects.bulk_create([row], ignore_conflicts=True)
    return True


def process_due(now: datetime, *, survives: Surviving) -> int:
    """Looks into every event that waits; answers how many. Call outside any scope; may run twice,
    and at once."""
    until, done = time.monotonic() + _FOR, 0
    while time.monotonic() < until:
        waiting = StripeEvent.objects.filter(state=EventState.WAITING, due_at__lte=now)
        ids = list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:_BATCH])
        if not ids:
            break
        for event_id in ids:
            survives(f"event {event_id}", _one(event_id, now))
            done += 1
    return done


def replay(event_id: str, *, now: datetime) -> bool:
    """Has an event looked into once more; answers whether there is one."""
    rows = StripeEvent.objects.filter(pk=event_id)
    return bool(rows.update(state=EventState.WAITING, due_at=now, tries=0, problem=""))


def _one(event_id: str, now: datetime) -> Callable[[], None]:
    def look() -> None:
        event = StripeEvent.objects.get(pk=event_id)
        # Before the look: what kills the process is tried again later and not at once.
        pause = min(_FIRST_PAUSE * 2 ** min(event.tries, 10), _LONGEST_PAUSE)
        taken = StripeEvent.objects.filter(
            pk=event_id, state=EventState.WAITING, tries=event.tries
        ).update(tries=F("tries") + 1, due_at=now + pause)
        if not taken:
            return
        try:
            state = _LOOKS[event.kind](event.object_id, now)
        except (Away, Refused) as failed:
            # What is not there (any more) is no reason to ask for ever.
            if getattr(failed, "code", "") != MISSING:
                StripeEvent.objects.filter(pk=event_id).update(problem=str(failed)[:300])
                return
            state = EventState.IGNORED
        StripeEvent.objects.filter(pk=event_id).update(state=state, done_at=now, problem="")

    return look


def _session(session_id: str, now: datetime) -> EventState:
    session = reading.session(session_id)
    found = finding.try_of(session_id=session_id, said=session.said)
    if found is None:
        return EventState.IGNORED
    settling.know(found.tenant_id, found.id, session_id=session_id)
    settling.look(found.tenant_id, found.id, now=now)
    return EventState.DONE


def _payment(intent_id: str, now: datetime) -> EventState:
    """A payment that we asked for is booked by its try; any other that came waits for finance."""
    intent = reading.intent(intent_id)
    found = finding.try_of(intent_id=intent_id, said=intent.said)
    if found is not None:
        settling.know(found.tenant_id, found.id, intent_id=intent_id)
        settling.look(found.tenant_id, found.id, now=now)
    if intent.status != "succeeded":
        return EventState.DONE if found else EventState.IGNORED
    if finding.invoice_of(intent_id) is not None:
        return EventState.DONE
    account = found.tenant_id if found else finding.account_of(intent.customer_id)
    problem = "Nobody asked for this payment here. Book it on an invoice, or pay it back at Stripe."
    number = intent.said.get("invoice", "")
    with scope.tenant(account) if account else scope.door(finding.REASON):
        settling.misfit(intent, invoice_number=number, problem=problem, now=now)
    if account:
        checkout.close_unwanted(account, number, now=now)
    return EventState.DONE


def _charge(charge_id: str, now: datetime) -> EventState:
    return _back(reading.refunds_of(charge_id), now)


def _refund(refund_id: str, now: datetime) -> EventState:
    return _back(reading.refund(refund_id), now)


def _dispute(dispute_id: str, now: datetime) -> EventState:
    return _back(reading.dispute(dispute_id), now)


def _back(moved: list[reading.Back], now: datetime) -> EventState:
    # A refund may be told of before the payment is: that one is looked into first.
    for intent_id in {one.intent_id for one in moved}:
        if finding.invoice_of(intent_id) is None:
            _payment(intent_id, now)
    return EventState.DONE if money_back.book(moved, now=now) else EventState.IGNORED


def _customer(customer_id: str, now: datetime) -> EventState:
    account = finding.account_of(customer_id)
    if account is None:
        return EventState.IGNORED
    customers.look(account, now=now)
    return EventState.DONE


def _method(method_id: str, now: datetime) -> EventState:
    account = finding.account_of_method(method_id)
    if account is None:
        return EventState.IGNORED
    customers.look(account, now=now)
    return EventState.DONE


Look = Callable[[str, datetime], EventState]
# What is asked for when the webhook is set up (docs/stripe.md), and what each is a reason to read.
_LOOKS: Mapping[str, Look] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "payment_intent.succeeded": _payment,
    "payment_intent.processing": _payment,
    "payment_intent.payment_failed": _payment,
    "payment_intent.canceled": _payment,
    "charge.refunded": _charge,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "customer.updated": _customer,
    "customer.deleted": _customer,
    "payment_method.detached": _method,
    "payment_method.automatically_updated": _method,
}
KINDS = tuple(_LOOKS)
