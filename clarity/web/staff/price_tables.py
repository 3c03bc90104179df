"""Tables by django-unfold for finance: plans, prices, tax rates, sellers, and the numbers they gave.

Rows of no tenant. What is added or changed goes through the services of billing and is told in the
log of the installation, with its reason. A price is added, never edited, and nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminTextInputWidget

from clarity.web.access import signed_in
from clarity.web.staff.price_forms import PlanForm, PriceForm, ReasonForm, SellerForm, TaxRateForm
from clarity.web.staff.site import site
from tenants.billing.arithmetic.money import shown
from tenants.billing.arithmetic.taxes import Buyers, shown_percent
from tenants.billing.models import LegalEntity, NumberSeries, Plan, Price, TaxRate
from tenants.billing.services import agreements, selling
from tenants.models import User
from tenants.services.staff import May, may


def column(name: str, words: str, *, is_mark: bool = False) -> Callable[[Any], Any]:
    """A field under a heading that says what it is."""

    @admin.display(description=words, ordering=name, boolean=is_mark)
    def value(row: models.Model) -> Any:
        return getattr(row, name)

    value.__name__ = name
    return value


class FinanceTable(ModelAdmin):  # type: ignore[misc]
    """Seen and changed by who keeps the books; nothing is ever deleted."""

    form = ReasonForm
    list_per_page = 50
    actions = None
    list_before_template = change_form_outer_before_template = "staff/books/way_back.html"
    paginator = InfinitePaginator
    show_full_result_count = False
    # The browser's own: those of Django's admin are drawn by scripts.
    formfield_overrides = {
        models.DateField: {"widget": UnfoldAdminTextInputWidget(attrs={"type": "date"})},
    }
    # Fixed once the row is there: others were made by it.
    fixed: Sequence[str] = ()
    # By a fixed field: the column that says it as bills do.
    worded: Mapping[str, str] = {}
    may_be_added = True
    may_be_changed = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        person = signed_in(request)
        return person is not None and may(person, May.KEEP_BOOKS)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_be_added and self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_be_changed and self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """What is fixed first, why last."""
        every = [name for name in super().get_fields(request, obj) if name != "reason"]
        first = self.fixed if obj is None else self.get_readonly_fields(request, obj)
        rest = [name for name in every if name not in first]
        return [name for name in first if name in every] + rest + self._why(request, obj)

    def _why(self, request: HttpRequest, obj: Any) -> list[str]:
        changes = self.has_add_permission(request) if obj is None else self.may_be_changed
        return ["reason"] if changes else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return [self.worded.get(name, name) for name in self.fixed] if obj is not None else ()

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return list(self.worded) if obj is not None else ()

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit log tells of it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit log tells of it."""


class PlanTable(FinanceTable):
    """How long a term is cannot be changed, since running ones are counted by it: add another plan."""

    form = PlanForm
    list_display = (
        "name",
        "code",
        column("months", "Months of a term"),
        column("net_days", "Days to pay"),
        column("grace_days", "Days of grace"),
        column("trial_days", "Days of trial"),
        column("is_offered", "Offered", is_mark=True),
    )
    ordering = ("name", "code")
    fixed = selling.FIXED_OF_PLAN

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        selling.keep_plan(obj, **_told(request, form))


class SellerTable(FinanceTable):
    """Issued invoices keep what they say of the seller."""

    form = SellerForm
    list_display = (
        "name",
        "code",
        "prefix",
        "country",
        "currency",
        "time_zone",
        column("is_usual", "The usual one", is_mark=True),
    )
    ordering = ("name", "code")
    fixed = selling.FIXED_OF_SELLER

    def save_model(self, request: HttpRequest, obj: LegalEntity, form: Any, change: bool) -> None:
        selling.keep_seller(obj, **_told(request, form))


class PriceTable(FinanceTable):
    """Counts from its day on, for pairs that go live and at renewals. Running terms keep theirs."""

    form = PriceForm
    list_display = ("plan", "a_month", "starts_on")
    list_select_related = ("plan",)
    ordering = ("plan", "currency", "-starts_on", "-pk")
    fixed = ("plan", "currency", "monthly", "starts_on")
    worded = {"monthly": "a_month"}
    may_be_changed = False

    @admin.display(description="A month of one pair", ordering="monthly")
    def a_month(self, row: Price) -> str:
        return shown(row.monthly, row.currency)

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: bool) -> None:
        said = form.cleaned_data
        obj.pk = agreements.set_price(
            said["plan"],
            currency=said["currency"],
            monthly=said["monthly"],
            starts_on=said["starts_on"],
            actor=_actor(request),
            reason=said["reason"],
        ).pk


class TaxRateTable(FinanceTable):
    """Another percentage is another row: the old one ends on the day the new one begins."""

    form = TaxRateForm
    list_display = ("name", "rate", "country", "region", "buyers", "starts_on", "ends_on")
    list_filter = ("seller", "country")
    ordering = ("country", "region", "-starts_on", "-pk")
    fixed = ("seller", "name", "percent", "country", "region", "buyers", "starts_on")
    worded = {"percent": "rate"}

    @admin.display(description="Percent", ordering="percent")
    def rate(self, row: TaxRate) -> str:
        return shown_percent(row.percent)

    def save_model(self, request: HttpRequest, obj: TaxRate, form: Any, change: bool) -> None:
        said = form.cleaned_data
        if change:
            selling.end_tax_rate(
                obj, ends_on=said["ends_on"], actor=_actor(request), reason=said["reason"]
            )
            return
        obj.pk = agreements.set_tax_rate(
            said["seller"],
            name=said["name"],
            percent=said["percent"],
            country=said["country"],
            region=said["region"],
            buyers=Buyers(said["buyers"]),
            starts_on=said["starts_on"],
            ends_on=said["ends_on"],
            actor=_actor(request),
            reason=said["reason"],
        ).pk


class NumberTable(FinanceTable):
    """The last number given, by seller, kind and year. The ledger counts, nobody else."""

    list_display = ("seller", "kind", "year", "last")
    list_select_related = ("seller",)
    ordering = ("-year", "seller", "kind")
    may_be_added = False
    may_be_changed = False


def _told(request: HttpRequest, form: Any) -> dict[str, Any]:
    return {
        "changed": [name for name in form.changed_data if name != "reason"],
        "actor": _actor(request),
        "reason": form.cleaned_data["reason"],
    }


def _actor(request: HttpRequest) -> User:
    person = signed_in(request)
    if person is None:
        raise PermissionError("nobody is signed in")
    return person


site.register(Plan, PlanTable)
site.register(Price, PriceTable)
site.register(TaxRate, TaxRateTable)
site.register(LegalEntity, SellerTable)
site.register(NumberSeries, NumberTable)
