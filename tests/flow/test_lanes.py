"""One holder at a time, fenced, and no work committed unseen."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from integrations.connector_kit.base import Notice
from integrations.models import Chore, Connection, InboxItem, InboxState, Lane
from integrations.queue.broker import ListeningBroker
from integrations.queue.pulse import hint_due_lanes
from integrations.sync import intake, lanes
from mappings.canonical.record import Entity
from tenants import scope
from tenants.services.members import create_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant_id() -> UUID:
    return create_tenant(name="Lane test", owner_email="lane@example.com").pk


@pytest.fixture
def lane(tenant_id: UUID) -> UUID:
    with scope.tenant(tenant_id):
        made = Connection.objects.create(
            connector="shopify",
            flavour="admin",
            name="Shop",
            environment="sandbox",
            base_url="http://127.0.0.1:1",
        )
        Lane.objects.create(connection=made)
    return made.pk


def acquire(tenant_id: UUID, lane: UUID, *, late: float = 0) -> lanes.Lease | None:
    with scope.tenant(tenant_id):
        return lanes.acquire(
            tenant_id=tenant_id,
            connection_id=lane,
            holder=uuid.uuid4().hex,
            now=timezone.now() + timedelta(seconds=late),
        )


def test_a_held_lane_is_not_given_twice(tenant_id: UUID, lane: UUID) -> None:
    assert acquire(tenant_id, lane) is not None
    assert acquire(tenant_id, lane) is None


def test_a_dead_holder_is_replaced_and_fenced_off(tenant_id: UUID, lane: UUID) -> None:
    first = acquire(tenant_id, lane)
    second = acquire(tenant_id, lane, late=15)
    assert first is not None
    assert second is not None
    assert second.token == first.token + 1
    for blocked in (lanes.check, lambda lease: lanes.renew(lease, now=timezone.now())):
        with scope.tenant(tenant_id), pytest.raises(lanes.LeaseLost):
            blocked(first)
    with scope.tenant(tenant_id):
        lanes.check(second)
        lanes.release(first, due_at=None, now=timezone.now())
        assert Lane.objects.get(pk=lane).holder == second.holder


def test_work_and_its_hint_commit_or_vanish_together(tenant_id: UUID, lane: UUID) -> None:
    with scope.tenant(tenant_id):
        lanes.wake(tenant_id=tenant_id, connection_id=lane, now=timezone.now())
        assert OrmQ.objects.count() == 1
        transaction.set_rollback(True)
    assert OrmQ.objects.count() == 0
    with scope.tenant(tenant_id):
        assert Lane.objects.get(pk=lane).hinted_at is None


def test_one_hint_is_enough(tenant_id: UUID, lane: UUID) -> None:
    for _ in range(5):
        with scope.tenant(tenant_id):
            lanes.wake(tenant_id=tenant_id, connection_id=lane, now=timezone.now())
    assert OrmQ.objects.count() == 1


def test_the_pulse_finds_what_a_lost_hint_left_behind(tenant_id: UUID, lane: UUID) -> None:
    now = timezone.now()
    with scope.tenant(tenant_id):
        lanes.wake(tenant_id=tenant_id, connection_id=lane, now=now - timedelta(seconds=30))
    OrmQ.objects.all().delete()
    assert hint_due_lanes() == 1
    assert OrmQ.objects.count() == 1
    assert hint_due_lanes() == 0, "a fresh hint is not repeated"


def test_a_parked_lane_is_left_alone_until_its_time(tenant_id: UUID, lane: UUID) -> None:
    now = timezone.now()
    with scope.tenant(tenant_id):
        Lane.objects.filter(pk=lane).update(parked_until=now + timedelta(hours=1))
        lanes.wake(tenant_id=tenant_id, connection_id=lane, now=now)
    assert OrmQ.objects.count() == 0
    assert hint_due_lanes() == 0
    with scope.tenant(tenant_id):
        Lane.objects.filter(pk=lane).update(parked_until=now - timedelta(seconds=1))
    assert hint_due_lanes() == 1


@pytest.fixture
def broker() -> Iterator[ListeningBroker]:
    made = ListeningBroker(list_key="clarity")
    yield made
    made._drop_listener()


def test_a_waiting_worker_is_woken_by_the_commit(
    tenant_id: UUID, lane: UUID, broker: ListeningBroker
) -> None:
    # Chores that nobody has done yet would be in the queue as well.
    Chore.objects.create(name="none", due_at=timezone.now() + timedelta(hours=1))
    assert broker.dequeue() is None  # listens from here on

    def later() -> None:
        with scope.tenant(tenant_id):
            lanes.wake(tenant_id=tenant_id, connection_id=lane, now=timezone.now())
        connection.close()

    thread = threading.Timer(0.1, later)
    thread.start()
    found = broker.dequeue()
    thread.join()
    assert found is not None
    assert len(found) == 1


def test_two_workers_never_take_one_entry(tenant_id: UUID, broker: ListeningBroker) -> None:
    for _ in range(20):
        broker.enqueue("task")
    taken: list[int] = []

    def take() -> None:
        with transaction.atomic():
            for found in iter(broker._take, None):
                taken.extend(key for key, _ in found)
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 20


def test_no_work_is_committed_unseen(tenant_id: UUID, lane: UUID) -> None:
    """Writers and a holder that lets go as early as it can, racing each other."""
    writers, each = 4, 25

    def write(name: int) -> None:
        for number in range(each):
            with scope.tenant(tenant_id):
                intake.accept(
                    tenant_id=tenant_id,
                    connection_id=lane,
                    notices=[Notice(Entity.ORDER, f"{name}-{number}", "orders/create")],
                    now=timezone.now(),
                )
        connection.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in range(writers)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or OrmQ.objects.exists():
        if OrmQ.objects.all().delete()[0]:
            hold_until_idle(tenant_id, lane)
    for thread in threads:
        thread.join()
    with scope.tenant(tenant_id):
        assert not InboxItem.objects.filter(state=InboxState.WAITING).exists()
        assert InboxItem.objects.filter(state=InboxState.PASSED).count() == writers * each


def hold_until_idle(tenant_id: UUID, lane: UUID) -> None:
    lease = acquire(tenant_id, lane)
    if lease is None:
        return
    while True:
        with scope.tenant(tenant_id):
            waiting = InboxItem.objects.filter(state=InboxState.WAITING)
            waiting.update(state=InboxState.PASSED)
        with scope.tenant(tenant_id):
            lanes.shut_out_wakes(lease)
            if waiting.all().exists():
                continue
            lanes.release(lease, due_at=None, now=timezone.now())
            return
