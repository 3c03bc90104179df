"""A tenant without a pair, with sandboxes of this installation beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from conftest import SandboxProcess
from integrations.models import Lane
from integrations.services import dry_run, preflight
from integrations.sync import slices
from integrations.webhooks import doors
from tenants import scope
from tenants.models import Membership, Role, Tenant, User
from tenants.services.members import create_tenant


@dataclass
class Newcomer:
    """A retailer who has just signed up. `client`: a browser in which the owner is signed in."""

    tenant: Tenant
    owner: User
    client: Client
    urls: Mapping[str, str]
    public_url: str

    def path(self, rest: str = "") -> str:
        return f"/t/{self.tenant.slug}/start/{rest}"

    def work(self) -> None:
        """One slice of each lane, as the workers would do it."""
        with scope.tenant(self.tenant.pk):
            lanes = list(Lane.objects.values_list("connection_id", flat=True))
        for connection_id in lanes:
            slices.run(tenant_id=self.tenant.pk, connection_id=connection_id)

    def member(self, role: Role) -> Client:
        """A browser in which somebody of that role is signed in."""
        user = User.objects.create_user(email=f"{role}@example.com")
        with scope.tenant(self.tenant.pk):
            Membership.objects.create(user=user, role=role)
        client = Client()
        client.force_login(user)
        return client


@pytest.fixture
def newcomer(
    transactional_db: None,
    live_server: Any,
    sandboxes: Mapping[str, SandboxProcess],
    account_name: str,
    settings: Any,
) -> Newcomer:
    doors.forget()
    settings.CLARITY_LANE_SLICE_SECONDS = 1
    settings.CLARITY_SANDBOXES = {name: one.url for name, one in sandboxes.items()}
    settings.CLARITY_PUBLIC_URL = live_server.url
    tenant = create_tenant(name=account_name, owner_email=f"{account_name}@example.com")
    owner = User.objects.get(email=f"{account_name}@example.com")
    client = Client()
    client.force_login(owner)
    return Newcomer(tenant, owner, client, settings.CLARITY_SANDBOXES, live_server.url)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What workers would do with preflights and dry runs is done when it is asked for."""
    queued: list[Callable[[], None]] = []

    def look(**ids: Any) -> None:
        queued.append(lambda: preflight.run(**ids))

    def dry(**ids: Any) -> None:
        queued.append(lambda: dry_run.run(**ids))

    monkeypatch.setattr(preflight, "enqueue_preflight", look)
    monkeypatch.setattr(dry_run, "enqueue_dry_run", dry)

    def do() -> None:
        while queued:
            queued.pop(0)()

    return do
