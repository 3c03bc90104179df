"""A full backfill: 20,000 stock levels and 5,000 customers through real worker processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import pytest

from clarity import supervisor
from conftest import SandboxProcess
from tests import processes
from tests.benchmarks import backfill


@pytest.mark.timeout(7200)
def test_full_backfill(
    transactional_db: None,
    sandboxes: Mapping[str, SandboxProcess],
    account_name: str,
    report: Callable[..., None],
) -> None:
    found = backfill.run(
        shop_url=sandboxes["shopify"].url,
        till_url=sandboxes["heartland"].url,
        name=account_name,
        skus=int(os.environ.get("BENCH_SKUS", backfill.SKUS)),
        customers=int(os.environ.get("BENCH_CUSTOMERS", backfill.CUSTOMERS)),
        workers=lambda: processes.running(supervisor.workers()),
    )
    assert found["stock"]["differences"] == 0
    assert found["stock"]["refused_429"] == found["customers"]["refused_429"] == 0
    report(**found)
