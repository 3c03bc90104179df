"""Whose payment it is: the one question that is asked across accounts, through the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from tenants import scope
from tenants.billing.models import PaymentTry, StripeCustomer
from tenants.billing.services import taking_back

REASON = "find whose payment at Stripe this is"


@dataclass(frozen=True)
class Found:
    """A row and its account."""

    tenant_id: UUID
    id: UUID


def try_of(*, session_id: str = "", intent_id: str = "", said: Mapping[str, str]) -> Found | None:
    """The try that a page or a payment belongs to: by its id, else by what we had Stripe note on it
    (its id may not have been written down when a process died)."""
    with scope.door(REASON):
        for field, value in (("session_id", session_id), ("intent_id", intent_id)):
            one = PaymentTry.objects.filter(**{field: value}).first() if value else None
            if one is not None:
                return Found(one.tenant_id, one.pk)
        try_id = _uuid(said.get("try", ""))
        one = PaymentTry.objects.filter(pk=try_id).first() if try_id else None
        return Found(one.tenant_id, one.pk) if one is not None else None


def account_of(customer_id: str) -> UUID | None:
    """The account of a customer of Stripe."""
    if not customer_id:
        return None
    with scope.door(REASON):
        rows = StripeCustomer.objects.filter(customer_id=customer_id)
        found: UUID | None = rows.values_list("tenant_id", flat=True).first()
        return found


def account_of_method(method_id: str) -> UUID | None:
    """The account whose kept card this is."""
    with scope.door(REASON):
        rows = StripeCustomer.objects.filter(method_id=method_id)
        found: UUID | None = rows.values_list("tenant_id", flat=True).first()
        return found


def invoice_of(payment_id: str) -> Found | None:
    """The invoice on which a payment at Stripe is booked, by machine or by finance, and not taken
    back."""
    with scope.door(REASON):
        found = taking_back.booked_at(payment_id)
    return Found(*found) if found else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
