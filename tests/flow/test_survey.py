"""Both sides can be counted, article by article."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from integrations.connector_kit.base import Counted
from integrations.models import Connection
from integrations.sync.sessions import open_session
from mappings.canonical.record import Entity
from tenants import scope
from tests.flow.conftest import Rig


def counted(rig: Rig, connection: Connection) -> dict[str, Counted]:
    with scope.tenant(rig.tenant.pk):
        session = open_session(connection)

    def rows() -> Iterator[Counted]:
        port = session.port(Entity.INVENTORY)
        assert port is not None
        assert port.survey is not None
        cursor = ""
        while True:
            page = port.survey(session.client, cursor)
            yield from page.rows
            cursor = page.cursor
            if not cursor:
                return

    return {row.sku: row for row in rows()}


@pytest.mark.parametrize("flavour", ["retail", "unified_v1"])
def test_both_sides_count_the_same_goods(make_rig: Callable[..., Rig], flavour: str) -> None:
    rig = make_rig(size=130, flavour=flavour)
    till, shop = counted(rig, rig.pos), counted(rig, rig.store)
    assert len(shop) == 130, "more than a page"
    assert {sku: row.available for sku, row in till.items() if sku in shop} == {
        sku: row.available for sku, row in shop.items()
    }
    assert all(not sku.startswith("WEB-") for sku in till) or flavour == "unified_v1"
    rig.till.act("stock", sku="TEE-BLK-S", delta=-3)
    assert shop["TEE-BLK-S"].available - counted(rig, rig.pos)["TEE-BLK-S"].available == Decimal(3)
