"""Faults on demand: how often, for whom and for how long."""

from __future__ import annotations

from integrations.connector_kit.sandbox.faults import FOR_EVER, Fault, FaultKind, Faults


class Clock:
    """Time that passes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_fault_is_used_up_and_meets_only_what_it_names() -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.STATUS, match="POST", value=503, times=2))
    assert faults.take(FaultKind.STATUS, "GET /api/items") is None
    assert faults.take(FaultKind.REFUSE, "POST /api/items") is None
    met = [faults.take(FaultKind.STATUS, "POST /api/items") is not None for _ in range(3)]
    assert met == [True, True, False]


def test_a_storm_ends_by_itself() -> None:
    clock = Clock()
    faults = Faults(clock=clock)
    faults.add(Fault(FaultKind.THROTTLE, times=FOR_EVER, seconds=10))
    assert all(faults.take(FaultKind.THROTTLE, "GET /") for _ in range(50))
    clock.now += 9.9
    assert faults.take(FaultKind.THROTTLE, "GET /") is not None
    clock.now += 0.2
    assert faults.take(FaultKind.THROTTLE, "GET /") is None


def test_looking_at_a_fault_does_not_use_it_up() -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.UNREADABLE, value=3))
    assert faults.shown(FaultKind.UNREADABLE, "GET order") is not None
    assert faults.take(FaultKind.UNREADABLE, "GET order") is not None
    assert faults.shown(FaultKind.UNREADABLE, "GET order") is None
    faults.add(Fault(FaultKind.UNREADABLE, value=3))
    faults.clear()
    assert faults.shown(FaultKind.UNREADABLE, "GET order") is None
