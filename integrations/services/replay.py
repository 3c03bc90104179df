"""Replay: a stopped record runs again, from the payload that is kept of it."""

from __future__ import annotations

from datetime import datetime

from integrations.models import Delivery, DeliveryState, InboxItem, InboxState
from integrations.sync import lanes
from integrations.sync.incidents import STOPPED_DELIVERY, close_settled

_BEGUN_ANEW = (
    "state",
    "due_at",
    "finished_at",
    "reason",
    "field",
    "said",
    "advice",
    "trying_seconds",
    "tried_at",
)


class CannotReplay(ValueError):
    """The record is in a state in which replaying it means nothing; the message says which."""


def replay(item: InboxItem, *, now: datetime) -> None:
    """Runs the item again. Call inside the tenant's scope. Raises CannotReplay.

    Of two people at once one gets it. Replaying a delivered record writes nothing: the target
    already has exactly this.
    """
    # First, as everywhere: the lane's advisory lock before any row.
    lanes.wake(tenant_id=item.tenant_id, connection_id=item.connection_id, now=now)
    locked: InboxItem = InboxItem.objects.select_for_update().get(pk=item.pk)
    if locked.state == InboxState.WAITING:
        raise CannotReplay("The record is already waiting to be processed.")
    if locked.deliveries.filter(state=DeliveryState.WAITING).exists():
        raise CannotReplay("The record is already on its way.")
    if _is_overtaken(locked):
        raise CannotReplay(
            "A newer notice of this record took its place. Open the newest one and replay that."
        )
    stopped = Delivery.objects.filter(inbox_item=locked, state__in=STOPPED_DELIVERY)
    left = [locked.incident_id, *stopped.values_list("incident_id", flat=True)]
    stopped.update(state=DeliveryState.REPLACED, reason="Replayed", finished_at=now)
    locked.state, locked.due_at, locked.finished_at = InboxState.WAITING, now, None
    locked.reason = locked.field = locked.said = locked.advice = ""
    # The time it is tried for begins anew: what was given up by age would get one try only.
    locked.trying_seconds, locked.tried_at = 0, None
    locked.save(update_fields=_BEGUN_ANEW)
    close_settled(left, now=now)


def _is_overtaken(item: InboxItem) -> bool:
    """Whether a newer notice speaks for it: run again, it would bring an older state back."""
    if item.state == InboxState.MERGED:
        return True
    if item.state != InboxState.PASSED:
        return False
    latest = {
        row.flow_id: row.state for row in item.deliveries.order_by("id").only("flow", "state")
    }
    return bool(latest) and set(latest.values()) == {DeliveryState.REPLACED}
