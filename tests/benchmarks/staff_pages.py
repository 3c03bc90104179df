"""How long the server takes for the lists of our own people when an account has a million records.

`measure` makes the rows itself, in the database it is given, and answers milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from integrations.models import Delivery, InboxItem, Incident
from tenants import scope
from tenants.models import StaffRole
from tenants.services import staff
from tests.benchmarks.pages import REQUESTS, ROWS, fill, times
from tests.staff.conftest import colleague
from tests.staff.signing_in import browser_of
from tests.web.shops import Shop, make_shop

TARGET_MS = 1_000


def measure(*, rows: int = ROWS, days: float = 1.0, requests: int = REQUESTS) -> dict[str, Any]:
    """Makes `rows` records over the last `days` and asks for each list `requests` times.

    {"rows", "target_p95_ms", "pages": {name: {"p50_ms", "p95_ms"}}, "worst_p95_ms"}
    """
    shop = make_shop(f"Benchmark {timezone.now():%H%M%S%f}")
    fill(shop, rows=rows, days=days)
    incident = _stopped(shop)
    manager = colleague(f"manager-{shop.tenant.slug}", StaffRole.ACCOUNT_MANAGER)
    staff.assign(tenant_id=shop.tenant.pk, staff=manager, actor=None)
    client = browser_of(manager)
    pages = {name: times(client, url, requests) for name, url in _urls(shop, incident.pk).items()}
    return {
        "rows": rows,
        "target_p95_ms": TARGET_MS,
        "pages": pages,
        "worst_p95_ms": max(page["p95_ms"] for page in pages.values()),
    }


def _stopped(shop: Shop) -> Incident:
    """One incident that holds every stopped delivery of orders."""
    now = timezone.now()
    with scope.tenant(shop.tenant.pk):
        made: Incident = Incident.objects.create(
            fingerprint="benchmark", side="target", entity="order", connection=shop.pair.pos,
            message="no item for SKU", first_at=now, opened_at=now, last_at=now,
        )  # fmt: skip
        stopped = Delivery.objects.filter(entity="order", state__in=("held", "dead"))
        stopped.update(incident=made)
    return made


def _urls(shop: Shop, incident: int) -> Mapping[str, str]:
    with scope.tenant(shop.tenant.pk):
        orders = InboxItem.objects.filter(entity="order").order_by("pk")
        item, middle = orders[0], orders[1000]
    base = f"/admin/accounts/{shop.tenant.slug}/"
    microseconds = round(middle.received_at.timestamp() * 1_000_000)
    mark = f"after={microseconds}-{middle.pk}"
    flow = shop.flows["order"].pk  # type: ignore[index]
    lists = {
        f"{name}{query and ' '}{query}": f"{base}{name}/?{query}"
        for name, queries in {
            "inbox": ("", "state=held", "state=merged", f"flow={flow}"),
            "deliveries": ("", "state=held", "state=unchanged", "state=replaced", f"flow={flow}"),
            "attempts": ("", "state=bad", "entity=customer"),
            "incidents": ("", "state=closed"),
        }.items()
        for query in queries
    }
    older = {
        f"{name} older": f"{base}{name}/?{mark}" for name in ("inbox", "deliveries", "attempts")
    }
    return {
        **lists,
        **older,
        "inbox of an hour": f"{base}inbox/?from={middle.received_at:%Y-%m-%dT%H:%M}%2B00:00",
        "deliveries of an incident": f"{base}deliveries/?incident={incident}",
        "incident": f"{base}incidents/{incident}/",
        "record": f"{base}records/{item.pk}/",
        "search": f"{base}search/?q={middle.number}&list",
        "find": f"/admin/find/?q={middle.number}",
    }
