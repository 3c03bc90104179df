"""Figures for Prometheus: guarded, right, cheap, and about nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from clarity.metrics import figures, scrape
from integrations.models import (
    ConvergenceRun,
    DeliveryState,
    HourFigure,
    InboxState,
    Incident,
    Lane,
)
from integrations.services import conservation
from mappings.canonical.record import Entity
from tenants import scope
from tests.web.shops import Shop, delivery, make_shop, notice

TOKEN = "let-me-in"


@pytest.fixture(autouse=True)
def _token(settings: Any) -> Iterator[None]:
    settings.CLARITY_METRICS_TOKEN = TOKEN
    scrape.forget()
    yield
    scrape.forget()


def scraped() -> dict[str, dict[tuple[str, ...], float]]:
    """Values by name, and by their labels in the order of the names of these."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_only_the_token_opens_it(transactional_db: None, settings: Any) -> None:
    for header in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"bearer {TOKEN}"):
        refused = Client().get("/metrics", headers={"Authorization": header})
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
        assert b"clarity_" not in refused.content
    assert Client().post("/metrics").status_code == 405
    settings.CLARITY_METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_figures_are_those_of_the_database(transactional_db: None) -> None:
    shop, other = make_shop("Harbour Goods"), make_shop("Other Retailer")
    now = timezone.now()
    for one in (shop, other):
        notice(one, at=now - timedelta(seconds=90))
        passed = notice(one, state=InboxState.PASSED)
        delivery(one, passed, DeliveryState.DELIVERED)
    held = notice(shop, Entity.CUSTOMER, state=InboxState.PASSED)
    delivery(shop, held, DeliveryState.HELD)
    with scope.tenant(shop.tenant.pk):
        for hour, ages in ((now, [0, 9, 0, 1]), (now - timedelta(days=1), [0, 0, 0, 0, 0, 50])):
            HourFigure.objects.create(
                flow=shop.flows[Entity.ORDER], hour=hour, ages=ages, counted_at=now
            )
        for matched, equal in ((100, 10), (8, 7)):
            ConvergenceRun.objects.create(
                pair=shop.pair, state="done", matched=matched, equal=equal, started_at=now
            )
        Incident.objects.create(fingerprint="x", first_at=now, opened_at=now, last_at=now)
        lane = Lane.objects.filter(connection=shop.pair.pos)
        lane.update(
            breaker="open", holder="host/1/2", lease_until=now + timedelta(minutes=1), token=1
        )
    for one in (shop, other):
        conservation.recount(one.tenant.pk, now=now)

    found = scraped()

    assert found["clarity_database_up"] == {(): 1}
    # In the order of the labels' names: connector, entity, stage, state.
    assert found["clarity_backlog"] == {
        ("shopify", "order", "reading", "waiting"): 2,
        ("heartland", "customer", "writing", "held"): 1,
    }
    (age,) = found["clarity_oldest_waiting_seconds"].values()
    assert 90 <= age < 150
    assert found["clarity_freshness_p95_seconds"] == {("heartland", "to_pos", "order"): 0.4}
    assert (found["clarity_stock_compared"], found["clarity_stock_equal"]) == ({(): 8}, {(): 7})
    assert found["clarity_incidents_open"] == {("records",): 1}
    assert found["clarity_lanes"] == {
        ("heartland", "held"): 1,
        ("heartland", "idle"): 1,
        ("shopify", "idle"): 2,
    }
    assert found["clarity_breakers"][("heartland", "open")] == 1
    assert found["clarity_workers_busy"] == {(): 1}
    assert found["clarity_pairs"] == {("testing",): 2}
    assert found["clarity_tenants"] == {(): 2}
    assert found["clarity_notices_received_total"] == {
        ("shopify", "order"): 4,
        ("shopify", "customer"): 1,
    }
    assert found["clarity_records_total"] == {("heartland", "to_pos", "order", "delivered"): 2}
    assert found["clarity_books_imbalances"][()] >= 0
    assert "clarity_queue_length" in found
    assert "clarity_http_requests_total" in scraped()


def test_no_figure_speaks_of_a_tenant_or_a_person(shop_text: str) -> None:
    # The figures themselves may have any digits, such as the moment a counter was made.
    without_figures = re.sub(r" \S+$", "", shop_text, flags=re.M)
    assert "clarity_http_requests" in without_figures
    for name in ("Harbour", "harbour", "example.com", "1001", "MUG"):
        assert name not in without_figures
    labels = set(re.findall(r'(\w+)="', shop_text))
    assert labels <= {
        "connector",
        "direction",
        "entity",
        "environment",
        "kind",
        "le",
        "method",
        "outcome",
        "route",
        "stage",
        "state",
        "status",
    }


@pytest.fixture
def shop_text(transactional_db: None) -> str:
    shop: Shop = make_shop("Harbour Goods")
    notice(shop, number="#1001", said="MUG")
    Client().get("/t/harbour-goods/records/1001/")
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    return answer.content.decode()


def test_several_scrapes_look_once_and_a_database_that_is_away_is_told(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def read() -> list[Any]:
        looks.append(1)
        raise DatabaseError("away")

    monkeypatch.setattr(figures, "read", read)
    assert scraped()["clarity_database_up"] == {(): 0}
    assert "clarity_http_requests_total" in scraped()
    assert len(looks) == 1
