"""Writing to the owners of an account, about a trouble or anything else."""

from __future__ import annotations

import logging
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clarity.web.staff.gate import staff_page
from clarity.web.staff.letters import is_about_money, letter
from integrations.services.troubles import Kind
from tenants.billing.models import BillingDetails
from tenants.models import Standing, Tenant, User
from tenants.services import letters, staff_door
from tenants.services.letters import BadLetter
from tenants.services.staff import May, refuse_unless

log = logging.getLogger(__name__)


class NotTaken(RuntimeError):
    """The mail server did not take the letter; nothing was sent, and nothing noted."""


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """A letter to be read over; sending it is in the account's audit log."""
    refuse_unless(person, May.ACT)
    kind = next((one for one in Kind if one == request.GET.get("about")), None)
    with staff_door.looking(person, slug, at="writing to the owners") as tenant:
        to = _receivers(kind)
        said = _said(kind, request.GET.get("which", ""))
    if request.method == "POST":
        return _sent(request, person, tenant, to)
    begun = letter(kind if said else None, said, tenant=tenant, base_url=_base(request))
    typed = {"subject": begun.subject, "text": begun.text, "form": str(uuid4())}
    return _page(request, person, tenant, to, typed)


def _sent(request: HttpRequest, person: User, tenant: Tenant, to: list[str]) -> HttpResponse:
    typed = {name: request.POST.get(name, "") for name in ("subject", "text", "form")}
    try:
        form_id = UUID(typed["form"])
    except ValueError:
        raise Http404 from None
    if not to:
        return _page(request, person, tenant, to, typed, status=422)
    try:
        subject, text = letters.checked(typed["subject"], typed["text"])
        with staff_door.acting(person, tenant.slug, act="write", reason=subject):
            is_new = letters.send(
                subject,
                text,
                to=to,
                by=person,
                form_id=form_id,
                now=timezone.now(),
                hand_over=lambda: _hand_over(subject, text, to, person),
            )
    except BadLetter as error:
        return _page(
            request, person, tenant, to, typed, errors={error.field: str(error)}, status=422
        )
    except NotTaken:
        said = "The mail server did not take it, so nothing was sent. Try again in a minute."
        return _page(request, person, tenant, to, typed, errors={"all": said}, status=503)
    messages.success(
        request, f"Sent to {', '.join(to)}." if is_new else "It was sent already, and only once."
    )
    return redirect("admin:account", slug=tenant.slug)


def _hand_over(subject: str, text: str, to: list[str], person: User) -> None:
    name = person.name or person.email
    mail = EmailMessage(
        subject=subject,
        body=f"{text}\n\n{name}\nClarity Connect\n",
        to=to,
        reply_to=[person.email],
    )
    try:
        mail.send()
    except OSError as error:
        # Every failure of smtplib and of the network is one; its text may hold the address.
        log.warning("a letter of %s was not sent: %s", person.pk, type(error).__name__)
        raise NotTaken from None


def _receivers(kind: Kind | None) -> list[str]:
    """The owners; about money the billing contact as well. Call inside the tenant's scope."""
    found = list(letters.owners())
    if is_about_money(kind):
        contact = BillingDetails.objects.exclude(contact_email="").first()
        if contact is not None and contact.contact_email.lower() not in found:
            found.append(contact.contact_email.lower())
    return found


def _said(kind: Kind | None, which: str) -> str:
    """The trouble in the words of the work list; "" when it is over. Call inside the tenant's scope."""
    rows = Standing.objects.values_list("troubles", flat=True).first() or []
    found = (one for one in rows if kind == one["kind"] and one["about"] == which)
    return str(next((one["said"] for one in found), ""))


def _base(request: HttpRequest) -> str:
    return settings.CLARITY_PUBLIC_URL or request.build_absolute_uri("/")


def _page(
    request: HttpRequest,
    person: User,
    tenant: Tenant,
    to: list[str],
    typed: dict[str, str],
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "here": "accounts",
        "account": tenant,
        "to": to,
        "typed": typed,
        "errors": errors or {},
        "longest_subject": letters.LONGEST_SUBJECT,
        "longest": letters.LONGEST,
        "from": person.name or person.email,
        "reply": person.email,
    }
    return render(request, "staff/write.html", context, status=status)
