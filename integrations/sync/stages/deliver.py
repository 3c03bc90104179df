"""Deliver: the next deliveries of a lane, each written down as an intent before its call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from integrations.connector_kit.base import Outgoing, Receipt, Result
from integrations.connector_kit.errors import ConnectorError, Unsupported
from integrations.models import Attempt, Delivery, DeliveryState, PairState
from integrations.sync import lanes, links
from integrations.sync.lanes import Lease
from integrations.sync.sessions import Session, load_many
from mappings.canonical.record import Entity, Skipped
from tenants import scope

BATCH = 250
RELATION_PAUSE = timedelta(seconds=2)


@dataclass(frozen=True)
class Job:
    """One delivery about to be written, with what the connector is asked to do."""

    delivery: Delivery
    attempt: Attempt
    outgoing: Outgoing


def running(session: Session) -> QuerySet[Delivery]:
    """Waiting deliveries of the lane whose pair runs and whose flow is on."""
    return Delivery.objects.filter(
        target=session.connection,
        state=DeliveryState.WAITING,
        flow__is_on=True,
        flow__pair__state__in=(PairState.TESTING, PairState.LIVE),
    )


def claim(session: Session, *, now: datetime, limit: int = BATCH) -> list[Delivery]:
    """At most one delivery of each record, oldest record first.

    A delivery that was already tried may have had an effect, so it is finished before a newer one
    of the same record; of untried ones only the newest is sent.
    """
    due = list(
        running(session)
        .filter(due_at__lte=now)
        .select_related("flow")
        .order_by("due_at", "id")[:limit]
    )
    chosen: dict[tuple[int, str], Delivery] = {}
    replaced: list[int] = []
    for row in sorted(due, key=lambda row: row.id):
        key = (row.flow_id, row.key)
        other = chosen.get(key)
        if other is None:
            chosen[key] = row
        elif not other.attempts:
            replaced.append(other.id)
            chosen[key] = row
    if replaced:
        Delivery.objects.filter(pk__in=replaced).update(
            state=DeliveryState.REPLACED,
            reason="A newer version came before it was sent",
            finished_at=now,
        )
    return _without_blocked(session, list(chosen.values()), now=now)


def _without_blocked(
    session: Session, rows: Sequence[Delivery], *, now: datetime
) -> list[Delivery]:
    """Leaves out records of which an earlier delivery waits for its retry."""
    waiting = {
        (row.flow_id, row.key): row
        for row in running(session).filter(
            due_at__gt=now, attempts__gt=0, key__in=[row.key for row in rows]
        )
    }
    free = []
    for row in rows:
        earlier = waiting.get((row.flow_id, row.key))
        if earlier is not None and earlier.id < row.id:
            Delivery.objects.filter(pk=row.pk).update(due_at=earlier.due_at)
        else:
            free.append(row)
    return free


def ready(rows: Iterable[Delivery], *, now: datetime) -> list[Delivery]:
    """Leaves out deliveries whose related record is on its way; they are looked at again soon.

    A record that will never be linked was left out before, so this wait has an end.
    """
    free = []
    for row in rows:
        missing = [pair for pair in row.needs if not links.find(row.flow, pair[0], pair[1])]
        if missing:
            entity, key = missing[0]
            Delivery.objects.filter(pk=row.pk).update(
                due_at=now + RELATION_PAUSE, reason=f"Waits for the {entity} {key}"
            )
        else:
            free.append(row)
    return free


def begin(session: Session, lease: Lease, rows: Sequence[Delivery], *, now: datetime) -> list[Job]:
    """Writes the intent of each delivery down. Commits before any request leaves."""
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        documents = load_many([row.payload_id for row in rows if row.payload_id])
        jobs = []
        for row in rows:
            row.attempts += 1
            row.intent_at = now
            row.progress = row.progress or _earlier_progress(row)
            row.save(update_fields=["attempts", "intent_at", "progress"])
            attempt = Attempt.objects.create(
                tenant_id=session.tenant_id, delivery=row, number=row.attempts, started_at=now
            )
            jobs.append(Job(row, attempt, _outgoing(row, documents.get(row.payload_id or 0) or {})))
    return jobs


def _earlier_progress(row: Delivery) -> dict[str, str]:
    """What an earlier delivery of the same record reached, so that nothing is made twice."""
    earlier = (
        Delivery.objects.filter(flow_id=row.flow_id, key=row.key, id__lt=row.id)
        .exclude(progress={})
        .order_by("-id")
        .first()
    )
    return dict(earlier.progress) if earlier else {}


def _outgoing(row: Delivery, document: Mapping[str, Any]) -> Outgoing:
    link = links.find(row.flow, row.entity, row.key)
    return Outgoing(
        delivery_id=f"{row.tenant_id}/{row.pk}",
        entity=Entity(row.entity),
        key=row.key,
        reference=row.reference,
        fields=document.get("fields", {}),
        linked_id=links.target_key(row.flow, link) if link else "",
        related=links.find_many(row.flow, [tuple(pair) for pair in document.get("related", [])]),
        attempt=row.attempts,
        progress=row.progress,
    )


def call(session: Session, lease: Lease, jobs: Sequence[Job]) -> list[Result | Exception]:
    """Their answer to each job, in order; an error stands for the job it belongs to."""
    entity = jobs[0].outgoing.entity
    port = session.port(entity)
    if port and port.write_many:
        return list(_all_or_error(session, jobs))
    if port and port.write:
        return [_one(session, lease, job) for job in jobs]
    label = session.connector.manifest.label
    return [Unsupported(f"{label} does not take {entity} records") for _ in jobs]


def _all_or_error(session: Session, jobs: Sequence[Job]) -> Sequence[Result | Exception]:
    port = session.port(jobs[0].outgoing.entity)
    assert port is not None and port.write_many is not None  # noqa: S101, PT018 - the caller looked
    try:
        return port.write_many(session.client, [job.outgoing for job in jobs])
    except ConnectorError as error:
        return [error for _ in jobs]


def _one(session: Session, lease: Lease, job: Job) -> Result | Exception:
    port = session.port(job.outgoing.entity)
    assert port is not None and port.write is not None  # noqa: S101, PT018 - the caller looked

    def save(step: str, value: str) -> None:
        with scope.tenant(session.tenant_id):
            lanes.check(lease)
            job.delivery.progress = {**job.delivery.progress, step: value}
            job.delivery.save(update_fields=["progress"])

    try:
        receipt: Receipt = port.write(session.client, job.outgoing, save)
    except (ConnectorError, Skipped) as error:
        return error
    return receipt
