"""A cursor that a person moves while a page is being read."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations.connector_kit.base import Notice, Page
from integrations.models import Cursor, Flow, InboxItem
from integrations.services import cursors
from integrations.services.cursors import CannotMove
from mappings.canonical.record import Entity
from tests.flow.scripted import ScriptedRig, make_rig

pytestmark = pytest.mark.django_db(transaction=True)


def moved(rig: ScriptedRig, to: datetime | None) -> Cursor:
    with rig.scope():
        cursor = Cursor.objects.select_related("connection").get(connection=rig.store)
        seen = cursors.standing(cursor).version
        now = timezone.now()
        return cursors.move(cursor_id=cursor.pk, to=to, seen=seen, actor=None, now=now).cursor


def test_a_page_that_is_read_meanwhile_does_not_put_it_back(
    monkeypatch: pytest.MonkeyPatch, account_name: str
) -> None:
    rig = make_rig(monkeypatch, account_name)
    asked: list[str] = []
    then = timezone.now().replace(microsecond=0) - timedelta(days=2)

    def changes(client: object, cursor: str, now: datetime) -> Page:
        asked.append(cursor)
        if len(asked) == 2:
            moved(rig, then)
        return Page((Notice(Entity.CUSTOMER, f"c{len(asked)}", "poll"),), "the end")

    rig.script.changes = changes  # type: ignore[method-assign]
    with rig.scope():
        Flow.objects.filter(pk=rig.flow.pk).update(is_on=True)
    for _ in range(3):
        with rig.scope():
            Cursor.objects.update(due_at=timezone.now())
        rig.run(rig.store)
    with rig.scope():
        cursor = Cursor.objects.get(connection=rig.store)
        keys = set(InboxItem.objects.values_list("key", flat=True))
    at = then.strftime("%Y-%m-%dT%H:%M:%SZ")
    # The second page was thrown away, and the third look read from the new place.
    assert asked[:3] == ["", "the end", f'{{"from": "{at}"}}']
    assert cursor.value == "the end"
    assert {"c1", "c3"} <= keys
    assert "c2" not in keys


def test_a_place_without_a_time_is_only_begun_anew(
    monkeypatch: pytest.MonkeyPatch, account_name: str
) -> None:
    rig = make_rig(monkeypatch, account_name)
    now = timezone.now()
    with rig.scope():
        Cursor.objects.all().delete()
        ledger = Cursor.objects.create(
            connection=rig.pos, entity="inventory", value='{"id": 7, "at": "2026-01-02T03:04:05Z"}',
            due_at=now,
        )  # fmt: skip
        before = cursors.standing(ledger)
        assert before.reached == datetime.fromisoformat("2026-01-02T03:04:05+00:00")
        assert not before.goes_by_time
        with pytest.raises(CannotMove, match="cannot be read from a time on"):
            cursors.place(before, now - timedelta(hours=1), now=now)
        assert cursors.place(before, None, now=now) == ""
        ledger.value = "of another release"
        assert cursors.standing(ledger).reached is None
        ledger.entity = "unicorn"
        assert cursors.standing(ledger).goes_by_time is False
