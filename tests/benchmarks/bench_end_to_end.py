"""How many orders a second reach a till that takes one call of 50 ms, and how fast."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.benchmarks.end_to_end import measure

CASES: dict[str, dict[str, Any]] = {
    "many": {"orders": 5000, "tenants": 20},
    "one": {"orders": 1500, "tenants": 1},
    "calm": {"orders": 750, "tenants": 20, "rate": 50.0},
}
SHARE = float(os.environ.get("CLARITY_BENCH_SHARE", "1"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", CASES)
def test_orders_to_a_one_call_till(
    case: str, transactional_db: None, report: Callable[..., None]
) -> None:
    wanted = {**CASES[case], "orders": int(CASES[case]["orders"] * SHARE)}
    found = measure(**wanted)
    report(**found)
    assert (found["lost"], found["doubled"], found["refused"]) == (0, 0, 0)
