"""The queue: a hint that there is work. The only package that imports django_q.

Losing a hint loses nothing (the pulse finds due lanes), a second one changes nothing (the lane is
already held).
"""

from __future__ import annotations

from uuid import UUID

from django_q.brokers import get_broker
from django_q.tasks import async_task

WORK_LANE = "integrations.tasks.work_lane"
TEND_INCIDENT = "integrations.tasks.tend_incident"
DO_CHORES = "integrations.tasks.do_chores"
RUN_PREFLIGHT = "integrations.tasks.run_preflight"
RUN_DRY_RUN = "integrations.tasks.run_dry_run"
RUN_SHADOW = "integrations.tasks.run_shadow"
RUN_CONVERGENCE = "integrations.tasks.run_convergence"
RUN_BULK = "integrations.tasks.run_bulk"


def enqueue_lane(*, tenant_id: UUID, connection_id: UUID, first: bool = False) -> None:
    """Asks a worker to look at a lane. Commits or rolls back with the caller's transaction.

    `first`: before everything else that waits.
    """
    broker = get_broker()
    broker.at_front = first
    async_task(WORK_LANE, tenant_id=str(tenant_id), connection_id=str(connection_id), broker=broker)


def enqueue_incident(*, tenant_id: UUID, incident_id: int) -> None:
    """Asks a worker to take the next step of an incident. Commits with the caller's transaction."""
    async_task(TEND_INCIDENT, tenant_id=str(tenant_id), incident_id=incident_id)


def enqueue_chores() -> None:
    """Asks a worker to see to the chores that are due."""
    async_task(DO_CHORES)


def enqueue_shadow(*, tenant_id: UUID, run_id: int) -> None:
    """Asks a worker to go on with a trial of rules. Commits with the caller's transaction."""
    async_task(RUN_SHADOW, tenant_id=str(tenant_id), run_id=run_id)


def enqueue_preflight(*, tenant_id: UUID, preflight_id: int) -> None:
    """Asks a worker to look both accounts of a pair over. Commits with the caller's transaction."""
    async_task(RUN_PREFLIGHT, tenant_id=str(tenant_id), preflight_id=preflight_id)


def enqueue_dry_run(*, tenant_id: UUID, dry_run_id: int) -> None:
    """Asks a worker to try the newest orders of a pair. Commits with the caller's transaction."""
    async_task(RUN_DRY_RUN, tenant_id=str(tenant_id), dry_run_id=dry_run_id)


def enqueue_convergence(*, tenant_id: UUID, run_id: int) -> None:
    """Asks a worker to compare the stock of a pair. Commits with the caller's transaction."""
    async_task(RUN_CONVERGENCE, tenant_id=str(tenant_id), run_id=run_id)


def enqueue_bulk(*, job_id: UUID) -> None:
    """Asks a worker to go on with a bulk job. Commits with the caller's transaction."""
    async_task(RUN_BULK, job_id=str(job_id))


def length() -> int | None:
    """How many hints wait; None while the queue cannot be asked."""
    size = int(get_broker().queue_size())
    return size if size >= 0 else None
