"""Pages by id, their count, and where people see a record."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connector_kit.base import Notice
from integrations.connector_kit.testing import Asked
from integrations.connectors.magento.admin_pages import record_url
from integrations.connectors.magento.backfill import count, newest, pages
from integrations.connectors.magento.criteria import where
from integrations.connectors.magento.tests.small_store import account, client, found, small_store
from mappings.canonical.record import Entity


def _answering(total: int) -> Any:
    rows = [{"entity_id": number} for number in range(1, total + 1)]

    def answer(asked: Asked) -> Any:
        params = dict(asked.query)
        behind = 0
        for at in range(2):
            name = f"searchCriteria[filter_groups][{at}][filters][0]"
            if params.get(f"{name}[condition_type]") == "gt":
                behind = int(params[f"{name}[value]"])
        there = [row for row in rows if row["entity_id"] > behind]
        if params.get("searchCriteria[sortOrders][0][direction]") == "DESC":
            there.reverse()
        return found(*there[: int(params["searchCriteria[pageSize]"])], total=len(there))

    return answer


def _notice(row: Any) -> Notice | None:
    if row["entity_id"] == 2:
        return None
    return Notice(entity=Entity.ORDER, key=str(row["entity_id"]), topic="backfill")


def test_pages_go_on_behind_the_last_id_until_none_is_left() -> None:
    with small_store({"GET /V1/orders": _answering(7)}) as store:
        opened = client(store, settings={"page_size": "3"})
        keys, cursor, more, turns = [], "", True, 0
        while more:
            page = pages(opened, "orders", cursor, notice=_notice, filters=(where("state", "new"),))
            keys += [notice.key for notice in page.notices]
            cursor, more, turns = page.cursor, page.more, turns + 1
    assert keys == ["1", "3", "4", "5", "6", "7"]
    assert (cursor, turns) == ("7", 3)


def test_count_tells_records_and_calls() -> None:
    with small_store({"GET /V1/orders": _answering(250)}) as store:
        opened = client(store)
        extent = count(opened, "orders")
        assert (extent.records, extent.calls) == (250, 3)
        assert count(opened, "orders", reads=1).calls == 253
        assert newest(opened, "orders", 2) == ["250", "249"]
    with small_store({"GET /V1/orders": _answering(0)}) as store:
        assert count(client(store), "orders").calls == 1


@pytest.mark.parametrize(
    ("admin", "entity", "key", "address"),
    [
        (
            "https://shop.example.com/admin_1/",
            Entity.ORDER,
            "12",
            "https://shop.example.com/admin_1/sales/order/view/order_id/12/",
        ),
        (
            "https://shop.example.com/admin_1",
            Entity.CUSTOMER,
            "5",
            "https://shop.example.com/admin_1/customer/index/edit/id/5/",
        ),
        ("", Entity.ORDER, "12", None),
        ("javascript:alert(1)", Entity.ORDER, "12", None),
        ("https://user@shop.example.com", Entity.ORDER, "12", None),
        ("https://shop.example.com/admin_1", Entity.PRODUCT, "12", None),
        ("https://shop.example.com/admin_1", Entity.PAYMENT, "t12", None),
    ],
)
def test_record_leads_to_its_page(
    admin: str, entity: Entity, key: str, address: str | None
) -> None:
    assert record_url(account(settings={"admin_url": admin}), entity, key) == address
