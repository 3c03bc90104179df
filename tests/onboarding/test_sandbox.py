"""The sandbox in one click: a pair that runs, orders that arrive, and a sandbox that was lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from clarity.demo import pairing
from integrations.models import (
    Connection,
    ConnectionState,
    Environment,
    Pair,
    PairState,
    Preflight,
    SandboxPair,
)
from integrations.services import sandbox_pairs, sandbox_watch
from integrations.services.sandbox_hosts import Host
from integrations.webhooks import doors
from tenants import scope
from tenants.models import AuditEntry, Role
from tests.onboarding.conftest import Newcomer

SYSTEMS = {"pos": "heartland", "store": "shopify"}


def made(newcomer: Newcomer) -> SandboxPair:
    newcomer.client.post(newcomer.path("sandbox/"), SYSTEMS)
    with scope.tenant(newcomer.tenant.pk):
        return SandboxPair.objects.select_related("pair__pos", "pair__store").get()


def seen(row: SandboxPair) -> sandbox_watch.Seen:
    assert row.pair is not None
    with scope.tenant(row.tenant_id):
        return sandbox_watch.look(pair=row.pair, sandbox=row)


def until(newcomer: Newcomer, row: SandboxPair, done: Callable[[Any], bool]) -> Any:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        newcomer.work()
        if done(found := seen(row)):
            return found
    pytest.fail(f"waited in vain: {seen(row)}")


def test_one_click_brings_the_first_order_to_the_till(newcomer: Newcomer) -> None:
    offer = newcomer.client.get(newcomer.path()).content.decode()
    for store in pairing.stores():
        assert f"Show me Heartland and {pairing.label(store)}" in offer
    answer = newcomer.client.post(newcomer.path("sandbox/"), SYSTEMS, follow=True)
    assert "Waiting for the shop" in answer.content.decode() or "on its way" in (
        answer.content.decode()
    )
    with scope.tenant(newcomer.tenant.pk):
        row = SandboxPair.objects.select_related("pair").get()
        assert row.pair is not None
        assert row.pair.state == PairState.TESTING
        assert {one.environment for one in Connection.objects.all()} == {Environment.SANDBOX}
        assert Preflight.objects.filter(pair=row.pair).count() == 1
        assert AuditEntry.objects.filter(action="sandbox.made").count() == 1

    found = until(newcomer, row, lambda now: sum(one.has_arrived for one in now.orders) == 2)
    assert found.first_seconds is not None
    page = newcomer.client.get(newcomer.path(f"sandbox/{row.pair_id}/now/")).content.decode()
    assert "Is S-1001 in Heartland" in page
    assert sorted(re.findall(r"Order (#\d+)</a>", page)) == ["#1001", "#1002"]
    assert "after you asked for the sandbox" in page

    url = newcomer.path(f"sandbox/{row.pair_id}/act/")
    text = newcomer.client.post(url, {"what": "order"}, follow=True).content.decode()
    assert "Ordered in the shop." in text
    text = newcomer.client.post(url, {"what": "sale"}, follow=True).content.decode()
    assert "Sold at the till." in text
    until(newcomer, row, lambda now: sum(one.has_arrived for one in now.orders) == 3)

    _survives_a_restart(newcomer, row)


def _survives_a_restart(newcomer: Newcomer, row: SandboxPair) -> None:
    """The sandbox forgets its account, as after a restart of its process."""
    before = row.account_name
    Host("heartland", newcomer.urls["heartland"]).drop(before)
    sandbox_pairs.tend(public_url=newcomer.public_url, now=timezone.now())
    # For a while the web process remembers how the shop signed before.
    doors.forget()
    with scope.tenant(newcomer.tenant.pk):
        row.refresh_from_db()
        ids = Connection.objects.get(pk=row.pair.pos_id).settings["location_id"]  # type: ignore[union-attr]
    assert (row.generation, row.account_name != before) == (2, True)
    assert row.reset_at is not None
    assert int(ids) > 1_000_000
    page = newcomer.client.get(newcomer.path(f"sandbox/{row.pair_id}/now/")).content.decode()
    assert "The sandbox was started anew" in page
    url = newcomer.path(f"sandbox/{row.pair_id}/act/")
    newcomer.client.post(url, {"what": "order"})
    # The shop counts from #1001 again, and its first order is not taken for the one before.
    until(newcomer, row, lambda now: sum(one.has_arrived for one in now.orders) == 4)
    sandbox_pairs.tend(public_url=newcomer.public_url, now=timezone.now())
    with scope.tenant(newcomer.tenant.pk):
        row.refresh_from_db()
        assert row.generation == 2
        # Whoever made them anew died before the till's connection led there.
        till = Connection.objects.filter(pk=row.pair.pos_id)  # type: ignore[union-attr]
        old = till.get().base_url.replace(row.account_name, before)
        till.update(base_url=old, state=ConnectionState.PAUSED)
    sandbox_pairs.tend(public_url=newcomer.public_url, now=timezone.now())
    with scope.tenant(newcomer.tenant.pk):
        row.refresh_from_db()
        assert row.generation == 3
        assert row.account_name in till.get().base_url
        assert till.get().state == ConnectionState.PAUSED


def test_there_is_an_end_to_sandboxes_and_none_is_half_made(
    newcomer: Newcomer, settings: Any
) -> None:
    known = settings.CLARITY_SANDBOXES
    settings.CLARITY_SANDBOXES = {**known, "shopify": "http://127.0.0.1:9"}
    text = newcomer.client.post(newcomer.path("sandbox/"), SYSTEMS, follow=True).content.decode()
    assert "The Shopify sandbox does not answer just now." in text
    with scope.tenant(newcomer.tenant.pk):
        assert not Connection.objects.exists()
        assert not SandboxPair.objects.exists()
    settings.CLARITY_SANDBOXES = known
    for _ in range(sandbox_pairs.MOST):
        newcomer.client.post(newcomer.path("sandbox/"), SYSTEMS)
    text = newcomer.client.post(newcomer.path("sandbox/"), SYSTEMS, follow=True).content.decode()
    assert "which is the most there can be" in text
    with scope.tenant(newcomer.tenant.pk):
        assert Pair.objects.count() == sandbox_pairs.MOST
        SandboxPair.objects.all().delete()
        SandboxPair.objects.create(account="sb-x", began_at=timezone.now())
    text = newcomer.client.post(newcomer.path("sandbox/"), SYSTEMS, follow=True).content.decode()
    assert "is being made already" in text


def test_only_admins_and_owners_make_one(newcomer: Newcomer) -> None:
    for role in (Role.OPERATOR, Role.VIEWER):
        client = newcomer.member(role)
        assert "Show me" not in client.get(newcomer.path()).content.decode()
        assert client.post(newcomer.path("sandbox/"), SYSTEMS).status_code == 403
    strange = newcomer.client.post(
        newcomer.path("sandbox/"), {"pos": "shopify", "store": "heartland"}, follow=True
    )
    assert "hosts no such sandbox" in strange.content.decode()
    with scope.tenant(newcomer.tenant.pk):
        assert not SandboxPair.objects.exists()
