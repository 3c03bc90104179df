"""How an invoice is paid and what is charged by itself, for pages of billing to include."""

from __future__ import annotations

from typing import Any

from django import template

from tenants import scope
from tenants.billing.models import Invoice
from tenants.billing.services import cards, tries
from tenants.billing.services import how_to_pay as ways
from tenants.models import Tenant

register = template.Library()


@register.inclusion_tag("payments/parts/how_to_pay.html")
def how_to_pay(tenant: Tenant, invoice: Invoice, *, may_own: bool) -> dict[str, Any]:
    """What is open of an invoice, and how to pay it; nothing when nothing is open."""
    with scope.tenant(tenant.pk):
        return {
            "tenant": tenant,
            "invoice": invoice,
            "may_own": may_own,
            "how": ways.how_to_pay(invoice),
            "refusal": tries.last_refusal(invoice),
            "going": tries.under_way(invoice),
            "waits": tries.being_paid(invoice),
        }


@register.inclusion_tag("payments/parts/card_fact.html")
def card_fact(tenant: Tenant, *, may_own: bool) -> dict[str, Any]:
    """The card among the facts of a subscription."""
    with scope.tenant(tenant.pk):
        kept = cards.kept()
    return {"tenant": tenant, "may_own": may_own, "kept": kept, "takes": ways.takes_cards()}


@register.simple_tag
def takes_cards() -> bool:
    """Whether an invoice can be paid at Stripe; otherwise its page says all there is to know."""
    return ways.takes_cards()
