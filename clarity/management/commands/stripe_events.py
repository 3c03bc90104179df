"""manage.py stripe_events: the events of Stripe that wait, and a further look at some."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations.services import card_payments
from tenants.billing.models import EventState, StripeEvent
from tenants.billing.stripe import events, library

_SHOWN = 100


class Command(BaseCommand):
    help = "Lists the events of Stripe that wait to be looked into; --again looks once more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--again", nargs="+", default=[], metavar="ID", help="events to look into once more"
        )

    def handle(self, *, again: list[str], **_: Any) -> None:
        if not library.is_set_up():
            raise CommandError("CLARITY_STRIPE_SECRET_KEY is not set: there is no Stripe to ask.")
        now = timezone.now()
        unknown = [one for one in again if not events.replay(one, now=now)]
        if unknown:
            raise CommandError(f"Stripe never told us of {', '.join(unknown)}.")
        if again:
            card_payments.look_into_events(now)
            for one in StripeEvent.objects.filter(pk__in=again).order_by("pk"):
                self.stdout.write(f"{one.pk}  {one.kind}  {one.get_state_display()}")
            return
        waiting = StripeEvent.objects.filter(state=EventState.WAITING).order_by("received_at", "pk")
        for one in waiting[:_SHOWN]:
            self.stdout.write(
                f"{one.pk}  {one.kind}  since {one.received_at:%Y-%m-%d %H:%M}Z"
                f"  {one.tries} tries  {one.problem}"
            )
        if not waiting.exists():
            self.stdout.write("Nothing waits.")
