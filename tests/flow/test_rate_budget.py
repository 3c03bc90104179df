"""What an account permits is learnt, outlives the slice, and another process starts from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from clarity.demo.sandboxes import plain_session
from integrations.connector_kit.pace import Pacer
from integrations.models import DeliveryState, Lane
from integrations.sync import budget, kept_sessions
from tenants import scope
from tests.flow.conftest import Rig

NOW = datetime(2026, 10, 3, 12, tzinfo=UTC)


def pace(rig: Rig) -> dict[str, Any]:
    with scope.tenant(rig.tenant.pk):
        found: dict[str, Any] = Lane.objects.get(pk=rig.store.pk).pace
    return found


def sell(rig: Rig, seed: int) -> None:
    """Something that makes calls to the shop necessary: stock has to be written there."""
    before = len(rig.deliveries(entity="inventory", state=DeliveryState.DELIVERED))
    rig.till.act("sales", count=2, seed=seed)
    rig.until(
        lambda: len(rig.deliveries(entity="inventory", state=DeliveryState.DELIVERED)) > before,
        "stock is written to the shop",
    )


def test_a_changed_plan_is_learnt_and_kept(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=4)
    sell(rig, 1)
    rig.until(lambda: bool(pace(rig)), "what the shop said of its limit is on the lane")
    first = pace(rig)
    assert (first["rate"], first["maximum"], first["is_stated"]) == (100, 2000, True)
    control = plain_session(rig.shop.public_url)
    answer = control.request(
        "PATCH",
        f"/_sandbox/accounts/{rig.shop.account}",
        body={"bucket": 4000, "restore_rate": 200},
    )
    assert answer.status == 200, answer.text
    kept_sessions.close_all()
    sell(rig, 2)
    rig.until(lambda: pace(rig)["rate"] != 100, "the change is on the lane")
    assert (pace(rig)["rate"], pace(rig)["maximum"]) == (200, 4000)


def test_the_row_of_another_version_is_left_alone() -> None:
    assert budget.read({"speed": 7}) is None
    assert budget.read({}) is None
    assert budget.written(budget.begin({}, now=NOW), now=NOW) == {}


def test_a_budget_survives_being_written_down() -> None:
    row = {
        "rate": 12.0,
        "maximum": 6.0,
        "tokens": 1.0,
        "is_stated": False,
        "rest": 0.0,
        "base": 8.0,
        "top": 16.0,
        "busy": 5.0,
        "refusals": 2,
        "quiet": 1.5,
        "at": NOW.isoformat(),
    }
    later = NOW + timedelta(seconds=30)
    assert budget.written(budget.begin(row, now=later), now=later) == {
        **row,
        "at": later.isoformat(),
    }


def test_a_row_without_the_way_back_is_still_read() -> None:
    row = {"rate": 12.0, "maximum": 6.0, "tokens": 1.0, "is_stated": False, "at": NOW.isoformat()}
    found = budget.read(row)
    assert found is not None
    pacer = Pacer(80, 80, clock=lambda: 1000.0)
    pacer.begin_with(found[0], age=30)
    known = pacer.learned()
    assert known is not None
    assert (known.rate, known.base, known.top, known.refusals) == (12, 12, 12, 0)
