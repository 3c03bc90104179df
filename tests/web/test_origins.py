"""Where each field of a record came from, on the record's page."""

from __future__ import annotations

from html import unescape

from django.test import Client
from django.utils import timezone

from integrations.connector_kit.presets import incoming
from integrations.models import Delivery, InboxItem
from integrations.services import mapping_provenance, mapping_tables, mapping_versions
from integrations.services.shadow_records import mapped, reading
from integrations.sync import rulebooks
from mappings.canonical.order import OrderPayment
from mappings.canonical.record import Entity
from tenants import scope
from tests.benchmarks.transforming import order
from tests.web.shops import Shop, delivery, notice

CHANGES = [
    {"target": "note", "rule": {"constant": "From the web"}},
    {"target": "custom.number", "rule": {"expression": '"W" & number'}},
]


def delivered(shop: Shop) -> InboxItem:
    """An order that went by the pair's own rules, its gateway looked up in a table."""
    record = order(2)
    payment = OrderPayment(key="p1", gateway="paypal", amount=record.total)
    record = record.model_copy(update={"payments": (payment,)})
    with scope.tenant(shop.tenant.pk):
        flow = mapping_versions.flow_of(pair=shop.pair, entity=Entity.ORDER)
        now = timezone.now()
        mapping_tables.put(
            pair=shop.pair, table="payment_type", rows={"paypal": "7"}, actor=shop.owner, now=now
        )
        mapping_versions.change(flow=flow, changes=CHANGES, actor=shop.owner, now=now)
        mapping_versions.publish(flow=flow, actor=shop.owner, now=now, accept_failures=True)
        flow = mapping_versions.flow_of(pair=shop.pair, entity=Entity.ORDER)
        book = rulebooks.of_flow(flow)
        made = mapped(reading(flow), record, book)
    item = notice(shop, key=record.key, number=record.number, state="passed")
    document = {"record": record.model_dump(mode="json"), "fields": made.fields}
    row = delivery(shop, item, document=document, reference="S-1001", target_label="S-1001")
    with scope.tenant(shop.tenant.pk):
        Delivery.objects.filter(pk=row.pk).update(mapping_version=book.label)
        # Later changes do not touch what is told of it.
        mapping_tables.put(
            pair=shop.pair, table="payment_type", rows={"paypal": "8"}, actor=None, now=now
        )
        mapping_versions.rollback(flow=flow, to=0, actor=None, now=now)
    return item


def test_each_field_has_its_source_rule_version_and_publisher(page: Client, shop: Shop) -> None:
    item = delivered(shop)
    with scope.tenant(shop.tenant.pk):
        found = mapping_provenance.of_delivery(Delivery.objects.get(inbox_item=item))
    by_target = {one.target: one for one in found.fields}
    assert (found.number, found.published_by, found.tables_revision) == (1, shop.owner.email, 1)
    assert found.published_at is not None
    note, sku = by_target["note"], by_target["lines[1].sku"]
    assert (note.value, note.sources, note.rule, note.is_own) == (
        "From the web", (), "always this value", True,
    )  # fmt: skip
    assert (sku.value, sku.sources, sku.rule, sku.is_own) == (
        "SKU-0", (("units[1].sku", "SKU-0"),), "taken over", False,
    )  # fmt: skip
    gateway = by_target["payments[0].payment_type_id"]
    assert (gateway.value, gateway.sources) == ("7", (("payments[0].gateway", "paypal"),))
    assert gateway.rule == "looked up in the table payment_type, revision 1"
    made = by_target["custom.number"]
    assert (made.value, made.sources, made.rule) == (
        "W#1001", (("number", "#1001"),), "worked out by an expression",
    )  # fmt: skip
    assert all(one.rule for one in found.fields)
    assert by_target["lines[1].unit_price"].note.startswith("A piece of line_items[0], split")
    assert not found.note
    shown = unescape(page.get(shop.record(item)).content.decode())
    preset = incoming("heartland", "retail", Entity.ORDER)
    said = f"version 1 of this pair's rules over the shipped rules {preset.name} ({preset.version})"
    assert f"{said}, published by {shop.owner.email} on " in shown
    for words in (
        "always this value",
        "own rule, version 1",
        "shipped rule",
        "payments[0].gateway",
    ):
        assert words in shown


def test_what_cannot_be_told_any_more_is_said(page: Client, shop: Shop) -> None:
    item = notice(shop, number="#1", state="passed")
    delivery(shop, item, document={"record": {"key": item.key}, "fields": {"note": "x"}})
    shown = unescape(page.get(shop.record(item)).content.decode())
    assert "Not known any more" in shown
    assert "were not kept" in shown or "cannot be told" in shown
    empty = notice(shop, number="#2", state="passed")
    delivery(shop, empty)
    assert 'id="origins"' not in page.get(shop.record(empty)).content.decode()


def test_a_label_is_read_or_refused() -> None:
    assert rulebooks.read_label("x/y/order@1a v12 t3") == rulebooks.Named("x/y/order", "1a", 12, 3)
    assert rulebooks.read_label("x@1") == rulebooks.Named("x", "1", 0, 0)
    assert [rulebooks.read_label(label) for label in ("", "x", "x@1 t", "x@1 t1 v2")] == [None] * 4
