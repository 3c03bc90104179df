"""The pages of billing, as owners, admins and everybody else find them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from tenants import scope
from tenants.billing.models import Invoice
from tenants.billing.services import agreements, crediting, paying
from tenants.models import Membership, Role, User
from tests.billing.conftest import Account, account, at

D = Decimal
DAY = at("2026-03-01")


def browser(shop: Account, role: Role = Role.OWNER) -> Client:
    """Signed in as a member of this role."""
    user = shop.owner
    if role != Role.OWNER:
        user = User.objects.create(email=f"{role.value}@{shop.tenant.slug}.example.com")
        with scope.tenant(shop.tenant.pk):
            Membership.objects.create(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def url(shop: Account, path: str = "") -> str:
    return f"/t/{shop.tenant.slug}/billing/{path}"


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[:500]
    return " ".join(answer.content.decode().split())


def pay(shop: Account, invoice: Invoice, amount: str, reference: str = "WIRE-1") -> None:
    with scope.tenant(shop.tenant.pk):
        paying.record_payment(
            invoice_id=invoice.pk, amount=D(amount), currency="USD", reference=reference,
            received_on=DAY.date(), actor=shop.finance, now=DAY,
        )  # fmt: skip


def test_an_invoice_says_who_what_and_how_much_and_what_happened_since(shop: Account) -> None:
    with scope.tenant(shop.tenant.pk):
        agreements.save_details(
            said={"name": "Harbour <Goods> GmbH", "address": "Kai 1\n20457 Hamburg",
                  "country": "DE", "tax_id": "DE123456788"},
            actor=shop.owner,
        )  # fmt: skip
    _, invoice = shop.go_live(DAY, "Main street & shop")
    assert invoice is not None
    page = url(shop, f"invoices/{invoice.pk}/")
    client = browser(shop)
    said = text(client, page)
    for part in (
        "Harbour &lt;Goods&gt; GmbH", "20457 Hamburg", "DE123456788", invoice.number,
        "1. Connect: Main street &amp; shop", "1 Mar 2026 to 28 Feb 2027", "365 of 365 days",
        "7,140.00 USD", "15 Mar 2026",
    ):  # fmt: skip
        assert part in said
    pay(shop, invoice, "140")
    with scope.tenant(shop.tenant.pk):
        note = crediting.credit(
            invoice_id=invoice.pk, amounts={1: D(7000)}, reason="Goodwill", key="1",
            actor=shop.finance, now=DAY,
        )  # fmt: skip
    said = text(client, page)
    assert ">Paid<" in said
    assert "reference WIRE-1" in said
    assert f"Credit note {note.number}" in said
    said = text(client, url(shop, f"invoices/{note.pk}/"))
    assert "Reason: Goodwill" in said
    assert f"invoices/{invoice.pk}/" in said
    assert "-7,000.00 USD" in said


def test_the_list_goes_on_page_by_page_and_takes_nonsense(
    shop: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(shop)
    assert "There is no invoice." in text(client, url(shop, "invoices/"))
    numbers = {shop.go_live(DAY, f"Shop {n}")[1].number for n in range(3)}  # type: ignore[union-attr]
    monkeypatch.setattr("clarity.web.billing.documents.ROWS", 2)
    first = client.get(url(shop, "invoices/"))
    shown = [row.invoice.number for row in first.context["rows"]]
    later = client.get(url(shop, "invoices/"), {"before": first.context["older"]})
    shown += [row.invoice.number for row in later.context["rows"]]
    assert (len(shown), set(shown)) == (3, numbers)
    assert later.context["older"] == ""
    nonsense = client.get(url(shop, "invoices/"), {"before": "2026-01-01_x"})
    assert len(nonsense.context["rows"]) == 2


@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMIN, 200), (Role.OPERATOR, 403), (Role.VIEWER, 403)]
)
def test_owners_and_admins_see_bills(shop: Account, role: Role, status: int) -> None:
    _, invoice = shop.go_live(DAY)
    assert invoice is not None
    client = browser(shop, role)
    for path in ("invoices/", f"invoices/{invoice.pk}/"):
        assert client.get(url(shop, path)).status_code == status


def test_another_accounts_invoice_is_not_there(shop: Account) -> None:
    other = account("Other")
    _, invoice = other.go_live(DAY)
    assert invoice is not None
    assert browser(shop).get(url(shop, f"invoices/{invoice.pk}/")).status_code == 404
    assert browser(shop).get(url(other, f"invoices/{invoice.pk}/")).status_code == 404
