"""Deliver: the next deliveries of a lane, each written down as an intent before its call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from integrations.connector_kit.base import Outgoing, Receipt, Result
from integrations.connector_kit.errors import ConnectorError, NeedsOwner, TryLater, Unsupported
from integrations.models import Attempt, Delivery, DeliveryState, Flow, PairState
from integrations.sync import (
    crash_points,
    echoes,
    floors,
    history,
    incidents,
    lanes,
    links,
    many,
    merging,
    promised,
    reservations,
)
from integrations.sync.lanes import Lease
from integrations.sync.links import Known
from integrations.sync.retry import trying_time
from integrations.sync.sessions import Session, load_many
from integrations.sync.versions import is_newer
from mappings.canonical.record import Entity, Skipped
from tenants import scope

BATCH = 250
# What an intent changes of a row.
INTENT = ("attempts", "trying_seconds", "intent_at", "progress")
RELATION_PAUSE = timedelta(seconds=2)
BEHIND_EARLIER = timedelta(milliseconds=100)


@dataclass(frozen=True)
class Job:
    """One delivery about to be written, with what the connector is asked to do."""

    delivery: Delivery
    before: tuple[int, int, datetime | None]
    """Attempts, trying time and last intent of the row before this intent."""
    outgoing: Outgoing
    begun_at: datetime


def running(session: Session, floor: int | None = None) -> QuerySet[Delivery]:
    """Waiting deliveries of the lane whose pair runs and whose flow is on.

    `floor`: the answer of `floors`, where it was asked in this transaction already.
    """
    if floor is None:
        floor = floors.deliveries_from(session.connection.pk)
    return Delivery.objects.filter(
        id__gte=floor,
        target=session.connection,
        state=DeliveryState.WAITING,
        flow__is_on=True,
        flow__pair__state__in=(PairState.TESTING, PairState.LIVE),
    )


def claim(
    session: Session, *, now: datetime, limit: int = BATCH, leave_out: Sequence[int] = ()
) -> list[Delivery]:
    """At most one delivery of each record, oldest record first; not those under way.

    A delivery that was already tried may have had an effect, so it is finished before a newer one
    of the same record; of untried ones only the newest is sent.
    """
    floor = floors.deliveries_from(session.connection.pk)
    due = list(
        running(session, floor)
        .filter(due_at__lte=now)
        .exclude(pk__in=leave_out)
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
    return _without_blocked(session, list(chosen.values()), floor)


def _without_blocked(session: Session, rows: Sequence[Delivery], floor: int) -> list[Delivery]:
    """Leaves out records of which another delivery was tried and is not finished.

    It may be under way at this moment, and be the newer one: a backfill's record waits behind news.
    """
    tried: dict[tuple[int, str], Delivery] = {}
    if not rows:
        return []
    for row in (
        running(session, floor)
        .filter(attempts__gt=0, key__in=[row.key for row in rows])
        .order_by("-id")
    ):
        tried[(row.flow_id, row.key)] = row  # the earliest one stays
    free = []
    for row in rows:
        other = tried.get((row.flow_id, row.key))
        if other is not None and other.id != row.id and (other.id < row.id or not row.attempts):
            Delivery.objects.filter(pk=row.pk).update(
                due_at=max(other.due_at, row.due_at) + BEHIND_EARLIER
            )
        else:
            free.append(row)
    return free


def begin(
    session: Session, lease: Lease, batches: Sequence[Sequence[Delivery]], *, now: datetime
) -> list[list[Job]]:
    """Writes the intents of all batches down together; commits before any request leaves.

    Left out: what waits for a related record, is spoken for, or cannot be read.
    """
    rows = [row for batch in batches for row in batch]
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        documents = load_many([row.payload_id for row in rows if row.payload_id])
        known = links.find_all(_asked_for(rows, documents))
        ours = _possibly_ours(rows, documents)
        free = {
            row.pk
            for row in rows
            if _is_theirs(row, known, ours.get(row.pk, ()), now=now)
            and _is_ready(row, known, now=now)
        }
        earlier = _earlier([row for row in rows if row.pk in free])
        jobs = {
            row.pk: job
            for row in rows
            if row.pk in free
            and (
                job := _job(
                    session, row, documents.get(row.payload_id or 0), known, earlier, now=now
                )
            )
        }
        # The order's units are held back until then, though no call tells of its end.
        over = [row.pk for row in rows if row.entity == Entity.ORDER and row.pk not in jobs]
        if over:
            reservations.settle(now=now, deliveries=over)
        _keep_lost_attempts([job for job in jobs.values() if job.delivery.attempts > 1])
        written = many.update(
            Delivery,
            [job.delivery for job in jobs.values()],
            INTENT,
            # Someone may have discarded it since it was claimed.
            only="state = 'waiting'",
        )
    begun = ([jobs[row.pk] for row in batch if row.pk in written] for batch in batches)
    return [batch for batch in begun if batch]


def withdraw(session: Session, lease: Lease, jobs: Sequence[Job]) -> None:
    """Takes intents back of which no call was made."""
    if not jobs:
        return
    for job in jobs:
        row, before = job.delivery, job.before
        row.attempts, row.trying_seconds, row.intent_at = before
    with scope.tenant(session.tenant_id):
        lanes.check(lease)
        many.update(Delivery, [job.delivery for job in jobs], INTENT)


def _asked_for(
    rows: Iterable[Delivery], documents: Mapping[int, Any]
) -> Iterator[tuple[Flow, str, str]]:
    """Every record whose link matters to these deliveries."""
    for row in rows:
        document = documents.get(row.payload_id or 0) or {}
        yield row.flow, row.entity, row.key
        for entity, key, *_ in (*row.needs, *document.get("related", ())):
            yield row.flow, entity, key


def _possibly_ours(
    rows: Sequence[Delivery], documents: Mapping[int, Any]
) -> dict[int, Collection[int]]:
    """By delivery those of the other direction that may have made its record, and are open still."""
    noted = {
        row.pk: others
        for row in rows
        if (others := (documents.get(row.payload_id or 0) or {}).get("unsettled"))
    }
    open_ = echoes.still_open(one for others in noted.values() for one in others)
    return {pk: left for pk, others in noted.items() if (left := open_.intersection(others))}


def _is_theirs(row: Delivery, known: Known, ours: Collection[int], *, now: datetime) -> bool:
    """Whether the record is not one that a delivery of the other direction made, as far as known."""
    found = known.of(row.flow, row.entity, row.key)
    if found and echoes.is_own_fact(row.flow, found):
        _leave_out(row, echoes.OURS, now=now)
        return False
    is_late = now - row.created_at > echoes.PATIENCE
    if ours and not found and not (is_late and row.entity in echoes.STATES):
        if is_late and echoes.is_abandoned(ours):
            _hold(row, echoes.NEVER_SURE, echoes.NEVER_SURE_ADVICE, now=now)
            return False
        Delivery.objects.filter(pk=row.pk).update(due_at=now + RELATION_PAUSE, reason=echoes.UNSURE)
        return False
    return True


def _leave_out(row: Delivery, reason: str, *, now: datetime) -> None:
    row.state, row.reason, row.finished_at = DeliveryState.FILTERED, reason, now
    row.save(update_fields=["state", "reason", "finished_at"])


def _is_ready(row: Delivery, known: Known, *, now: datetime) -> bool:
    """Whether every related record is linked; if not, the row is put off, or left out for good."""
    missing = [need for need in row.needs if not known.of(row.flow, need[0], need[1])]
    if not missing:
        return True
    entity, key, reference = missing[0]
    name = reference or key
    early = not reference and links.may_still_come(row, entity, key, now=now)
    if early or links.is_coming(row.flow, entity, reference, key):
        Delivery.objects.filter(pk=row.pk).update(
            due_at=now + RELATION_PAUSE, reason=f"Waits for the {entity} {name}"
        )
    else:
        Delivery.objects.filter(pk=row.pk).update(
            state=DeliveryState.FILTERED,
            reason=f"The {entity} {name} is not shared by this pair",
            finished_at=now,
        )
    return False


def _job(
    session: Session,
    row: Delivery,
    document: Mapping[str, Any] | None,
    known: Known,
    earlier: Mapping[int, Mapping[str, Any]],
    *,
    now: datetime,
) -> Job | None:
    """The call to be made for a delivery, with its intent noted on the row."""
    if document is None:
        _hold(
            row,
            "What was stored of this record cannot be read any more",
            "Replay the record, so that it is read from its source again.",
            now=now,
        )
        return None
    merge = row.merge = merging.begun(row, document, known, session)
    if not row.attempts and _is_spoken_for(row, known, now=now):
        return None
    before = (row.attempts, row.trying_seconds, row.intent_at)
    row.attempts += 1
    row.trying_seconds = trying_time(row.trying_seconds, last_try=row.intent_at, now=now)
    row.intent_at = now
    row.progress = row.progress or earlier.get(row.pk, {})
    outgoing = _outgoing(row, document, known, was_tried=row.pk in earlier)
    if merge is not None:
        outgoing = replace(outgoing, merge=merge.over)
    if row.entity == Entity.INVENTORY:
        outgoing = replace(outgoing, promised=promised.of(row, document))
    return Job(row, before, outgoing, now)


def _hold(row: Delivery, reason: str, advice: str, *, now: datetime) -> None:
    row.state, row.finished_at = DeliveryState.HELD, now
    row.reason, row.advice = reason, advice
    incidents.file(row, None, now=now)
    row.save(update_fields=["state", "reason", "advice", "finished_at", "incident"])


def _is_spoken_for(row: Delivery, known: Known, *, now: datetime) -> bool:
    """Whether what was delivered since the row was made says as much, or more."""
    link = known.of(row.flow, row.entity, row.key)
    if link is None or row.entity == Entity.INVENTORY:
        return False
    if row.version and link.version_of(row.flow.direction) > row.version:
        row.state, row.reason = DeliveryState.FILTERED, "A newer version was delivered before"
    elif row.merge is not None:
        if not (settled := merging.echo(row.merge)):
            return False
        row.state, row.reason = settled
    elif link.hash_of(row.flow.direction) == row.content_hash:
        row.state, row.reason = DeliveryState.UNCHANGED, "The target already has exactly this"
    else:
        return False
    row.finished_at = now
    row.save(update_fields=["state", "reason", "finished_at"])
    return True


def _earlier(rows: Sequence[Delivery]) -> dict[int, Mapping[str, Any]]:
    """By delivery: what the last tried delivery of the same record reached, if there is one.

    What it reached is not made twice.
    """
    tried = history.tried_deliveries(rows) if rows else {}
    if not tried:
        return {}
    reached = dict(Delivery.objects.filter(pk__in=tried.values()).values_list("pk", "progress"))
    return {pk: reached[earlier] for pk, earlier in tried.items() if earlier in reached}


def _keep_lost_attempts(jobs: Sequence[Job]) -> None:
    """An attempt is logged with its outcome; one that a crash cut off is logged by the next."""
    if not jobs:
        return
    ids = [job.delivery.pk for job in jobs]
    there = set(Attempt.objects.filter(delivery__in=ids).values_list("delivery_id", "number"))
    Attempt.objects.bulk_create(
        Attempt(delivery=job.delivery, number=number, started_at=started_at)
        for job in jobs
        for number, _, started_at in (job.before,)
        if started_at is not None and (job.delivery.pk, number) not in there
    )


def _outgoing(
    row: Delivery, document: Mapping[str, Any], known: Known, *, was_tried: bool
) -> Outgoing:
    related = {
        f"{entity}:{key}": there
        for entity, key in document.get("related", ())
        if (there := known.target_key(row.flow, entity, key))
    }
    return Outgoing(
        delivery_id=f"{row.tenant_id}/{row.pk}",
        entity=Entity(row.entity),
        key=row.key,
        reference=row.reference,
        fields=document.get("fields", {}),
        linked_id=known.target_key(row.flow, row.entity, row.key),
        related=related,
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
    except (TryLater, NeedsOwner) as error:
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
