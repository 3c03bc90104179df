"""Deliver: the next deliveries of a lane, each written down as an intent before its call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from integrations.connector_kit.base import Outgoing, Receipt, Result
from integrations.connector_kit.errors import ConnectorError, Unsupported
from integrations.models import Attempt, Delivery, DeliveryState, PairState
from integrations.sync import crash_points, lanes, links
from integrations.sync.lanes import Lease
from integrations.sync.retry import trying_time
from integrations.sync.sessions import Session, load_many
from integrations.sync.versions import is_newer
from mappings.canonical.record import Entity, Skipped
from tenants import scope

BATCH = 250
RELATION_PAUSE = timedelta(seconds=2)
BEHIND_EARLIER = timedelta(milliseconds=100)


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
        .order_by("rank", "due_at", "id")[:limit]
    )
    chosen: dict[tuple[int, str], Delivery] = {}
    replaced: list[int] = []
    for row in sorted(due, key=lambda row: row.id):
        key = (row.flow_id, row.key)
        other = chosen.get(key)
        if other is None:
            chosen[key] = row
        elif not other.attempts:
            newer, older = (other, row) if is_newer(other, row) else (row, other)
            replaced.append(older.id)
            chosen[key] = newer
    if replaced:
        Delivery.objects.filter(pk__in=replaced).update(
            state=DeliveryState.REPLACED,
            reason="A newer version came before it was sent",
            finished_at=now,
        )
    return _without_blocked(session, list(chosen.values()))


def _without_blocked(session: Session, rows: Sequence[Delivery]) -> list[Delivery]:
    """Leaves out records of which an earlier delivery was tried and is not finished."""
    tried: dict[tuple[int, str], Delivery] = {}
    for row in (
        running(session).filter(attempts__gt=0, key__in=[row.key for row in rows]).order_by("-id")
    ):
        tried[(row.flow_id, row.key)] = row  # the earliest one stays
    free = []
    for row in rows:
        earlier = tried.get((row.flow_id, row.key))
        if earlier is not None and earlier.id < row.id:
            Delivery.objects.filter(pk=row.pk).update(
                due_at=max(earlier.due_at, row.due_at) + BEHIND_EARLIER
            )
        else:
            free.append(row)
    return free


def ready(rows: Iterable[Delivery], *, now: datetime) -> list[Delivery]:
    """Leaves out deliveries whose related record is on its way; they are looked at again soon.

    One whose related record will not come any more is left out for good.
    """
    free = []
    for row in rows:
        missing = [need for need in row.needs if not links.find(row.flow, need[0], need[1])]
        if not missing:
            free.append(row)
            continue
        entity, key, reference = missing[0]
        name = reference or key
        if links.is_coming(row.flow, entity, reference):
            Delivery.objects.filter(pk=row.pk).update(
                due_at=now + RELATION_PAUSE, reason=f"Waits for the {entity} {name}"
            )
        else:
            Delivery.objects.filter(pk=row.pk).update(
                state=DeliveryState.FILTERED,
                reason=f"The {entity} {name} is not shared by this pair",
                finished_at=now,
            )
    return free


def begin(session: Session, lease: Lease, rows: Sequence[Delivery], *, now: datetime) -> list[Job]:
    """Writes the intent of each delivery down. Commits before any request leaves."""
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        documents = load_many([row.payload_id for row in rows if row.payload_id])
        jobs = []
        for row in rows:
            document = documents.get(row.payload_id or 0)
            if document is None:
                _hold_unreadable(row, now=now)
                continue
            if not row.attempts and _is_spoken_for(row, now=now):
                continue
            row.attempts += 1
            row.trying_seconds = trying_time(row.trying_seconds, last_try=row.intent_at, now=now)
            row.intent_at = now
            earlier = _earlier(row)
            row.progress = row.progress or (earlier.progress if earlier else {})
            row.save(update_fields=["attempts", "trying_seconds", "intent_at", "progress"])
            attempt = Attempt.objects.create(
                tenant_id=session.tenant_id, delivery=row, number=row.attempts, started_at=now
            )
            jobs.append(Job(row, attempt, _outgoing(row, document, was_tried=earlier is not None)))
    return jobs


def _hold_unreadable(row: Delivery, *, now: datetime) -> None:
    row.state, row.finished_at = DeliveryState.HELD, now
    row.reason = "What was stored of this record cannot be read any more"
    row.advice = "Replay the record, so that it is read from its source again."
    row.save(update_fields=["state", "reason", "advice", "finished_at"])


def _is_spoken_for(row: Delivery, *, now: datetime) -> bool:
    """Whether what was delivered since the row was made says as much, or more."""
    link = links.find(row.flow, row.entity, row.key)
    if link is None or row.entity == Entity.INVENTORY:
        return False
    if row.version and link.delivered_version > row.version:
        row.state, row.reason = DeliveryState.FILTERED, "A newer version was delivered before"
    elif link.delivered_hash == row.content_hash:
        row.state, row.reason = DeliveryState.UNCHANGED, "The target already has exactly this"
    else:
        return False
    row.finished_at = now
    row.save(update_fields=["state", "reason", "finished_at"])
    return True


def _earlier(row: Delivery) -> Delivery | None:
    """The last delivery of the same record that was tried: what it reached is not made twice."""
    return (
        Delivery.objects.filter(flow_id=row.flow_id, key=row.key, id__lt=row.id, attempts__gt=0)
        .order_by("-id")
        .first()
    )


def _outgoing(row: Delivery, document: Mapping[str, Any], *, was_tried: bool) -> Outgoing:
    link = links.find(row.flow, row.entity, row.key)
    return Outgoing(
        delivery_id=f"{row.tenant_id}/{row.pk}",
        entity=Entity(row.entity),
        key=row.key,
        reference=row.reference,
        fields=document.get("fields", {}),
        linked_id=links.target_key(row.flow, link) if link else "",
        related=links.find_many(row.flow, [tuple(pair) for pair in document.get("related", [])]),
        # Nobody knows what an earlier try did, so this one must look before it writes.
        attempt=row.attempts + 1 if was_tried else row.attempts,
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
        results = list(port.write_many(session.client, [job.outgoing for job in jobs]))
    except ConnectorError as error:
        return [error for _ in jobs]
    if len(results) != len(jobs):
        raise ValueError(f"{len(jobs)} records were sent, {len(results)} were answered for")
    return results


def _one(session: Session, lease: Lease, job: Job) -> Result | Exception:
    port = session.port(job.outgoing.entity)
    assert port is not None and port.write is not None  # noqa: S101, PT018 - the caller looked

    def save(step: str, value: str) -> None:
        crash_points.reach("before-checkpoint")
        with scope.tenant(session.tenant_id):
            lanes.check(lease)
            job.delivery.progress = {**job.delivery.progress, step: value}
            job.delivery.save(update_fields=["progress"])
        connection.close()
        crash_points.reach("after-checkpoint")

    try:
        receipt: Receipt = port.write(session.client, job.outgoing, save)
    except (ConnectorError, Skipped) as error:
        return error
    return receipt
