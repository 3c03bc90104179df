"""The price of a pair before it goes live, and what a person agreed to by sending the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from clarity.web.access import may_administer, may_own
from integrations.models import Pair
from integrations.services import billed, pair_settings
from tenants import scope
from tenants.billing.arithmetic.money import MOST, ZERO, is_whole
from tenants.billing.models import BillingDetails, Plan, Subscription, SubscriptionState
from tenants.billing.services import cards, how_to_pay
from tenants.billing.services import pairs as billed_pairs
from tenants.billing.services.pairs import Agreed, Quote
from tenants.billing.services.problems import BillingProblem
from tenants.models import Membership

# What the form sends back of what it showed.
_TOTAL, _A_TERM, _CURRENCY, _YES = "agreed_total", "agreed_a_term", "agreed_currency", "agree"
NOT_AGREED = "Tick that you agree to the price, then go live. Nothing was billed."


@dataclass(frozen=True)
class Price:
    """What the page of a price shows."""

    quote: Quote
    has_details: bool
    # The subscription ends at the renewal, and the pair with it.
    is_cancelled: bool
    # What it is charged to by itself, in words; "" for nothing.
    card: str

    @property
    def currency(self) -> str:
        return self.quote.terms.currency

    @property
    def today(self) -> date:
        return self.quote.terms.today

    @property
    def renews_on(self) -> date:
        return self.quote.terms.term.ends_on

    @property
    def last_day(self) -> date:
        """Of the term that runs, or of the trial."""
        return self.renews_on - timedelta(days=1)

    @property
    def plan(self) -> Plan:
        """What it is billed by: behind a trial, that of the first term after it."""
        after = self.quote.after_trial
        return after.plan if after is not None else self.quote.terms.plan

    @property
    def months(self) -> int:
        return self.plan.months

    @property
    def a_month(self) -> Decimal | None:
        """Where a term's price is that of whole months; None where it cannot be said to the cent."""
        month = self.quote.a_term / self.months
        return month if is_whole(month, self.currency) else None

    @property
    def every(self) -> str:
        """How often it renews."""
        return "every year" if self.months == 12 else f"every {self.months} months"

    @property
    def a_term_word(self) -> str:
        return "a year" if self.months == 12 else f"for {self.months} months"

    @property
    def is_part(self) -> bool:
        """Whether less than a whole term is charged now."""
        charge = self.quote.charge
        return charge is not None and charge.days < charge.of_days


def shown(membership: Membership, pair: Pair) -> dict[str, Any]:
    """What a page needs to show the price of a pair that is to go live. Opens the tenant's scope."""
    with scope.tenant(membership.tenant_id):
        price, problem = None, ""
        try:
            quote = billed.price_of(pair, now=timezone.now())
        except BillingProblem as error:
            quote, problem = None, str(error)
        if quote is not None:
            price = of_quote(quote)
        return {
            "price": price,
            "price_problem": problem,
            "is_free_sandbox": settings.CLARITY_BILLING and pair_settings.is_sandbox(pair),
            "may_agree": may_own(membership) or (price is None and not problem),
        }


def of_another(membership: Membership) -> Price | None:
    """What one more pair of real accounts costs today, for those who may see prices; None where
    nobody is billed, or it cannot be said. Opens the tenant's scope."""
    if not (settings.CLARITY_BILLING and may_administer(membership)):
        return None
    try:
        with scope.tenant(membership.tenant_id):
            return of_quote(billed_pairs.quote(now=timezone.now()))
    except BillingProblem:
        return None


def of_quote(quote: Quote) -> Price:
    """A price with what else a page has to say of it. Call inside the scope."""
    kept = cards.kept() if how_to_pay.takes_cards() else None
    return Price(
        quote,
        card=kept.said if kept else "",
        has_details=BillingDetails.objects.exclude(country="").exists(),
        is_cancelled=Subscription.objects.filter(state=SubscriptionState.CANCELLED).exists(),
    )


INVOICED = "Its invoice is under Settings, Billing."


def agreed(request: HttpRequest) -> Agreed | None:
    """What the form says was shown and agreed to; None where nothing, or nonsense, was sent.

    It is compared with what the pair costs when it is billed, so a made-up sum bills no other.
    """
    if request.POST.get(_YES) != "yes":
        return None
    total, a_term = _amount(request.POST.get(_TOTAL, "")), _amount(request.POST.get(_A_TERM, ""))
    currency = request.POST.get(_CURRENCY, "")
    if total is None or a_term is None or not currency.isalpha() or len(currency) != 3:
        return None
    return Agreed(total, a_term, currency)


def _amount(text: str) -> Decimal | None:
    if len(text) > 20:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and ZERO <= amount < MOST else None
