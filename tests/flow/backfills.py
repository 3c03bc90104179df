"""What backfill tests do again and again with a rig."""

from __future__ import annotations

from django.utils import timezone

from integrations.models import Backfill, BackfillState
from integrations.services import backfills, stock
from integrations.services.backfill_progress import Progress, progress
from tenants import scope
from tests.flow.conftest import Rig

# Polls now and then only, so that a slice ends and the other lane gets its turn.
CALM = {"poll_seconds": "0.5"}


def planned(rig: Rig, entity: str, direction: str = "") -> Backfill:
    with scope.tenant(rig.tenant.pk):
        flow = backfills.find_flow(rig.pair.pk, entity, direction)
    return backfills.plan(flow=flow, now=timezone.now())


def started(rig: Rig, entity: str, direction: str = "") -> Backfill:
    row = planned(rig, entity, direction)
    start(rig, row)
    return row


def start(rig: Rig, row: Backfill) -> None:
    with scope.tenant(rig.tenant.pk):
        backfills.start(row, by=None, now=timezone.now())


def now(rig: Rig, row: Backfill) -> Backfill:
    with scope.tenant(rig.tenant.pk):
        found: Backfill = Backfill.objects.select_related("flow").get(pk=row.pk)
    return found


def figures(rig: Rig, row: Backfill) -> Progress:
    with scope.tenant(rig.tenant.pk):
        found = Backfill.objects.select_related(
            "flow", "flow__pair", "flow__source", "flow__target"
        ).get(pk=row.pk)
        return progress(found, now=timezone.now())


def until_done(rig: Rig, row: Backfill) -> Progress:
    rig.until(lambda: now(rig, row).state == BackfillState.DONE, "the backfill is done")
    return figures(rig, row)


def differences(rig: Rig) -> int:
    """Articles whose stock differs, of those both sides have."""
    stock.forget()
    found = stock.compare_stock(pair=rig.pair, now=timezone.now())
    assert not found.error, found.error
    return sum(1 for one in found.rows if one.difference not in (None, 0))
