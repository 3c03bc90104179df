"""Records a month for the fair-use figure, and bills in the account's export."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integrations.models import Direction, Flow, HourFigure, Pair
from integrations.services import export_files, usage
from integrations.services.usage import Month
from mappings.canonical.record import Entity
from tenants import scope
from tenants.billing.services import agreements, paying
from tests.billing.conftest import Account, account, at
from tests.billing.test_seam import a_pair

D = Decimal


@pytest.fixture
def berlin(db: None) -> Account:
    return account(zone="Europe/Berlin")


def count(shop: Account, pair: Pair, hour: str, **counts: int) -> None:
    with scope.tenant(shop.tenant.pk):
        flow, _ = Flow.objects.get_or_create(
            pair=pair,
            entity=Entity.ORDER.value,
            defaults={"direction": Direction.TO_POS, "source": pair.store, "target": pair.pos},
        )
        HourFigure.objects.create(flow=flow, hour=at(hour), counted_at=at(hour), **counts)


def test_records_are_counted_by_month_of_the_account_for_production_pairs(berlin: Account) -> None:
    pair, tried = a_pair(berlin), a_pair(berlin, "sandbox")
    # Still March in UTC, April in Berlin.
    count(berlin, pair, "2026-03-31T22:00", delivered=5, waiting=1)
    count(berlin, pair, "2026-03-31T21:00", delivered=40_000, filtered=7, dead=1)
    count(berlin, pair, "2026-04-20T10:00", unchanged=60_000, merged=2, held=1)
    count(berlin, pair, "2026-01-31T22:00", delivered=3)
    count(berlin, tried, "2026-04-20T10:00", delivered=999)
    other = account("Other")
    count(other, a_pair(other), "2026-04-20T10:00", delivered=500)
    with scope.tenant(berlin.tenant.pk):
        assert usage.months(now=at("2026-04-21")) == [
            Month(date(2026, 4, 1), 60_009),
            Month(date(2026, 3, 1), 40_008),
            Month(date(2026, 2, 1), 0),
        ]
        found = usage.fair_use_now(now=at("2026-04-21"))
        assert (found.used, found.usual, found.is_above) == (60_009, 50_000, True)
        assert usage.months(now=at("2026-01-15"), count=2)[1].first_day == date(2025, 12, 1)


def test_the_export_holds_what_was_agreed_and_billed_and_nobody_elses(shop: Account) -> None:
    other = account("Other")
    other.go_live(at("2026-03-01"), "Theirs")
    _, invoice = shop.go_live(at("2026-03-01"))
    assert invoice is not None
    with scope.tenant(shop.tenant.pk):
        paying.record_payment(
            invoice_id=invoice.pk, amount=D(140), currency="USD", reference="wire 1",
            received_on=date(2026, 3, 2), actor=shop.finance, now=at("2026-03-02"),
        )  # fmt: skip
        agreements.agree_contract(
            currency="USD", a_term=D(6000), starts_on=date(2027, 1, 1), ends_on=None,
            note="For our eyes", actor=shop.finance,
        )  # fmt: skip
        sections = {one.file: one for one in export_files.sections(shop.tenant.pk)}

        def rows(file: str) -> list[dict[str, Any]]:
            piece = sections[file].read(0)
            assert not piece.more
            return [json.loads(line) for line in piece.lines]

        (billed,) = rows("invoices.jsonl")
        agreed = {one["what"]: one for one in rows("billing.jsonl")}
    assert (billed["number"], billed["total"]) == (invoice.number, "7140.000")
    assert [one["text"] for one in billed["lines"]] == ["Connect: Main street"]
    assert [one["reference"] for one in billed["payments"]] == ["wire 1"]
    assert list(agreed) == ["Subscription", "BilledPair", "Contract"]
    assert agreed["Contract"]["a_term"] == "6000.000"
    told = json.dumps([billed, agreed])
    for hidden in ("For our eyes", str(shop.finance.pk), "Theirs"):
        assert hidden not in told
