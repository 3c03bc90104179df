"""Polling loses nothing and tells nothing twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from integrations.connector_kit.base import Notice
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.testing import Asked
from integrations.connectors.magento.polling import OVERLAP, changed, instant, version
from integrations.connectors.magento.tests.small_store import client, found, small_store
from mappings.canonical.record import Entity

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def _orders(rows: list[dict[str, Any]]) -> Any:
    def answering(asked: Asked) -> Any:
        params = dict(asked.query)
        since = params.get("searchCriteria[filter_groups][0][filters][0][value]", "")
        size = int(params["searchCriteria[pageSize]"])
        start = (int(params["searchCriteria[currentPage]"]) - 1) * size
        there = sorted(
            (row for row in rows if row["updated_at"] >= since),
            key=lambda row: (row["updated_at"], row["entity_id"]),
        )
        return found(*there[start : start + size], total=len(there))

    return answering


def _row(number: int, at: str, status: str = "pending") -> dict[str, Any]:
    return {"entity_id": number, "updated_at": at, "status": status}


def _notice(row: Mapping[str, Any]) -> Notice:
    return Notice(entity=Entity.ORDER, key=str(row["entity_id"]), topic="poll")


def _run(opened: Any, cursor: str, now: datetime = NOW) -> tuple[list[tuple[str, str]], str]:
    """All pages until none is left."""
    told = []
    for _ in range(50):
        page = changed(opened, "orders", cursor, now, notice=_notice)
        told += [(notice.key, notice.version) for notice in page.notices]
        cursor = page.cursor
        if not page.more:
            return told, cursor
    raise AssertionError("the run does not end")


def test_first_poll_starts_at_the_time_of_the_shop() -> None:
    rows = [_row(1, "2026-03-02 10:49:00"), _row(2, "2026-03-02 10:51:00")]
    with small_store({"GET /V1/orders": _orders(rows)}) as store:
        # An hour behind ours, and so is what it writes.
        behind = datetime.now(UTC) - timedelta(hours=1)
        store.headers["Date"] = format_datetime(behind, usegmt=True)
        opened = client(store)
        told, cursor = _run(opened, "")
        assert told == []
        told, _ = _run(opened, cursor)
    assert [key for key, _ in told] == ["2"]


def test_rows_are_told_once_and_late_ones_are_found() -> None:
    rows = [_row(1, "2026-03-02 11:58:00"), _row(2, "2026-03-02 11:59:00")]
    with small_store({"GET /V1/orders": _orders(rows)}) as store:
        opened = client(store)
        _, start = _run(opened, "")
        told, cursor = _run(opened, start)
        assert told == [("1", "2026-03-02T11:58:00Z"), ("2", "2026-03-02T11:59:00Z")]
        assert _run(opened, cursor)[0] == []
        # Its transaction took five minutes.
        rows.append(_row(3, "2026-03-02 11:55:00"))
        told, cursor = _run(opened, cursor)
        assert told == [("3", "2026-03-02T11:55:00Z")]
        assert _run(opened, cursor)[0] == []


def test_what_is_surely_committed_is_not_read_at_each_poll() -> None:
    """After a mass change nothing else may change for hours."""
    rows = [_row(n, "2026-03-02 11:59:00") for n in range(9)]
    with small_store({"GET /V1/orders": _orders(rows)}) as store:
        opened = client(store, settings={"page_size": "3"})
        cursor = _run(opened, _run(opened, "")[1])[1]
        _, cursor = _run(opened, cursor, NOW + OVERLAP)
        asked = len(store.asked)
        assert _run(opened, cursor, NOW + OVERLAP)[0] == []
        assert len(store.asked) == asked + 1
        # By the clock there it is one second later; ours does not matter.
        rows.append(_row(10, "2026-03-02 11:59:01"))
        assert _run(opened, cursor, NOW + OVERLAP)[0] == [("10", "2026-03-02T11:59:01Z")]


def test_second_change_within_one_second_is_news_that_sorts_behind() -> None:
    rows = [_row(1, "2026-03-02 11:59:00")]
    with small_store({"GET /V1/orders": _orders(rows)}) as store:
        opened = client(store)
        _, cursor = _run(opened, "")
        first, cursor = _run(opened, cursor)
        rows[0]["status"] = "processing"
        second, cursor = _run(opened, cursor)
        rows[0]["status"] = "complete"
        third, cursor = _run(opened, cursor)
        rows[0]["updated_at"] = "2026-03-02 11:59:01"
        fourth, cursor = _run(opened, cursor)
    versions = [told[0][1] for told in (first, second, third, fourth)]
    assert versions == [
        "2026-03-02T11:59:00Z",
        "2026-03-02T11:59:00Z.0001",
        "2026-03-02T11:59:00Z.0002",
        "2026-03-02T11:59:01Z",
    ]


@pytest.mark.parametrize("ties", [1, 4, 9])
def test_pages_of_one_second_and_of_many_are_all_read(ties: int) -> None:
    """Also where more rows share a second than a page holds."""
    rows = [_row(n, f"2026-03-02 11:59:{n // ties:02d}") for n in range(9)]
    with small_store({"GET /V1/orders": _orders(rows)}) as store:
        opened = client(store, settings={"page_size": "3"})
        _, cursor = _run(opened, "")
        told, _ = _run(opened, cursor)
    assert sorted(int(key) for key, _ in told) == list(range(9))


def test_row_that_moves_while_it_is_paged_is_not_lost() -> None:
    rows = [_row(n, f"2026-03-02 11:59:{n:02d}") for n in range(6)]
    with small_store({"GET /V1/orders": _orders(rows)}) as store:
        opened = client(store, settings={"page_size": "2"})
        _, cursor = _run(opened, "")
        page = changed(opened, "orders", cursor, NOW, notice=_notice)
        # The first moves to the end: by page numbers the third would slip to the page read before.
        rows[0]["updated_at"] = "2026-03-02 11:59:30"
        told, _ = _run(opened, page.cursor)
    assert sorted({*(n.key for n in page.notices), *(key for key, _ in told)}) == list("012345")
    assert ("0", "2026-03-02T11:59:30Z") in told


def test_times_are_utc_without_saying_so() -> None:
    assert instant("2026-01-31 23:55:00") == datetime(2026, 1, 31, 23, 55, tzinfo=UTC)
    assert version("") == ""
    with pytest.raises(Rejected, match="yesterday"):
        instant("yesterday")
