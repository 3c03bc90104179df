"""What finance enters. Checked for shape here, and for sense by the service that takes it."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from tenants.billing.arithmetic.money import DIGITS
from tenants.billing.services.agreements import LONGEST_NAME
from tenants.billing.services.paying import LONGEST_REFERENCE
from tenants.services.staff import LONGEST_REASON, SHORTEST_REASON

_IN_THE_LOG = "It stays in the audit log of the account, which its owners read."


class Day(forms.DateField):
    """A day, picked or typed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options
        )


class Sum(forms.DecimalField):
    """An amount. How many digits its currency has is asked of the ledger."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=16, decimal_places=3, **options)
        self.widget.attrs["step"] = "any"


class Currency(forms.ChoiceField):
    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[(one, one) for one in DIGITS], **options)


class Reason(forms.CharField):
    """Why something is done, as long as the log wants it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_length=SHORTEST_REASON,
            max_length=LONGEST_REASON,
            widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            **options,
        )


class DeedForm(forms.Form):
    """An act of finance. `form_id` tells one click from another, `seen` what the page showed."""

    form_id = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid"), "This page is too old. Leave it and open it again."
        ),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The reason comes last, whatever a form asks for.
        self.fields["reason"] = self.reason()
        for each in self.fields.values():
            kind = "form-select" if isinstance(each.widget, forms.Select) else "form-control"
            each.widget.attrs.setdefault("class", kind)
            each.widget.attrs.setdefault("autocomplete", "off")

    def reason(self) -> forms.CharField:
        return forms.CharField(
            label="Why",
            min_length=SHORTEST_REASON,
            max_length=LONGEST_REASON,
            help_text=_IN_THE_LOG,
        )


class PaymentForm(DeedForm):
    amount = Sum()
    received_on = Day(label="Day it came")
    reference = forms.CharField(
        label="Reference",
        max_length=LONGEST_REFERENCE,
        help_text="As the bank names it. The same one counts once.",
    )

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"].label = f"Amount in {currency}"


class PaidBackForm(PaymentForm):
    received_on = Day(label="Day it was paid back")


class CreditForm(DeedForm):
    """A net amount for each line of the invoice of which something is left; empty for nothing."""

    def __init__(self, *args: Any, lines: list[tuple[int, str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        reason = self.fields.pop("reason")
        for number, text, left in lines:
            line = Sum(label=f"Line {number}: {text}", required=False, help_text=f"{left} is left")
            line.widget.attrs.update({"class": "form-control", "autocomplete": "off"})
            self.fields[f"line_{number}"] = line
        self.fields["reason"] = reason

    def reason(self) -> forms.CharField:
        found = super().reason()
        found.help_text = f"It is printed on the credit note. {found.help_text}"
        return found

    def amounts(self) -> dict[int, Any]:
        """Net amounts by line number."""
        return {
            int(name.removeprefix("line_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("line_") and value is not None
        }


class ContractForm(DeedForm):
    a_term = Sum(
        label="Price of a pair for a whole term",
        help_text="Before tax. It goes before the plan's price.",
    )
    currency = Currency(label="Currency")
    starts_on = Day(label="From")
    ends_on = Day(
        label="Until", required=False, help_text="The first day without it; empty for no end."
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=1000,
        help_text="Where it is written down, say: the number of the contract.",
    )


class DiscountForm(DeedForm):
    name = forms.CharField(
        label="Name", max_length=LONGEST_NAME, help_text="It is printed on invoices."
    )
    percent = forms.DecimalField(
        label="Percent off",
        required=False,
        min_value=0,
        max_value=100,
        max_digits=7,
        decimal_places=4,
    )
    off_a_term = Sum(label="Or an amount off the term of each pair", required=False, min_value=0)
    currency = Currency(label="Currency of the amount")
    starts_on = Day(label="From")
    ends_on = Day(
        label="Until", required=False, help_text="The first day without it; empty for no end."
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and bool(said.get("percent")) == bool(said.get("off_a_term")):
            self.add_error("percent", "Enter a percentage or an amount, one of the two.")
        return said


class EndForm(DeedForm):
    ends_on = Day(label="The first day without it")


class TrialForm(DeedForm):
    days = forms.IntegerField(label="Days", min_value=1, max_value=366)


class PlanForm(DeedForm):
    plan = forms.ChoiceField(label="Plan from the renewal on")

    def __init__(self, *args: Any, plans: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        cast("forms.ChoiceField", self.fields["plan"]).choices = plans


class BookForm(DeedForm):
    """On which invoice of the account."""

    invoice = forms.ChoiceField(label="Invoice")

    def __init__(self, *args: Any, invoices: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        cast("forms.ChoiceField", self.fields["invoice"]).choices = invoices


class WhoseForm(forms.Form):
    """Whose money it is; with no account, how it was settled elsewhere."""

    slug = forms.SlugField(
        label="Short name of the account",
        required=False,
        max_length=80,
        help_text="Leave it empty when the money was paid back at Stripe and is nobody's any more.",
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    reason = Reason(
        label="Why", help_text="How you know it, or how it was settled. It stays in the log."
    )


class ReleaseForm(forms.Form):
    """Why money is not of this account."""

    reason = Reason(
        label="Why", help_text="How you know that it is not theirs. It stays in the account's log."
    )


class GoneForm(forms.Form):
    """That something was done elsewhere."""

    reason = Reason(
        label="How it was done",
        help_text="For instance: deleted in Stripe's dashboard. It stays in the log.",
    )
