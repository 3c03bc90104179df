"""Comparisons of stock that are kept: what they count, how they are started, and how they mend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.models import (
    Connection,
    ConnectionState,
    ConvergenceRun,
    ConvergenceState,
    Flow,
    InboxItem,
    Lane,
)
from integrations.services import accuracy, accuracy_schedule, converge
from integrations.services.accuracy import CannotRun
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import AuditEntry, User
from tests.flow.backfills import CALM
from tests.flow.conftest import Rig

SIZE = 30
PLENTY = {"bucket": 100_000, "restore_rate": 50_000}


def measure(rig: Rig, actor: User | None = None) -> ConvergenceRun:
    with scope.tenant(rig.tenant.pk):
        row = accuracy.run(pair=rig.pair, actor=actor, now=timezone.now())
    accuracy.carry_out(tenant_id=rig.tenant.pk, run_id=row.pk)
    with scope.tenant(rig.tenant.pk):
        row.refresh_from_db()
        return row


def test_a_run_is_counted_kept_and_mended_once(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=SIZE, shop_size=SIZE + 2, shop_options=PLENTY, till_settings=CALM)
    owner = User.objects.get(email="owner@example.com")
    calm = measure(rig)
    assert (calm.state, calm.compared, calm.matched, calm.equal) == (
        ConvergenceState.DONE, SIZE + 2, SIZE, SIZE,
    )  # fmt: skip
    assert calm.counts == {"different": 0, "missing": 0, "extra": 2, "blocked": 0}
    assert calm.share == 1.0

    goods = catalogue(seed="7", size=SIZE)
    rig.shop.act("stock", sku=goods[3].sku, available=901)
    first = measure(rig)
    rig.shop.act("stock", sku=goods[5].sku, available=902)
    second = measure(rig, owner)
    assert (second.matched, second.equal, second.counts["different"]) == (SIZE, SIZE - 2, 2)
    kept = {one.one.sku: one for one in accuracy.differences(second)}
    assert kept[goods[3].sku].since == first.started_at
    assert kept[goods[5].sku].since == second.started_at
    assert kept[goods[5].sku].one.found == 902
    assert second.read_at_till == 0 or second.read_at_till == SIZE

    with scope.tenant(rig.tenant.pk):
        assert accuracy.latest(pair=rig.pair) == second
        with pytest.raises(CannotRun, match="compared again since"):
            accuracy.mend(run=first, actor=owner, now=timezone.now())
        assert accuracy.mend(run=second, actor=owner, now=timezone.now()) == 2
        with pytest.raises(CannotRun, match="2 articles were sent already"):
            accuracy.mend(run=second, actor=owner, now=timezone.now())
        assert InboxItem.objects.filter(topic=converge.TOPIC).count() == 2
        actions = AuditEntry.objects.filter(actor=owner).order_by("pk")
        assert [row.action for row in actions][-2:] == ["convergence.started", "convergence.mended"]
    moving = measure(rig)
    assert (moving.on_the_way, moving.equal) == (2, SIZE - 2)
    rig.until(lambda: not rig.waiting(), "the right numbers have arrived")
    mended = measure(rig)
    assert (mended.matched, mended.equal, mended.on_the_way) == (SIZE, SIZE, 0)
    with scope.tenant(rig.tenant.pk):
        rows = accuracy.history(pair=rig.pair)
        assert len(rows) == 5
        with_rows = [bool(row.differences) for row in rows]
        assert with_rows == [True, True, True, False, False]
        starts = [calm.started_at - timedelta(hours=1), second.started_at]
        found = accuracy.over(pairs=[rig.pair], starts=starts)
    assert [(one.runs, one.matched, one.equal) for one in found] == [
        (2, 2 * SIZE, 2 * SIZE - 1),
        (3, 3 * SIZE, 3 * SIZE - 4),
    ]

    _it_is_due_only_when_its_accounts_can_spare_it(rig)


def _it_is_due_only_when_its_accounts_can_spare_it(rig: Rig) -> None:
    """On the pair of the test above: to make another takes a second."""
    with scope.tenant(rig.tenant.pk):
        ConvergenceRun.objects.all().delete()
    later = timezone.now() + timedelta(minutes=31)

    def runs() -> list[str]:
        with scope.tenant(rig.tenant.pk):
            rows = ConvergenceRun.objects.order_by("pk")
            return list(rows.values_list("state", flat=True))

    accuracy_schedule.start_due(timezone.now())
    assert runs() == []  # it is new
    with scope.tenant(rig.tenant.pk):
        Lane.objects.filter(pk=rig.store.pk).update(parked_until=later + timedelta(minutes=1))
    accuracy_schedule.start_due(later)
    assert runs() == []
    with scope.tenant(rig.tenant.pk):
        Lane.objects.filter(pk=rig.store.pk).update(parked_until=None)
        Connection.objects.filter(pk=rig.store.pk).update(state=ConnectionState.NEEDS_OWNER)
    accuracy_schedule.start_due(later)
    assert runs() == []
    with scope.tenant(rig.tenant.pk):
        Connection.objects.filter(pk=rig.store.pk).update(state=ConnectionState.ACTIVE)
        Flow.objects.filter(entity=Entity.INVENTORY).update(is_on=False)
    accuracy_schedule.start_due(later)
    assert runs() == []  # it differs by intention
    with scope.tenant(rig.tenant.pk):
        Flow.objects.filter(entity=Entity.INVENTORY).update(is_on=True)
    for _ in range(2):
        accuracy_schedule.start_due(later)
    assert runs() == ["running"]
    with scope.tenant(rig.tenant.pk), pytest.raises(CannotRun, match="being compared already"):
        accuracy.run(pair=rig.pair, actor=None, now=later)
    # Its worker died.
    accuracy_schedule.start_due(later + timedelta(minutes=31))
    assert runs() == ["failed", "running"]
    with scope.tenant(rig.tenant.pk):
        ConvergenceRun.objects.filter(state="failed").delete()
        Connection.objects.filter(pk=rig.pos.pk).update(base_url="http://127.0.0.1:9/")
        (row,) = ConvergenceRun.objects.all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accuracy, "LONGEST_SECONDS", 0.0)
        accuracy.carry_out(tenant_id=rig.tenant.pk, run_id=row.pk)
    with scope.tenant(rig.tenant.pk):
        row.refresh_from_db()
    assert row.state == ConvergenceState.FAILED
    assert row.problem.startswith("Till cannot be asked right now:")


def test_nothing_is_scheduled_when_switched_off(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLARITY_CONVERGE_MINUTES = 0
    monkeypatch.setattr(accuracy_schedule, "_due", lambda before: pytest.fail("looked"))
    accuracy_schedule.start_due(timezone.now())
