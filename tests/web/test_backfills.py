"""The pages of backfills: who sees them, who may act, what they say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.connector_kit.base import Extent
from integrations.models import (
    ArticleSide,
    Backfill,
    BackfillArticle,
    BackfillState,
    DeliveryState,
    InboxState,
    Rank,
)
from integrations.services import backfills
from integrations.sync.overtaking import topic_of
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import AuditEntry, Membership, Role, User
from tests.web.shops import Shop, delivery, notice


def made(shop: Shop, entity: Entity = Entity.INVENTORY, **fields: Any) -> Backfill:
    now = timezone.now()
    values = {
        "records": 20_000,
        "listed_there": 20_000,
        "links_articles": entity is Entity.INVENTORY,
        "list_calls": 80,
        "read_calls": 80,
        "write_calls": 80,
        "planned_seconds": 720,
        "planned_at": now,
    }
    if fields.get("state", BackfillState.PLANNED) != BackfillState.PLANNED:
        values |= {"started_at": now - timedelta(minutes=5), "started_by": shop.owner}
    with scope.tenant(shop.tenant.pk):
        return Backfill.objects.create(flow=shop.flows[entity], **values | fields)


def filled(shop: Shop, **fields: Any) -> Backfill:
    """A run with 3 delivered, 1 held and 2 waiting records, and 30 articles without a partner."""
    row = made(shop, **{"state": BackfillState.RUNNING, "read": 36, "unmatched": 30} | fields)
    run = {"topic": topic_of(row.flow_id), "event": str(row.pk), "rank": Rank.BACKFILL}
    for state in [DeliveryState.DELIVERED] * 3 + [DeliveryState.HELD]:
        item = notice(shop, Entity.INVENTORY, state=InboxState.PASSED, **run)
        delivery(shop, item, state, rank=Rank.BACKFILL)
    for _ in range(2):
        notice(shop, Entity.INVENTORY, **run)
    with scope.tenant(shop.tenant.pk):
        BackfillArticle.objects.bulk_create(
            BackfillArticle(
                backfill=row,
                tenant_id=shop.tenant.pk,
                side=ArticleSide.SOURCE,
                key=str(number),
                sku=f"TEE-ORGANIC-COTTON-CREWNECK-{number:03}",
                reason="No article of Web shop has this SKU",
            )
            for number in range(30)
        )
    return row


def url(shop: Shop, row: Backfill, what: str = "") -> str:
    return f"/t/{shop.tenant.slug}/backfills/{row.pk}/{what}"


def list_url(shop: Shop) -> str:
    return f"/t/{shop.tenant.slug}/pairs/{shop.pair.pk}/backfills/"


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def viewer(shop: Shop) -> Client:
    client = Client()
    user = User.objects.create_user(email="viewer@example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=user, role=Role.VIEWER)
    client.force_login(user)
    return client


@pytest.fixture
def both_sides_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"Store till": Extent(20_000, 80), "Web shop": Extent(19_000, 76)}
    monkeypatch.setattr(backfills, "_count", lambda session, _: held[session.connection.name])


def test_the_live_page_leads_to_the_backfills(shop: Shop, page: Client) -> None:
    assert list_url(shop) in text(page, shop.live)
    said = text(page, list_url(shop))
    assert "<h3>Stock levels</h3>" in said
    assert "<h3>Customers</h3>" in said
    assert "<h3>Orders</h3>" not in said
    assert "None yet." in said


@pytest.mark.usefixtures("both_sides_counted")
def test_planning_shows_what_it_takes_and_carries_nothing(shop: Shop, page: Client) -> None:
    flow = shop.flows[Entity.INVENTORY]
    answer = page.post(f"{list_url(shop)}{flow.pk}/plan/", follow=True)
    said = " ".join(answer.content.decode().split())
    # 76 to list and 80 to write at 6 calls a second, 80 to read at 3 meanwhile.
    assert "20,000 records, about 236 calls, less than a minute at the permitted rate." in said
    assert "about 80 calls at most" in said
    with scope.tenant(shop.tenant.pk):
        assert Backfill.objects.get().state == BackfillState.PLANNED


def test_starting_pausing_and_cancelling(shop: Shop, page: Client) -> None:
    row = made(shop)
    said = text(page, url(shop, row))
    assert "20,000 records, about 240 calls, 12 min at the permitted rate." in said
    page.post(url(shop, row, "start/"))
    assert _state(shop, row) == BackfillState.RUNNING
    again = page.post(url(shop, row, "start/"), follow=True).content.decode()
    assert "This backfill is running already." in again
    page.post(url(shop, row, "pause/"))
    assert _state(shop, row) == BackfillState.PAUSED
    asked = text(page, url(shop, row, "cancel/"))
    assert "Cancel the backfill of stock levels?" in asked
    assert _state(shop, row) == BackfillState.PAUSED
    page.post(url(shop, row, "cancel/"))
    assert _state(shop, row) == BackfillState.CANCELLED
    with scope.tenant(shop.tenant.pk):
        assert set(
            AuditEntry.objects.filter(object_type="Backfill").values_list("action", flat=True)
        ) == {"backfill.started", "backfill.paused", "backfill.cancelled"}


def test_a_viewer_sees_and_does_not_act(shop: Shop, viewer: Client) -> None:
    row = filled(shop)
    said = text(viewer, url(shop, row))
    assert "34 of 20,000 records" in said
    assert "Pause the backfill" not in said
    for what in ("start/", "pause/", "cancel/"):
        assert viewer.post(url(shop, row, what)).status_code == 403
    flow = shop.flows[Entity.CUSTOMER]
    assert viewer.post(f"{list_url(shop)}{flow.pk}/plan/").status_code == 403
    assert _state(shop, row) == BackfillState.RUNNING


def test_progress_is_counted_from_the_rows(shop: Shop, page: Client) -> None:
    row = filled(shop)
    said = text(page, url(shop, row, "now/"))
    for word, count in (("Delivered", 3), ("Held", 1), ("On its way", 2), ("Without partner", 30)):
        assert f'<dt>{word}</dt><dd class="figure">{count}</dd>' in said
    assert "1 record of this backfill waits for you." in said
    assert "Reading Store till and writing Web shop: 36 read so far." in said
    unchanged = page.get(url(shop, row, "now/"))
    again = page.get(url(shop, row, "now/"), headers={"if-none-match": unchanged["ETag"]})
    assert again.status_code in (200, 304)


def test_articles_without_a_partner_are_paged(shop: Shop, page: Client) -> None:
    row = filled(shop)
    first = text(page, url(shop, row))
    assert "1–25 of 30" in first
    assert "TEE-ORGANIC-COTTON-CREWNECK-029" not in first
    assert "TEE-ORGANIC-COTTON-CREWNECK-029" in text(page, url(shop, row) + "?page=2")
    assert "read to its end" in text(page, url(shop, row, "articles/") + "?side=target")


def test_what_stands_in_the_way_is_said(shop: Shop, page: Client) -> None:
    row = made(shop, state=BackfillState.FAILED, problem="Till: the token may not read items.")
    said = text(page, url(shop, row))
    assert "Till: the token may not read items." in said
    assert "Resume" in said


@pytest.mark.usefixtures("both_sides_counted")
def test_a_second_backfill_is_refused_with_a_sentence(shop: Shop, page: Client) -> None:
    made(shop, state=BackfillState.RUNNING)
    flow = shop.flows[Entity.INVENTORY]
    said = page.post(f"{list_url(shop)}{flow.pk}/plan/", follow=True).content.decode()
    assert "started by harbour@example.com and is running. Let it end, or cancel it first." in said


def test_nobody_reaches_another_tenants_backfill(
    shop: Shop, other_shop: Shop, page: Client
) -> None:
    row = made(other_shop, state=BackfillState.RUNNING)
    for what in ("", "now/", "articles/", "cancel/"):
        assert page.get(url(shop, row, what)).status_code == 404
        assert page.get(url(other_shop, row, what)).status_code == 404
    assert page.post(url(shop, row, "pause/")).status_code == 404
    assert _state(other_shop, row) == BackfillState.RUNNING


def _state(shop: Shop, row: Backfill) -> str:
    with scope.tenant(shop.tenant.pk):
        return str(Backfill.objects.values_list("state", flat=True).get(pk=row.pk))
