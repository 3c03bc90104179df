"""manage.py flows: what a pair carries, and switching one of its flows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations.models import Direction, Flow, Pair
from integrations.services import flows
from tenants import scope


class Command(BaseCommand):
    help = (
        "Shows what a pair carries, both ways. With --entity and --on or --off it switches one of "
        "these flows. What comes while a flow is off is left out and not kept for later."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pair", required=True, type=UUID, help="id of the pair")
        parser.add_argument("--entity", help="what to switch, such as product")
        parser.add_argument("--direction", default="", choices=Direction.values)
        switch = parser.add_mutually_exclusive_group()
        switch.add_argument("--on", action="store_true")
        switch.add_argument("--off", action="store_true")

    def handle(
        self, *, pair: UUID, entity: str | None, direction: str, on: bool, off: bool, **_: Any
    ) -> None:
        if bool(entity) != (on or off):
            raise CommandError("Name an entity and either --on or --off, or none of them.")
        tenant_id, found = _pair(pair)
        if entity:
            with scope.tenant(tenant_id):
                flow = _flow(found, entity, direction)
            problem = flows.switch(
                flow,
                is_on=on,
                by=None,
                public_url=settings.CLARITY_PUBLIC_URL,
                now=timezone.now(),
            )
            if problem:
                self.stderr.write(f"Its webhooks could not be registered: {problem}")
        with scope.tenant(tenant_id):
            for flow in flows.of_pair(found):
                state = "on" if flow.is_on else "off"
                self.stdout.write(f"{flow.entity:<10} {flow.direction:<9} {state}")


def _pair(pair_id: UUID) -> tuple[UUID, Pair]:
    with scope.door("find the pair whose flows are shown"):
        found: Pair | None = Pair.objects.filter(pk=pair_id).first()
    if found is None:
        raise CommandError(f"There is no pair {pair_id}.")
    return found.tenant_id, found


def _flow(pair: Pair, entity: str, direction: str) -> Flow:
    try:
        return flows.find(pair, entity=entity, direction=direction)
    except flows.NoSuchFlow as error:
        raise CommandError(str(error)) from None
