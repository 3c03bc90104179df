"""Whatever happens between two threads: work is seen, leases last, and nobody blocks for good."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone
from django_q.models import OrmQ

from integrations.connector_kit.base import Account
from integrations.models import (
    Connection,
    ConnectionState,
    Delivery,
    DeliveryState,
    Flow,
    InboxState,
    Lane,
    Link,
    Pair,
    PairState,
)
from integrations.queue.pulse import hint_due_lanes
from integrations.services import connections, pairs
from integrations.sync import lanes, links, sessions, slices
from integrations.sync.heartbeat import heartbeat
from mappings.canonical.record import Entity, Record
from tests.blocking import blocked_by_us
from tests.flow.scripted import ScriptedRig, at_once, make_rig

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 10.0


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


def acquire(rig: ScriptedRig) -> lanes.Lease:
    with rig.scope():
        lease = lanes.acquire(
            tenant_id=rig.tenant_id,
            connection_id=rig.store.pk,
            holder="test",
            now=timezone.now(),
        )
    assert lease is not None
    return lease


def someone_will_look(rig: ScriptedRig, connection: Connection) -> bool:
    """Whether the lane is due, and a hint of it is queued or found by the pulse."""
    if rig.lane(connection).due_at is None:
        return False
    return OrmQ.objects.exists() or hint_due_lanes() > 0


def test_work_that_came_while_a_killed_holder_had_the_lane_is_found(rig: ScriptedRig) -> None:
    acquire(rig)
    rig.note("1", "a@example.com")
    OrmQ.objects.all().delete()
    long_ago = timezone.now() - timedelta(hours=1)
    with rig.scope():
        Lane.objects.filter(pk=rig.store.pk).update(lease_until=long_ago, hinted_at=long_ago)
    assert hint_due_lanes() == 1
    rig.work()
    assert rig.script.emails == ["a@example.com"]


def test_a_sign_of_life_after_the_lane_was_given_back_hides_no_work(rig: ScriptedRig) -> None:
    """The heartbeat's thread may come last; its lane is then nobody's, and due much later."""
    lease, now = acquire(rig), timezone.now()
    with rig.scope():
        lanes.release(lease, due_at=now + timedelta(minutes=10), now=now)
        with pytest.raises(lanes.LeaseLost):
            lanes.renew(lease, now=now)
    rig.note("1", "a@example.com")
    assert rig.lane(rig.store).due_at <= timezone.now()
    rig.work()
    assert rig.script.emails == ["a@example.com"]


def test_a_pair_started_during_a_slice_is_heard(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rig.scope():
        Pair.objects.update(state=PairState.DRAFT)
    rig.note("1", "a@example.com")
    OrmQ.objects.all().delete()
    work = slices._work

    def start_first(opened: slices.Work) -> None:
        with rig.scope():
            pair = Pair.objects.get(pk=rig.pair.pk)
            pairs.start(pair, state=PairState.TESTING, now=timezone.now())
        OrmQ.objects.all().delete()
        work(opened)

    monkeypatch.setattr(slices, "_work", start_first)
    rig.run(rig.store)
    monkeypatch.setattr(slices, "_work", work)
    assert someone_will_look(rig, rig.store)
    rig.work()
    assert rig.script.emails == ["a@example.com"]


def test_a_reconnect_while_a_slice_opens_is_heard(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rig.scope():
        Connection.objects.filter(pk=rig.store.pk).update(state=ConnectionState.NEEDS_OWNER)
    rig.note("1", "a@example.com")
    OrmQ.objects.all().delete()
    release = lanes.release
    others: list[threading.Thread] = []

    def reconnect() -> None:
        connections.reconnect(rig.store, credentials={}, now=timezone.now())
        database.close()

    def reconnect_first(lease: lanes.Lease, *, due_at: datetime | None, now: datetime) -> None:
        """The slice has seen the old state; whoever reconnects gets as far as it can."""
        other = threading.Thread(target=reconnect)
        other.start()
        others.append(other)
        end = time.monotonic() + PATIENCE
        while other.is_alive() and not blocked_by_us() and time.monotonic() < end:
            time.sleep(0.01)
        release(lease, due_at=due_at, now=now)

    monkeypatch.setattr(lanes, "release", reconnect_first)
    rig.run(rig.store)
    monkeypatch.setattr(lanes, "release", release)
    (other,) = others
    other.join(PATIENCE)
    assert not other.is_alive()
    assert someone_will_look(rig, rig.store)
    rig.work()
    assert rig.script.emails == ["a@example.com"]


def test_a_parked_lane_is_not_worked_by_a_stale_hint(rig: ScriptedRig) -> None:
    with rig.scope():
        Lane.objects.update(parked_until=timezone.now() + timedelta(hours=1))
    rig.note("1")
    assert rig.run(rig.store) is False
    assert (rig.script.reads, rig.script.polls) == (0, 0)


def test_the_heartbeat_survives_a_database_error(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CLARITY_LEASE_SECONDS = 0.3
    lease = acquire(rig)
    first_term = rig.lane(rig.store).lease_until
    renew = lanes.renew
    beats: list[datetime] = []
    renewed = threading.Event()

    def fail_once(lease: lanes.Lease, *, now: datetime) -> None:
        beats.append(now)
        if len(beats) == 1:
            raise OperationalError("the server closed the connection")
        renew(lease, now=now)
        if len(beats) > 2:
            renewed.set()

    monkeypatch.setattr(lanes, "renew", fail_once)
    with heartbeat(lease):
        assert renewed.wait(PATIENCE), "the heartbeat stopped at the first error"
        assert rig.lane(rig.store).lease_until > first_term


def test_many_threads_do_not_starve_the_heartbeat(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """More calls at once than there are connections in the pool, all of them slow."""
    settings.CLARITY_LEASE_SECONDS = 3
    width = settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] + 4
    rig.script.concurrency = width
    for number in range(width):
        rig.note(str(number), f"{number}@example.com")
    rig.run(rig.store)
    all_inside, renewed = threading.Barrier(width + 1), threading.Event()
    answer = threading.Event()
    renew = lanes.renew

    def slow(_: object) -> None:
        all_inside.wait(PATIENCE)
        answer.wait(PATIENCE)

    def tell(lease: lanes.Lease, *, now: datetime) -> None:
        renew(lease, now=now)
        if rig_is_writing.is_set():
            renewed.set()

    rig_is_writing = threading.Event()
    rig.script.write_error = slow
    monkeypatch.setattr(lanes, "renew", tell)

    def watch() -> None:
        all_inside.wait(PATIENCE)
        rig_is_writing.set()
        try:
            assert renewed.wait(PATIENCE), "no renewal while all threads wait for their answers"
        finally:
            answer.set()

    at_once(partial(rig.run, rig.pos), watch)
    assert len(rig.deliveries(state=DeliveryState.DELIVERED)) == width


def test_a_session_opens_one_client_for_all_its_threads(rig: ScriptedRig) -> None:
    with rig.scope():
        session = sessions.open_session(rig.pos)
    at_once(*[lambda: session.client] * 4)
    assert rig.script.opens == 1


def test_a_paused_pair_keeps_its_records_while_another_uses_the_account(rig: ScriptedRig) -> None:
    flow = rig.add_till("Second till", state=PairState.PAUSED)
    rig.note("1", "a@example.com")
    rig.run(rig.store)
    rig.run(flow.target)
    assert rig.delivery(flow=flow).attempts == 0
    with rig.scope():
        pairs.start(Pair.objects.get(pk=flow.pair_id), state=PairState.TESTING, now=timezone.now())
    rig.run(flow.target)
    assert rig.delivery(flow=flow).state == DeliveryState.DELIVERED


def test_a_switched_off_flow_leaves_records_out_with_its_reason(rig: ScriptedRig) -> None:
    with rig.scope():
        Flow.objects.update(is_on=False)
    rig.note("1", "a@example.com")
    rig.work()
    (item,) = rig.items()
    assert (item.state, item.reason) == (InboxState.FILTERED, "No flow carries this record")
    assert rig.deliveries() == []


def test_a_record_that_one_of_two_targets_trips_over_is_passed_to_neither(rig: ScriptedRig) -> None:
    """A delivery whose lane nobody wakes would wait unseen; replaying the record makes both."""
    flow = rig.add_till("Second till", state=PairState.TESTING)

    def trip(record: Record, account: Account) -> str:
        if account.id == str(flow.target_id):
            raise KeyError("x")
        return record.key

    rig.script.reference = trip
    rig.note("1", "a@example.com")
    rig.run(rig.store)
    assert rig.items()[0].state == InboxState.HELD
    assert rig.deliveries() == []


NEED = ["order", "404", "#404"]


def test_a_delivery_whose_related_record_never_comes_is_left_out(rig: ScriptedRig) -> None:
    rig.note("1", "a@example.com")
    rig.run(rig.store)
    with rig.scope():
        Delivery.objects.update(needs=[NEED])
    rig.run(rig.pos)
    row = rig.delivery()
    assert row.state == DeliveryState.FILTERED
    assert row.reason == "The order #404 is not shared by this pair"
    assert rig.script.writes == []


def test_two_deliveries_that_learn_the_same_links_do_not_block_each_other(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember = links.remember

    def slowly(*args: Any, **named: Any) -> None:
        remember(*args, **named)
        time.sleep(0.05)  # time for the other one to take what this one takes next

    monkeypatch.setattr(links, "remember", slowly)
    found = [(Entity.PRODUCT, f"s{number}", f"t{number}") for number in range(4)]

    def learn(order: list[tuple[Entity, str, str]]) -> None:
        with rig.scope():
            links.learn([(rig.flow, *link) for link in order], now=timezone.now())

    at_once(partial(learn, found), partial(learn, found[::-1]))
    with rig.scope():
        assert Link.objects.filter(entity=Entity.PRODUCT).count() == len(found)


def test_a_lane_that_renews_nothing_rests_when_all_is_done(rig: ScriptedRig) -> None:
    # As `connections.connect` makes every lane: due to renew its credentials.
    with rig.scope():
        Lane.objects.filter(pk=rig.pos.pk).update(refresh_at=timezone.now())
    rig.note("1", "a@example.com")
    rig.work()
    assert rig.script.emails == ["a@example.com"]
    assert rig.lane(rig.pos).due_at is None
