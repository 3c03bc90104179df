"""Shadow publish: a draft over the last stored records of its flow, compared with what holds now.

Works in chunks: what was counted and how far it came commit together, so a run goes on whatever
process dies, and counts no record twice. Nobody is called.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from integrations.models import Delivery, Flow, ShadowRun, ShadowState
from integrations.queue import enqueue_shadow
from integrations.services import mapping_checks, shadow_records
from integrations.services.mapping_versions import BadRules, CannotChange, digest
from integrations.services.shadow_counts import count
from integrations.sync import pipeline, rulebooks
from integrations.sync.rulebooks import RuleBook
from mappings.engine.changes import Change
from mappings.models import MappingSet, MappingVersion, VersionState
from tenants import scope
from tenants.models import User

RECORDS = 500
CHUNK = 50
CHUNK_SECONDS = 5.0
TURN_SECONDS = 15.0
# Rules that take so long with so many records of one chunk are not tried on hundreds more.
SLOW_SECONDS = 0.9
MOST_SLOW = 4
# Whoever took a run and died is replaced after this time.
TAKEN_FOR = timedelta(seconds=60)
GIVE_UP_AFTER = 3
MOST_EXAMPLES = 60

_OUR_ERROR = "An error of ours stopped it; the log of the workers says which."


@dataclass(frozen=True)
class Example:
    """One record that would be another. `before` and `after` are None where there is no value."""

    item_id: int
    number: str
    path: str
    before: object
    after: object


@dataclass(frozen=True)
class FieldReport:
    """In how many records a target field would be another, with some of them."""

    target: str
    count: int
    examples: Sequence[Example]


@dataclass(frozen=True)
class CauseReport:
    """Why records would newly be held or left out, or why they no longer would.

    `kind`: "newly_held", "newly_left_out" or "no_longer_held". `examples` are (item id, number).
    """

    kind: str
    message: str
    field: str
    count: int
    examples: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class MoneyReport:
    """What the draft adds to a target's amounts over all records of one currency."""

    currency: str
    target: str
    added: Decimal


@dataclass(frozen=True)
class Report:
    """A run with what it found so far."""

    run: ShadowRun
    fields: Sequence[FieldReport]
    money: Sequence[MoneyReport]
    causes: Sequence[CauseReport]
    is_current: bool
    """Whether the draft is still as it was tried."""

    @property
    def has_new_failures(self) -> bool:
        return bool(self.run.newly_held or self.run.newly_left_out)

    @property
    def percent(self) -> int:
        if self.run.state == ShadowState.DONE:
            return 100
        return min(99, 100 * done(self.run) // max(1, self.run.wanted))


def done(run: ShadowRun) -> int:
    """How many records it has looked at."""
    return int(run.seen + run.unreadable)


def start(*, flow: Flow, actor: User | None, now: datetime, records: int = RECORDS) -> ShadowRun:
    """Lets workers try the flow's draft on its last stored records. Call inside the tenant's scope.

    Raises CannotChange when there is no draft or a run of the flow is under way, and BadRules.
    """
    draft: MappingVersion | None = MappingVersion.objects.filter(
        set_id=flow.pair.mapping_set_id,
        entity=flow.entity,
        direction=flow.direction,
        state=VersionState.DRAFT,
    ).first()
    if draft is None:
        raise CannotChange(f"There is no draft of {flow.entity} {flow.direction}. Make one first.")
    if wrong := mapping_checks.troubles(flow, draft.changes):
        raise BadRules(wrong)
    run = ShadowRun(
        flow=flow,
        version=draft,
        changes=draft.changes,
        tried=digest(flow, draft.changes),
        against=rulebooks.of_flow(flow).label,
        wanted=max(1, records),
        due_at=now + TAKEN_FOR,
        started_by=actor,
        started_at=now,
    )
    try:
        with transaction.atomic():
            run.save()
    except IntegrityError:
        raise CannotChange("A trial of these rules is running already.") from None
    enqueue_shadow(tenant_id=run.tenant_id, run_id=run.pk)
    return run


def cancel(*, run: ShadowRun, now: datetime) -> bool:
    """Ends a run; answers whether it was running. Call inside the tenant's scope."""
    ended = ShadowRun.objects.filter(pk=run.pk, state=ShadowState.RUNNING).update(
        state=ShadowState.CANCELLED, due_at=None, finished_at=now
    )
    return bool(ended)


def run(*, tenant_id: UUID, run_id: int, seconds: float = TURN_SECONDS) -> bool:
    """Goes on with a run for a while; answers whether it is over. Call outside any scope.

    May be called at any time, twice, and by two workers at once: one of them works.
    """
    until = time.monotonic() + seconds
    while True:
        state: list[str] = []
        went = pipeline.survives(
            f"shadow run {run_id}", partial(_chunk, tenant_id, run_id, state.append)
        )
        if not went:
            _count_failure(tenant_id, run_id)
            return False
        if not state:
            # It is over, or another worker is at it.
            return not _is_running(tenant_id, run_id)
        if state[0] != ShadowState.RUNNING:
            return True
        if time.monotonic() > until:
            with scope.tenant(tenant_id):
                enqueue_shadow(tenant_id=tenant_id, run_id=run_id)
            return False


def run_to_the_end(*, tenant_id: UUID, run_id: int) -> None:
    """Works a run here until it is over, or until nobody can go on with it. Call outside any
    scope; a worker that takes a part of it is waited for."""
    while not run(tenant_id=tenant_id, run_id=run_id):
        time.sleep(0.2)


def run_due(now: datetime) -> None:
    """Goes on with runs whose worker died (the platform's chore)."""
    with scope.door("trials of rules that nobody works on"):
        due = list(
            ShadowRun.objects.filter(state=ShadowState.RUNNING, due_at__lte=now)
            .order_by("due_at")
            .values_list("tenant_id", "pk")[:100]
        )
    for tenant_id, run_id in due:
        with scope.tenant(tenant_id):
            ShadowRun.objects.filter(pk=run_id).update(due_at=now + TAKEN_FOR)
            enqueue_shadow(tenant_id=tenant_id, run_id=run_id)


def latest(*, flow: Flow) -> ShadowRun | None:
    """The flow's newest run. Call inside the tenant's scope."""
    found: ShadowRun | None = (
        ShadowRun.objects.filter(flow=flow).select_related("version").order_by("-id").first()
    )
    return found


def report(*, run: ShadowRun) -> Report:
    """What a run found, with the values of its examples. Call inside the tenant's scope.

    Values of records are kept nowhere but in the sealed documents, so they are worked out anew.
    """
    flow = _flow(run.flow_id)
    seen = _examples(run, flow)
    return Report(
        run=run,
        fields=[
            FieldReport(
                target, found["count"], _values(target, [seen.get(pk) for pk in found["examples"]])
            )
            for target, found in sorted(
                run.fields.items(), key=lambda entry: (-entry[1]["count"], entry[0])
            )
        ],
        money=[
            MoneyReport(currency, target, Decimal(added))
            for currency, targets in sorted(run.money.items())
            for target, added in sorted(targets.items())
            if Decimal(added)
        ],
        causes=[
            CauseReport(
                one["kind"],
                one["message"],
                one["field"],
                one["count"],
                [_named(seen[pk].delivery) for pk in one["examples"] if pk in seen],
            )
            for one in sorted(run.causes, key=lambda one: -one["count"])
        ],
        is_current=_is_current(run, flow),
    )


def _chunk(tenant_id: UUID, run_id: int, tell: Callable[[str], None]) -> None:
    """The next records, in one transaction; tells the state the run is in then."""
    with scope.tenant(tenant_id):
        row: ShadowRun | None = (
            ShadowRun.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=run_id, state=ShadowState.RUNNING)
            .first()
        )
        if row is None:
            return
        flow = _flow(row.flow_id)
        before = rulebooks.of_flow(flow)
        if before.label != row.against:
            row.problem = (
                "Rules or tables of this flow were changed meanwhile. Try the draft again."
            )
            _end(row, ShadowState.FAILED)
        else:
            _look(row, flow, before)
        row.save()
        tell(row.state)


def _look(row: ShadowRun, flow: Flow, before: RuleBook) -> None:
    """Counts the next records: a chunk of them, or as many as there is time for."""
    until, slow = time.monotonic() + CHUNK_SECONDS, 0
    rows = shadow_records.stored(flow, below=row.below, limit=min(CHUNK, row.wanted - done(row)))
    place = shadow_records.reading(flow)
    began = time.monotonic()
    for seen in shadow_records.compare(place, rows, before, _tried(row, flow)):
        count(row, place, seen)
        row.below = seen.delivery.pk
        now = time.monotonic()
        slow, began = slow + (now - began > SLOW_SECONDS), now
        if slow >= MOST_SLOW:
            row.problem = (
                f"Each record takes more than {SLOW_SECONDS:g} s by these rules."
                " Simplify their expressions, then try again."
            )
            _end(row, ShadowState.FAILED)
            return
        if now > until:
            break
    row.failures, row.due_at = 0, timezone.now() + TAKEN_FOR
    if not rows or done(row) >= row.wanted:
        _end(row, ShadowState.DONE)


def _is_running(tenant_id: UUID, run_id: int) -> bool:
    with scope.tenant(tenant_id):
        return ShadowRun.objects.filter(pk=run_id, state=ShadowState.RUNNING).exists()


def _end(row: ShadowRun, state: ShadowState) -> None:
    row.state, row.due_at, row.finished_at = state, None, timezone.now()


def _count_failure(tenant_id: UUID, run_id: int) -> None:
    with scope.tenant(tenant_id):
        row: ShadowRun | None = (
            ShadowRun.objects.select_for_update()
            .filter(pk=run_id, state=ShadowState.RUNNING)
            .first()
        )
        if row is None:
            return
        row.failures += 1
        if row.failures >= GIVE_UP_AFTER:
            row.problem = _OUR_ERROR
            _end(row, ShadowState.FAILED)
        row.save()


def _tried(row: ShadowRun, flow: Flow) -> RuleBook:
    return draft_book(flow, row.changes)


def draft_book(flow: Flow, made: Sequence[Change]) -> RuleBook:
    """These changes over the shipped rules, with the tables of now. Call inside the scope."""
    mapping_set: MappingSet | None = flow.pair.mapping_set
    return rulebooks.build(
        rulebooks.shipped(flow),
        changes_made=made,
        number=0,
        set_id=mapping_set.pk if mapping_set else None,
        revision=mapping_set.tables_revision if mapping_set else 0,
    )


def _flow(flow_id: int) -> Flow:
    found: Flow = Flow.objects.select_related("source", "target", "pair", "pair__mapping_set").get(
        pk=flow_id
    )
    return found


def _examples(run: ShadowRun, flow: Flow) -> dict[int, shadow_records.Seen]:
    wanted: dict[int, None] = {}
    for found in (*run.causes, *run.fields.values()):
        wanted |= dict.fromkeys(found["examples"])
    ids = list(wanted)[:MOST_EXAMPLES]
    rows = list(Delivery.objects.filter(pk__in=ids).select_related("inbox_item"))
    place = shadow_records.reading(flow)
    pair = (rulebooks.of_flow(flow), _tried(run, flow))
    return {seen.delivery.pk: seen for seen in shadow_records.compare(place, rows, *pair)}


def _values(target: str, found: Sequence[shadow_records.Seen | None]) -> list[Example]:
    examples = []
    for seen in found:
        if seen is None or seen.before.fields is None or seen.after.fields is None:
            continue
        differing = shadow_records.changed_fields(seen.before.fields, seen.after.fields)
        for path, (before, after) in differing.items():
            if shadow_records.target_of(path) == target:
                examples.append(Example(*_named(seen.delivery), path, before, after))
                break
    return examples


def _named(delivery: Delivery) -> tuple[int, str]:
    return delivery.inbox_item_id, delivery.number or delivery.key


def _is_current(run: ShadowRun, flow: Flow) -> bool:
    changes: Any = MappingVersion.objects.filter(
        pk=run.version_id, state=VersionState.DRAFT
    ).values_list("changes", flat=True)
    return any(digest(flow, one) == run.tried for one in changes)
