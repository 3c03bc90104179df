"""What happens where the parts of the engine meet: order, batches and turns under pressure."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone
from django_q.models import OrmQ

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Result
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.models import (
    Cursor,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    Lane,
    Rank,
)
from integrations.services import conservation
from integrations.services.discard import discard, discard_group
from integrations.services.replay import replay
from integrations.sync import links, sessions, slices
from integrations.sync.links import Remembered
from integrations.sync.stages import deliver
from tenants.models import AuditEntry
from tests.flow.scripted import ScriptedRig, make_rig


@pytest.fixture
def rig(transactional_db: None, monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


def test_a_change_back_is_sent_although_the_change_arrives_just_now(rig: ScriptedRig) -> None:
    rig.note("a", "first@example.com")
    rig.work()
    rig.note("a", "second@example.com")
    rig.run(rig.store)
    rig.note("a", "first@example.com")
    second = rig.delivery(state=DeliveryState.WAITING)
    locked, done = threading.Event(), threading.Event()

    def arrive() -> None:
        """The outcome of the second, kept while the third is being prepared."""
        with rig.scope():
            with database.cursor() as cursor:
                cursor.execute("LOCK TABLE integrations_delivery IN ACCESS EXCLUSIVE MODE")
            locked.set()
            done.wait(1)
            Delivery.objects.filter(pk=second.pk).update(
                state=DeliveryState.DELIVERED, finished_at=timezone.now()
            )
            link = links.find(rig.flow, "customer", "a")
            assert link is not None
            remembered = Remembered(
                rig.flow, "customer", "a", link.pos_key, delivered_hash=second.content_hash
            )
            links.remember([remembered], now=timezone.now())
        database.close()

    other = threading.Thread(target=arrive)
    other.start()
    assert locked.wait(10)
    rig.run(rig.store)
    done.set()
    other.join()
    assert rig.deliveries()[-1].state == DeliveryState.WAITING


def test_older_news_does_not_leave_while_newer_news_is_under_way(rig: ScriptedRig) -> None:
    rig.note("a", "older@example.com")
    rig.run(rig.store)
    older = rig.delivery()
    with rig.scope():
        Delivery.objects.update(rank=Rank.BACKFILL)
    rig.note("a", "newer@example.com")
    rig.run(rig.store)
    (newer,) = rig.deliveries(rank__lt=Rank.BACKFILL)
    with rig.scope():
        Delivery.objects.filter(pk=newer.pk).update(attempts=1, intent_at=timezone.now())
        session = sessions.open_session(rig.pos)
        claimed = deliver.claim(session, now=timezone.now(), leave_out=[newer.pk])
    assert older.pk not in [row.pk for row in claimed]
    rig.make_due()
    rig.run(rig.pos)
    assert rig.script.emails == ["newer@example.com"]
    assert rig.delivery(pk=older.pk).state == DeliveryState.REPLACED


@pytest.mark.parametrize("error", [Rejected("no", field="input"), KeyError("quantity")])
def test_one_record_that_spoils_a_batch_stops_alone(rig: ScriptedRig, error: Exception) -> None:
    calls: list[int] = []

    def write_many(_: object, batch: Sequence[Outgoing]) -> Sequence[Result]:
        calls.append(len(batch))
        if any(each.key == "37" for each in batch):
            raise error
        return [Receipt(f"there-{each.key}", Outcome.UPDATED) for each in batch]

    rig.script.write_many = write_many
    for number in range(60):
        rig.note(str(number), f"{number}@example.com")
    rig.run(rig.store)
    rig.run(rig.pos)
    assert [row.key for row in rig.deliveries(state=DeliveryState.HELD)] == ["37"]
    assert len(rig.deliveries(state=DeliveryState.DELIVERED)) == 59
    assert len(calls) <= 14


def test_a_batch_of_which_every_record_fails_is_given_up_soon(rig: ScriptedRig) -> None:
    calls: list[int] = []

    def write_many(_: object, batch: Sequence[Outgoing]) -> Sequence[Result]:
        calls.append(len(batch))
        raise Rejected("no", field="input")

    rig.script.write_many = write_many
    for number in range(60):
        rig.note(str(number), f"{number}@example.com")
    rig.run(rig.store)
    rig.run(rig.pos)
    assert len(rig.deliveries(state=DeliveryState.HELD)) == 60
    assert len(calls) <= 20


def test_slow_polls_and_a_busy_host_do_not_keep_records_from_leaving(
    rig: ScriptedRig, settings: Any
) -> None:
    rig.script.seconds_per_poll = 0.5
    rig.add_way_back()
    rig.note("a", "a@example.com")
    rig.run(rig.store)
    # Some other lane waits for a worker all the time.
    with rig.scope():
        Lane.objects.filter(pk=rig.store.pk).update(
            due_at=timezone.now() - timedelta(hours=1),
            hinted_at=timezone.now() - timedelta(hours=1),
        )
        Cursor.objects.update(due_at=timezone.now())
    rig.run(rig.pos)
    assert rig.script.polls >= 1
    assert rig.script.emails == ["a@example.com"]


def test_the_books_agree_while_calls_are_under_way(rig: ScriptedRig) -> None:
    found: list[str] = []

    def look(_: Outgoing) -> Exception | None:
        report = conservation.report(rig.tenant_id, now=timezone.now())
        found.extend(imbalance.sentence for imbalance in report.imbalances)
        database.close()
        return None

    for number in range(6):
        rig.note(str(number), f"{number}@example.com")
    rig.run(rig.store)
    rig.script.write_error = look
    rig.run(rig.pos)
    assert found == []


def test_a_replayed_record_that_was_given_up_by_age_is_tried_for_long_again(
    rig: ScriptedRig, settings: Any
) -> None:
    rig.script.read_error = lambda _: TryLater("answered 503")
    rig.note("a")
    with rig.scope():
        InboxItem.objects.update(
            trying_seconds=settings.CLARITY_RETRY_MAX_AGE_HOURS * 3600 + 1, tried_at=timezone.now()
        )
    rig.run(rig.store)
    (item,) = rig.items(state=InboxState.HELD)
    with rig.scope():
        replay(item, now=timezone.now())
    rig.run(rig.store)
    (item,) = rig.items()
    assert (item.state, item.reason) == (InboxState.WAITING, "answered 503")


def test_what_was_prepared_for_others_does_not_wait_for_our_own_calls(rig: ScriptedRig) -> None:
    rig.add_way_back()
    rig.note("b", "b@example.com", at=rig.pos)
    rig.run(rig.pos)
    rig.note("a", "a@example.com")
    OrmQ.objects.all().delete()
    queued: list[int] = []

    def look(_: Outgoing) -> Exception | None:
        queued.append(OrmQ.objects.count())
        database.close()
        return None

    rig.script.write_error = look
    slices.run_and_go_on(tenant_id=rig.tenant_id, connection_id=rig.store.pk)
    assert queued[0] == 1


def test_what_is_written_down_for_good_of_a_discard_holds_no_values(rig: ScriptedRig) -> None:
    def refuse(outgoing: Outgoing) -> Exception:
        address = str(outgoing.fields["email"])
        return Rejected(f"email {address} is taken", field="email", said=address)

    rig.script.write_error = refuse
    for key in ("a", "b", "c"):
        rig.note(key, f"{key}@example.com")
    rig.work()
    with rig.scope():
        (incident,) = Incident.objects.all()
        discard(InboxItem.objects.get(key="a"), reason="no", actor=None, now=timezone.now())
        value = "b@example.com"
        discard_group(incident, reason="no", actor=None, now=timezone.now(), value=value)
        entries = [str(entry.before) for entry in AuditEntry.objects.all()]
    assert [entry for entry in entries if "@" in entry] == []


def test_a_record_at_which_they_break_down_does_not_hold_its_batch_for_ever(
    rig: ScriptedRig,
) -> None:
    def write_many(_: object, batch: Sequence[Outgoing]) -> Sequence[Result]:
        if any(each.key == "37" for each in batch):
            raise TryLater("answered 500")
        return [Receipt(f"there-{each.key}", Outcome.UPDATED) for each in batch]

    rig.script.write_many = write_many
    for number in range(100):
        rig.note(str(number), f"{number}@example.com")
    rig.run(rig.store)
    for _ in range(25):
        rig.make_due()
        rig.run(rig.pos)
    assert [row.key for row in rig.deliveries(state=DeliveryState.WAITING)] == ["37"]
