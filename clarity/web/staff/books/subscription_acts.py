"""What finance does with a subscription in the name of its owner: another plan, an end, no end."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clarity.web.once_more import once_more
from clarity.web.staff.books.asking import Deed, Done, asked
from clarity.web.staff.books.forms import DeedForm, PlanForm
from clarity.web.staff.gate import staff_page
from tenants.billing.models import Plan, Subscription
from tenants.billing.services import cancelling
from tenants.billing.services.problems import BillingProblem
from tenants.models import Tenant, User

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@staff_page
@_asks_first
@once_more
def change_plan(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Another plan from the renewal on."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        plans = Plan.objects.filter(is_offered=True).order_by("name", "pk")
        subscription: Subscription | None = Subscription.objects.first()
        kept = (subscription.next_plan_id or subscription.plan_id) if subscription else ""

        def does(form: DeedForm) -> Done:
            code = form.cleaned_data["plan"]
            if code == kept:
                raise BillingProblem("The account has this plan already.", field="plan")
            day = cancelling.change_plan(code=code, actor=person, now=now)
            name = Plan.objects.get(pk=code).name
            said = f"From {_day(day)} on the account has the plan {name}."
            return Done(
                [said, "Until then everything stays as it is, and nothing is billed."], said
            )

        return Deed(
            title="Change the plan",
            button="Change it",
            back=_back(tenant),
            form=partial(PlanForm, plans=[(one.code, one.name) for one in plans]),
            does=does,
            initial={"plan": kept},
        )

    return asked(request, person, slug, making)


@staff_page
@_asks_first
@once_more
def cancel(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """The subscription ends at its renewal."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        def does(form: DeedForm) -> Done:
            reason = form.cleaned_data["reason"]
            day = cancelling.cancel(reason=reason, actor=person, now=now)
            plan = Subscription.objects.select_related("plan").get().plan
            return Done(
                [
                    f"It ends on {_day(day)}, and until then everything runs.",
                    "Then the production pairs are paused: no order and no stock moves any more.",
                    f"The data can be read for {plan.readable_days} days after that. Until it ends,"
                    " the cancellation can be taken back.",
                ],
                f"The subscription ends on {_day(day)}.",
            )

        return Deed(
            "Cancel the subscription", "Cancel it", _back(tenant), DeedForm, does, is_grave=True
        )

    return asked(request, person, slug, making)


@staff_page
@_asks_first
@once_more
def go_on(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Takes a cancellation back."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        def does(form: DeedForm) -> Done:
            day = cancelling.go_on(actor=person, now=now)
            said = f"The subscription goes on and renews on {_day(day)}."
            return Done([said], said)

        return Deed("Take the cancellation back", "Take it back", _back(tenant), DeedForm, does)

    return asked(request, person, slug, making)


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"


def _back(tenant: Tenant) -> str:
    return reverse("admin:account-billing", kwargs={"slug": tenant.slug})
