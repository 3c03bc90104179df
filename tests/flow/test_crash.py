"""Worker processes killed in the middle of it: nothing lost, nothing doubled."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from clarity import supervisor
from integrations.models import DeliveryState
from tests import processes
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls

ORDERS = 12
PATIENCE = 60.0


def wait(rig: Rig, done: Callable[[], bool], what: str, *, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"{what}\n{rig.describe()}"
        time.sleep(0.1)


@pytest.mark.timeout(180)
def test_killed_workers_lose_and_double_nothing(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLARITY_LEASE_SECONDS", "3")
    rig = make_rig()
    till = TillCalls(rig)
    # So slow that the kill comes in the middle of it.
    till.fault("latency", value=0.03, times=-1)

    def delivered() -> int:
        return len(rig.deliveries(entity="order", state=DeliveryState.DELIVERED))

    with processes.running(supervisor.workers()) as workers:
        rig.shop.act("orders", count=ORDERS, seed=11)
        wait(rig, lambda: delivered() >= 2, "the first orders arrive")
        assert processes.kill_all(workers) > 3
    before = delivered()
    assert before < ORDERS, "the kill came too late to prove anything"
    till.no_faults()
    rig.shop.act("orders", count=2, seed=12)

    with processes.running(supervisor.workers()):
        wait(rig, lambda: delivered() == ORDERS + 2, "every order arrives after the restart")
        wait(rig, lambda: rig.compare().agrees and not rig.waiting(), "both sides agree")
    found = rig.compare()
    assert (found.orders_in_heartland, found.duplicates, found.lost) == (ORDERS + 2, 0, 0)
    assert found.total_differences == 0
