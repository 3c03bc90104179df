"""Two families of workers share the lanes of many tenants; one of them is killed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import psutil
import pytest

from clarity import supervisor
from integrations.models import Lane
from tenants import scope
from tests import processes
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls
from tests.flow.test_crash import wait
from tests.scale.counts import delivered

TENANTS = 3
ORDERS = 8


def holders(rigs: list[Rig]) -> set[int]:
    """The processes that hold lanes now; a holder's name is host/process/thread."""
    found = set()
    for rig in rigs:
        with scope.tenant(rig.tenant.pk):
            for name in Lane.objects.exclude(holder="").values_list("holder", flat=True):
                found.add(int(name.split("/")[1]))
    return found


@pytest.mark.timeout(240)
def test_the_lanes_of_a_killed_family_go_to_the_other(
    make_rigs: Callable[..., list[Rig]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLARITY_LEASE_SECONDS", "3")
    rigs = make_rigs(TENANTS)
    tills = [TillCalls(rig) for rig in rigs]
    for till in tills:
        # So slow that there is work left to take over.
        till.fault("latency", value=0.1, times=-1)
    with (
        processes.running(supervisor.workers()) as first,
        processes.running(supervisor.workers()) as second,
    ):
        for number, rig in enumerate(rigs):
            rig.shop.act("orders", count=ORDERS, seed=number)
        wait(rigs[0], lambda: holds(rigs, first) and holds(rigs, second), "both hold lanes")
        dead = family(first)
        processes.kill_all(first)
        left = sum(ORDERS - delivered(rig) for rig in rigs)
        assert left > 0, "the kill came too late to prove anything"
        for till in tills:
            till.no_faults()
        for rig in rigs:
            wait(rig, lambda rig=rig: delivered(rig) == ORDERS, "every order arrives")
        for rig in rigs:
            wait(rig, lambda rig=rig: rig.compare().agrees and not rig.waiting(), "sides agree")
        assert not holders(rigs) & dead
    for rig in rigs:
        found = rig.compare()
        assert (found.orders_in_heartland, found.duplicates, found.lost) == (ORDERS, 0, 0)
        assert found.total_differences == 0


def holds(rigs: list[Rig], process: subprocess.Popen[bytes]) -> bool:
    return bool(holders(rigs) & family(process))


def family(process: subprocess.Popen[bytes]) -> set[int]:
    """The process and all it has started so far."""
    leader = psutil.Process(process.pid)
    return {leader.pid, *(child.pid for child in leader.children(recursive=True))}
