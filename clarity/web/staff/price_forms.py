"""What finance enters into the tables of plans, prices, tax rates and sellers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from clarity.web.staff.books.lists import seller_day
from tenants.billing.arithmetic.money import DIGITS, is_whole
from tenants.billing.models import LegalEntity
from tenants.billing.services import selling
from tenants.billing.services.problems import BillingProblem
from tenants.services.staff import LONGEST_REASON, SHORTEST_REASON


class ReasonForm(forms.ModelForm):  # type: ignore[type-arg]
    """Asks why, like every change by our people."""

    reason = forms.CharField(
        label="Why",
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text="It stays in the log.",
    )

    def refuse(self, check: Callable[[Any], None], value: Any) -> None:
        """What the service would refuse, said beside its field."""
        try:
            check(value)
        except BillingProblem as problem:
            self.add_error(problem.field if problem.field in self.fields else None, str(problem))


class PlanForm(ReasonForm):
    class Meta:
        labels = {
            "months": "Months of a term",
            "net_days": "Days to pay",
            "grace_days": "Days of grace",
            "trial_days": "Days of trial",
            "readable_days": "Days of reading",
            "fair_use_a_month": "Fair use a month",
            "is_offered": "Offered",
        }
        help_texts = {
            "months": "Of a term, which is billed ahead. It stays as it is.",
            "fair_use_a_month": "Records a month and pair. Shown beside what is used; stops nothing.",
            "net_days": "Days to pay an invoice.",
            "reminder_days": "Days after an invoice is due, rising: [3, 10, 21].",
            "grace_days": "Days after an invoice is due until it is past grace.",
            "readable_days": "Days for which data can be read after a subscription ended.",
            "trial_days": "Days in which an account's first pairs cost nothing.",
        }

    def clean_reminder_days(self) -> Any:
        days = self.cleaned_data["reminder_days"]
        self.refuse(selling.check_reminders, days)
        return days


class SellerForm(ReasonForm):
    class Meta:
        labels = {"is_usual": "The usual one"}
        help_texts = {
            "country": "Two letters, as DE.",
            "prefix": "Invoice numbers begin with it. It stays as it is.",
            "time_zone": "Says on which day an invoice is written, as Europe/Berlin.",
            "currency": "Of accounts that agreed to no other. Three letters, as USD.",
            "bank_lines": "Where a transfer goes, line by line, as it is printed on invoices.",
            "is_usual": "Sells to new accounts.",
        }

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean_is_usual(self) -> bool:
        is_usual = bool(self.cleaned_data["is_usual"])
        others = LegalEntity.objects.filter(is_usual=True).exclude(pk=self.instance.pk)
        if not is_usual and not others.exists():
            raise forms.ValidationError(
                "Somebody has to sell to new accounts: mark another seller as the usual one instead."
            )
        return is_usual

    def _get_validation_exclusions(self) -> set[str]:
        # The one that was the usual seller ceases to be, in the same transaction.
        return {*super()._get_validation_exclusions(), "is_usual"}  # type: ignore[misc]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            self.refuse(selling.check_seller, self.instance)


class PriceForm(ReasonForm):
    class Meta:
        labels = {"monthly": "A month"}
        help_texts = {
            "currency": "Three letters, as USD.",
            "monthly": "A month of one pair, before tax. A term costs as many months as the plan has.",
            "starts_on": "The first day it counts for pairs that go live and for renewals.",
        }

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if currency not in DIGITS:
            raise forms.ValidationError(f"Not billed in. Choose one of {', '.join(DIGITS)}.")
        return currency

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and said["starts_on"] < seller_day():
            self.add_error("starts_on", "A price counts from today or a later day.")
        if not self.errors and not (
            said["monthly"] >= 0 and is_whole(said["monthly"], said["currency"])
        ):
            self.add_error("monthly", f"This is not a price in {said['currency']}.")
        return said


class TaxRateForm(ReasonForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["ends_on"].required = False

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        starts_on = said.get("starts_on") or self.instance.starts_on
        ends_on = said.get("ends_on")
        if starts_on and ends_on and ends_on <= starts_on:
            self.add_error("ends_on", "It would end before it begins.")
        return said
