"""How fast a signed webhook is verified, stored durably and answered."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.benchmarks.conftest import ROOT, RUNS
from tests.flow.conftest import Rig


def load(url: str, secret: str, count: int, *, threads: int, rate: float = 0) -> dict[str, Any]:
    found = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load", url, secret, str(count), str(threads)]
        + ([str(rate)] if rate else []),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


def test_accepting_webhooks(
    web: str, make_rig: Callable[..., Rig], report: Callable[..., None]
) -> None:
    rig = make_rig()
    url = f"{web}/hooks/shopify/{rig.store.pk}/"
    secret = rig.shop_account["credentials"]["client_secret"]
    load(url, secret, 50, threads=2)
    runs = [load(url, secret, 1500, threads=8) for _ in range(RUNS)]
    calm = [load(url, secret, 250, threads=4, rate=50) for _ in range(RUNS)]
    busy = [load(url, secret, 600, threads=8, rate=200) for _ in range(RUNS)]
    stored = len(rig.items(topic="orders/create"))
    assert all(run["refused"] == 0 for run in (*runs, *calm, *busy))
    assert stored == 50 + RUNS * (1500 + 250 + 600)
    report(
        per_second=round(statistics.median(run["sent"] / run["seconds"] for run in runs)),
        target_per_second=600,
        p99_ms_at_50=round(statistics.median(run["p99_ms"] for run in calm), 1),
        target_p99_ms_at_50=10,
        p99_ms_at_200=round(statistics.median(run["p99_ms"] for run in busy), 1),
        target_p99_ms_at_200=25,
    )
