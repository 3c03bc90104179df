"""Rows of billing; import them from here."""

from __future__ import annotations

from tenants.billing.models.invoice import Invoice, InvoiceKind, InvoiceLine
from tenants.billing.models.ledger import LedgerModel
from tenants.billing.models.letter import Letter, LetterKind, LetterState
from tenants.billing.models.payment import Method, Payment, Receivable
from tenants.billing.models.plan import Plan, Price
from tenants.billing.models.provider import (
    EventState,
    PaymentTry,
    StripeCustomer,
    StripeEvent,
    TryState,
    Way,
)
from tenants.billing.models.seller import LegalEntity, NumberSeries, TaxRate
from tenants.billing.models.subscription import (
    BilledPair,
    BillingDetails,
    Contract,
    Discount,
    Subscription,
    SubscriptionState,
)
from tenants.billing.models.trial import Trial
from tenants.billing.models.unmatched import UnmatchedPayment, UnmatchedState

__all__ = [
    "BilledPair",
    "BillingDetails",
    "Contract",
    "Discount",
    "EventState",
    "Invoice",
    "InvoiceKind",
    "InvoiceLine",
    "LedgerModel",
    "LegalEntity",
    "Letter",
    "LetterKind",
    "LetterState",
    "Method",
    "NumberSeries",
    "Payment",
    "PaymentTry",
    "Plan",
    "Price",
    "Receivable",
    "StripeCustomer",
    "StripeEvent",
    "Subscription",
    "SubscriptionState",
    "TaxRate",
    "Trial",
    "TryState",
    "UnmatchedPayment",
    "UnmatchedState",
    "Way",
]
