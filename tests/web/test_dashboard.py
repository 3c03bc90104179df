"""The dashboard and the pages of stock comparisons: what they say, and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import (
    ConvergenceRun,
    ConvergenceState,
    InboxItem,
    InboxState,
    Lane,
    Pair,
)
from integrations.services import hours
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import AuditEntry, Membership, Role, User
from tests.web.shops import Shop, delivery, held_order, notice


def url(shop: Shop, piece: str = "") -> str:
    return f"/t/{shop.tenant.slug}/{piece}"


def check_url(shop: Shop, piece: str = "") -> str:
    return url(shop, f"convergence/{shop.pair.pk}/{piece}")


def text(response: object) -> str:
    return " ".join(response.content.decode().split())  # type: ignore[attr-defined]


def compared(shop: Shop, *, differing: int = 1, minutes: int = 5) -> ConvergenceRun:
    at = timezone.now() - timedelta(minutes=minutes)
    rows = [
        {
            "kind": "different", "sku": f"MUG-{number}", "title": "Mug <b>blue</b>",
            "field": "available", "wanted": "5", "found": "7", "arithmetic": "on hand 5",
            "advice": "", "key": str(number), "shop_key": f"s{number}", "is_sure": True,
            "since": at.isoformat(), "is_moving": False,
        }
        for number in range(differing)
    ]  # fmt: skip
    with scope.tenant(shop.tenant.pk):
        run: ConvergenceRun = ConvergenceRun.objects.create(
            pair=shop.pair,
            state=ConvergenceState.DONE,
            compared=3_000,
            matched=3_000,
            equal=3_000 - differing,
            counts={"different": differing, "missing": 0, "extra": 2, "blocked": 0},
            differences=rows,
            started_at=at,
            finished_at=at,
        )
    return run


def filled(shop: Shop) -> None:
    now = timezone.now()
    for seconds in (1.2, 3.0):
        item = notice(shop, Entity.INVENTORY, state=InboxState.PASSED, at=now)
        delivery(shop, item, seconds=seconds)
    held_order(shop, "#1", at=now)
    notice(shop, state=InboxState.WAITING, at=now - timedelta(minutes=3))
    compared(shop)
    with scope.tenant(shop.tenant.pk):
        Lane.objects.filter(pk=shop.pair.store_id).update(
            pace={
                "rate": 50.0,
                "maximum": 1000.0,
                "tokens": 250.0,
                "is_stated": True,
                "at": (now + timedelta(minutes=1)).isoformat(),
            }  # fmt: skip
        )


def test_the_page_says_how_every_pair_is_doing(page: Client, shop: Shop) -> None:
    filled(shop)
    said = text(page.get(url(shop)))
    assert "1 order is held: no Heartland item for SKU MUG-BLUE." in said
    assert '<h2>Records today</h2><p class="figure">4</p><p class="quiet">2 delivered</p>' in said
    assert '<h2>Stock accuracy</h2><p class="figure">99.96 %</p>' in said
    assert "of 3,000 SKUs" in said
    assert '<h2>Waiting</h2><p class="figure">1</p>' in said
    assert "75 % of its calls in use: 50 a second, 1,000 at once, as it says" in said
    assert "It has not said or shown how often it may be called." in said
    assert 'data-label="95 % within">3.9 s</td>' in said
    assert "4 received: 2 delivered, 1 on its way, 1 held." in said
    assert "99.96 % of the SKUs were right, compared 1 time." in said


def test_each_span_has_its_table(page: Client, shop: Shop) -> None:
    filled(shop)
    hours.count_tenant(shop.tenant.pk, now=timezone.now())
    for span, rows in (("24h", 24), ("7d", 7), ("30d", 30), ("nonsense", 24)):
        said = text(page.get(url(shop, f"dashboard/charts/?span={span}&pair={shop.pair.pk}")))
        assert said.count('<th scope="row">') == 3 * rows
        assert "4 received: 2 delivered" in said
    nobody = text(page.get(url(shop, "dashboard/charts/?pair=not-an-id")))
    assert "4 received" in nobody


def test_without_anything_it_says_what_to_do(page: Client, shop: Shop) -> None:
    empty = text(page.get(url(shop)))
    assert "No record came in this time." in empty
    assert "Nothing was delivered in this time." in empty
    assert "The stock of both sides was not compared in this time." in empty
    assert "Not compared yet: compare both sides" in empty
    assert "Nothing needs you" in empty
    with scope.tenant(shop.tenant.pk):
        Pair.objects.all().delete()
    none = text(page.get(url(shop)))
    assert "No pair yet" in none
    assert "data-chart" not in none
    assert page.get(url(shop, "dashboard/now/")).status_code == 200


def test_a_piece_that_has_not_changed_is_not_sent_again(page: Client, shop: Shop) -> None:
    filled(shop)
    for piece in ("dashboard/now/", "dashboard/charts/", f"convergence/{shop.pair.pk}/now/"):
        first = page.get(url(shop, piece))
        again = page.get(url(shop, piece), headers={"If-None-Match": first["ETag"]})
        assert (first.status_code, again.status_code) == (200, 304), piece


def test_many_pairs_come_on_pages(page: Client, shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        for number in range(5):
            store = shop.pair.store
            store.pk, store._state.adding = None, True
            store.name = f"Shop {number}"
            store.save()
            Lane.objects.create(connection=store)
            Pair.objects.create(name=f"Pair {number}", pos=shop.pair.pos, store=store)
    first, second = text(page.get(url(shop))), text(page.get(url(shop, "?page=2")))
    assert (first.count("pair-panel tone-"), second.count("pair-panel tone-")) == (4, 2)
    assert "Pair 0 has not been started yet." in first


def test_differences_are_told_and_mended_after_a_question(page: Client, shop: Shop) -> None:
    compared(shop, differing=60)
    said = text(page.get(check_url(shop)))
    assert "98.00 % of 3,000 SKUs are right" in said
    assert "Mug &lt;b&gt;blue&lt;/b&gt;" in said
    assert said.count('<span class="sku">') == 50
    assert text(page.get(check_url(shop, "?page=2"))).count('<span class="sku">') == 10
    asked = text(page.get(check_url(shop, "mend/")))
    assert "Send the right numbers of 60 articles?" in asked
    done = page.post(check_url(shop, "mend/"), follow=True)
    assert "The right numbers of 60 articles are on the way." in text(done)
    again = page.post(check_url(shop, "mend/"), follow=True)
    assert "were sent already" in text(again)
    with scope.tenant(shop.tenant.pk):
        assert InboxItem.objects.filter(topic="converge").count() == 60
        assert AuditEntry.objects.filter(action="convergence.mended").count() == 1


def test_a_comparison_is_asked_for_once(page: Client, shop: Shop) -> None:
    said = text(page.get(check_url(shop)))
    assert "Not compared yet" in said
    first = page.post(check_url(shop, "start/"), follow=True)
    assert "Both sides are being read" in text(first)
    second = page.post(check_url(shop, "start/"), follow=True)
    assert "Both sides are being compared already." in text(second)
    with scope.tenant(shop.tenant.pk):
        (run,) = ConvergenceRun.objects.all()
        assert run.started_by == shop.owner
        run.state, run.problem = ConvergenceState.FAILED, "Till cannot be asked <now>."
        run.save()
    assert "was stopped: Till cannot be asked &lt;now&gt;." in text(page.get(check_url(shop)))


def test_a_viewer_looks_and_changes_nothing(page: Client, shop: Shop) -> None:
    compared(shop)
    with scope.tenant(shop.tenant.pk):
        Membership.objects.update(role=Role.VIEWER)
    said = text(page.get(check_url(shop)))
    assert "Compare now" not in said
    assert "Send the right numbers" not in said
    assert page.get(url(shop)).status_code == 200
    for piece in ("start/", "mend/"):
        assert page.post(check_url(shop, piece)).status_code == 403
    with scope.tenant(shop.tenant.pk):
        assert ConvergenceRun.objects.count() == 1
        assert InboxItem.objects.count() == 0


@pytest.mark.parametrize(
    "piece", ["", "dashboard/now/", "dashboard/charts/", "convergence/{pair}/",
              "convergence/{pair}/now/", "convergence/{pair}/mend/"],
)  # fmt: skip
def test_another_tenants_pages_are_not_there(
    page: Client, shop: Shop, other_shop: Shop, piece: str
) -> None:
    compared(other_shop)
    address = piece.format(pair=other_shop.pair.pk)
    assert page.get(url(other_shop, address)).status_code == 404
    if "{pair}" in piece:
        assert page.get(url(shop, address)).status_code == 404
        assert page.post(url(shop, f"convergence/{other_shop.pair.pk}/start/")).status_code == 404
    stranger = Client()
    stranger.force_login(User.objects.create(email="new@example.com"))
    assert stranger.get(url(shop, piece.format(pair=shop.pair.pk))).status_code == 404
