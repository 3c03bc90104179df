"""Whom invoices are for, and who gets them."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clarity.web.access import ADMINS, may_own, member_required, signed_in
from clarity.web.billing import frame
from clarity.web.fragments import whole_page
from tenants import scope
from tenants.billing.arithmetic.countries import COUNTRIES
from tenants.billing.models import BillingDetails
from tenants.billing.services import agreements
from tenants.billing.services.problems import BillingProblem
from tenants.models import Membership


@dataclass(frozen=True)
class Asked:
    """One input. `kind`: text, lines, country or email; `fills`: what browsers may fill in."""

    name: str
    label: str
    help: str
    longest: int
    kind: str = "text"
    fills: str = "off"
    value: str = ""
    error: str = ""


FIELDS = (
    Asked("name", "Name of the business on invoices", "As it is registered. Left empty, the name of"
          " this account is taken.", 200, fills="organization"),
    Asked("address", "Address", "Street, post code and town, a line each.", 1000, kind="lines",
          fills="street-address"),
    Asked("country", "Country", "Decides, with the state or region, which tax is added.", 2,
          kind="country", fills="country"),
    Asked("region", "State or region", "Where your country taxes by it: CA for California, QC for"
          " Quebec.", 40, fills="address-level1"),
    Asked("tax_id", "Tax id", "VAT id, EIN, ABN or what it is called where you are. Leave it empty"
          " if you have none.", 60),
    Asked("contact_name", "Who gets invoices", "A person or a department.", 200, fills="name"),
    Asked("contact_email", "E-mail address for invoices", "Left empty, the owners get them.", 254,
          kind="email", fills="email"),
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def details(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Shows them, and saves what an owner says."""
    if request.method != "POST":
        with scope.tenant(membership.tenant_id):
            kept = BillingDetails.objects.first()
        said = {one.name: getattr(kept, one.name, "") for one in FIELDS}
        return _page(request, membership, said)
    if not may_own(membership):
        raise PermissionDenied
    said = {one.name: request.POST.get(one.name, "") for one in FIELDS}
    try:
        with scope.tenant(membership.tenant_id):
            agreements.save_details(said=said, actor=signed_in(request))
    except BillingProblem as error:
        wrong = {one.field: str(one) for one in (error, *error.others)}
        return _page(request, membership, said, errors=wrong)
    messages.success(request, "Saved. It counts for invoices from now on.")
    return redirect("billing", slug=membership.tenant.slug)


def _page(
    request: HttpRequest,
    membership: Membership,
    said: dict[str, str],
    *,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    wrong = errors or {}
    fields = [
        Asked(one.name, one.label, one.help, one.longest, one.kind, one.fills,
              said[one.name], wrong.get(one.name, ""))
        for one in FIELDS
    ]  # fmt: skip
    context = {
        **frame.context(membership),
        "fields": fields,
        "error": wrong.get("", ""),
        "countries": sorted(COUNTRIES.items(), key=lambda each: each[1]),
    }
    return whole_page(request, "billing/details.html", context, status=422 if wrong else 200)
