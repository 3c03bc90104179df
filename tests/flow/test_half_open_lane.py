"""A half-open breaker finds out by whatever there is to call for, and a lane with nothing rests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.connector_kit.base import Notice, Page
from integrations.connector_kit.errors import TryLater
from integrations.models import (
    Backfill,
    BackfillState,
    BreakerState,
    Cursor,
    InboxState,
    Lane,
    PairState,
)
from integrations.sync import breaker, kept_sessions, lanes
from mappings.canonical.record import Entity
from tests.flow.scripted import ScriptedRig, make_rig

DOWN = TryLater("answered 503")


@pytest.fixture
def rig(
    monkeypatch: pytest.MonkeyPatch, account_name: str, transactional_db: None, settings: Any
) -> ScriptedRig:
    settings.CLARITY_LANE_SLICE_SECONDS = 1
    made = make_rig(monkeypatch, account_name)
    made.run(made.store)
    with made.scope():
        Cursor.objects.update(due_at=timezone.now() + timedelta(hours=1))
    # What is kept open has the connector as it was scripted then.
    kept_sessions.close_all()
    return made


def open_breaker(rig: ScriptedRig, make_due: Callable[[], object]) -> None:
    for _ in range(breaker.ILL_AFTER):
        make_due()
        rig.run(rig.store)
    assert rig.lane(rig.store).breaker == BreakerState.OPEN
    # What is kept open has the connector as it was scripted then.
    kept_sessions.close_all()
    make_due()


def due(rig: ScriptedRig, **changes: object) -> None:
    with rig.scope():
        Lane.objects.filter(pk=rig.store.pk).update(parked_until=None, **changes)


def settled(rig: ScriptedRig) -> None:
    """The account is known to be back, and the lane does not spin."""
    lane = rig.lane(rig.store)
    assert lane.breaker == BreakerState.CLOSED
    assert lane.due_at is None or lane.due_at > timezone.now()


def failing() -> datetime | None:
    raise DOWN


def test_renewing_credentials_finds_out_that_the_account_is_back(rig: ScriptedRig) -> None:
    calls: list[datetime] = []

    def renew(_: object, now: datetime) -> datetime:
        calls.append(now)
        return now + timedelta(hours=1)

    rig.script.refresh = lambda _, now: failing()
    open_breaker(rig, lambda: due(rig, refresh_at=timezone.now()))
    rig.script.refresh = renew
    rig.run(rig.store)
    assert len(calls) == 1
    settled(rig)


def test_notices_of_a_draft_wait_while_its_account_is_tried(rig: ScriptedRig) -> None:
    rig.script.refresh = lambda _, now: failing()
    with rig.scope():
        rig.pair.state = PairState.DRAFT
        rig.pair.save()
    open_breaker(rig, lambda: due(rig, refresh_at=timezone.now()))
    rig.note("a", "a@example.com")
    due(rig, refresh_at=timezone.now() + timedelta(hours=1))
    rig.run(rig.store)
    assert [item.state for item in rig.items()] == [InboxState.WAITING]


def test_a_page_of_a_backfill_finds_out_that_the_account_is_back(rig: ScriptedRig) -> None:
    def unanswered(_: object, __: str) -> Page:
        raise DOWN

    def answered(_: object, __: str) -> Page:
        return Page((Notice(Entity.CUSTOMER, "a", "page", payload={"key": "a"}),), "", more=False)

    now = timezone.now()
    with rig.scope():
        row = Backfill.objects.create(
            flow=rig.flow,
            state=BackfillState.RUNNING,
            is_listed=True,
            planned_at=now,
            started_at=now,
            due_at=now,
        )

    def make_due() -> None:
        due(rig)
        with rig.scope():
            Backfill.objects.update(due_at=timezone.now())

    rig.script.pages = unanswered
    open_breaker(rig, make_due)
    rig.script.pages = answered
    rig.run(rig.store)
    with rig.scope():
        row.refresh_from_db()
    assert row.read == 1
    settled(rig)


def test_a_reconnected_account_without_tokens_to_renew_comes_to_rest(rig: ScriptedRig) -> None:
    now = timezone.now()
    with rig.scope():
        lanes.resume(tenant_id=rig.tenant_id, connection_id=rig.store.pk, now=now)
    rig.run(rig.store)
    lane = rig.lane(rig.store)
    assert lane.due_at is None or lane.due_at > timezone.now()
