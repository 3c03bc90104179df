"""The account's name, time zone and retention."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clarity.web.access import may_administer, member_required, signed_in
from clarity.web.fragments import whole_page
from clarity.web.tenant_settings.refusing import refuse_unless
from integrations.services import account_settings
from integrations.services.account_settings import BadSetting, Stale, Wanted
from tenants import scope
from tenants.models import Membership, Tenant

FIELDS = ("name", "time_zone", "retention_days")


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def general(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Shows the form, and saves it for those who may."""
    if request.method != "POST":
        return _page(request, membership)
    refuse_unless(may_administer(membership))
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    try:
        with scope.tenant(membership.tenant_id):
            changed = account_settings.change(
                tenant_id=membership.tenant_id,
                wanted=Wanted(**typed),
                seen=request.POST.get("seen", ""),
                actor=signed_in(request),
            )
    except BadSetting as error:
        return _page(request, membership, typed=typed, errors={error.field: str(error)}, status=400)
    except Stale as error:
        return _page(request, membership, stale=str(error), status=409)
    messages.success(request, "Saved." if changed else "Nothing was changed.")
    return redirect("settings", slug=membership.tenant.slug)


def _page(
    request: HttpRequest,
    membership: Membership,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    stale: str = "",
    status: int = 200,
) -> HttpResponse:
    with scope.tenant(membership.tenant_id):
        tenant = Tenant.objects.get(pk=membership.tenant_id)
    shown = account_settings.shown(tenant)
    context = {
        "tenant": tenant,
        "membership": membership,
        "may_administer": may_administer(membership),
        "values": typed or {name: str(value) for name, value in shown.items()},
        # After a mistake the form still speaks of the state it was opened in.
        "seen": request.POST.get("seen") if typed else account_settings.version(shown),
        "errors": errors or {},
        "stale": stale,
        "zones": account_settings.time_zones(),
        "least": account_settings.LEAST_DAYS,
        "most": account_settings.MOST_DAYS,
    }
    return whole_page(request, "tenant_settings/general.html", context, status=status)
