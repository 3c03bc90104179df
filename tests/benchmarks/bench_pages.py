"""The live page with a million records."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.pages import measure


@pytest.mark.timeout(1800)
def test_pages_with_a_million_records(transactional_db: None, report: Callable[..., None]) -> None:
    found = measure()
    assert found["books_are_right"]
    report(**found)
