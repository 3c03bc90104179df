"""Erases an account for good.

Begun in one transaction: from its commit on nothing is done for the account and what was sealed
for it cannot be read. The rest is a chore that may be killed anywhere: our webhooks are taken away
at the connected accounts and its customer at Stripe is deleted, then the last key goes, then the
rows, and the tenant itself at the end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import connection as database

from integrations.models import (
    Connection,
    ConnectionState,
    Erasure,
    Lane,
    Pair,
    PairState,
)
from integrations.services import connections, erased_payers
from integrations.services.connection_state import take_webhooks_away
from integrations.services.hurrying import hurry
from integrations.services.removing import remove_tenant_rows
from integrations.sync import lanes, pipeline
from tenants import scope
from tenants.models import Membership, Tenant, User
from tenants.services import audit

log = logging.getLogger(__name__)

CHORE = "erasures"
REASON = "erase accounts"
# A worker is ended that takes too long; what is left is done in the next turn.
_FOR = timedelta(seconds=20)
# Longer than any process remembers a key or the address of a webhook, so that what it may still
# write is swept up as well.
_SETTLED = timedelta(seconds=60)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class CannotErase(ValueError):
    """The account is not erased; `field` names what was entered wrong."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Progress:
    """How far an erasure is, for the page that tells it. `rows`: how many were erased so far."""

    erasure: Erasure
    rows: int
    tables: Sequence[tuple[str, int]]


def begin(*, tenant_id: UUID, typed_name: str, actor: User, now: datetime) -> Erasure:
    """Starts the erasure; the same one is answered when it was started before.

    Who calls this has made sure that it is the owner who asks, by their password. Call outside any
    scope. Raises CannotErase when the name typed is not that of the business.
    """
    with scope.tenant(tenant_id):
        tenant = Tenant.objects.get(pk=tenant_id)
        known: Erasure | None = Erasure.objects.filter(account=tenant_id).first()
        if known is not None:
            return known
        if " ".join(typed_name.split()).casefold() != " ".join(tenant.name.split()).casefold():
            raise CannotErase(
                f"That is not the name of your business. Type {tenant.name} to confirm.",
                field="name",
            )
        _stop_everything(tenant_id, now=now)
        connections.shred(tenant_id)
        tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)
        tenant.erasing_since = now
        tenant.save(update_fields=["erasing_since"])
        erasure, made = Erasure.objects.get_or_create(
            account=tenant_id,
            defaults={"business": tenant.name, "started_at": now, "shredded_at": now},
        )
        if made:
            audit.record(
                action="account.erasure_started",
                object_type="Tenant",
                object_id=tenant_id,
                actor=actor,
                after={"receipt": str(erasure.pk)},
            )
            hurry(CHORE, now=now)
    log.warning("account %s is being erased", tenant_id)
    return erasure


def _stop_everything(tenant_id: UUID, *, now: datetime) -> None:
    """No lane is worked any more, and whoever works one stops at its next step."""
    rows = Connection.objects.order_by("pk").values_list("pk", flat=True)
    with database.cursor() as cursor:
        for connection_id in list(rows):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lanes.lock_key(connection_id)])
    for lane in Lane.objects.select_for_update().order_by("pk"):
        Lane.objects.filter(pk=lane.pk).update(
            token=lane.token + 1, holder="", lease_until=None, due_at=None, parked_until=_NEVER
        )
    Connection.objects.exclude(state=ConnectionState.DISCONNECTED).update(
        state=ConnectionState.PAUSED, state_reason="The account is being erased.", state_since=now
    )
    Pair.objects.filter(state__in=(PairState.LIVE, PairState.TESTING)).update(
        state=PairState.PAUSED
    )


def find(receipt: UUID) -> Progress | None:
    """The erasure with this receipt. Needs no scope: the id is the proof."""
    erasure = Erasure.objects.filter(pk=receipt).first()
    if erasure is None:
        return None
    tables = sorted(erasure.counts.items(), key=lambda row: -row[1])
    return Progress(erasure, sum(erasure.counts.values()), tables)


def of_tenant(tenant_id: UUID) -> Erasure | None:
    """The erasure of an account that is being erased."""
    found: Erasure | None = Erasure.objects.filter(account=tenant_id).first()
    return found


def run_due(now: datetime) -> None:
    """Goes on with every erasure, for a while. Call outside any scope."""
    until = time.monotonic() + _FOR.total_seconds()
    for erasure in Erasure.objects.filter(finished_at=None).order_by("started_at"):
        if time.monotonic() > until:
            return
        pipeline.survives(f"erasure {erasure.pk}", partial(_advance, erasure, until=until, now=now))


def _advance(erasure: Erasure, *, until: float, now: datetime) -> None:
    if erasure.revoked_at is None:
        erasure.revoked = [
            *_revoke(erasure.account),
            *erased_payers.leave(erasure.account, now=now),
        ]
        erasure.revoked_at = now
        erasure.save(update_fields=["revoked", "revoked_at"])
    connections.erase_keys(erasure.account)
    is_empty = _remove_rows(erasure, until=until)
    if is_empty and now >= erasure.started_at + _SETTLED:
        _finish(erasure, now=now)


def _revoke(tenant_id: UUID) -> list[dict[str, str]]:
    """Takes our webhooks away at each account, as far as it lets us."""
    with scope.tenant(tenant_id):
        found = list(Connection.objects.order_by("name", "pk"))
    told = []
    for connection in found:
        problem = "it was disconnected before"
        if connection.state != ConnectionState.DISCONNECTED:
            problem = take_webhooks_away(connection, public_url=settings.CLARITY_PUBLIC_URL)
        told.append({"name": connection.name, "system": connection.connector, "problem": problem})
    return told


def _remove_rows(erasure: Erasure, *, until: float) -> bool:
    counts = dict(erasure.counts)

    def go_on() -> bool:
        # Counted with every step, so that a kill loses one step's number at most and no row.
        Erasure.objects.filter(pk=erasure.pk).update(counts=counts)
        return time.monotonic() < until

    is_over = remove_tenant_rows(erasure.account, counts=counts, go_on=go_on)
    erasure.counts = counts
    return is_over


def _finish(erasure: Erasure, *, now: datetime) -> None:
    with scope.door(REASON):
        members = Membership.objects.filter(tenant_id=erasure.account).count()
        Tenant.objects.filter(pk=erasure.account).delete()
        counts = {**erasure.counts, "tenants_membership": members}
        Erasure.objects.filter(pk=erasure.pk).update(finished_at=now, counts=counts)
        audit.record(
            action="account.erased",
            object_type="Tenant",
            object_id=erasure.account,
            tenant_id=erasure.account,
            after={"receipt": str(erasure.pk), "rows": sum(counts.values())},
        )
    log.warning("account %s is erased", erasure.account)
