"""How every tenant begins: with an e-mail channel to its owners and a daily digest at eight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from integrations.models import AlertChannel, AlertPlan, ChannelKind, Topic
from integrations.services import alert_rules
from integrations.services.alert_words import zone_of
from integrations.sync import pipeline
from tenants import scope
from tenants.models import Tenant
from tenants.services import audit

FIRST_CHANNEL = "Owners"
# A new tenant's first channel is made within this time; what began meanwhile is still told.
MADE_WITHIN = timedelta(minutes=1)


def make_missing(now: datetime) -> int:
    """The first channel of each tenant that has none yet; answers how many tenants there were."""
    with scope.door("tenants without an alert plan"):
        known = AlertPlan.objects.values("tenant_id")
        missing = list(
            Tenant.objects.filter(erasing_since=None)
            .exclude(pk__in=known)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
    for tenant_id in missing:
        pipeline.survives(f"first alert channel of tenant {tenant_id}", _maker(tenant_id, now))
    return len(missing)


def _maker(tenant_id: UUID, now: datetime) -> Callable[[], None]:
    return partial(_make_in_scope, tenant_id, now)


def _make_in_scope(tenant_id: UUID, now: datetime) -> None:
    with scope.tenant(tenant_id):
        plan(Tenant.objects.get(pk=tenant_id), now=now)


def plan(tenant: Tenant, *, now: datetime) -> AlertPlan:
    """How the tenant is told, made with its first channel when there is none yet. Call inside its
    scope. A first channel that was deleted does not come back."""
    found: AlertPlan | None = AlertPlan.objects.first()
    if found is not None:
        return found
    made = AlertPlan()
    made.digest_day = alert_rules.day_before_first(
        now=now, zone=zone_of(tenant), hour=made.digest_hour
    )
    # Of two that come at once, one makes both.
    AlertPlan.objects.bulk_create([made], ignore_conflicts=True)
    locked: AlertPlan = AlertPlan.objects.select_for_update().get()
    if not AlertChannel.objects.exists():
        channel = AlertChannel.objects.create(
            kind=ChannelKind.EMAIL,
            name=FIRST_CHANNEL,
            to_owners=True,
            has_digest=True,
            hears=list(Topic.values),
            hears_from=now - MADE_WITHIN,
            created_at=now,
        )
        audit.record(
            action="alert_channel.created",
            object_type="AlertChannel",
            object_id=channel.pk,
            after={"name": channel.name, "to_owners": True, "hears": channel.hears},
            reason="every account begins with it",
        )
    return locked
