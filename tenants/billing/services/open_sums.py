"""What is open in sum, each currency by itself: an account that came back may be billed in another."""

from __future__ import annotations

from django.db.models import QuerySet, Sum

from tenants.billing.arithmetic.money import shown
from tenants.billing.models import Receivable


def said(rows: QuerySet[Receivable, Receivable]) -> str:
    """Of these: "7,140.00 USD", or "500.00 EUR and 7,140.00 USD"; "" for no rows."""
    sums = rows.values("invoice__currency").annotate(sum=Sum("open"))
    by_currency = sums.order_by("invoice__currency").values_list("invoice__currency", "sum")
    return " and ".join(shown(amount, currency) for currency, amount in by_currency)
