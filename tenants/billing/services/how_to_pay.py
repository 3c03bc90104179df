"""How an invoice can be paid: through Stripe where its keys are set, and by transfer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from tenants.billing.arithmetic.money import ZERO
from tenants.billing.models import Invoice, InvoiceKind, LegalEntity, Receivable
from tenants.billing.services import cards, tries, unmatched


@dataclass(frozen=True)
class HowToPay:
    """`open` is what is left to pay, 0 when nothing is. `bank_lines`: the seller's account, line by
    line; none until finance enters it. A transfer names `reference`. `charged`: the card that is
    charged for it by itself, so that there is nothing to do; "" when none is."""

    open: Decimal
    currency: str
    by_card: bool
    bank_lines: tuple[str, ...]
    reference: str
    charged: str = ""

    @property
    def is_open(self) -> bool:
        return self.open > 0


def takes_cards() -> bool:
    """Whether Stripe's keys are set."""
    return bool(settings.CLARITY_STRIPE_SECRET_KEY)


def how_to_pay(invoice: Invoice) -> HowToPay:
    """Of an invoice of the account in scope. The account to transfer to is the seller's of today."""
    left = ZERO
    if invoice.kind == InvoiceKind.INVOICE:
        left = Receivable.objects.values_list("open", flat=True).get(invoice=invoice)
    lines = LegalEntity.objects.values_list("bank_lines", flat=True).get(pk=invoice.seller_id)
    return HowToPay(
        open=max(left, ZERO),
        currency=invoice.currency,
        by_card=takes_cards(),
        bank_lines=tuple(line.strip() for line in lines.splitlines() if line.strip()),
        reference=invoice.number,
        charged=_charged(invoice),
    )


def _charged(invoice: Invoice) -> str:
    kept = cards.kept()
    if not takes_cards() or kept is None or invoice.issued_at < kept.kept_at:
        return ""
    if invoice.payments.filter(amount__lt=0).exists() or unmatched.waits_for(invoice.number):
        return ""
    return "" if tries.last_refusal(invoice) else kept.said
