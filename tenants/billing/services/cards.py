"""The card that the owner lets us charge, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenants.billing.models import StripeCustomer


@dataclass(frozen=True)
class Kept:
    """What is charged by itself, in words: "Visa ending in 4242"."""

    said: str
    expires: str
    kept_at: datetime


def kept() -> Kept | None:
    """Of the account in scope; None when nothing may be charged without the owner."""
    row: StripeCustomer | None = StripeCustomer.objects.exclude(method_id="").first()
    if row is None or row.kept_at is None:
        return None
    expires = f"{row.expires_month:02}/{row.expires_year}" if row.expires_year else ""
    return Kept(named(row.kind, row.brand, row.last4), expires, row.kept_at)


def named(kind: str, brand: str, last4: str) -> str:
    """A card or a bank account as its owner knows it."""
    what = brand.replace("_", " ") or kind.replace("_", " ") or "card"
    what = what[:1].upper() + what[1:]
    return f"{what} ending in {last4}" if last4 else what
