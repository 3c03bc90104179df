"""A bug of ours costs the one record it hits, and not even that for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import DeliveryState, InboxState
from integrations.services.replay import replay
from integrations.sync import preparing
from integrations.sync.stages import confirm
from tenants import scope
from tests.flow.conftest import Rig


def one_bad(rig: Rig, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Plants a failing query into a function, for the first order only."""
    true = getattr(module, name)

    def planted(*args: Any, **kwargs: Any) -> Any:
        if any("1001" in str(getattr(arg, "number", "")) for arg in args):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return true(*args, **kwargs)

    monkeypatch.setattr(module, name, planted)
    rig.shop.act("orders", count=2, seed=5)


def test_a_failing_query_while_mapping_sets_one_record_aside(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig()
    one_bad(rig, monkeypatch, preparing, "transform")
    rig.until(
        lambda: bool(rig.deliveries(number="#1002", state=DeliveryState.DELIVERED)), "1002 arrives"
    )
    rig.until(lambda: bool(rig.items(entity="order", state=InboxState.HELD)), "1001 is set aside")
    (held,) = rig.items(entity="order", state=InboxState.HELD)
    assert held.reason == confirm.OUR_ERROR
    assert not rig.deliveries(key=held.key)

    monkeypatch.undo()
    with scope.tenant(rig.tenant.pk):
        replay(held, now=timezone.now())
    rig.until(lambda: rig.compare().agrees, "both sides agree after the replay")
    assert rig.compare().orders_in_heartland == 2


def test_an_outcome_that_cannot_be_kept_makes_no_second_order(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig()
    true = confirm.delivered

    def planted(session: Any, found: Any, **kwargs: Any) -> None:
        true(session, found, **kwargs)
        if any(row.number == "#1001" for row, _ in found):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")

    monkeypatch.setattr(confirm, "delivered", planted)
    rig.shop.act("orders", count=2, seed=5)
    rig.until(lambda: bool(rig.deliveries(number="#1001", state=DeliveryState.HELD)), "1001 held")
    rig.until(
        lambda: bool(rig.deliveries(number="#1002", state=DeliveryState.DELIVERED)), "1002 arrives"
    )
    monkeypatch.undo()
    held = rig.deliveries(number="#1001", state=DeliveryState.HELD)[0]
    with scope.tenant(rig.tenant.pk):
        replay(held.inbox_item, now=timezone.now())
    rig.until(lambda: rig.compare().agrees, "both sides agree after the replay")
    found = rig.compare()
    assert (found.orders_in_heartland, found.duplicates) == (2, 0)
