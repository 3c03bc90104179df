"""The rates of a seller, from our table. Another source of rates is plugged in here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from tenants.billing.arithmetic.taxes import Buyer, Buyers, Rate, rate_for
from tenants.billing.models import BillingDetails, LegalEntity, TaxRate

# Answers the rate for a buyer on a day.
RateSource = Callable[[LegalEntity, Buyer, date], Rate]


def rate(seller: LegalEntity, buyer: Buyer, on: date) -> Rate:
    """The rate of our table that fits best, else none."""
    rows = TaxRate.objects.filter(seller=seller).order_by("pk")
    return rate_for((_as_rate(row) for row in rows), buyer, on)


def buyer(details: BillingDetails | None) -> Buyer:
    """Where the buyer is; nowhere known without details."""
    if details is None:
        return Buyer()
    return Buyer(details.country, details.region, bool(details.tax_id.strip()))


def _as_rate(row: TaxRate) -> Rate:
    return Rate(
        row.name,
        row.percent,
        row.country,
        row.region,
        Buyers(row.buyers),
        row.starts_on,
        row.ends_on or date.max,
    )
