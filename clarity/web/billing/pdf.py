"""An invoice or credit note as a file to keep."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from clarity.web.access import ADMINS, member_required
from tenants import scope
from tenants.billing.services import printing
from tenants.billing.services.problems import Unknown
from tenants.models import Membership


@require_safe
@member_required(*ADMINS)
def download(request: HttpRequest, membership: Membership, invoice_id: UUID) -> HttpResponse:
    """The PDF, with what was paid until now."""
    with scope.tenant(membership.tenant_id):
        return file_of(invoice_id)


def file_of(invoice_id: UUID) -> HttpResponse:
    """The answer with the document of the account in scope. Raises Http404."""
    try:
        file = printing.printed(invoice_id)
    except Unknown:
        raise Http404 from None
    headers = {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(file.data, content_type="application/pdf", headers=headers)
