"""Invoices as PDF: the same figures as the page, whatever names say, with all a reader needs."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import strip_tags
from pypdf import PdfReader

from clarity.web.billing import documents
from tenants import scope
from tenants.billing.documents.content import content
from tenants.billing.documents.typesetting import pdf
from tenants.billing.models import Invoice, Method, Receivable
from tenants.billing.services import agreements, catalogue, crediting, paying, printing
from tenants.billing.services.problems import Unknown
from tests.billing.conftest import Account, account, at

D = Decimal
# As a clock says it.
DAY = at("2026-03-01").replace(microsecond=529_186)
AMOUNT = re.compile(r"-?[\d,]+\.\d\d USD")
# Markup of the typesetter, of HTML, and a path: each is to stand there as it was typed.
NASTY = "#sys.inputs *Bold* $x^2$ \\ // <b>&amp;</b> @ref `raw` [a](b) ../../etc 'q' \"q\""
UNBROKEN = "W" * 120


def text(data: bytes) -> str:
    """What stands on all pages, spaces made one."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]
    return " ".join(" ".join(pages).replace("\u200b", "").split())


def printed(shop: Account, invoice: Invoice) -> bytes:
    with scope.tenant(shop.tenant.pk):
        return printing.printed(invoice.pk).data


def taxed(shop: Account, name: str = "Shop Ltd") -> None:
    agreements.set_tax_rate(
        catalogue.seller(), name="NY sales tax", percent=D("8.875"), country="US", region="NY",
        starts_on=date(2026, 1, 1), actor=None,
    )  # fmt: skip
    with scope.tenant(shop.tenant.pk):
        agreements.save_details(
            said={"name": name, "country": "US", "region": "NY", "tax_id": "12-3456789",
                  "address": "1 Main Street\nAlbany NY 12207", "contact_name": "Mara Lindqvist"},
            actor=shop.owner,
        )  # fmt: skip
        agreements.grant_discount(
            name="Founding customer", percent=D(10), starts_on=date(2026, 1, 1), ends_on=None,
            actor=shop.finance,
        )  # fmt: skip


@pytest.fixture
def invoice(shop: Account) -> Invoice:
    taxed(shop)
    found = shop.go_live(DAY, "Main street, Łódź, Ωμέγα, Жанна")[1]
    assert found is not None
    return found


def test_the_figures_are_those_of_the_page(shop: Account, invoice: Invoice) -> None:
    with scope.tenant(shop.tenant.pk):
        paying.record_payment(
            invoice_id=invoice.pk, amount=D("1000.00"), currency="USD", reference="wire 1",
            received_on=DAY.date(), actor=shop.finance, now=DAY, method=Method.MANUAL,
        )  # fmt: skip
        note = crediting.credit(
            invoice_id=invoice.pk, amounts={1: D("100.00")}, reason="Agreed", key="a",
            actor=shop.finance, now=DAY,
        )  # fmt: skip
        for pk, amounts in ((invoice.pk, 11), (note.pk, 3)):
            document = documents.found(pk)
            context = {"tenant": shop.tenant, **documents.shown(document, now=timezone.now())}
            page = strip_tags(render_to_string("billing/invoice.html", context).replace("<", " <"))
            file = text(printing.printed(document.pk).data)
            found = AMOUNT.findall(file)
            assert len(found) >= amounts
            assert {one.lstrip("-") for one in found} == {
                one.lstrip("-") for one in AMOUNT.findall(page)
            }
            for said in (
                "Mara Lindqvist",
                "1 Main Street",
                "NY, United States",
                "123456789",
                "8.875 %",
            ):
                assert said in file
                assert said in page
    assert "Łódź, Ωμέγα, Жанна" in file
    assert f"Corrects invoice {invoice.number}" in file
    assert "Reason: Agreed" in file


def test_it_says_when_it_was_paid_and_how_to_pay_only_while_it_is_open(
    shop: Account, invoice: Invoice, settings: Any
) -> None:
    nobody = "Write to your contact at Clarity Connect for the account"
    with scope.tenant(shop.tenant.pk):
        assert nobody in " ".join(printing.facts_of(invoice.pk).pay)
    settings.CLARITY_SUPPORT_EMAIL = "help@example.com"
    before = text(printed(shop, invoice))
    assert "PAID" not in before
    assert (
        "Write to us at help@example.com for the account to transfer it to."
        f" Please say {invoice.number}" in before
    )
    with scope.tenant(shop.tenant.pk):
        paying.record_payment(
            invoice_id=invoice.pk, amount=Receivable.objects.get().open, currency="USD",
            reference="wire 1", received_on=date(2026, 3, 5), actor=shop.finance, now=DAY,
        )  # fmt: skip
    after = text(printed(shop, invoice))
    assert "PAID 5 Mar 2026" in after
    assert "Still open 0.00 USD" in after
    assert "How to pay" not in after


def test_many_lines_go_over_pages_and_any_name_stands_as_it_was_typed(
    shop: Account, invoice: Invoice
) -> None:
    with scope.tenant(shop.tenant.pk):
        data = content(printing.facts_of(invoice.pk))
    row = data["lines"][0]
    data["lines"] = [{**row, "text": f"{number}. {NASTY}"} for number in range(1, 46)]
    data["buyer"] = [UNBROKEN, NASTY]
    reader = PdfReader(io.BytesIO(pdf("invoice", data, dated=DAY)))
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert len(pages) > 2
    for place, page in enumerate(pages, start=1):
        assert f"Page {place} of {len(pages)}" in page
        # The head of the table comes again with its rows.
        assert ("Founding customer" in page) == ("Period" in page)
    whole = "".join(pages).replace(" ", "").replace("\u200b", "")
    assert f"45.{NASTY}".replace(" ", "") in whole
    assert UNBROKEN in whole


def test_it_is_tagged_for_archives_and_readers_and_always_the_same(
    shop: Account, invoice: Invoice
) -> None:
    data = printed(shop, invoice)
    assert data == printed(shop, invoice)
    reader = PdfReader(io.BytesIO(data))
    about = reader.metadata
    assert about is not None
    assert (about.title, about.author) == (f"Invoice {invoice.number}", "Clarity Connect")
    assert about.creation_date == at("2026-03-01")
    root = reader.trailer["/Root"]
    assert (root["/MarkInfo"]["/Marked"], root["/Lang"]) == (True, "en")  # type: ignore[index]
    xmp = root["/Metadata"].get_object().get_data()  # type: ignore[index]
    assert b"<pdfaid:part>2" in xmp
    assert b"<pdfuaid:part>1" in xmp


def test_letters_that_no_font_has_do_not_stop_it(shop: Account, invoice: Invoice) -> None:
    with scope.tenant(shop.tenant.pk):
        data = content(printing.facts_of(invoice.pk))
    data["buyer"] = ["\U00013080 \ue000 Ltd"]
    assert "Ltd" in text(pdf("invoice", data, dated=DAY))


def test_another_accounts_invoice_is_not_printed(shop: Account, invoice: Invoice) -> None:
    with scope.tenant(account("Other").tenant.pk), pytest.raises(Unknown):
        printing.printed(invoice.pk)
