"""Workers that are asked to stop hand their work over; work of those that crash is found again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from clarity import supervisor
from clarity.supervisor import STOP_SECONDS
from integrations.connector_kit.errors import TryLater
from integrations.models import DeliveryState, InboxState, Lane
from integrations.queue import stopping
from integrations.queue.pulse import HINT_LOST_AFTER, hint_due_lanes
from integrations.sync import lanes, pipeline
from integrations.sync.stages import deliver
from tenants import scope
from tests import processes
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls
from tests.flow.scripted import ScriptedRig
from tests.flow.scripted import make_rig as make_scripted

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Stands for kill -9: nothing of ours runs any more."""


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, account_name: str) -> Iterator[ScriptedRig]:
    made = make_scripted(monkeypatch, account_name)
    made.script.concurrency = 1
    yield made
    stopping.tell(is_stopping=False)


def test_a_slice_ends_with_the_call_it_has_begun(rig: ScriptedRig) -> None:
    for number in range(20):
        rig.note(str(number), f"{number}@example.com")
    rig.run(rig.store)

    def stop(_: object) -> None:
        if len(rig.script.writes) == 2:
            stopping.tell()

    rig.script.write_error = stop
    rig.run(rig.pos)
    assert len(rig.script.writes) == 2
    lane = rig.lane(rig.pos)
    assert (lane.holder, lane.lease_until) == ("", None)
    assert lane.due_at is not None
    assert lane.due_at <= timezone.now(), "another host goes on at once"
    assert len(rig.deliveries(state=DeliveryState.DELIVERED)) == 2
    assert rig.run(rig.pos) is False, "nothing new is begun here"
    assert rig.lane(rig.pos).hinted_at is None
    OrmQ.objects.all().delete()
    assert hint_due_lanes() >= 1, "the pulse of another host finds it at once"
    stopping.tell(is_stopping=False)
    rig.script.write_error = lambda _: None
    rig.run(rig.pos)
    assert len(rig.deliveries(state=DeliveryState.DELIVERED)) == 20


def test_stopped_workers_give_their_lanes_back(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=8)
    TillCalls(rig).fault("latency", value=0.2, times=-1)

    def delivered() -> int:
        return len(rig.deliveries(entity="order", state=DeliveryState.DELIVERED))

    with processes.running(supervisor.workers()) as workers:
        rig.shop.act("orders", count=25, seed=3)
        end = time.monotonic() + 60
        while not delivered():
            assert time.monotonic() < end, rig.describe()
            time.sleep(0.1)
        workers.send_signal(signal.SIGTERM)
        assert workers.wait(STOP_SECONDS) == 0
    before = delivered()
    assert before < 25, "they stopped too late to prove anything"
    with scope.tenant(rig.tenant.pk):
        held = Lane.objects.exclude(holder="").count()
        due = Lane.objects.get(pk=rig.pos.pk).due_at
    assert held == 0
    assert due is not None
    assert due <= timezone.now()


def crash_at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, after: bool) -> None:
    real = getattr(owner, name)

    def dies(*args: Any, **kwargs: Any) -> Any:
        if after:
            real(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(owner, name, dies)


CRASHES = [
    pytest.param(deliver, "claim", True, id="claimed"),
    pytest.param(pipeline, "begin", True, id="intent-written"),
    pytest.param(pipeline, "call", True, id="called"),
    pytest.param(pipeline, "keep", False, id="before-the-outcome"),
    pytest.param(pipeline, "keep", True, id="outcome-kept"),
    pytest.param(lanes, "release", False, id="before-giving-the-lane-back"),
    pytest.param(lanes, "rest", False, id="before-parking"),
]


@pytest.mark.parametrize(("owner", "name", "after"), CRASHES)
def test_every_due_retry_is_found_after_a_crash(
    rig: ScriptedRig, owner: Any, name: str, after: bool
) -> None:
    rig.note("1", "one@example.com")
    rig.note("2", "two@example.com")
    rig.run(rig.store)
    if name == "rest":
        rig.script.write_error = lambda _: TryLater("busy", throttled=True)
    OrmQ.objects.all().delete()  # the hint died with the process
    with pytest.MonkeyPatch.context() as broken:
        crash_at(broken, owner, name, after=after)
        with pytest.raises(Killed):
            rig.run(rig.pos)
    rig.script.write_error = lambda _: None
    assert rig.lane(rig.pos).due_at is not None
    pass_time(rig)
    assert hint_due_lanes() >= 1
    rig.run(rig.pos)
    pass_time(rig)
    rig.run(rig.pos)
    assert {row.state for row in rig.deliveries()} == {DeliveryState.DELIVERED}
    assert not rig.items(state=InboxState.WAITING)


def pass_time(rig: ScriptedRig) -> None:
    """Everything that waits for a moment has reached it: leases, hints, pauses."""
    back = max(HINT_LOST_AFTER, timedelta(seconds=600)) + timedelta(seconds=1)
    with rig.scope():
        for lane in Lane.objects.all():
            for name in ("lease_until", "hinted_at", "due_at", "parked_until"):
                moment = getattr(lane, name)
                setattr(lane, name, moment - back if moment else None)
            lane.save()
        now = timezone.now()
        for rows in (rig.deliveries(state=DeliveryState.WAITING),):
            for row in rows:
                row.due_at = min(row.due_at, now)
                row.save(update_fields=["due_at"])
