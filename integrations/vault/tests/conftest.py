"""Tenants with a connection each, in a real database whose transactions commit."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from integrations.models import Connection, Environment
from integrations.vault import keyring
from tenants import scope
from tenants.models import Tenant

MASTER_A = "2026a:" + base64.b64encode(bytes(range(32))).decode()
MASTER_B = "2026b:" + base64.b64encode(bytes(range(1, 33))).decode()


@pytest.fixture(autouse=True)
def _one_known_master_key(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.CLARITY_MASTER_KEYS = [MASTER_A]
    settings.CLARITY_DATA_DIR = tmp_path
    keyring.cache.clear()
    yield
    keyring.cache.clear()


@pytest.fixture
def make_tenant(transactional_db: None) -> Callable[[str], uuid.UUID]:
    def make(slug: str) -> uuid.UUID:
        with scope.door("a test makes a tenant"):
            return Tenant.objects.create(name=slug.title(), slug=slug).pk

    return make


@pytest.fixture
def tenant_id(make_tenant: Callable[[str], uuid.UUID]) -> uuid.UUID:
    return make_tenant("first")


@pytest.fixture
def other_tenant_id(make_tenant: Callable[[str], uuid.UUID]) -> uuid.UUID:
    return make_tenant("second")


def make_connection(tenant_id: uuid.UUID, name: str = "Shop") -> uuid.UUID:
    with scope.tenant(tenant_id):
        return Connection.objects.create(
            connector="shopify",
            flavour="admin",
            name=name,
            environment=Environment.SANDBOX,
            base_url="http://127.0.0.1:9/",
        ).pk


@pytest.fixture
def connection_id(tenant_id: uuid.UUID) -> uuid.UUID:
    return make_connection(tenant_id)
