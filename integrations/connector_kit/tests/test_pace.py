from __future__ import annotations

import pytest

from integrations.connector_kit.errors import TryLater
from integrations.connector_kit.pace import Pacer


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 50.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


def pacer(clock: Clock, rate: float = 2, burst: float = 4) -> Pacer:
    return Pacer(rate, burst, clock=clock, sleep=clock.sleep)


def test_burst_passes_then_the_rate_holds() -> None:
    clock = Clock()
    bucket = pacer(clock)
    for _ in range(8):
        bucket.wait()
    assert clock.slept == [0.5, 0.5, 0.5, 0.5]


def test_longer_than_a_second_is_refused_and_costs_nothing() -> None:
    clock = Clock()
    bucket = pacer(clock)
    bucket.wait(4)
    for _ in range(3):
        with pytest.raises(TryLater) as caught:
            bucket.wait(3)
        assert (caught.value.after, caught.value.throttled) == (1.5, True)
    clock.now += 1.5
    bucket.wait(3)
    assert clock.slept == []


def test_exactly_a_second_is_slept() -> None:
    clock = Clock()
    bucket = pacer(clock)
    bucket.wait(4)
    bucket.wait(2)
    assert clock.slept == [1.0]


def test_bucket_does_not_overflow() -> None:
    clock = Clock()
    bucket = pacer(clock)
    clock.now += 1000
    bucket.wait(4)
    with pytest.raises(TryLater):
        bucket.wait(4)


def test_cost_above_the_burst_waits_for_a_full_bucket() -> None:
    clock = Clock()
    bucket = pacer(clock)
    bucket.wait(10)
    with pytest.raises(TryLater) as caught:
        bucket.wait(1)
    assert caught.value.after == 3.5


def test_what_the_vendor_says_is_adopted() -> None:
    clock = Clock()
    bucket = pacer(clock)
    bucket.learn(available=0, rate=100, maximum=2000)
    bucket.wait(50)
    assert clock.slept == [0.5]
    bucket.learn(available=1990, rate=100, maximum=2000)
    bucket.wait(1990)
    bucket.wait(100)
    assert clock.slept == [0.5, 1.0]
    bucket.learn(available=5, rate=0, maximum=0)
    with pytest.raises(TryLater):
        bucket.wait(200)


def test_pause_holds_everybody() -> None:
    clock = Clock()
    bucket = pacer(clock)
    bucket.pause(10)
    bucket.pause(2)
    with pytest.raises(TryLater) as caught:
        bucket.wait()
    assert caught.value.after == 10
    clock.now += 9.5
    bucket.wait()
    assert clock.slept == [0.5]


def test_pause_that_begins_while_one_sleeps_holds_that_one_too() -> None:
    clock = Clock()
    pauses = [0.3, 5.0]

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if pauses:
            bucket.pause(pauses.pop(0))

    bucket = Pacer(2, 4, clock=clock, sleep=sleep)
    bucket.wait(4)
    with pytest.raises(TryLater) as caught:
        bucket.wait(1)
    assert clock.slept == [0.5, 0.3]
    assert caught.value.after == 5.0
    # What was taken for the refused call has come back: 0.8 s at 2 a second, and 5 s more.
    clock.now += 5.0
    bucket.wait(4)
    assert clock.slept == [0.5, 0.3]


def test_waiters_are_served_in_order() -> None:
    """Whoever comes while others sleep is told to sleep until they have gone."""
    asked: list[float] = []
    bucket = Pacer(50, 1, clock=lambda: 0.0, sleep=asked.append)
    for _ in range(9):
        bucket.wait()
    assert asked == [pytest.approx(place / 50) for place in range(1, 9)]


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (1, 0), (-1, 1)])
def test_rate_and_burst_are_checked(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Pacer(rate, burst)
