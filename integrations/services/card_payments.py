"""The chores of payment through Stripe; without its keys they do nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.services import erased_payers
from integrations.services.hurrying import hurry
from integrations.sync import pipeline
from tenants.billing.stripe import collecting, events, library
from tenants.billing.stripe.events import Told

EVENTS = "payment events"
EVENTS_EVERY = timedelta(seconds=30)
CHARGES = "card charges"
CHARGES_EVERY = timedelta(minutes=10)


def keep_event(event: Told, *, now: datetime) -> bool:
    """Keeps an event of Stripe and has it looked into at once; answers whether it is new."""
    is_new = events.keep(event, now=now)
    if is_new:
        hurry(EVENTS, now=now)
    return is_new


def look_into_events(now: datetime) -> None:
    """What Stripe told us of. Call outside any scope."""
    if library.is_set_up():
        events.process_due(now, survives=pipeline.survives)


def collect(now: datetime) -> None:
    """Payments that were begun, cards that may be charged, and customers that should be gone. Call
    outside any scope."""
    collecting.run_due(now, survives=pipeline.survives)
    erased_payers.try_again()
