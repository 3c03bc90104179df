"""The pages of versions, lookup tables, and the draft tried on one record."""

from __future__ import annotations

from html import unescape
from typing import Any

from django.test import Client
from django.utils import timezone

from integrations.services import mapping_tables, mapping_versions
from mappings.models import MappingSet, UnmappedValue
from tenants import scope
from tenants.models import Membership, Role
from tests.web.shops import Shop, notice
from tests.web.test_mapping_rules import PLAIN, base, drafts, flow_of, kept_order, seen


def published(shop: Shop, *changes: dict[str, Any]) -> None:
    with scope.tenant(shop.tenant.pk):
        now = timezone.now()
        flow = flow_of(shop)
        mapping_versions.change(flow=flow, changes=changes, actor=shop.owner, now=now)
        mapping_versions.publish(
            flow=flow, actor=shop.owner, now=now, note="Why not", accept_failures=True
        )


def tables(shop: Shop) -> str:
    return f"/t/{shop.tenant.slug}/pairs/{shop.pair.pk}/tables/"


def unmapped(shop: Shop, value: str, *, is_holding: bool = False) -> None:
    with scope.tenant(shop.tenant.pk):
        item = notice(shop, number="#2002")
        now = timezone.now()
        UnmappedValue.objects.create(
            set=MappingSet.objects.get(), table="payment_type", value=value, entity="order", count=3,
            is_holding=is_holding, first_at=now, last_at=now, example=item.pk,
            example_number="#2002",
        )  # fmt: skip


def test_versions_are_compared_and_one_is_published_again(page: Client, shop: Shop) -> None:
    place = base(shop)
    assert "Nothing was published yet." in seen(page, f"{place}versions/")
    published(shop, {"target": "note", "rule": {"constant": "One"}})
    published(shop, {"target": "note", "rule": {"constant": "Two"}})
    shown = seen(page, f"{place}versions/")
    assert shown.index("Version 2") < shown.index("until ") < shown.index("Go back")
    assert shop.owner.email in shown
    differs = seen(page, f"{place}versions/compare/", before="1", after="2")
    assert "always “One”" in differs
    assert "always “Two”" in differs
    assert "Both have the same rules." in seen(
        page, f"{place}versions/compare/", before="1", after="1"
    )
    assert page.get(f"{place}versions/compare/", {"before": "9"}).status_code == 404
    assert "Go back to version 1?" in seen(page, f"{place}versions/1/back/")
    answer = page.post(f"{place}versions/1/back/", {"note": "Two was wrong"}, follow=True)
    assert "published again as version 3" in answer.content.decode()
    answer = page.post(f"{place}versions/1/back/", follow=True)
    assert "are published already" in answer.content.decode()
    page.post(f"{place}versions/0/back/")
    assert "Version 4 runs now" in seen(page, f"{place}rules/")
    assert page.get(f"{place}versions/77/back/").status_code == 404


def test_a_draft_is_tried_on_one_record(page: Client, shop: Shop) -> None:
    place = base(shop)
    assert "No record of this flow is kept yet." in seen(page, f"{place}trial/")
    kept_order(shop)
    assert "There is no draft to try." in seen(page, f"{place}trial/")
    page.post(f"{place}rules/rule/?slot=note", PLAIN)
    shown = seen(page, f"{place}trial/")
    assert "1 field would be another" in shown
    assert "<b>From the web</b>" in shown
    assert "did not go through this flow" in seen(page, f"{place}trial/", item="424242")


def test_a_table_is_filled_from_what_came_without_an_entry(page: Client, shop: Shop) -> None:
    listed = seen(page, tables(shop))
    assert "payment_type" in listed
    place = f"{tables(shop)}payment_type/"
    assert "This table is empty." in seen(page, place)
    with scope.tenant(shop.tenant.pk):
        mapping_tables.put(
            pair=shop.pair, table="payment_type", rows={"cash": "1"}, actor=None, now=timezone.now()
        )
    unmapped(shop, "paypal", is_holding=True)
    unmapped(shop, "klarna")
    shown = seen(page, place)
    assert "2 values without an entry" in shown
    assert "Came 3 times" in shown
    assert ">#2002</a>" in shown
    answer = page.post(f"{place}put/", {"value": "paypal", "result": "7"}, follow=True)
    shown = unescape(answer.content.decode())
    assert "paypal becomes 7. The next record that comes in follows it." in shown
    assert "1 value without an entry" in shown
    page.post(f"{place}dismiss/", {"value": "klarna"})
    assert "without an entry</h2>" not in seen(page, place)
    refused = page.post(f"{place}put/", {"value": "x", "result": ""})
    assert refused.status_code == 422
    assert "Say both" in refused.content.decode()
    assert "Remove the entry for" in seen(page, f"{place}remove/", value="cash")
    page.post(f"{place}remove/?value=cash")
    assert "cash" not in seen(page, place, q="cas").split("rows-title")[2]
    assert page.get(f"{place}remove/", {"value": "cash"}).status_code == 404
    assert page.get(f"{tables(shop)}nothing/").status_code == 404


def test_a_viewer_changes_no_table_and_no_version(page: Client, shop: Shop) -> None:
    published(shop, {"target": "note", "rule": {"constant": "One"}})
    with scope.tenant(shop.tenant.pk):
        Membership.objects.update(role=Role.VIEWER)
    place = f"{tables(shop)}payment_type/"
    assert "can change entries" in seen(page, place)
    assert "Go back" not in seen(page, f"{base(shop)}versions/")
    closed = (
        f"{place}put/",
        f"{place}remove/",
        f"{place}dismiss/",
        f"{base(shop)}versions/0/back/",
    )
    for address in closed:
        assert page.post(address, {"value": "a", "result": "b"}).status_code == 403
    assert drafts(shop) == []
