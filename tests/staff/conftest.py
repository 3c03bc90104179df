"""Two tenants, and our own people in each role."""

from __future__ import annotations

import pytest

from tenants.models import StaffRole, Tenant, User
from tenants.services import staff
from tenants.services.members import create_tenant
from tenants.services.people import create_person


def colleague(name: str, role: StaffRole | None, *, password: str | None = None) -> User:
    """One of our people; with no role somebody else."""
    user = create_person(email=f"{name}@staff.example.com", password=password)
    if role is not None:
        staff.appoint(user=user, role=role, actor=None)
    return user


@pytest.fixture
def ours(db: None) -> Tenant:
    return create_tenant(name="Our shop", owner_email="ours@example.com")


@pytest.fixture
def theirs(db: None) -> Tenant:
    return create_tenant(name="Their shop", owner_email="theirs@example.com")


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """By role; "stranger" has none."""
    found = {role.value: colleague(role.value, role) for role in StaffRole}
    return {**found, "stranger": colleague("stranger", None)}
