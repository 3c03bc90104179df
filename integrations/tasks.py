"""Every background entry point: ids in, one call out. These dotted names are public.

Unknown keys are ignored, so that workers of two versions can run side by side.
"""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from integrations.services import (
    accuracy,
    accuracy_schedule,
    bulk_running,
    chores,
    dry_run,
    group_replay,
    mapping_shadow,
    preflight,
)
from integrations.sync import crash_points, slices


def work_lane(*, tenant_id: str, connection_id: str, **_: object) -> None:
    """Works one lane for a slice, and what that hands over; nothing when another process holds it."""
    crash_points.reach("queue-entry-taken")
    slices.run_and_go_on(tenant_id=UUID(tenant_id), connection_id=UUID(connection_id))


def tend_incident(*, tenant_id: str, incident_id: int, **_: object) -> None:
    """Takes the next step of an incident's replay, or closes it when nothing is stuck in it."""
    group_replay.tend(tenant_id=UUID(tenant_id), incident_id=incident_id, now=timezone.now())


def do_chores(**_: object) -> None:
    """Does the platform's chores that are due; does nothing when another process is at them."""
    chores.run_due()


def run_shadow(*, tenant_id: str, run_id: int, **_: object) -> None:
    """Goes on with a trial of rules over stored records; nothing when another process is at it."""
    mapping_shadow.run(tenant_id=UUID(tenant_id), run_id=run_id)


def run_preflight(*, tenant_id: str, preflight_id: int, **_: object) -> None:
    """Looks both accounts of a pair over."""
    preflight.run(tenant_id=UUID(tenant_id), preflight_id=preflight_id)


def run_dry_run(*, tenant_id: str, dry_run_id: int, **_: object) -> None:
    """Tries the newest orders of a pair; writes nothing to either account."""
    dry_run.run(tenant_id=UUID(tenant_id), dry_run_id=dry_run_id)


def run_convergence(*, tenant_id: str, run_id: int, **_: object) -> None:
    """Compares the stock of a pair, then starts the next one that is due."""
    accuracy.carry_out(tenant_id=UUID(tenant_id), run_id=run_id)
    accuracy_schedule.start_due(timezone.now())


def run_bulk(*, job_id: str, **_: object) -> None:
    """Goes on with a bulk job of our people; nothing when another process is at it."""
    bulk_running.run(job_id=UUID(job_id))
