"""The queue in Redis: hints leave after the commit, and losing one loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from clarity import supervisor
from integrations.queue import enqueue_lane
from integrations.queue.pulse import hint_due_lanes
from tenants import scope
from tests import processes
from tests.flow.conftest import Rig
from tests.flow.test_crash import wait
from tests.scale import redis_server
from tests.scale.counts import delivered
from tests.scale.test_pulse import worked_first

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(bool(redis_server.why_not()), reason=redis_server.why_not())

MakeLane = Callable[..., UUID]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server, and this process and those it starts use it."""
    from django_q.conf import Conf

    from integrations.queue.redis_broker import HintingRedis

    with redis_server.running(tmp_path) as found:
        monkeypatch.setattr(Conf, "BROKER_CLASS", "integrations.queue.redis_broker.HintingRedis")
        monkeypatch.setattr(Conf, "REDIS", found)
        monkeypatch.setattr(HintingRedis, "_client", None)
        monkeypatch.setattr(HintingRedis, "_away_until", 0.0)
        monkeypatch.setitem(os.environ, "CLARITY_BROKER", found)
        yield found


def broker():  # type: ignore[no-untyped-def]
    from django_q.brokers import get_broker

    return get_broker()


def test_a_hint_leaves_when_its_row_is_committed_and_not_before(
    url: str, make_lane: MakeLane, tenant_id: UUID
) -> None:
    lane = make_lane()
    queue = broker()
    with scope.tenant(tenant_id):
        enqueue_lane(tenant_id=tenant_id, connection_id=lane)
        assert queue.queue_size() == 0
    assert queue.queue_size() == 1

    with scope.tenant(tenant_id):
        enqueue_lane(tenant_id=tenant_id, connection_id=lane)
        transaction.set_rollback(True)
    assert queue.queue_size() == 1


def test_the_pulse_hints_through_redis(url: str, make_lane: MakeLane) -> None:
    make_lane(due_at=-1)
    before = timezone.now()
    (entry,) = broker().dequeue()
    assert entry[0] is None
    # Nothing waits any more; then one that nobody has taken yet.
    assert broker().oldest_waiting() is None
    make_lane(due_at=-1)
    assert hint_due_lanes() == 1
    assert before <= broker().oldest_waiting() <= timezone.now()


def test_the_lane_of_a_dead_holder_goes_first(url: str, make_lane: MakeLane) -> None:
    before = timezone.now()
    for _ in range(3):
        make_lane(due_at=-1)
    assert hint_due_lanes() == 3
    between = timezone.now()
    dead = make_lane(due_at=-30, hinted_at=-10.5, lease_until=-0.5)
    assert hint_due_lanes() == 1
    assert before <= broker().oldest_waiting() <= between
    assert worked_first(broker()) == dead


def test_an_entry_that_is_not_ours_does_no_harm(url: str, make_lane: MakeLane) -> None:
    queue = broker()
    queue.connection.rpush(queue.list_key, "rubbish")
    assert queue.oldest_waiting() is None


def test_a_server_that_is_away_costs_the_caller_nothing(
    tmp_path: Path,
    url: str,
    make_lane: MakeLane,
    tenant_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = broker()
    queue.connection.shutdown(nosave=True)
    lane = make_lane(due_at=-60)
    with scope.tenant(tenant_id):
        enqueue_lane(tenant_id=tenant_id, connection_id=lane)
    assert queue.dequeue() is None
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    with redis_server.running(tmp_path, port):
        monkeypatch.setattr(type(queue), "_away_until", 0.0)
        assert hint_due_lanes() == 1, "no lane was marked as hinted while hints went nowhere"
        assert queue.queue_size() == 1


@pytest.mark.timeout(180)
def test_orders_arrive_with_hints_lost_on_the_way(
    url: str, make_rigs: Callable[..., list[Rig]]
) -> None:
    (rig,) = make_rigs(1)
    with processes.running(supervisor.workers()):
        rig.shop.act("orders", count=3, seed=1)
        wait(rig, lambda: delivered(rig) == 3, "orders arrive through Redis")
        broker().connection.flushall()
        rig.shop.act("orders", count=3, seed=2)
        broker().connection.flushall()
        wait(rig, lambda: delivered(rig) == 6, "orders arrive although their hints are gone")
        wait(rig, lambda: rig.compare().agrees and not rig.waiting(), "both sides agree")
    found = rig.compare()
    assert (found.orders_in_heartland, found.duplicates, found.lost) == (6, 0, 0)


def test_the_setting_must_be_a_redis_address() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "CLARITY_BROKER": "amqp://127.0.0.1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "CLARITY_BROKER must be a redis:// URL" in done.stderr
