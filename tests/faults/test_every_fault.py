"""Every fault, tried on real processes and sandboxes with a PostgreSQL of its own.

The command that writes docs/reliability.md does the work, in its quick form, once for all tests.
Faults of accounts meet one store each, by turns; what happens to our processes hits all of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clarity.demo import pairing
from clarity.faults import account_trials, crash_trials
from clarity.faults.ground import QUICK
from clarity.faults.run import CRASH_POINTS, NAMES

ROOT = Path(__file__).resolve().parents[2]
STORES = pairing.stores()
SINGLE = [name for name in NAMES if name != CRASH_POINTS]
OF_ACCOUNTS = [trial.name for trial in account_trials.TRIALS]
WORST_CASE_SECONDS = 900


@pytest.fixture(scope="session")
def rows() -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "manage.py", "faults", "--quick", "--by-turns", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WORST_CASE_SECONDS,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    # The crash points are the last, so without them it broke off.
    assert any(row["fault"] == CRASH_POINTS for row in told), done.stderr[-4_000:]
    return told


def check(row: dict[str, Any]) -> None:
    assert row["problem"] == ""
    assert row["end"] == {
        "lost": 0,
        "doubled": 0,
        "total_differences": 0,
        "stock_differences": 0,
        "waiting": 0,
        "unaccounted": 0,
        "stopped": 0,
    }
    assert row["good"] is True
    assert row["events"] >= 1


@pytest.mark.timeout(WORST_CASE_SECONDS)
@pytest.mark.parametrize("name", SINGLE)
def test_a_fault_loses_and_doubles_nothing(name: str, rows: list[dict[str, Any]]) -> None:
    tried = [row for row in rows if row["fault"] == name]
    assert len(tried) == (1 if name in OF_ACCOUNTS else len(STORES))
    for row in tried:
        check(row)


@pytest.mark.timeout(WORST_CASE_SECONDS)
def test_every_store_met_its_share_of_the_faults(rows: list[dict[str, Any]]) -> None:
    met = Counter(row["store"] for row in rows if row["fault"] in OF_ACCOUNTS)
    assert sum(met.values()) == len(OF_ACCOUNTS)
    assert set(met) == {pairing.label(store) for store in STORES}
    assert max(met.values()) - min(met.values()) <= 1


@pytest.mark.timeout(WORST_CASE_SECONDS)
@pytest.mark.parametrize("store", STORES)
def test_a_worker_may_die_at_every_crash_point(store: str, rows: list[dict[str, Any]]) -> None:
    at = (CRASH_POINTS, pairing.label(store))
    crashed = [row for row in rows if (row["fault"], row["store"]) == at]
    assert len(crashed) == len(list(crash_trials.groups(QUICK)))
    for row in crashed:
        check(row)
