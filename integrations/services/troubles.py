"""What keeps a tenant from being well, for the work list of account managers.

Each figure is the one the tenant's own pages show, from the same services. The chore looks at every
tenant in its own scope and writes one row down, so that the list costs one query however many tenants
there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min

from integrations.models import (
    Connection,
    ConnectionState,
    DeliveryState,
    Flow,
    Incident,
    IncidentState,
    Lane,
    Pair,
    PairState,
)
from integrations.services import accuracy, billed, connections, onboarding
from integrations.services.overview import open_records
from integrations.sync import pipeline
from tenants import scope
from tenants.billing.services import needs
from tenants.models import ApiToken, Standing
from tenants.services import standings
from tenants.services.standings import Trouble

CHORE = "standings"
EVERY = timedelta(minutes=1)
TURN_SECONDS = 45.0
# So many tenants a turn; the others come first in the next one.
MOST = 2_000

BACKLOG_AFTER = timedelta(minutes=15)
STUCK_AFTER = timedelta(days=1)
TOKEN_ENDS_WITHIN = timedelta(days=14)
RENEWAL_LATE = timedelta(hours=1)
# Of the articles both sides sell, in the newest comparison of a running pair.
ACCURACY_TARGET = 0.995
# Among so many open incidents, the oldest first, one that can be replayed is looked for.
FIRST = 20


class Kind(StrEnum):
    RECONNECT = "reconnect"
    INCIDENTS = "incidents"
    BACKLOG = "backlog"
    RENEWAL = "renewal"
    PAUSED = "paused"
    PAIR_PAUSED = "pair_paused"
    ACCURACY = "accuracy"
    ONBOARDING = "onboarding"
    TOKEN = "token"  # noqa: S105 - a kind of trouble, no secret
    PAST_GRACE = "past_grace"
    CHARGE = "charge"
    UNPAID = "unpaid"
    MAIL = "mail"
    TRIAL = "trial"


# What loses sales or oversells comes first, what is only due soon comes last.
URGENCY: Mapping[Kind, int] = {
    Kind.RECONNECT: 90,
    Kind.INCIDENTS: 80,
    Kind.BACKLOG: 70,
    Kind.RENEWAL: 60,
    Kind.PAST_GRACE: 55,
    Kind.PAUSED: 50,
    Kind.CHARGE: 48,
    Kind.PAIR_PAUSED: 45,
    Kind.ACCURACY: 40,
    Kind.UNPAID: 35,
    Kind.MAIL: 33,
    Kind.ONBOARDING: 30,
    Kind.TRIAL: 25,
    Kind.TOKEN: 20,
}


@dataclass(frozen=True)
class Found:
    """Everything one look at a tenant has found."""

    troubles: Sequence[Trouble]
    steps: Mapping[str, Any]


def look_at_all(now: datetime) -> None:
    """The chore: every tenant, the one that was not looked at for longest first."""
    end = time.monotonic() + TURN_SECONDS
    for tenant_id in standings.to_look_at(limit=MOST):
        if time.monotonic() > end:
            return
        pipeline.survives(f"standing of tenant {tenant_id}", partial(_look_at, tenant_id, now=now))


def _look_at(tenant_id: UUID, *, now: datetime) -> None:
    with scope.tenant(tenant_id):
        look(now=now)


def look(*, now: datetime) -> Standing:
    """Looks at the tenant in scope and writes down how it stands."""
    found = find(steps=standings.steps(), now=now)
    return standings.keep(found.troubles, steps=found.steps, now=now)


def find(*, steps: Mapping[str, Any], now: datetime) -> Found:
    """What troubles the tenant in scope. `steps`: what the last look kept of open onboardings."""
    running = [
        pair
        for pair in Pair.objects.select_related("pos", "store").order_by("pk")
        if pair.state != PairState.DRAFT
    ]
    stuck, kept = _onboardings(steps, now=now)
    looks: Iterable[Callable[[], Iterable[Trouble]]] = (
        _connections,
        _incidents,
        partial(_backlog, running, now=now),
        partial(_renewals, now=now),
        partial(_pairs, running),
        partial(_accuracy, running),
        partial(_tokens, now=now),
        partial(_bills, now=now),
    )
    return Found([one for each in looks for one in each()] + stuck, kept)


def _trouble(kind: Kind, about: object, said: str, since: datetime, mark: object = "") -> Trouble:
    """`mark`: what another trouble about the same thing would have differently, for who left this one
    alone."""
    return Trouble(kind.value, URGENCY[kind], str(about), said, since, str(mark)[:64])


def _connections() -> Iterator[Trouble]:
    wanted = (ConnectionState.NEEDS_OWNER, ConnectionState.PAUSED)
    for row in Connection.objects.filter(state__in=wanted).order_by("state_since", "pk"):
        if row.state == ConnectionState.NEEDS_OWNER:
            said = f"{row.name} refuses our credentials. The owner has to reconnect it."
            yield _trouble(Kind.RECONNECT, row.pk, said, row.state_since, row.state_since)
        else:
            said = f"{row.name} is paused. What comes is kept and waits."
            yield _trouble(Kind.PAUSED, row.pk, said, row.state_since, row.state_since)


def _incidents() -> Iterator[Trouble]:
    rows = Incident.objects.filter(state=IncidentState.OPEN)
    sums = rows.aggregate(count=Count("pk"), first=Min("opened_at"), newest=Max("pk"))
    if sums["count"]:
        said = (
            "1 incident is open." if sums["count"] == 1 else f"{sums['count']} incidents are open."
        )
        oldest = rows.order_by("opened_at", "pk")[:FIRST]
        one = next((row for row in oldest if row.has_records and not row.is_replaying), None)
        found = _trouble(Kind.INCIDENTS, "", said, sums["first"], sums["newest"])
        yield replace(found, act=str(one.pk) if one else "")


def _backlog(pairs: Sequence[Pair], *, now: datetime) -> Iterator[Trouble]:
    running = [pair.pk for pair in pairs if pair.is_running]
    if not running:
        return
    flows = list(Flow.objects.filter(pair__in=running, is_on=True).order_by("pk"))
    waiting = [
        row
        for (_, state), row in open_records(flows).items()
        if state == DeliveryState.WAITING and row.oldest is not None
    ]
    oldest = min((row.oldest for row in waiting if row.oldest), default=None)
    if oldest is not None and oldest < now - BACKLOG_AFTER:
        count = sum(row.count for row in waiting)
        words = "1 record waits" if count == 1 else f"{count:,} records wait"
        said = f"{words}, the oldest for {_span(now - oldest)}."
        yield _trouble(Kind.BACKLOG, "", said, oldest)


def _renewals(*, now: datetime) -> Iterator[Trouble]:
    late = Lane.objects.filter(
        refresh_at__lt=now - RENEWAL_LATE, connection__state=ConnectionState.ACTIVE
    )
    for lane in late.select_related("connection").order_by("refresh_at", "pk"):
        if lane.refresh_at is not None:
            said = f"The credentials of {lane.connection.name} were not renewed in time."
            ends_at = _ends_at(lane.connection)
            if ends_at is not None and ends_at > now:
                said += f" They end in {_span(ends_at - now)}; then the owner has to reconnect it."
            elif ends_at is not None:
                said += " They have ended: the owner has to reconnect it."
            yield _trouble(Kind.RENEWAL, lane.pk, said, lane.refresh_at)


def _ends_at(connection: Connection) -> datetime | None:
    """A seal that does not open is told on the page of the connection; here it is only unknown."""
    try:
        return connections.ends_at(connection)
    except connections.VaultError:
        return None


def _pairs(pairs: Sequence[Pair]) -> Iterator[Trouble]:
    for pair in pairs:
        # One that was removed, or whose subscription ended, stands still because its owner said so.
        if pair.state == PairState.PAUSED and not billed.obstacle_to_resuming(pair):
            since = max(pair.pos.state_since, pair.store.state_since, pair.created_at)
            said = f"The pair {pair.name} is paused."
            yield _trouble(Kind.PAIR_PAUSED, pair.pk, said, since, since)


def _accuracy(pairs: Sequence[Pair]) -> Iterator[Trouble]:
    running = {pair.pk: pair for pair in pairs if pair.is_running}
    for pair_id, run in accuracy.latest_of(pairs=list(running.values())).items():
        if run.matched and run.equal / run.matched < ACCURACY_TARGET:
            off = run.matched - run.equal
            articles = "article differs" if off == 1 else "articles differ"
            said = (
                f"{running[pair_id].name}: {off:,} of {run.matched:,} {articles} in stock"
                " between both sides."
            )
            yield _trouble(Kind.ACCURACY, pair_id, said, run.started_at)


def _tokens(*, now: datetime) -> Iterator[Trouble]:
    ending = ApiToken.objects.filter(
        revoked_at=None, expires_at__gt=now, expires_at__lt=now + TOKEN_ENDS_WITHIN
    )
    for token in ending.order_by("expires_at", "pk"):
        said = f"The API token {token.name} ends in {_span(token.expires_at - now)}."
        yield _trouble(Kind.TOKEN, token.pk, said, token.expires_at - TOKEN_ENDS_WITHIN)


def _bills(*, now: datetime) -> Iterator[Trouble]:
    for one in needs.needs(now=now):
        found = _trouble(Kind(one.need.value), "", one.said, one.since, one.mark)
        yield replace(found, act=one.act)


def _onboardings(
    before: Mapping[str, Any], *, now: datetime
) -> tuple[list[Trouble], dict[str, list[str]]]:
    """Ways that stay at one step for over a day, and the step each is at since when.

    A way that was never looked at counts from when it was begun.
    """
    stuck: list[Trouble] = []
    steps: dict[str, list[str]] = {}
    for way in onboarding.open_ways():
        current = onboarding.progress(way).current
        known = before.get(str(way.pk))
        if known is None:
            since = way.begun_at
        elif known[0] == current.step:
            since = datetime.fromisoformat(known[1])
        else:
            since = now
        steps[str(way.pk)] = [current.step.value, since.isoformat()]
        if since < now - STUCK_AFTER:
            said = (
                f"Setting up has stood at step {current.number} of {len(onboarding.Step)} for"
                f" {_span(now - since)}: {current.left}"
            )
            stuck.append(_trouble(Kind.ONBOARDING, way.pk, said, since, current.step.value))
    return stuck, steps


def _span(time: timedelta) -> str:
    minutes = max(1, round(time.total_seconds() / 60))
    if minutes < 120:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    hours = minutes // 60
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"
