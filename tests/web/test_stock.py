"""Both sides' stock, asked through fake connectors that keep the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.connector_kit.base import Counted, EntityPort, Survey
from integrations.connector_kit.errors import TryLater
from integrations.models import Connection, Environment, InboxState
from integrations.services import safety_stock, stock, stock_sides
from integrations.services.safety_stock import Row
from integrations.services.stock import compare_stock
from integrations.sync.sessions import Recorder
from mappings.canonical.inventory import Level, Stock
from mappings.canonical.record import Entity
from tenants import scope
from tests.web.shops import Shop, delivery, notice


@dataclass
class FakeSide:
    """One side that answers two articles a page, fails, or cannot list its stock."""

    name: str
    rows: Sequence[Counted] = ()
    error: Exception | None = None
    lists: bool = True
    asked: list[str] = field(default_factory=list)

    def survey(self, client: Any, cursor: str) -> Survey:
        # Network waits must never hold a transaction open.
        assert scope.active() is None
        self.asked.append(cursor)
        if self.error:
            raise self.error
        start = int(cursor or 0)
        more = start + 2 < len(self.rows)
        return Survey(self.rows[start : start + 2], str(start + 2) if more else "")

    def session(self, connection: Connection) -> Any:
        assert scope.current() == connection.tenant_id
        port = EntityPort(survey=self.survey if self.lists else None)
        return SimpleNamespace(
            connection=connection,
            client=None,
            recorder=Recorder(),
            held_back=None,
            account=SimpleNamespace(
                setting=lambda name, default="": connection.settings.get(name) or default
            ),
            connector=SimpleNamespace(manifest=SimpleNamespace(label="Heartland")),
            port=lambda entity: port,
        )


def as_sides(monkeypatch: pytest.MonkeyPatch, *sides: FakeSide) -> None:
    by_name = {side.name: side for side in sides}
    monkeypatch.setattr(
        stock_sides,
        "open_session",
        lambda connection, **_: by_name[connection.name].session(connection),
    )


def articles(**units: str) -> list[Counted]:
    return [Counted(sku, f"Title {sku}", Decimal(count)) for sku, count in units.items()]


def test_differences_come_first_and_one_sided_articles_count_as_such(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = FakeSide("Store till", articles(A="3", B="5", C="2.5", E="1.00"))
    web = FakeSide("Web shop", articles(A="3", B="4", D="7", E="1"))
    as_sides(monkeypatch, till, web)
    found = compare_stock(pair=shop.pair, now=timezone.now())
    assert [(row.sku, row.at_till, row.in_shop, row.difference) for row in found.rows] == [
        ("B", Decimal(5), Decimal(4), Decimal(1)),
        ("C", Decimal("2.5"), None, None),
        ("D", None, Decimal(7), None),
        ("A", Decimal(3), Decimal(3), Decimal(0)),
        ("E", Decimal("1.00"), Decimal(1), Decimal(0)),
    ]
    assert found.differing == 3
    assert found.error == ""


def test_an_answer_is_kept_for_two_seconds_and_for_a_minute_in_production(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    till, web = FakeSide("Store till", articles(A="1")), FakeSide("Web shop", articles(A="1"))
    as_sides(monkeypatch, till, web)
    now = timezone.now()
    for after, asked in ((0, 1), (1.9, 1), (2, 2), (3, 2)):
        compare_stock(pair=shop.pair, now=now + timedelta(seconds=after))
        assert len(till.asked) == len(web.asked) == asked
    shop.pair.pos.environment = Environment.PRODUCTION
    for after, asked in ((30, 2), (61, 2), (62, 3)):
        compare_stock(pair=shop.pair, now=now + timedelta(seconds=after))
        assert len(till.asked) == asked


@pytest.mark.parametrize(
    ("till", "said"),
    [
        (
            FakeSide("Store till", error=TryLater("Heartland answered 503")),
            "Store till cannot be asked right now: Heartland answered 503",
        ),
        (FakeSide("Store till", lists=False), "Store till: Heartland cannot list its stock."),
    ],
)
def test_a_side_that_cannot_be_asked_is_named(
    shop: Shop, page: Client, monkeypatch: pytest.MonkeyPatch, till: FakeSide, said: str
) -> None:
    as_sides(monkeypatch, till, FakeSide("Web shop", articles(A="1")))
    found = compare_stock(pair=shop.pair, now=timezone.now())
    assert (list(found.rows), found.error) == ([], said)
    stock.forget()
    shown = page.get(f"{shop.live}stock/").content.decode()
    assert said in shown


def test_page_of_stock_is_searched_and_paged(
    shop: Shop, page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [Counted(f"SKU-{n:03}", "Mug" if n == 7 else "Tee", Decimal(n)) for n in range(60)]
    other = [row if row.sku != "SKU-055" else Counted(row.sku, "", Decimal(50)) for row in rows]
    as_sides(monkeypatch, FakeSide("Store till", rows), FakeSide("Web shop", other))
    first = page.get(f"{shop.live}stock/").content.decode()
    assert first.index("SKU-055") < first.index("SKU-000")
    assert ">+5<" in first
    assert "1 of 60 differ" in first
    assert "1–25 of 60" in first
    third = page.get(f"{shop.live}stock/?page=3").content.decode()
    assert "51–60 of 60" in third
    found = page.get(f"{shop.live}stock/?sku=mug").content.decode()
    assert "SKU-007" in found
    assert "SKU-008" not in found
    assert "No article fits" in page.get(f"{shop.live}stock/?sku=nothing").content.decode()
    assert page.get(f"{shop.live}stock/?page=odd").status_code == 200


def counted(sku: str, on_hand: int, committed: int) -> Counted:
    level = Level(
        location="5",
        on_hand=Decimal(on_hand),
        committed=Decimal(committed),
        available=Decimal(on_hand - committed),
    )
    record = Stock(key="1", sku=sku, levels=(level,))
    return Counted(sku, "Tee", level.available, key="1", stock=record)


def test_every_number_shows_its_arithmetic(
    shop: Shop, page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the table of stock, and on the page of a number that was delivered."""
    with scope.tenant(shop.tenant.pk):
        shop.pair.store.settings = {"location_id": "71"}
        shop.pair.store.save(update_fields=["settings"])
        safety_stock.put(shop.pair, [Row("TEE", "", Decimal(2))], actor=None, now=timezone.now())
    sum_of_it = "on hand 14 - committed 2 - safety 2 = 10"
    there = Counted("TEE", "Tee", Decimal(9), key="g", at={"71": Decimal(9)})
    as_sides(
        monkeypatch, FakeSide("Store till", [counted("TEE", 14, 2)]), FakeSide("Web shop", [there])
    )
    shown = page.get(f"{shop.live}stock/").content.decode()
    assert sum_of_it in shown
    assert ">+1<" in shown
    item = notice(shop, Entity.INVENTORY, number="TEE", state=InboxState.PASSED)
    document = {"record": {}, "fields": {}, "stock": {"numbers": [{"arithmetic": sum_of_it}]}}
    delivery(shop, item, document=document)
    assert f"Published {sum_of_it}." in page.get(shop.record(item)).content.decode()
