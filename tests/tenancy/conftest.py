"""Two tenants, as every tenancy test needs."""

from __future__ import annotations

import pytest

from tenants.models import Tenant
from tenants.services.members import create_tenant


@pytest.fixture
def ours(db: None) -> Tenant:
    return create_tenant(name="Our shop", owner_email="ours@example.com")


@pytest.fixture
def theirs(db: None) -> Tenant:
    return create_tenant(name="Their shop", owner_email="theirs@example.com")
