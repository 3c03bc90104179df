"""The platform's chores: what is done from time to time, by whichever worker is free.

Each chore has a row with its due time, so a crash of everything forgets none. One conditional
update takes it, so no two processes do it at once; a holder that died is replaced when its time is
up, which is longer than a worker may take for a task.

django-q2's own schedules were weighed and left: they start a run while the last one still goes on,
do not say how it ended, and give a lost one up for three minutes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from integrations.models import Chore
from integrations.queue import enqueue_chores
from integrations.services import (
    accuracy_schedule,
    alert_digest,
    alert_sending,
    alert_tidying,
    alert_watching,
    billed,
    bulk_running,
    card_payments,
    erasing,
    exporting,
    hours,
    mapping_release,
    mapping_shadow,
    privacy_requests,
    reconciling_daily,
    reserving,
    retention,
    sandbox_pairs,
    search_upkeep,
    tidying,
    troubles,
    watching,
)
from integrations.sync import pipeline
from tenants import scope
from tenants.models import User
from tenants.services import audit

log = logging.getLogger(__name__)

AFTER_FAILURE = timedelta(seconds=30)
BEGIN_FOR = timedelta(seconds=45)
# A chore that is so late was forgotten by everybody: no worker runs.
LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class Duty:
    """A chore: its name, how often it is due, and what does it, given the time."""

    name: str
    every: timedelta
    do: Callable[[datetime], None]


def _retain(now: datetime) -> None:
    report = retention.run(now)
    log.info("retention: %s partitions seen to in %.1f s", len(report.steps), report.seconds)


def _forget_names(now: datetime) -> None:
    search_upkeep.forget_gone(now)


def _tend_sandboxes(now: datetime) -> None:
    sandbox_pairs.tend(public_url=settings.CLARITY_PUBLIC_URL, now=now)


DUTIES: Sequence[Duty] = (
    Duty("lateness", timedelta(seconds=15), watching.watch_lateness),
    Duty("conservation", timedelta(minutes=1), watching.watch_books),
    Duty("alerts", timedelta(seconds=10), alert_watching.watch),
    Duty("daily digests", timedelta(minutes=1), alert_digest.make_due),
    # Behind those that write messages, so that these go out in the same turn.
    Duty("alert messages", timedelta(seconds=10), alert_sending.send_due),
    Duty("old alerts", timedelta(hours=6), alert_tidying.tidy),
    Duty("reservations", timedelta(seconds=30), reserving.settle_all),
    Duty("reconciliation", timedelta(minutes=10), reconciling_daily.compare_yesterday),
    Duty("mapping trials", timedelta(seconds=30), mapping_shadow.run_due),
    Duty("mapping releases", timedelta(seconds=30), mapping_release.release_due),
    Duty("sandboxes", timedelta(seconds=20), _tend_sandboxes),
    Duty("hours", hours.EVERY, hours.count_all),
    Duty(troubles.CHORE, troubles.EVERY, troubles.look_at_all),
    Duty("stock comparisons", accuracy_schedule.EVERY, accuracy_schedule.start_due),
    Duty("search", timedelta(minutes=10), search_upkeep.keep_up),
    Duty("forgotten names", timedelta(hours=6), _forget_names),
    Duty(erasing.CHORE, timedelta(seconds=20), erasing.run_due),
    Duty(privacy_requests.CHORE, timedelta(seconds=30), privacy_requests.run_due),
    Duty(exporting.CHORE, timedelta(seconds=30), exporting.run_due),
    Duty(bulk_running.CHORE, timedelta(seconds=30), bulk_running.run_due),
    Duty(billed.CHORE, billed.EVERY, billed.run_due),
    Duty(card_payments.EVENTS, card_payments.EVENTS_EVERY, card_payments.look_into_events),
    Duty(card_payments.CHARGES, card_payments.CHARGES_EVERY, card_payments.collect),
    Duty(billed.LETTERS_CHORE, billed.LETTERS_EVERY, billed.send_letters),
    Duty("tidying", timedelta(hours=1), tidying.tidy),
    Duty("retention", timedelta(hours=6), _retain),
)


def run_due(duties: Sequence[Duty] = DUTIES) -> int:
    """Does every chore that is due and that nobody is at; answers how many were tried.

    May be called at any time, by anyone, outside any scope. Begins none after a while, since a
    worker is ended that takes too long; what is left is due, and so hinted again.
    """
    _make_rows(duties)
    until = time.monotonic() + BEGIN_FOR.total_seconds()
    return sum(_do(duty) for duty in duties if time.monotonic() < until)


def _make_rows(duties: Sequence[Duty]) -> None:
    now = timezone.now()
    Chore.objects.bulk_create(
        [Chore(name=duty.name, due_at=now) for duty in duties], ignore_conflicts=True
    )


def _do(duty: Duty) -> bool:
    began = timezone.now()
    token = _take(duty, now=began)
    if token is None:
        return False
    went_well = pipeline.survives(f"chore {duty.name}", lambda: duty.do(began))
    now = timezone.now()
    mine = Chore.objects.filter(name=duty.name, token=token)
    if went_well:
        mine.update(
            held_until=None, finished_at=now, due_at=began + duty.every, failures=0, problem=""
        )
    else:
        mine.update(
            held_until=None,
            due_at=now + max(duty.every, AFTER_FAILURE),
            failures=F("failures") + 1,
            problem="It failed because of an error of ours; the log of the workers says which.",
        )
    return True


def _take(duty: Duty, *, now: datetime) -> int | None:
    """The token of this turn; None while it is not due or somebody else is at it."""
    with database.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integrations_chore
            SET held_until = %(until)s, token = token + 1, started_at = %(now)s, hinted_at = NULL
            WHERE name = %(name)s AND due_at <= %(now)s
              AND (held_until IS NULL OR held_until < %(now)s)
            RETURNING token
            """,
            {"name": duty.name, "now": now, "until": now + _longest()},
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _longest() -> timedelta:
    """A worker is ended before this time is up, so that no two are at one chore."""
    return timedelta(seconds=int(str(settings.Q_CLUSTER["timeout"])) + 10)


class CannotHurry(ValueError):
    """The chore is not begun earlier; the message says why."""


def run_soon(name: str, *, actor: User, reason: str, now: datetime) -> None:
    """Has a worker do a chore now instead of when it is due. Call outside any scope.

    Raises CannotHurry when it is being done, or due already, and Chore.DoesNotExist.
    """
    with transaction.atomic():
        row = Chore.objects.select_for_update().get(name=name)
        if row.held_until is not None and row.held_until > now:
            raise CannotHurry(f"{row.name.capitalize()}: a worker is at it already.")
        if row.due_at <= now:
            raise CannotHurry(
                f"{row.name.capitalize()}: due already; the next free worker does it."
            )
        row.due_at, row.hinted_at = now, now
        row.save(update_fields=["due_at", "hinted_at"])
        enqueue_chores()
        with scope.door("run a chore now", actor=actor):
            audit.record(
                action="chore.hurried",
                object_type="Chore",
                object_id=name,
                actor=actor,
                reason=reason,
            )


def last_done_at() -> datetime | None:
    """When some worker last finished a chore: a sign that one is alive."""
    last: datetime | None = Chore.objects.aggregate(last=Max("finished_at"))["last"]
    return last


@dataclass(frozen=True)
class Concern:
    """A chore that is not as it should be, in words."""

    name: str
    said: str


def concerns(*, now: datetime, duties: Sequence[Duty] = DUTIES) -> list[Concern]:
    """Chores that failed when they were last done, or that nobody does."""
    names = [duty.name for duty in duties]
    rows = Chore.objects.filter(name__in=names).filter(~Q(problem="") | Q(due_at__lt=now - LATE))
    found = []
    for row in rows.order_by("name"):
        if row.due_at < now - LATE:
            minutes = round((now - row.due_at).total_seconds() / 60)
            said = f"{row.name} has been due for {minutes:,} min and no worker does it"
        else:
            times = "time" if row.failures == 1 else "times"
            said = f"{row.name} failed {row.failures:,} {times} in a row: {row.problem}"
        found.append(Concern(row.name, said))
    return found
