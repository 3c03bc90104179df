"""One thing done to several accounts, each by itself, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from integrations import tasks
from integrations.models import (
    BulkJob,
    BulkStep,
    Connection,
    ConnectionState,
    Incident,
    JobState,
)
from integrations.queue import RUN_BULK
from integrations.services import bulk_acts, bulk_jobs, bulk_running
from integrations.services.bulk_acts import Act, Asked
from integrations.services.bulk_jobs import CannotStart
from integrations.services.bulk_outcomes import Done
from tenants import scope
from tenants.models import AuditEntry, StaffNote, User
from tenants.services import staff
from tenants.services.staff import NotAllowed, ReasonNeeded
from tests.web.shops import Shop, make_shop
from tests.web.test_incidents import stuck

WHY = "their maintenance is over"


@pytest.fixture
def shops(db: None) -> list[Shop]:
    return [make_shop(name) for name in ("Anchor Goods", "Buoy Goods")]


@pytest.fixture
def manager(shops: list[Shop], people: dict[str, User]) -> User:
    """Looks after both."""
    for shop in shops:
        staff.assign(tenant_id=shop.tenant.pk, staff=people["account_manager"], actor=None)
    return people["account_manager"]


def begun(
    act: str, shops: Sequence[Shop], by: User, *, job_id: UUID | None = None, **settings: Any
) -> BulkJob:
    return bulk_jobs.start(
        job_id=job_id or uuid4(),
        act=act,
        accounts=bulk_jobs.chosen(by, [one.tenant.slug for one in shops]),
        over="chosen accounts",
        reason=WHY,
        by=by,
        now=timezone.now(),
        settings=settings,
    )


def outcomes(person: User, job: BulkJob) -> list[tuple[str, str, str]]:
    return [
        (one.tenant.name, one.step.state if one.step else "", one.step.said if one.step else "")
        for one in bulk_jobs.lines(person, job)
    ]


def pause(shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        Connection.objects.filter(pk=shop.pair.pos.pk).update(state=ConnectionState.PAUSED)


def test_each_account_is_done_once_with_its_own_entry(shops: list[Shop], manager: User) -> None:
    shops = [*shops, make_shop("Cove Goods")]
    for shop in (shops[0], shops[2]):
        pause(shop)
    job = begun("resume", shops, manager)
    # Of an account that is not theirs nobody takes notice.
    assert job.accounts == [str(one.tenant.pk) for one in shops[:2]]
    (entry,) = [one.task for one in OrmQ.objects.all()]
    assert (entry["func"], entry["kwargs"]) == (RUN_BULK, {"job_id": str(job.pk)})
    for _ in range(2):
        tasks.run_bulk(job_id=str(job.pk), of_a_later_version="ignored")
    # A worker that thought it was not done yet finds that it is.
    bulk_running._carry_out(job, shops[0].tenant)
    assert outcomes(manager, job) == [
        ("Anchor Goods", "done", "Resumed Store till."),
        ("Buoy Goods", "nothing", "No connection is paused."),
    ]
    found = bulk_jobs.progress(manager, job)
    assert (found.done, found.nothing, found.left, found.percent) == (1, 1, 0, 100)
    job.refresh_from_db()
    assert (job.state, job.due_at, job.held_until) == (JobState.DONE, None, None)
    told = {}
    for shop in shops:
        with scope.tenant(shop.tenant.pk):
            entries = AuditEntry.objects.filter(actor=manager).order_by("pk")
            told[shop.tenant.name] = list(entries.values_list("action", "reason"))
            paused = Connection.objects.filter(state=ConnectionState.PAUSED).count()
            assert paused == (1 if shop is shops[2] else 0)
    assert told == {
        "Anchor Goods": [("staff.acted", WHY), ("connection.resumed", "")],
        "Buoy Goods": [("staff.looked", "")],
        "Cove Goods": [],
    }


def test_a_second_click_starts_no_second_job(shops: list[Shop], manager: User) -> None:
    form = uuid4()
    first = begun("note", shops, manager, job_id=form, text="Rang all of them.")
    assert begun("note", shops, manager, job_id=form, text="Rang all of them.").pk == first.pk
    assert BulkJob.objects.count() == 1
    bulk_running.run(job_id=form)
    for shop in shops[:2]:
        with scope.tenant(shop.tenant.pk):
            assert [one.text for one in StaffNote.objects.all()] == ["Rang all of them."]


def test_who_may_not_starts_nothing(
    shops: list[Shop], manager: User, people: dict[str, User]
) -> None:
    with pytest.raises(NotAllowed):
        begun("note", shops, people["support"], text="Hm.")
    accounts = bulk_jobs.chosen(manager, [shops[0].tenant.slug])
    known: dict[str, Any] = {"over": "one", "by": manager, "now": timezone.now()}
    with pytest.raises(ReasonNeeded):
        bulk_jobs.start(job_id=uuid4(), act="note", accounts=accounts, reason="", **known)
    with pytest.raises(CannotStart, match="at least one"):
        bulk_jobs.start(job_id=uuid4(), act="note", accounts=[], reason=WHY, **known)
    with pytest.raises(CannotStart, match="what is to be done"):
        bulk_jobs.start(job_id=uuid4(), act="erase", accounts=accounts, reason=WHY, **known)
    with pytest.raises(CannotStart, match="at most 500"):
        bulk_jobs.start(
            job_id=uuid4(), act="note", accounts=list(accounts) * 501, reason=WHY, **known
        )
    assert BulkJob.objects.count() == 0


def test_open_incidents_are_replayed_canary_first(shops: list[Shop], manager: User) -> None:
    for number in ("#1", "#2"):
        stuck(shops[0], number)
    job = begun("replay", shops, manager)
    bulk_running.run(job_id=job.pk)
    assert outcomes(manager, job) == [
        ("Anchor Goods", "done", "1 incident with 2 records: one of each goes first."),
        ("Buoy Goods", "nothing", "No incident with records is open."),
    ]
    with scope.tenant(shops[0].tenant.pk):
        assert Incident.objects.get().replay_state == "canary"
    again = begun("replay", shops[:1], manager)
    bulk_running.run(job_id=again.pk)
    assert outcomes(manager, again)[0][1:] == (
        "nothing", "Its records are being replayed already.",
    )  # fmt: skip


def test_connections_that_do_not_answer_stand_out(shops: list[Shop], manager: User) -> None:
    job = begun("retest", shops[:1], manager)
    bulk_running.run(job_id=job.pk)
    ((_, state, said),) = outcomes(manager, job)
    assert state == "failed"
    assert "Store till (Heartland" in said
    assert "Web shop (Shopify" in said


def test_who_lost_an_account_meanwhile_does_nothing_there(shops: list[Shop], manager: User) -> None:
    for shop in shops[:2]:
        pause(shop)
    job = begun("resume", shops, manager)
    staff.release(tenant_id=shops[0].tenant.pk, staff=manager, actor=None, now=timezone.now())
    bulk_running.run(job_id=job.pk)
    assert outcomes(manager, job) == [("Buoy Goods", "done", "Resumed Store till.")]
    assert bulk_jobs.progress(manager, job).hidden == 1
    with scope.tenant(shops[0].tenant.pk):
        assert Connection.objects.filter(state=ConnectionState.PAUSED).count() == 1
        assert BulkStep.objects.get().said.startswith("You may not act here any more")


def test_one_account_that_breaks_stops_no_other_and_is_tried_again(
    shops: list[Shop], manager: User
) -> None:
    tried: list[str] = []

    def breaks(asked: Asked) -> Done:
        with_name = str(asked.settings["text"])
        tried.append(str(asked.tenant_id))
        StaffNote.objects.create(author=asked.person, form_id=uuid4(), text=with_name)
        if asked.tenant_id == shops[0].tenant.pk and is_broken:
            raise RuntimeError("broken")
        return Done("The note is kept.")

    is_broken = True
    with patch.dict(bulk_acts.ACTS, {"note": Act(breaks)}):
        job = begun("note", shops, manager, text="Rang.")
        bulk_running.run(job_id=job.pk)
        states = [state for _, state, _ in outcomes(manager, job)]
        assert states == ["failed", "done"]
        assert tried.count(str(shops[0].tenant.pk)) == 3
        is_broken = False
        assert bulk_jobs.go_on(job=job, by=manager, now=timezone.now())
        bulk_running.run(job_id=job.pk)
    assert [state for _, state, _ in outcomes(manager, job)] == ["done", "done"]
    job.refresh_from_db()
    assert not bulk_jobs.go_on(job=job, by=manager, now=timezone.now())
    for shop in shops[:2]:
        with scope.tenant(shop.tenant.pk):
            # What was undone left nothing behind.
            assert StaffNote.objects.count() == 1
            assert AuditEntry.objects.filter(action="staff.acted").count() == 1


def test_trying_again_while_it_runs_leaves_no_account_behind(
    shops: list[Shop], manager: User
) -> None:
    job = begun("note", shops, manager, text="Rang.")

    def clicks(asked: Asked) -> bool:
        bulk_jobs.go_on(job=job, by=manager, now=timezone.now())
        return asked.tenant_id == shops[0].tenant.pk

    def answers(asked: Asked) -> Done:
        return Done("It was asked.", is_bad=bool(asked.looked))

    with patch.dict(bulk_acts.ACTS, {"note": Act(answers, look=clicks)}):
        bulk_running.run(job_id=job.pk)
    assert [state for _, state, _ in outcomes(manager, job)] == ["failed", "done"]
    job.refresh_from_db()
    assert bulk_jobs.go_on(job=job, by=manager, now=timezone.now())


def test_it_stops_before_the_next_account_and_goes_on_from_there(
    shops: list[Shop], manager: User
) -> None:
    job = begun("note", shops, manager, text="Rang.")

    def stops(asked: Asked) -> Done:
        bulk_jobs.stop(job=job, by=manager, now=timezone.now())
        return Done("The note is kept.")

    with patch.dict(bulk_acts.ACTS, {"note": Act(stops)}):
        assert bulk_running.run(job_id=job.pk)
    assert [state for _, state, _ in outcomes(manager, job)] == ["done", ""]
    job.refresh_from_db()
    assert (job.state, job.position, job.held_until) == (JobState.STOPPED, 1, None)
    assert not bulk_jobs.stop(job=job, by=manager, now=timezone.now())
    assert bulk_jobs.go_on(job=job, by=manager, now=timezone.now())
    bulk_running.run(job_id=job.pk)
    assert [state for _, state, _ in outcomes(manager, job)] == ["done", "done"]


def test_what_a_dead_worker_left_is_taken_up_where_it_was(shops: list[Shop], manager: User) -> None:
    job = begun("note", shops, manager, text="Rang.")
    # Out of time at once: handed on before the first account.
    assert not bulk_running.run(job_id=job.pk, seconds=-1)
    token = bulk_running._take(job.pk)
    assert token is not None
    bulk_running._claim(job, shops[0].tenant.pk)
    # It died there. While its lease lasts nobody else is at it.
    assert not bulk_running.run(job_id=job.pk)
    later = timezone.now() + bulk_jobs.TAKEN_FOR + timedelta(seconds=1)
    with patch.object(bulk_running, "enqueue_bulk") as hinted:
        bulk_running.run_due(timezone.now())
        assert not hinted.called
        bulk_running.run_due(later)
        hinted.assert_called_once_with(job_id=job.pk)
    BulkJob.objects.update(held_until=timezone.now())
    assert bulk_running.run(job_id=job.pk)
    assert [state for _, state, _ in outcomes(manager, job)] == ["done", "done"]
    with scope.tenant(shops[0].tenant.pk):
        assert BulkStep.objects.get().tries == 2
        assert StaffNote.objects.count() == 1


def test_a_job_is_seen_by_who_started_it_and_by_superusers_without_others_accounts(
    shops: list[Shop], manager: User, people: dict[str, User]
) -> None:
    job = begun("note", shops, manager, text="Rang.")
    boss, support = people["superuser"], people["support"]
    assert bulk_jobs.find(manager, job.pk) == bulk_jobs.find(boss, job.pk) == job
    assert bulk_jobs.find(support, job.pk) is None
    assert bulk_jobs.jobs(support) == []
    bulk_running.run(job_id=job.pk)
    assert bulk_jobs.lines(boss, job) == []
    assert bulk_jobs.progress(boss, job).hidden == 2
    with pytest.raises(NotAllowed, match="in their name"):
        bulk_jobs.go_on(job=job, by=boss, now=timezone.now())


def test_jobs_and_accounts_go_on_where_a_page_ended(shops: list[Shop], manager: User) -> None:
    made = [begun("note", shops, manager, text=str(number)) for number in range(5)]
    BulkJob.objects.filter(pk__in=[one.pk for one in made[:3]]).update(
        started_at=datetime.fromisoformat("2026-11-21T12:00:00+00:00")
    )
    seen: list[UUID] = []
    before = None
    while page := bulk_jobs.jobs(manager, before=before, limit=2):
        seen += [one.pk for one in page]
        before = (page[-1].started_at, page[-1].pk)
    assert seen[:2] == [made[4].pk, made[3].pk]
    assert sorted(seen) == sorted(one.pk for one in made)
    job = made[0]
    bulk_running.run(job_id=job.pk)
    (first,) = bulk_jobs.lines(manager, job, limit=1)
    (second,) = bulk_jobs.lines(
        manager, job, after=(first.tenant.name, first.tenant.pk), state="done"
    )
    assert (first.tenant.name, second.tenant.name) == ("Anchor Goods", "Buoy Goods")
    assert bulk_jobs.lines(manager, job, state="waiting") == []
    assert len(bulk_jobs.lines(manager, made[1], state="waiting")) == 2


def test_an_old_job_is_forgotten_with_its_steps_and_no_other(
    shops: list[Shop], manager: User
) -> None:
    old, new, running = (begun("note", shops, manager, text=str(number)) for number in range(3))
    for job in (old, new):
        bulk_running.run(job_id=job.pk)
    now = timezone.now()
    BulkJob.objects.filter(pk=old.pk).update(finished_at=now - timedelta(days=91))
    BulkJob.objects.filter(pk=running.pk).update(started_at=now - timedelta(days=91))
    bulk_running.run_due(now)
    assert set(BulkJob.objects.values_list("pk", flat=True)) == {new.pk, running.pk}
    with scope.tenant(shops[0].tenant.pk):
        assert [one.job_id for one in BulkStep.objects.all()] == [new.pk]
        assert StaffNote.objects.count() == 2
