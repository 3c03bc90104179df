"""An account that only says "too many" is used as far as it permits, and hardly ever asked too much."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from integrations.connector_kit.errors import TryLater
from integrations.connector_kit.pace import Learned, Pacer


@dataclass
class Account:
    """A vendor with a bucket, and a caller that always has one more call to make."""

    limit: float
    burst: float
    says: float | None = None
    takes: float = 0.01
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.tokens, self.at = self.burst, self.now
        self.done: list[float] = []
        self.refused: list[float] = []
        self.storm_until = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def pacer(self, most: float) -> Pacer:
        return Pacer(most, max(1.0, most), clock=lambda: self.now, sleep=self.sleep)

    def call(self, pacer: Pacer) -> None:
        try:
            granted = pacer.wait()
        except TryLater as error:
            self.now += error.after or 0.0
            return
        self.now += self.takes
        self.tokens = min(self.burst, self.tokens + (self.now - self.at) * self.limit)
        self.at = self.now
        if self.tokens < 1 or self.now < self.storm_until:
            self.refused.append(self.now)
            pacer.refused(granted, after=self.says)
            return
        self.tokens -= 1
        self.done.append(self.now)
        pacer.accepted(granted)

    def work(self, pacer: Pacer, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.call(pacer)

    def work_in_turns(self, most: float, known: Learned | None, seconds: float) -> Learned | None:
        """Each call is made by a process of its own, which knows what the one before wrote down."""
        end = self.now + seconds
        while self.now < end:
            pacer = self.pacer(most)
            if known is not None:
                pacer.begin_with(known, age=0.0)
            self.call(pacer)
            known = pacer.learned() or known
        return known

    def rate(self, start: float, seconds: float) -> float:
        return sum(start <= moment < start + seconds for moment in self.done) / seconds

    def refusals(self, start: float) -> int:
        return sum(moment >= start for moment in self.refused)


CHANGES = [
    pytest.param(20, 5, id="down-to-a-quarter"),
    pytest.param(5, 20, id="up-fourfold"),
    pytest.param(20, 10, id="down-to-half"),
    pytest.param(10, 12, id="up-a-little"),
    pytest.param(40, 38, id="down-a-little"),
    pytest.param(2, 6, id="slow-and-up"),
    pytest.param(6, 2, id="slow-and-down"),
]


@pytest.mark.parametrize(
    ("burst_seconds", "says"), [(0.25, None), (1.0, None), (4.0, None), (1.0, 1.0), (4.0, 1.0)]
)
@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_a_changed_limit_is_used_within_half_a_minute(
    before: float, after: float, burst_seconds: float, says: float | None
) -> None:
    account = Account(before, max(2.0, before * burst_seconds), says)
    pacer = account.pacer(80)
    account.work(pacer, 60)
    account.limit, account.burst = after, max(2.0, after * burst_seconds)
    changed = account.now
    account.work(pacer, 90)
    assert account.rate(changed + 30, 60) >= 0.9 * after
    share = account.refusals(changed + 30) / (60 * after)
    assert account.refusals(changed) <= 25, "no storm of refusals"
    assert share <= 0.03 or account.refusals(changed + 30) <= 8


def test_no_more_is_called_than_the_connector_permits() -> None:
    account = Account(1000, 1000)
    pacer = account.pacer(10)
    account.work(pacer, 30)
    assert account.refused == []
    assert account.rate(1001, 28) == pytest.approx(10, rel=0.05)


def test_calls_refused_together_count_as_one() -> None:
    account = Account(1, 1)
    pacer = account.pacer(64)
    granted = [pacer.wait() for _ in range(8)]
    for moment in granted:
        pacer.refused(moment)
    found = pacer.learned()
    assert found is not None
    assert found.rate >= 64 / 2 / 8


STORMS = pytest.mark.parametrize(
    ("limit", "storm", "says"),
    [(limit, storm, says) for limit in (2, 20) for storm in (4, 60) for says in (None, 1.0)],
)


@STORMS
def test_after_a_storm_the_rate_is_soon_what_it_was(
    limit: float, storm: float, says: float | None
) -> None:
    account = Account(limit, limit, says)
    pacer = account.pacer(80)
    account.work(pacer, 60)
    account.storm_until = over = account.now + storm
    account.work(pacer, storm + 90)
    assert account.rate(over + 30, 60) >= 0.9 * limit
    in_storm = account.refusals(over - storm) - account.refusals(over)
    assert in_storm <= (storm + 4 if says else storm / 8 + 6), "it is left in peace meanwhile"


@STORMS
def test_after_a_storm_processes_that_take_turns_find_the_rate_again(
    limit: float, storm: float, says: float | None
) -> None:
    account = Account(limit, limit, says)
    known = account.work_in_turns(80, None, 90)
    before = account.rate(account.now - 60, 60)
    assert before >= 0.8 * limit
    account.storm_until = over = account.now + storm
    account.work_in_turns(80, known, storm + 90)
    assert account.rate(over + 30, 60) >= 0.95 * before


def test_an_account_that_is_hardly_ever_called_loses_no_rate_for_that() -> None:
    account = Account(20, 20)
    pacer = account.pacer(80)
    for _ in range(5):
        account.call(pacer)
        account.now += 60
    account.storm_until = account.now + 4
    account.work(pacer, 10)
    account.now += 60
    began = account.now
    account.work(pacer, 30)
    assert account.rate(began, 30) >= 0.8 * 20


def test_a_rate_below_one_call_a_second_grows_although_nobody_sleeps_for_it() -> None:
    account = Account(20, 20)
    slow = Learned(rate=0.1, maximum=1, tokens=0, is_stated=False)
    pacer = account.pacer(80)
    pacer.begin_with(slow, age=0)
    account.work(pacer, 120)
    assert account.rate(account.now - 30, 30) >= 0.9 * 20


def test_another_process_starts_from_what_was_found() -> None:
    account = Account(10, 10)
    first = account.pacer(80)
    account.work(first, 60)
    found = first.learned()
    assert found is not None
    assert not found.is_stated
    second = account.pacer(80)
    second.begin_with(found, age=0)
    began, refusals = account.now, len(account.refused)
    account.work(second, 20)
    assert account.rate(began, 20) >= 9
    assert len(account.refused) - refusals <= 2


def test_what_the_vendor_stated_is_passed_on_with_its_age() -> None:
    account = Account(10, 10)
    first = account.pacer(100)
    assert first.learned() is None
    first.learn(available=50, rate=20, maximum=400)
    found = first.learned()
    assert found == Learned(rate=20, maximum=400, tokens=50, is_stated=True)
    second = account.pacer(100)
    second.begin_with(found, age=5)
    again = second.learned()
    assert again is not None
    assert again.tokens == 150


def test_a_rest_they_asked_for_holds_in_another_process_too() -> None:
    account = Account(10, 10)
    first = account.pacer(80)
    first.refused(first.wait(), after=30)
    found = first.learned()
    assert found is not None
    second = account.pacer(80)
    second.begin_with(found, age=10)
    assert second.delay() == pytest.approx(20)
