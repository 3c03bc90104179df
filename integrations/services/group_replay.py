"""Replays the records of an incident, canary first.

One record runs, and only when the target has it the others follow. How far a replay has come is
kept on its incident and read from the rows, so it goes on whoever closes a browser and whatever
process dies: the pulse sees that it is due, and any worker takes the next step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.db import transaction

from integrations.models import (
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    IncidentState,
    ReplayState,
    Side,
)
from integrations.services.replay import CannotReplay, replay
from integrations.services.replay_rows import draw_line, failed_again, running, stopped_items
from integrations.sync.incidents import (
    LOOK_EVERY,
    REPLAYING,
    STOPPED_DELIVERY,
    STOPPED_ITEM,
    close_settled,
)
from tenants import scope
from tenants.models import User
from tenants.services import audit

BATCH = 50
AT_ONCE = 200
STOP_AFTER = 20
LOOK_AGAIN = timedelta(seconds=1)


def start(
    incident: Incident,
    *,
    actor: User | None,
    now: datetime,
    value: str = "",
    values: Sequence[str] = (),
    pair_id: UUID | None = None,
) -> Incident:
    """Replays one record of the incident; `tend` lets the others follow when it went through.

    With `value` or `values`, only records that stopped at one of them take part, with `pair_id`
    only those on their way within that pair. Call inside the tenant's scope. Raises CannotReplay.
    """
    # A savepoint, so that a replay that could not begin leaves nothing behind.
    with transaction.atomic():
        # No key is changed, so rows that join the incident meanwhile do not wait for us.
        locked: Incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
        if locked.is_replaying:
            raise CannotReplay("Its records are being replayed already.")
        locked.replay_value, locked.replay_values = value, list(values)
        locked.replay_pair = pair_id
        draw_line(locked, now=now)
        if not locked.replay_total:
            raise CannotReplay("No record of it is stuck any more.")
        locked.replay_state, locked.replay_by, locked.replay_note = ReplayState.CANARY, actor, ""
        # Before the first record leaves: an incident that is being replayed is not closed.
        locked.save()
        if not _send_canary(locked, now=now):
            raise CannotReplay("Each record of it is on its way already. Try again in a moment.")
        locked.save()
    audit.record(
        action="incident.replayed",
        object_type="Incident",
        object_id=locked.pk,
        actor=actor,
        after={"records": locked.replay_total, "first": locked.replay_item},
    )
    return locked


def stop(incident: Incident, *, actor: User | None, now: datetime) -> bool:
    """Lets no further record follow; those on their way go on. Answers whether it was running."""
    stopped = Incident.objects.filter(pk=incident.pk, replay_state__in=REPLAYING).update(
        replay_state=ReplayState.STOPPED,
        replay_note="Stopped by a person. What had not been replayed stays as it was.",
        due_at=now,
    )
    if stopped:
        audit.record(
            action="incident.replay_stopped",
            object_type="Incident",
            object_id=incident.pk,
            actor=actor,
        )
    return bool(stopped)


def tend(*, tenant_id: UUID, incident_id: int, now: datetime) -> None:
    """The next step of a replay, and the end of an incident nothing is stuck in any more.

    May be called at any time, twice, and by two workers at once.
    """
    with scope.tenant(tenant_id):
        incident: Incident | None = Incident.objects.filter(pk=incident_id).first()
        if incident is None:
            return
        if incident.replay_state == ReplayState.CANARY:
            _judge(incident, now=now)
    if incident.replay_state == ReplayState.REST:
        _follow(incident, now=now)
    if not incident.is_replaying:
        with scope.tenant(tenant_id):
            _look_again(incident_id, now=now)


def _look_again(incident_id: int, *, now: datetime) -> None:
    """Closes the incident when nothing is stuck in it any more, or says when to look again."""
    rows = Incident.objects.filter(pk=incident_id).exclude(replay_state__in=REPLAYING)
    rows.filter(state=IncidentState.OPEN).update(due_at=now + LOOK_EVERY)
    rows.filter(state=IncidentState.CLOSED).update(due_at=None)
    if close_settled([incident_id], now=now):
        rows.update(due_at=None)


class _Verdict(Enum):
    PENDING = "pending"
    GOOD = "good"
    FAILED = "failed"
    # It was left out or spoken for by another: that says nothing of the cause.
    SILENT = "silent"


def _judge(incident: Incident, *, now: datetime) -> None:
    """What the canary says of the others."""
    verdict, reason = _verdict(incident)
    if verdict is _Verdict.PENDING:
        _move(incident, due_at=now + LOOK_AGAIN)
    elif verdict is _Verdict.GOOD:
        _move(incident, replay_state=ReplayState.REST, due_at=now)
    elif verdict is _Verdict.FAILED:
        note = f"The first record failed again, so the others were left alone. {reason}"
        _move(incident, replay_state=ReplayState.STOPPED, replay_note=note[:600], due_at=None)
    elif _send_canary(incident, now=now):
        _move(incident, replay_item=incident.replay_item, due_at=incident.due_at)
    elif stopped_items(incident).exists():
        _move(incident, due_at=now + LOOK_AGAIN)
    else:
        note = "Nothing was left to try: newer versions had taken the place of these records."
        _move(incident, replay_state=ReplayState.DONE, replay_note=note, due_at=None)


def _verdict(incident: Incident) -> tuple[_Verdict, str]:
    item: InboxItem | None = InboxItem.objects.filter(pk=incident.replay_item).first()
    if item is None:
        return _Verdict.SILENT, ""
    if item.state == InboxState.WAITING:
        return _Verdict.PENDING, ""
    if item.state in STOPPED_ITEM:
        return _Verdict.FAILED, item.reason
    if item.state != InboxState.PASSED:
        return _Verdict.SILENT, ""
    return _verdict_of(_latest(item, incident))


def _latest(item: InboxItem, incident: Incident) -> list[Delivery]:
    """The delivery that counts of each flow; of the flows into the account that refused."""
    rows = item.deliveries.order_by("id")
    if incident.side == Side.TARGET:
        rows = rows.filter(target_id=incident.connection_id)
    return list({row.flow_id: row for row in rows}.values())


def _verdict_of(rows: Sequence[Delivery]) -> tuple[_Verdict, str]:
    failed = next((row for row in rows if row.state in STOPPED_DELIVERY), None)
    if failed is not None:
        return _Verdict.FAILED, failed.reason
    if any(row.state == DeliveryState.WAITING for row in rows):
        return _Verdict.PENDING, ""
    if any(row.state in (DeliveryState.DELIVERED, DeliveryState.UNCHANGED) for row in rows):
        return _Verdict.GOOD, ""
    return _Verdict.SILENT, ""


def _send_canary(incident: Incident, *, now: datetime) -> bool:
    """Replays the first record that can be; answers whether there was one."""
    for item in stopped_items(incident)[:BATCH]:
        try:
            replay(item, now=_not_before(incident, now))
        except CannotReplay:
            continue
        incident.replay_item, incident.replay_state = item.pk, ReplayState.CANARY
        incident.due_at = now + LOOK_AGAIN
        return True
    return False


def _follow(incident: Incident, *, now: datetime) -> None:
    """Replays the next ones, each in a transaction of its own, and says when all are through."""
    with scope.tenant(incident.tenant_id):
        again = failed_again(incident)
        if again >= STOP_AFTER:
            note = f"{again} records failed again, so the rest was left alone."
            _move(incident, replay_state=ReplayState.STOPPED, replay_note=note, due_at=None)
            return
        room = max(0, AT_ONCE - running(incident))
        batch = list(stopped_items(incident)[: min(BATCH, room)])
    for item in batch:
        _replay_in_turn(incident, item, now=now)
    with scope.tenant(incident.tenant_id):
        if stopped_items(incident).exists():
            _move(incident, due_at=now if batch else now + LOOK_AGAIN)
        elif running(incident):
            _move(incident, due_at=now + LOOK_AGAIN)
        else:
            again = failed_again(incident)
            note = f"{again} failed again." if again else ""
            _move(incident, replay_state=ReplayState.DONE, replay_note=note, due_at=None)


def _replay_in_turn(incident: Incident, item: InboxItem, *, now: datetime) -> None:
    with scope.tenant(incident.tenant_id):
        if not Incident.objects.filter(pk=incident.pk, replay_state=ReplayState.REST).exists():
            return
        try:
            replay(item, now=_not_before(incident, now))
        except CannotReplay:
            # Another delivery of it is on its way; it is looked at again with the next batch.
            return


def _not_before(incident: Incident, now: datetime) -> datetime:
    """Now, but never before the replay began: by this time a replayed row is told from others."""
    return max(now, incident.replay_at or now)


def _move(incident: Incident, **changes: object) -> None:
    """Writes the step down, unless somebody else took one meanwhile."""
    moved = Incident.objects.filter(
        pk=incident.pk, replay_state=incident.replay_state, replay_at=incident.replay_at
    ).update(**changes)
    if moved:
        for name, value in changes.items():
            setattr(incident, name, value)
    else:
        incident.refresh_from_db()
