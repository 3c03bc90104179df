"""Versions of one record: what is newest at the source is what stands at the target in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.connector_kit.errors import TryLater
from integrations.models import Delivery, DeliveryState, InboxItem, InboxState
from integrations.services import replay
from integrations.sync import sessions
from integrations.sync.stages import deliver
from tests.flow.scripted import ScriptedRig, make_rig

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = "old@example.com", "new@example.com"
FIRST = "2026-01-01T00:00:01.000000+00:00"
SECOND = "2026-01-01T00:00:02.000000+00:00"


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


def busy(_: object) -> Exception:
    return TryLater("busy")


def fine(_: object) -> None:
    return None


def test_a_stale_notice_in_the_same_round_is_merged(rig: ScriptedRig) -> None:
    rig.note("1", NEW, SECOND)
    rig.note("1", OLD, FIRST)
    rig.work()
    assert rig.script.emails == [NEW]
    assert [item.state for item in rig.items()] == [InboxState.PASSED, InboxState.MERGED]


def test_a_stale_notice_does_not_replace_a_newer_delivery_on_its_way(rig: ScriptedRig) -> None:
    rig.note("1", NEW, SECOND)
    rig.run(rig.store)
    rig.note("1", OLD, FIRST)
    rig.work()
    assert rig.script.emails == [NEW]


def test_a_stale_notice_after_the_delivery_is_left_out(rig: ScriptedRig) -> None:
    rig.note("1", NEW, SECOND)
    rig.work()
    rig.note("1", OLD, FIRST)
    rig.work()
    assert rig.script.emails == [NEW]
    assert rig.deliveries()[-1].state == DeliveryState.FILTERED


def test_a_stale_notice_during_retries_is_never_written(rig: ScriptedRig) -> None:
    rig.note("1", NEW, SECOND)
    rig.run(rig.store)
    rig.script.write_error = busy
    rig.run(rig.pos)
    rig.script.write_error = fine
    rig.note("1", OLD, FIRST)
    for _ in range(3):
        rig.make_due()
        rig.work()
    assert rig.script.emails == [NEW, NEW]
    assert rig.delivery(state=DeliveryState.DELIVERED).version.startswith("2026-01-01T00:00:02")


def test_a_value_that_returns_to_what_was_delivered_wins_over_the_one_between(
    rig: ScriptedRig,
) -> None:
    rig.note("1", "a@example.com")
    rig.work()
    rig.note("1", "b@example.com")
    rig.run(rig.store)
    rig.note("1", "a@example.com")
    rig.work()
    assert rig.script.emails[-1] == "a@example.com"
    assert not rig.deliveries(state=DeliveryState.WAITING)


def test_a_value_that_returns_after_a_failed_try_is_written_last(rig: ScriptedRig) -> None:
    rig.note("1", "a@example.com")
    rig.work()
    rig.script.write_error = busy
    rig.note("1", "b@example.com")
    rig.work()
    rig.script.write_error = fine
    rig.note("1", "a@example.com")
    for _ in range(3):
        rig.make_due()
        rig.work()
    # The failed try of b may have had an effect, so it is finished before a is written again.
    assert rig.script.emails == [f"{name}@example.com" for name in "abba"]


def test_a_newer_version_never_overtakes_one_that_was_tried(rig: ScriptedRig) -> None:
    rig.note("1", OLD)
    rig.run(rig.store)
    rig.script.write_error = busy
    rig.run(rig.pos)
    rig.script.write_error = fine
    rig.note("1", NEW)
    rig.work()
    assert rig.script.emails == [OLD], "the older one waits for its retry, and the newer behind it"
    for _ in range(3):
        rig.make_due()
        rig.run(rig.pos)
    assert rig.script.emails == [OLD, OLD, NEW]


def test_a_claim_too_small_for_both_versions_does_not_take_the_newer(rig: ScriptedRig) -> None:
    rig.note("1", OLD)
    rig.run(rig.store)
    rig.script.write_error = busy
    rig.run(rig.pos)
    rig.note("1", NEW)
    rig.run(rig.store)
    older, newer = rig.deliveries()
    assert newer.due_at < older.due_at
    later = older.due_at + timedelta(seconds=60)
    with rig.scope():
        session = sessions.open_session(rig.pos)
        assert deliver.claim(session, now=later, limit=1) == []
        assert deliver.claim(session, now=later, limit=1) == [older]


def test_a_thin_newer_notice_without_a_version_is_read(rig: ScriptedRig) -> None:
    rig.note("1", OLD, FIRST)
    rig.note("1")
    rig.work()
    assert rig.script.reads == 1
    assert rig.script.emails == ["1@example.com"]


def test_a_replay_of_a_tried_record_looks_before_it_writes(rig: ScriptedRig) -> None:
    rig.note("1", OLD)
    rig.script.write_error = busy
    rig.work()
    with rig.scope():
        Delivery.objects.update(trying_seconds=4 * 24 * 3600)
    rig.make_due()
    rig.run(rig.pos)
    assert rig.delivery().state == DeliveryState.DEAD
    rig.script.write_error = fine
    with rig.scope():
        replay.replay(InboxItem.objects.get(), now=timezone.now())
    rig.work()
    assert rig.deliveries()[-1].state == DeliveryState.DELIVERED
    assert rig.script.writes[-1].attempt > 1, "the connector must know that someone tried before"
