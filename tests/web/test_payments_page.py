"""The page with the payments of a day."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import Pair, ReconciledOrder, Reconciliation, Verdict
from integrations.services import reconciled, reconciling, reconciling_daily
from tenants import scope
from tenants.models import Membership, Role
from tests.web.shops import Shop

DAY = date(2026, 11, 20)


def report(shop: Shop, *, agreeing: int = 1, differing: int = 1, problem: str = "") -> None:
    with scope.tenant(shop.tenant.pk):
        made = Reconciliation.objects.create(
            tenant=shop.tenant,
            pair=shop.pair,
            day=DAY,
            zone="America/Phoenix",
            compared_at=timezone.now(),
            problem=problem,
            orders=agreeing + differing,
            differing=differing,
            totals=[
                {"side": "store", "method": "gift_card", "count": 2, "came": "40.00", "went": "0"},
                {"side": "pos", "method": "External", "count": 1, "came": "20.00", "went": "0"},
            ],
        )
        for place in range(agreeing + differing):
            less = place < differing
            ReconciledOrder.objects.create(
                tenant=shop.tenant,
                reconciliation=made,
                place=place,
                verdict=Verdict.LESS if less else Verdict.AGREES,
                number=f"#{1001 + place}" if place else "=1001",
                store_key=str(place),
                store_methods="gift_card",
                store_day=Decimal("20.00"),
                pos_day=Decimal(0) if less else Decimal("20.00"),
                store_received=Decimal("20.00"),
                pos_received=Decimal(0) if less else Decimal("20.00"),
                store_state="paid",
                pos_state="open" if less else "closed",
            )


@pytest.fixture
def address(shop: Shop) -> str:
    return f"/t/{shop.tenant.slug}/pairs/{shop.pair.pk}/payments/"


def test_a_day_that_was_not_compared_says_so(page: Client, address: str) -> None:
    shown = page.get(address, {"day": "2026-11-19"}).content.decode()
    assert "This day has not been compared yet" in shown
    assert "Compare now" in shown
    for odd in ("odd", "0001-01-01", "9999-12-31"):
        assert page.get(address, {"day": odd}).status_code == 200
    assert page.get(f"{address}table.csv", {"day": "2026-11-19"}).status_code == 404


def test_differences_come_first_and_all_can_be_seen(shop: Shop, page: Client, address: str) -> None:
    report(shop, agreeing=40)
    shown = page.get(address, {"day": DAY.isoformat()}).content.decode()
    assert "1 of 41 differ" in shown
    assert "Recorded as paid too little" in shown
    assert "#1002" not in shown
    everything = page.get(address, {"day": DAY.isoformat(), "all": "1"}).content.decode()
    assert "1–25 of 41" in everything
    second = page.get(address, {"day": DAY.isoformat(), "all": "1", "page": "2"}).content.decode()
    assert "26–41 of 41" in second
    assert "#1041" in second


def test_the_table_file_holds_every_order_and_no_formula(
    shop: Shop, page: Client, address: str
) -> None:
    report(shop)
    answer = page.get(f"{address}table.csv", {"day": DAY.isoformat()})
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["order"], row["verdict"], row["difference"]) for row in rows] == [
        ("'=1001", "less", "20.00"),
        ("#1002", "agrees", "0.00"),
    ]
    assert tuple(rows[0]) == reconciled.COLUMNS


def test_a_problem_is_shown_with_what_was_known(shop: Shop, page: Client, address: str) -> None:
    report(shop, problem="Heartland answered 503")
    shown = page.get(address, {"day": DAY.isoformat()}).content.decode()
    assert "The payments could not be compared" in shown
    assert "Heartland answered 503" in shown


def test_comparing_asks_both_sides_and_shows_the_day(
    shop: Shop, page: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Pair, date]] = []
    monkeypatch.setattr(
        reconciling, "reconcile", lambda *, pair, day, now: asked.append((pair, day))
    )
    answer = page.post(f"{address}compare/", {"day": DAY.isoformat()})
    assert (answer.status_code, answer["Location"]) == (302, f"{address}?day=2026-11-20")
    assert asked == [(shop.pair, DAY)]
    assert page.get(f"{address}compare/").status_code == 405


def test_viewers_look_and_strangers_do_not(
    shop: Shop, other_shop: Shop, page: Client, address: str
) -> None:
    report(shop)
    stranger = Client()
    stranger.force_login(other_shop.owner)
    for path in (address, f"{address}table.csv"):
        assert stranger.get(path, {"day": DAY.isoformat()}).status_code == 404
    with scope.door("make the owner a viewer"):
        Membership.objects.filter(tenant=shop.tenant).update(role=Role.VIEWER)
    shown = page.get(address, {"day": DAY.isoformat()}).content.decode()
    assert "Compare now" not in shown
    assert page.post(f"{address}compare/", {"day": DAY.isoformat()}).status_code == 403


def test_days_of_long_ago_are_forgotten(shop: Shop) -> None:
    report(shop)
    later = timezone.now() + reconciling_daily.KEPT + timedelta(days=30)
    with scope.tenant(shop.tenant.pk):
        reconciling_daily.forget(later)
        assert Reconciliation.objects.count() == ReconciledOrder.objects.count() == 0
