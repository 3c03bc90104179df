"""A notice that comes before its record can be read loses nothing."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import DeliveryState, InboxItem, InboxState
from tests.flow.scripted import ScriptedRig, make_rig


@pytest.fixture
def rig(transactional_db: None, monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


def age(rig: ScriptedRig, seconds: float) -> None:
    """The notices came in so long ago, and the pauses between tries are over."""
    now = timezone.now()
    with rig.scope():
        InboxItem.objects.update(received_at=now - timedelta(seconds=seconds), due_at=now)


def test_a_record_that_is_not_there_yet_is_asked_for_again(rig: ScriptedRig) -> None:
    rig.script.is_hiding = True
    rig.note("early")
    rig.work()
    rig.script.is_hiding = False
    (item,) = rig.items(key="early")
    assert item.state == InboxState.WAITING
    assert "does not show it yet" in item.reason
    assert rig.lane(rig.store).failures == 0
    end = time.monotonic() + 30
    while not rig.deliveries(key="early", state=DeliveryState.DELIVERED):
        assert time.monotonic() < end, "the record was not asked for again"
        age(rig, 5)
        rig.work()
    assert rig.delivery(key="early").state == DeliveryState.DELIVERED
    assert [written.key for written in rig.script.writes] == ["early"]


def test_a_record_that_stays_away_is_taken_to_be_gone(rig: ScriptedRig) -> None:
    rig.script.is_hiding = True
    rig.note("gone")
    age(rig, 61)
    rig.work()
    (item,) = rig.items(key="gone")
    assert item.state == InboxState.FILTERED
    assert item.reason == "the record does not exist any more in the source system"
    assert rig.script.writes == []
