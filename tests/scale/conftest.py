"""A pair over real sandboxes, and lanes whose rows a test sets as it likes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from conftest import SandboxProcess
from integrations.models import Chore, Connection, Lane
from tenants import scope
from tenants.services.members import create_tenant
from tests.flow.conftest import Rig
from tests.scale import rigs


@pytest.fixture
def make_rigs(
    transactional_db: None,
    live_server: Any,
    sandboxes: Mapping[str, SandboxProcess],
    account_name: str,
) -> Callable[..., list[Rig]]:
    """Makes so many tenants, each with a running pair of its own."""

    def make(count: int, **options: Any) -> list[Rig]:
        return [
            rigs.make(
                f"{account_name}-{number}",
                shop_url=sandboxes["shopify"].url,
                till_url=sandboxes["heartland"].url,
                public_url=live_server.url,
                **options,
            )
            for number in range(count)
        ]

    return make


@pytest.fixture
def tenant_id(transactional_db: None, account_name: str) -> UUID:
    """The tenant of the lanes of `make_lane`."""
    return UUID(str(create_tenant(name=account_name, owner_email="owner@example.com").pk))


@pytest.fixture
def no_chores(transactional_db: None) -> None:
    """No chore of the platform is due, so the pulse has nothing to hint but lanes."""
    Chore.objects.create(name="rest", due_at=timezone.now() + timedelta(days=1))


@pytest.fixture
def make_lane(tenant_id: UUID, no_chores: None) -> Callable[..., UUID]:
    """Makes a lane; each time is given in seconds from now."""

    def make(**seconds: float) -> UUID:
        def at(name: str) -> datetime | None:
            return timezone.now() + timedelta(seconds=seconds[name]) if name in seconds else None

        values: dict[str, Any] = {
            name: at(name) for name in ("due_at", "hinted_at", "lease_until", "parked_until")
        }
        with scope.tenant(tenant_id):
            connection = Connection.objects.create(
                connector="shopify",
                flavour="admin",
                name=f"Shop {Connection.objects.count()}",
                environment="sandbox",
                base_url="http://127.0.0.1:1",
            )
            Lane.objects.create(connection=connection, **values)
        return UUID(str(connection.pk))

    return make
