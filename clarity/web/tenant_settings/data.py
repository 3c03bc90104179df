"""The data of an account: exports to take along, and what buyers asked through a vendor."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from clarity.web.access import ADMINS, may_administer, may_own, member_required, signed_in
from clarity.web.fragments import fragment, whole_page
from clarity.web.tenant_settings import words
from integrations.connector_kit.registry import connectors
from integrations.models import Export, ExportKind, ExportState
from integrations.services import exporting, privacy_requests
from integrations.services.exporting import CannotExport
from tenants import scope
from tenants.models import Membership, Tenant


@require_safe
@member_required()
def overview(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Exports, privacy requests, and the way to erasing the account."""
    with scope.tenant(membership.tenant_id):
        context = {**_context(membership), "addresses": _addresses()}
    return whole_page(request, "tenant_settings/data.html", context)


@require_safe
@member_required()
def now(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The piece that renews itself while something is being made."""
    with scope.tenant(membership.tenant_id):
        context = _context(membership)
    return fragment(request, "tenant_settings/data_now.html", context)


@require_POST
@member_required(*ADMINS)
def export(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Has everything put together; a second click changes nothing."""
    with scope.tenant(membership.tenant_id):
        exporting.start(actor=signed_in(request), now=timezone.now())
    messages.success(request, "The export is being made. You can leave this page meanwhile.")
    return redirect("data", slug=membership.tenant.slug)


@require_safe
@member_required(*ADMINS)
def download(request: HttpRequest, membership: Membership, export_id: UUID) -> HttpResponseBase:
    """The archive, put together while it is sent."""
    moment = timezone.now()
    try:
        pieces = exporting.download(
            tenant_id=membership.tenant_id,
            export_id=export_id,
            actor=signed_in(request),
            now=moment,
        )
    except Export.DoesNotExist:
        raise Http404 from None
    except CannotExport as error:
        messages.warning(request, str(error))
        return redirect("data", slug=membership.tenant.slug)
    name = f"{slugify(membership.tenant.name)[:40] or 'account'}-{moment:%Y%m%d}.zip"
    return StreamingHttpResponse(
        pieces,
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


def _context(membership: Membership) -> dict[str, object]:
    """Call inside the tenant's scope."""
    exports = [_export(one) for one in exporting.latest()]
    requests = [
        {"row": one, "badge": words.privacy_badge(one), "said": words.privacy_said(one)}
        for one in privacy_requests.latest()
    ]
    is_busy = any(one["is_running"] for one in exports)
    tenant = Tenant.objects.get(pk=membership.tenant_id)
    return {
        "tenant": tenant,
        "membership": membership,
        "may_administer": may_administer(membership),
        "may_own": may_own(membership),
        "exports": exports,
        "requests": requests,
        "is_busy": is_busy,
        "moment": timezone.now(),
    }


def _export(export: Export) -> dict[str, object]:
    done, total = exporting.progress(export)
    return {
        "row": export,
        "badge": words.export_badge(export),
        "is_running": export.state == ExportState.RUNNING and export.kind == ExportKind.ACCOUNT,
        "is_ready": export.state == ExportState.DONE,
        "done": done,
        "total": total,
    }


def _addresses() -> list[tuple[str, str]]:
    """Where each vendor is to send its privacy requests."""
    return [
        (kit.manifest.label, f"{settings.CLARITY_PUBLIC_URL}/hooks/{name}/privacy/")
        for name, kit in sorted(connectors().items())
        if kit.privacy is not None
    ]
