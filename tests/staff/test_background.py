"""Chores and the queue below /admin/: superusers alone, and nothing of a record is shown."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import Failure, OrmQ

from integrations import queue
from integrations.models import Chore
from integrations.queue.tables import about, task_words, what_broke
from integrations.services import chores
from tenants import scope
from tenants.models import AuditEntry, StaffRole, User
from tests.staff.signing_in import browser_of

BROKE = """boom : Traceback (most recent call last):
  File "/srv/clarity/integrations/sync/slices.py", line 88, in run
    work(order)
ValueError: jane@example.com has no SKU
"""


def text(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def test_a_chore_is_begun_before_its_time_for_a_reason(people: dict[str, User]) -> None:
    now = timezone.now()
    boss = browser_of(people["superuser"])
    place = "/admin/background/"
    for role in (StaffRole.ACCOUNT_MANAGER, StaffRole.SUPPORT, StaffRole.FINANCE):
        other = browser_of(people[role])
        assert other.get(place).status_code == 403
        assert other.post(f"{place}retention/", {"reason": "because"}).status_code == 403
    assert "Never begun" in text(boss.get(place))
    assert "No worker has begun any chore yet" in text(
        boss.post(f"{place}retention/", {"reason": "because"}, follow=True)
    )
    Chore.objects.create(name="retention", due_at=now + timedelta(hours=6), finished_at=now)
    Chore.objects.create(name="hours", due_at=now, failures=2, problem="The log says which.")
    Chore.objects.create(name="search", due_at=now - timedelta(hours=1))
    Chore.objects.create(name="tidying", due_at=now, held_until=now + timedelta(minutes=2))
    shown = text(boss.get(place))
    for said in ("every 6 hours", "Failed 2 times in a row.", "Nobody does it", "Being done"):
        assert said in shown, said
    assert "Run “retention” now?" in text(boss.get(f"{place}retention/"))
    refused = boss.post(f"{place}retention/", {"reason": "no"})
    assert refused.status_code == 422
    waiting = OrmQ.objects.count()
    for said in ("Retention: the next free worker does it.", "Retention: due already"):
        answer = boss.post(f"{place}retention/", {"reason": "A disk fills up"}, follow=True)
        assert said in text(answer)
    assert OrmQ.objects.count() == waiting + 1
    assert Chore.objects.get(name="retention").due_at <= timezone.now()
    answer = boss.post(f"{place}tidying/", {"reason": "A disk fills up"}, follow=True)
    assert "a worker is at it already" in text(answer)
    assert boss.get(f"{place}dancing/").status_code == 404
    with scope.door("a test"):
        told = AuditEntry.objects.get(action="chore.hurried")
        assert (told.reason, told.object_id, told.actor_id) == (
            "A disk fills up",
            "retention",
            people["superuser"].pk,
        )


def test_the_tables_of_the_queue_show_ids_and_kinds_of_errors(people: dict[str, User]) -> None:
    now = timezone.now()
    row = Failure.objects.create(
        id="f" * 32, name="x", func="integrations.tasks.work_lane", result=BROKE, success=False,
        kwargs={"tenant_id": "0b8f7c1e-0000-4000-8000-000000000001", "note": "jane@example.com"},
        started=now, stopped=now,
    )  # fmt: skip
    chores.enqueue_chores()
    boss, other = browser_of(people["superuser"]), browser_of(people["account_manager"])
    for table in ("failure", "ormq", "schedule"):
        assert other.get(f"/admin/django_q/{table}/").status_code == 403
    assert "Do the chores that are due" in text(boss.get("/admin/django_q/ormq/"))
    assert boss.get("/admin/django_q/schedule/").status_code == 200
    for address in ("/admin/django_q/failure/", f"/admin/django_q/failure/{row.pk}/change/"):
        shown = text(boss.get(address))
        assert "Work a lane" in shown
        assert "ValueError in run (sync/slices.py:88)" in shown
        assert "tenant 0b8f7c1e-0000-4000-8000-000000000001" in shown
        assert "jane@example.com" not in shown
    assert (
        boss.post(f"/admin/django_q/failure/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    )


def test_every_task_has_words() -> None:
    names = [one for one in vars(queue).values() if str(one).startswith("integrations.tasks.")]
    assert len(names) > 7
    assert [name for name in names if task_words(name) == name] == []


@pytest.mark.parametrize(
    ("result", "said"),
    [(None, "unknown"), ("Timeout", "unknown"), ("LeaseLost: lane 7", "LeaseLost"), (7, "unknown")],
)
def test_what_broke_is_told_without_the_message(result: object, said: str) -> None:
    assert what_broke(result) == said
    assert about(None) == ""
    assert task_words(None) == "unknown"
