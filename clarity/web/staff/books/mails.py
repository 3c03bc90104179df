"""The mails about an account's bills, sent once more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clarity.web.once_more import once_more
from clarity.web.staff.books.asking import Deed, Done, asked
from clarity.web.staff.books.forms import DeedForm
from clarity.web.staff.gate import staff_page
from tenants.billing.models import Letter
from tenants.billing.services import letter_sending, letters
from tenants.models import Tenant, User


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
@once_more
def again(request: HttpRequest, person: User, slug: str, letter_id: UUID) -> HttpResponse:
    """A mail goes out once more, to whom bills go now."""

    def making(tenant: Tenant, now: datetime) -> Deed:
        letter: Letter | None = (
            Letter.objects.select_related("invoice").filter(pk=letter_id).first()
        )
        if letter is None:
            raise Http404
        what = letter.get_kind_display() + (f" {letter.invoice.number}" if letter.invoice else "")

        def does(_form: DeedForm) -> Done:
            letters.send_again(letter_id=letter_id, actor=person, now=now)
            to = ", ".join(letter_sending.receivers()) or "nobody: no address is known"
            return Done([f"The mail goes to {to}, in a minute."], "The mail goes out in a minute.")

        return Deed("Send the mail again", "Send it", _back(tenant, letter), DeedForm, does, what)

    return asked(request, person, slug, making)


def _back(tenant: Tenant, letter: Letter) -> str:
    if letter.invoice_id is None:
        return reverse("admin:account-billing", kwargs={"slug": tenant.slug})
    where = {"slug": tenant.slug, "invoice_id": letter.invoice_id}
    return reverse("admin:account-invoice", kwargs=where)
