"""An account, its owner and somebody of finance; the default plan and prices."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from tenants import scope
from tenants.billing.models import Invoice
from tenants.billing.services import books, pairs
from tenants.models import Role, StaffRole, Tenant, User
from tenants.models.membership import Membership
from tenants.services.members import create_tenant

D = Decimal


def at(text: str) -> datetime:
    """An instant in UTC; noon when only the day is said."""
    said = text if "T" in text else f"{text}T12:00"
    return datetime.fromisoformat(said).replace(tzinfo=UTC)


@dataclass
class Account:
    tenant: Tenant
    owner: User
    finance: User

    def go_live(self, now: datetime, name: str = "Main street") -> tuple[UUID, Invoice | None]:
        """A new pair goes live at the price that is shown."""
        pair_id = uuid.uuid4()
        with scope.tenant(self.tenant.pk):
            shown = pairs.quote(now=now).agreed
            invoice = pairs.went_live(
                pair_id=pair_id, pair_name=name, agreed=shown, actor=self.owner, now=now
            )
        return pair_id, invoice

    def remove(self, pair_id: UUID, now: datetime) -> None:
        with scope.tenant(self.tenant.pk):
            pairs.removed(pair_id=pair_id, actor=self.owner, now=now)

    def invoices(self) -> list[Invoice]:
        with scope.tenant(self.tenant.pk):
            return list(Invoice.objects.order_by("issued_at", "year", "sequence"))


def account(name: str = "Shop", zone: str = "UTC") -> Account:
    tenant = create_tenant(name=name, owner_email=f"{uuid.uuid4().hex[:8]}@example.com")
    with scope.tenant(tenant.pk):
        tenant.settings = {**tenant.settings, "time_zone": zone}
        tenant.save()
        owner = Membership.objects.get(role=Role.OWNER).user
    finance = User.objects.create(
        email=f"{uuid.uuid4().hex[:8]}@example.com", is_staff=True, staff_role=StaffRole.FINANCE
    )
    return Account(tenant, owner, finance)


@pytest.fixture
def shop(db: None) -> Iterator[Account]:
    """An account whose books add up at the end, whatever the test did."""
    made = account()
    yield made
    with scope.tenant(made.tenant.pk):
        assert books.problems() == []
    assert books.number_problems(reason="prove") == []
