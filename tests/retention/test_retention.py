"""Runs of the retention, so many days after the records came."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from integrations.connector_kit.exchange import Exchange
from integrations.models import (
    Attempt,
    DayTotal,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Payload,
)
from integrations.services import retention
from integrations.services.partitions import PAYLOADS, partitions
from integrations.services.replay import replay
from integrations.services.trace import timeline
from integrations.sync.sessions import load
from mappings.canonical.record import Entity
from tenants import scope
from tenants.rls import verify_policies
from tests.retention.conftest import days, ever
from tests.web.shops import Shop, delivery, notice

ANSWER = Exchange(
    method="POST",
    url="http://127.0.0.1:9/orders",
    request_body="{}",
    status=201,
    response_body="{}",
    milliseconds=5,
    request_id="r1",
)
TRIED = [("created", "made")]


def delivered(shop: Shop, number: str = "#1") -> InboxItem:
    item = notice(shop, number=number, state=InboxState.PASSED, payload={"order": number})
    delivery(shop, item, document={"fields": {}}, exchanges=[ANSWER], attempts=TRIED)
    return item


def held_on_the_way(shop: Shop) -> InboxItem:
    """Passed on, and its second delivery waits for a person."""
    item = notice(shop, number="#2", state=InboxState.PASSED, payload={"order": 2})
    delivery(shop, item, DeliveryState.REPLACED, document={"fields": {"n": 1}})
    delivery(
        shop,
        item,
        DeliveryState.HELD,
        document={"fields": {"n": 2}},
        exchanges=[ANSWER],
        attempts=TRIED,
    )
    return item


def counts(shop: Shop) -> tuple[int, int, int, int]:
    with scope.tenant(shop.tenant.pk):
        return (
            InboxItem.objects.count(),
            Delivery.objects.count(),
            Attempt.objects.count(),
            Payload.objects.count(),
        )


@pytest.mark.parametrize("limit", [retention.COPY_AT_MOST, 0], ids=["dropped", "thinned"])
def test_finished_records_go_and_open_stories_stay(
    shop: Shop,
    other_shop: Shop,
    now: datetime,
    limit: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "COPY_AT_MOST", limit)
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        delivered(shop, f"#{number}")
    notice(shop, state=InboxState.FILTERED, payload={"order": 9})
    held = notice(shop, state=InboxState.HELD, payload={"order": 10})
    waiting = notice(shop, Entity.INVENTORY, payload={"stock": 1})
    on_the_way = held_on_the_way(shop)
    theirs = delivered(other_shop)
    before = ever(shop), ever(other_shop)
    assert counts(shop) == (9, 7, 6, 9 + 7 + 6)

    report = retention.run(now + days(100))

    assert (ever(shop), ever(other_shop)) == before
    assert counts(shop) == (3, 2, 1, 3 + 2 + 1)
    assert counts(other_shop) == (0, 0, 0, 0)
    assert {step.way for step in report.steps} == ({"dropped"} if limit else {"thinned"})
    with scope.tenant(shop.tenant.pk):
        kept = {item.pk: item for item in InboxItem.objects.all()}
        assert set(kept) == {held.pk, waiting.pk, on_the_way.pk}
        assert load(kept[held.pk].payload_id) == {"order": 10}
        story = timeline(item=kept[on_the_way.pk])
        assert [row.state for row in story.deliveries] == ["replaced", "held"]
        assert not any(event.was_pruned for event in story.events)
        passed = DayTotal.objects.get(row="item", outcome="passed")
        assert (passed.count, passed.passed_to, passed.day) == (5, 5, now.date())
        assert (passed.connection_id, passed.flow) == (shop.pair.store_id, None)
        gone = DayTotal.objects.get(row="delivery", outcome="delivered")
        assert (gone.count, gone.flow, gone.connection_id) == (
            5,
            shop.flows[Entity.ORDER],
            shop.pair.store_id,
        )
    with scope.tenant(other_shop.tenant.pk):
        assert not InboxItem.objects.filter(pk=theirs.pk).exists()
        assert sorted(DayTotal.objects.values_list("row", "outcome", "count")) == [
            ("delivery", "delivered", 1),
            ("item", "passed", 1),
        ]
    assert verify_policies(connection) == []

    # What is kept can be run again, and goes once it has long been over.
    with scope.tenant(shop.tenant.pk):
        replay(kept[on_the_way.pk], now=now + days(101))
        InboxItem.objects.filter(pk=on_the_way.pk).update(
            state=InboxState.PASSED, finished_at=now + days(101)
        )
    retention.run(now + days(150))
    assert counts(shop)[0] == 3
    retention.run(now + days(200))
    assert counts(shop) == (2, 0, 0, 2)
    after = ever(shop)
    assert (sum(after[0].values()), sum(after[1].values())) == (9, 7)
    assert after[0] == before[0][0]
    assert after[1]["replaced"] == 2


def test_payloads_go_first_and_the_page_says_so(shop: Shop, now: datetime) -> None:
    item, held = delivered(shop), held_on_the_way(shop)
    retention.run(now + days(29))
    assert counts(shop) == (2, 3, 2, 7)
    retention.run(now + days(32))
    assert counts(shop) == (2, 3, 2, 4)
    with scope.tenant(shop.tenant.pk):
        assert {event.was_pruned for event in timeline(item=item).events if event.notice is None}
        pruned = [event.kind for event in timeline(item=item).events if event.was_pruned]
        assert pruned == ["received", "mapped", "attempt"]
        assert not any(event.was_pruned for event in timeline(item=held).events)
    assert partitions(PAYLOADS)[0].is_attic


def test_each_tenant_has_its_own_retention(shop: Shop, other_shop: Shop, now: datetime) -> None:
    for one, kept_for in ((shop, 5), (other_shop, 60)):
        with scope.tenant(one.tenant.pk):
            one.tenant.settings["retention_days"] = kept_for
            one.tenant.save()
        delivered(one)
        held_on_the_way(one)
    retention.run(now + days(4))
    assert (counts(shop)[3], counts(other_shop)[3]) == (7, 7)
    report = retention.run(now + days(7))
    assert (counts(shop)[3], counts(other_shop)[3]) == (4, 7)
    assert [(step.way, step.gone, step.kept) for step in report.steps] == [("thinned", 3, 11)]
    retention.run(now + days(62))
    assert (counts(shop)[3], counts(other_shop)[3]) == (4, 4)


def test_a_partition_that_went_on_being_filled_is_kept(shop: Shop, now: datetime) -> None:
    """Nobody prepared days for weeks, so rows of today lie in a partition of long ago."""
    delivered(shop)
    with scope.tenant(shop.tenant.pk):
        Payload.objects.update(created_at=now + days(38))
        InboxItem.objects.update(received_at=now + days(98))
    retention.run(now + days(40))
    assert counts(shop)[3] == 3
    retention.run(now + days(100))
    assert counts(shop) == (1, 0, 0, 0)


def test_a_dry_run_changes_nothing(shop: Shop, now: datetime) -> None:
    delivered(shop)
    notice(shop, state=InboxState.HELD)
    before = [one.name for one in partitions(PAYLOADS)]
    report = retention.run(now + days(100), is_dry=True)
    found = {step.table: (step.gone, step.kept) for step in report.steps if step.gone}
    assert found == {
        "integrations_payload": (3, 0),
        "integrations_attempt": (1, 0),
        "integrations_delivery": (1, 0),
        "integrations_inboxitem": (1, 1),
    }
    assert counts(shop) == (2, 1, 1, 3)
    assert [one.name for one in partitions(PAYLOADS)] == before


def test_someone_who_reads_is_waited_for(shop: Shop, now: datetime) -> None:
    delivered(shop)
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        try:
            with scope.tenant(shop.tenant.pk):
                assert InboxItem.objects.count() == 1
                reading.set()
                done.wait(1)
        finally:
            connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    assert reading.wait(10)
    retention.run(now + days(100))
    reader.join()
    assert counts(shop) == (0, 0, 0, 0)


def test_the_command_tells_in_words_and_in_figures(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice(shop, state=InboxState.FILTERED)
    notice(shop, state=InboxState.HELD)
    monkeypatch.setattr(
        "integrations.management.commands.retention.timezone.now", lambda: now + days(100)
    )
    said = StringIO()
    call_command("retention", "--dry-run", stdout=said)
    assert "Nothing was changed." in said.getvalue()
    assert "Would drop 1 inbox items from before" in said.getvalue()
    figures = StringIO()
    call_command("retention", "--json", stdout=figures)
    report = json.loads(figures.getvalue())
    items = [s for s in report["steps"] if s["table"] == "integrations_inboxitem" and s["gone"]]
    assert [(step["gone"], step["kept"]) for step in items] == [(1, 1)]
    again = StringIO()
    call_command("retention", stdout=again)
    assert "Nothing was old enough to go." in again.getvalue()
