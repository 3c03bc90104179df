"""The pulse hints what nobody will look at, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from integrations.queue.broker import ListeningBroker
from integrations.queue.pulse import hint_due_lanes

MakeLane = Callable[..., UUID]


def test_a_hint_that_waits_its_turn_is_not_given_again(make_lane: MakeLane) -> None:
    make_lane(due_at=-60, hinted_at=-55)
    oldest = timezone.now() - timedelta(seconds=58)
    assert hint_due_lanes(oldest_waiting=oldest) == 0
    assert OrmQ.objects.count() == 0


def test_a_hint_whose_turn_has_passed_is_given_again(make_lane: MakeLane) -> None:
    make_lane(due_at=-60, hinted_at=-55)
    assert hint_due_lanes(oldest_waiting=timezone.now() - timedelta(seconds=40)) == 1
    assert hint_due_lanes(oldest_waiting=timezone.now() - timedelta(seconds=40)) == 0
    assert OrmQ.objects.count() == 1


def test_without_a_queue_a_hint_is_lost_after_ten_seconds(make_lane: MakeLane) -> None:
    make_lane(due_at=-60, hinted_at=-9)
    assert hint_due_lanes() == 0
    make_lane(due_at=-60, hinted_at=-11)
    assert hint_due_lanes() == 1


def test_the_lane_of_a_dead_holder_is_hinted_once_however_long_the_queue(
    make_lane: MakeLane,
) -> None:
    # Its last sign of life was the renewal, which set both: ten seconds apart.
    make_lane(due_at=-60, hinted_at=-10.5, lease_until=-0.5)
    oldest = timezone.now() - timedelta(seconds=58)
    assert hint_due_lanes(oldest_waiting=oldest) == 1
    assert hint_due_lanes(oldest_waiting=oldest) == 0


def test_the_lane_of_a_dead_holder_goes_first(make_lane: MakeLane) -> None:
    for _ in range(3):
        make_lane(due_at=-1)
    assert hint_due_lanes() == 3
    dead = make_lane(due_at=-30, hinted_at=-10.5, lease_until=-0.5)
    assert hint_due_lanes() == 1
    assert worked_first(ListeningBroker()) == dead


def worked_first(broker: Any) -> UUID:
    """The lane of the next entry of the queue."""
    ((_, entry),) = broker.dequeue()
    return UUID(SignedPackage.loads(entry)["kwargs"]["connection_id"])


def test_held_parked_and_idle_lanes_are_left_alone(make_lane: MakeLane) -> None:
    make_lane(due_at=-1, lease_until=5)
    make_lane(due_at=-1, parked_until=5)
    make_lane(due_at=5)
    make_lane()
    assert hint_due_lanes() == 0


def test_the_oldest_entry_that_waits_is_known(make_lane: MakeLane) -> None:
    broker = ListeningBroker()
    assert broker.oldest_waiting() is None
    before = timezone.now()
    make_lane(due_at=-1)
    assert hint_due_lanes() == 1
    oldest = broker.oldest_waiting()
    assert oldest is not None
    assert before <= oldest <= timezone.now()
    assert broker.dequeue() is not None
    # Taken, not yet acknowledged: it does not wait any more.
    assert (OrmQ.objects.count(), broker.oldest_waiting()) == (1, None)
