"""Safety stock is kept, refused in plain words, and has the numbers worked out again."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from integrations.models import InboxItem, StockedArticle
from integrations.services import safety_stock
from integrations.services.safety_stock import BadSafetyStock, Row
from tenants import scope
from tenants.models import AuditEntry
from tests.web.shops import Shop, make_shop


@pytest.fixture
def shop(db: None) -> Shop:
    """In one transaction that is undone: nothing here needs what others have committed."""
    return make_shop("Harbour Goods")


def told(shop: Shop) -> list[tuple[str, str, Decimal]]:
    with scope.tenant(shop.tenant.pk):
        return [(row.sku, row.location, row.units) for row in safety_stock.rows(shop.pair)]


def put(shop: Shop, *rows: Row) -> int:
    with scope.tenant(shop.tenant.pk):
        return safety_stock.put(shop.pair, rows, actor=shop.owner, now=timezone.now())


def test_rows_are_set_taken_away_and_their_articles_read_again(shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        for key, sku in (("11", "TEE"), ("12", "MUG")):
            StockedArticle.objects.create(tenant=shop.tenant, till=shop.pair.pos, key=key, sku=sku)
    assert put(shop, Row("TEE", "", Decimal(2)), Row("TEE", "55", Decimal("2.5"))) == 2
    assert told(shop) == [("TEE", "", Decimal(2)), ("TEE", "55", Decimal("2.5"))]
    with scope.tenant(shop.tenant.pk):
        notices = InboxItem.objects.filter(topic="safety stock")
        assert [row.key for row in notices] == ["11"]
        assert AuditEntry.objects.filter(action="safety_stock.changed").count() == 1
    assert put(shop, Row("TEE", "", Decimal(2))) == 0, "it is so already"
    assert put(shop, Row("TEE", "55", None), Row("*", "", Decimal(1))) == 2
    assert told(shop) == [("*", "", Decimal(1)), ("TEE", "", Decimal(2))]
    with scope.tenant(shop.tenant.pk):
        assert {row.key for row in InboxItem.objects.filter(topic="safety stock")} == {"11", "12"}


@pytest.mark.parametrize(
    ("sku", "units", "said"),
    [
        ("", "1", 'A row needs a SKU, or "*" for every article.'),
        ("TEE", "-1", "TEE: -1 units were given; a number from 0 to 1,000,000 is needed."),
        ("TEE", "NaN", "TEE: NaN units were given; a number from 0 to 1,000,000 is needed."),
        ("TEE", "two", "'two' is no number of units."),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(sku: str, units: str, said: str) -> None:
    with pytest.raises(BadSafetyStock, match=said.replace("*", r"\*")):
        safety_stock.parse(sku, "", units)


def test_the_command_shows_and_changes_rows(shop: Shop, tmp_path: Path) -> None:
    pair = str(shop.pair.pk)
    file = tmp_path / "rows.csv"
    file.write_text("sku,location,units\nMUG,,3\nTEE,55,\n", "utf-8")
    out = io.StringIO()
    call_command(
        "safety_stock", pair=pair, set=["*=1", "TEE@55=5"], file=file, json=True, stdout=out
    )
    assert json.loads(out.getvalue()) == [
        {"sku": "*", "location": "", "units": "1"},
        {"sku": "MUG", "location": "", "units": "3"},
    ]
    file.write_text("sku,location,units\nMUG,,many\n", "utf-8")
    with pytest.raises(CommandError, match="Line 2: 'many' is no number of units"):
        call_command("safety_stock", pair=pair, file=file)
    with pytest.raises(CommandError, match="There is no pair Nowhere"):
        call_command("safety_stock", pair="Nowhere")
    assert len(told(shop)) == 2
