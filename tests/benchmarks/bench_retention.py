"""A million records of ninety days: what they cost, and what dropping them costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from tests.benchmarks.retention import measure
from tests.retention.conftest import now

__all__ = ["now"]


@pytest.mark.timeout(1800)
def test_a_million_records(now: datetime, report: Callable[..., None]) -> None:
    figures = measure()
    report(**figures)
    assert figures["payloads_gone"] > 500_000
    assert figures["items_gone"] > 10_000
