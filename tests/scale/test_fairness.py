"""A busy lane makes room for others, and only then."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from clarity import supervisor
from integrations.queue import fairness
from tests import processes
from tests.flow.conftest import Rig
from tests.flow.test_crash import wait
from tests.scale.counts import delivered, heard

MakeLane = Callable[..., UUID]
NOISE = 40


def others_wait() -> bool:
    return fairness.others_wait(now=timezone.now())


def test_a_lane_waits_when_its_hint_found_no_worker(make_lane: MakeLane) -> None:
    make_lane(due_at=-1, hinted_at=-0.1)
    assert not others_wait()
    make_lane(due_at=-1, hinted_at=-0.5)
    assert others_wait()


def test_a_lane_that_nobody_hinted_waits_when_no_host_keeps_the_pulse(make_lane: MakeLane) -> None:
    make_lane(due_at=-1)
    assert not others_wait()
    make_lane(due_at=-3)
    assert others_wait()


def test_lanes_that_may_not_be_worked_do_not_wait(make_lane: MakeLane) -> None:
    make_lane(due_at=-5, hinted_at=-5, lease_until=5)
    make_lane(due_at=-5, hinted_at=-5, parked_until=5)
    make_lane(hinted_at=-5)
    make_lane(due_at=5, hinted_at=-5)
    assert not others_wait()


def test_a_turn_has_a_least_and_a_greatest_length(
    make_lane: MakeLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fairness, "LOOK_EVERY", 0)
    whole = timedelta(seconds=settings.CLARITY_LANE_SLICE_SECONDS)
    now = timezone.now()
    assert fairness.turn_is_over(now)
    assert not fairness.turn_is_over(now + whole - fairness.LEAST_TURN)
    make_lane(due_at=-5, hinted_at=-5)
    assert fairness.turn_is_over(now + whole - fairness.LEAST_TURN)
    assert not fairness.turn_is_over(timezone.now() + whole)


@pytest.mark.timeout(180)
def test_a_quiet_tenants_order_overtakes_a_noisy_one_with_a_single_worker(
    make_rigs: Callable[..., list[Rig]], monkeypatch: pytest.MonkeyPatch
) -> None:
    noisy, quiet = make_rigs(2)
    noisy.shop.act("orders", count=NOISE, seed=3)
    wait(noisy, lambda: heard(noisy) >= NOISE, "the noisy tenant's webhooks are stored")
    monkeypatch.setitem(os.environ, "CLARITY_WORKERS", "1")
    with processes.running(supervisor.workers()):
        wait(noisy, lambda: delivered(noisy) >= 5, "the noisy tenant's orders begin to arrive")
        quiet.shop.act("orders", count=1, seed=4)
        wait(quiet, lambda: delivered(quiet) == 1, "the quiet tenant's order arrives")
        assert delivered(noisy) < NOISE / 2
        wait(noisy, lambda: delivered(noisy) == NOISE, "every order of the noisy tenant arrives")
    found = noisy.compare()
    assert (found.orders_in_heartland, found.duplicates, found.lost) == (NOISE, 0, 0)
