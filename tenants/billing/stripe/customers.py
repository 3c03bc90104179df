"""The account as a customer of Stripe, and the card its owner lets us charge."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from tenants import scope
from tenants.billing.models import BillingDetails, PaymentTry, StripeCustomer
from tenants.billing.services import access
from tenants.billing.services.cards import named
from tenants.billing.services.problems import BillingProblem
from tenants.billing.stripe import library, reading
from tenants.billing.stripe.problems import MISSING, Refused
from tenants.billing.stripe.reading import Method
from tenants.models import Tenant, User
from tenants.services import audit

_NO_CARD = "There is no card to change yet: it is kept with the first payment."


def ensure(tenant_id: UUID) -> str:
    """The id of the account's customer at Stripe, which is made when it has none that Stripe knows.

    Call outside any scope. The key is the same for two at once, and after a crash, so they find the
    first one's; after the next try it is another, since that customer may be gone. Raises Away,
    Refused.
    """
    with scope.tenant(tenant_id):
        before = _known()
    if before:
        if _usual(before)[0]:
            return before
        _lost(tenant_id, before)
    with scope.tenant(tenant_id):
        details: BillingDetails | None = BillingDetails.objects.first()
        business = Tenant.objects.values_list("name", flat=True).get(pk=tenant_id)
        name = (details.name if details else "") or business
        email = details.contact_email if details else ""
        tries = PaymentTry.objects.count()
    with library.talking("making a customer"):
        made = library.client().v1.customers.create(
            {
                "name": name,
                **({"email": email} if email else {}),
                "metadata": {"account": str(tenant_id)},
            },
            {"idempotency_key": f"customer-{tenant_id}-{tries}-{_mark(name, email, before)}"},
        )
    with scope.tenant(tenant_id):
        StripeCustomer.objects.bulk_create(
            [StripeCustomer(customer_id=made.id)], ignore_conflicts=True
        )
        return _known() or made.id


def _lost(tenant_id: UUID, customer_id: str) -> None:
    """Forgets a customer that Stripe does not know (any more): it was deleted there, or made with the
    keys of another mode. Its id stays in the log, for who looks for its payments at Stripe."""
    with scope.tenant(tenant_id):
        rows = StripeCustomer.objects.select_for_update()
        row: StripeCustomer | None = rows.filter(customer_id=customer_id).first()
        if row is None:
            return
        if row.method_id:
            _audit(row, "card.removed", None)
        audit.record(
            action="card.customer_lost",
            object_type="StripeCustomer",
            object_id=row.pk,
            before={"customer": row.customer_id},
        )
        row.delete()


def _mark(*said: str) -> str:
    """Short and the same for the same texts, none of which it shows."""
    return sha256("\n".join(said).encode()).hexdigest()[:12]


def _known() -> str:
    return StripeCustomer.objects.values_list("customer_id", flat=True).first() or ""


def keep(tenant_id: UUID, method_id: str, *, by: User | None, now: datetime) -> None:
    """Charges what was paid with by itself from now on; the owner agreed to it before they paid.

    It becomes the usual one at Stripe too, so that its portal shows the same. Call outside any
    scope; may be called twice. Raises Away, Refused.
    """
    with scope.tenant(tenant_id):
        customer_id = _known()
    if not customer_id:
        return
    with library.talking("keeping a card"):
        library.client().v1.customers.update(
            customer_id, {"invoice_settings": {"default_payment_method": method_id}}
        )
        method = reading.as_method(library.client().v1.payment_methods.retrieve(method_id))
    with scope.tenant(tenant_id):
        row: StripeCustomer | None = StripeCustomer.objects.select_for_update().first()
        if row is None:
            return
        is_new = row.method_id != method.id or row.kept_at is None
        _note(row, method, read_at=now)
        if is_new:
            row.kept_at, row.kept_by = now, by
            _audit(row, "card.kept", by)
        row.save()


def look(tenant_id: UUID, *, now: datetime) -> None:
    """Reads at Stripe what the account is charged with: its owner may have changed or removed it in
    the portal. Call outside any scope. Raises Away, Refused."""
    with scope.tenant(tenant_id):
        row: StripeCustomer | None = StripeCustomer.objects.first()
    if row is None:
        return
    is_there, method = _usual(row.customer_id)
    if not is_there:
        # The next payment makes a new one.
        _lost(tenant_id, row.customer_id)
        return
    with scope.tenant(tenant_id):
        row = StripeCustomer.objects.select_for_update().filter(pk=row.pk).first()
        if row is None:
            return
        if row.kept_at is None or (row.read_at is not None and row.read_at > now):
            return
        before = row.method_id
        if method is None:
            _audit(row, "card.removed", None)
            _forget(row, now=now)
        else:
            _note(row, method, read_at=now)
            if before != method.id:
                _audit(row, "card.changed", None)
        row.save()


def _usual(customer_id: str) -> tuple[bool, Method | None]:
    """Whether Stripe knows the customer (still), and what they are charged with."""
    try:
        with library.talking("reading a customer"):
            found = library.client().v1.customers.retrieve(
                customer_id, {"expand": ["invoice_settings.default_payment_method"]}
            )
    except Refused as problem:
        if problem.code != MISSING:
            raise
        return False, None
    if getattr(found, "deleted", False):
        return False, None
    settings = found.invoice_settings
    method = settings.default_payment_method if settings else None
    if method is None or isinstance(method, str):
        return True, None
    return True, reading.as_method(method)


def stop(tenant_id: UUID, *, actor: User | None, now: datetime) -> None:
    """Nothing is charged by itself any more, and Stripe forgets the card. Call outside any scope;
    may be called twice. Raises NotAllowed, Away."""
    with scope.tenant(tenant_id):
        access.by_owner(actor)
        row: StripeCustomer | None = StripeCustomer.objects.select_for_update().first()
        if row is None or not row.method_id:
            return
        method_id = row.method_id
        # First here: from now on nothing is charged, whatever becomes of the call.
        _audit(row, "card.removed", actor)
        _forget(row, now=now)
        row.save()
    try:
        with library.talking("forgetting a card"):
            library.client().v1.payment_methods.detach(method_id)
    except Refused:
        # Gone there already.
        return


def portal(tenant_id: UUID, *, actor: User, back: str) -> str:
    """The address of Stripe's portal, where the owner changes the card; good for some minutes. Call
    outside any scope. Raises NotAllowed, BillingProblem, Away, Refused."""
    with scope.tenant(tenant_id):
        access.by_owner(actor)
        customer_id = _known()
    if not customer_id:
        raise BillingProblem(_NO_CARD)
    try:
        with library.talking("opening the portal"):
            session = library.client().v1.billing_portal.sessions.create(
                {"customer": customer_id, "return_url": back}
            )
    except Refused as problem:
        if problem.code != MISSING:
            raise
        _lost(tenant_id, customer_id)
        raise BillingProblem(_NO_CARD) from None
    return session.url


def _note(row: StripeCustomer, method: Method, *, read_at: datetime) -> None:
    row.method_id, row.kind, row.brand = method.id, method.kind, method.brand[:40]
    row.last4 = method.last4[-4:]
    row.expires_month, row.expires_year = method.expires_month, method.expires_year
    row.read_at = read_at


def _forget(row: StripeCustomer, *, now: datetime) -> None:
    row.method_id = row.kind = row.brand = row.last4 = ""
    row.expires_month = row.expires_year = None
    row.kept_at, row.kept_by, row.read_at = None, None, now


def _audit(row: StripeCustomer, action: str, actor: User | None) -> None:
    audit.record(
        action=action,
        object_type="StripeCustomer",
        object_id=row.pk,
        actor=actor,
        after={"card": named(row.kind, row.brand, row.last4)},
    )
