"""Addresses of billing below /admin/."""

from __future__ import annotations

from django.urls import path

from clarity.web.staff.books import (
    account,
    agreement_acts,
    erased,
    figures,
    invoice_acts,
    lists,
    mails,
    subscription_acts,
    taking_back,
    unmatched,
)

_OF = "accounts/<slug:slug>/billing/"

urlpatterns = [
    path("books/", lists.invoices, name="books"),
    path("books/overdue/", lists.overdue, name="books-overdue"),
    path("books/recurring/", figures.recurring_page, name="books-recurring"),
    path("books/revenue/", figures.revenue_page, name="books-revenue"),
    path("books/renewals/", figures.renewals_page, name="books-renewals"),
    path("books/unmatched/", unmatched.listing, name="books-unmatched"),
    path("books/unmatched/<uuid:unmatched_id>/", unmatched.whose, name="books-whose"),
    path("books/unmatched/<uuid:unmatched_id>/back/", taking_back.release, name="books-release"),
    path(f"{_OF}unmatched/<uuid:unmatched_id>/unbook/", taking_back.unbook, name="account-unbook"),
    path("books/erased/<uuid:erasure_id>/", erased.gone, name="books-erased"),
    path(f"{_OF}unmatched/<uuid:unmatched_id>/book/", unmatched.book, name="account-book"),
    path(f"{_OF}unmatched/<uuid:unmatched_id>/settled/", unmatched.dismiss, name="account-settled"),
    path(f"{_OF}invoices/<uuid:invoice_id>/pdf/", account.pdf, name="account-invoice-pdf"),
    path(_OF, account.billing, name="account-billing"),
    path(f"{_OF}invoices/<uuid:invoice_id>/", account.invoice, name="account-invoice"),
    path(f"{_OF}invoices/<uuid:invoice_id>/payment/", invoice_acts.pay, name="account-pay"),
    path(f"{_OF}invoices/<uuid:invoice_id>/credit/", invoice_acts.credit, name="account-credit"),
    path(f"{_OF}mails/<uuid:letter_id>/again/", mails.again, name="account-mail-again"),
    path(f"{_OF}contract/", agreement_acts.contract, name="account-contract"),
    path(
        f"{_OF}contract/<int:agreement_id>/end/",
        agreement_acts.end_contract,
        name="account-contract-end",
    ),
    path(f"{_OF}discount/", agreement_acts.discount, name="account-discount"),
    path(
        f"{_OF}discount/<int:agreement_id>/end/",
        agreement_acts.end_discount,
        name="account-discount-end",
    ),
    path(f"{_OF}trial/", agreement_acts.trial, name="account-trial"),
    path(f"{_OF}trial/withdraw/", agreement_acts.withdraw_trial, name="account-trial-withdraw"),
    path(f"{_OF}plan/", subscription_acts.change_plan, name="account-plan"),
    path(f"{_OF}cancel/", subscription_acts.cancel, name="account-cancel"),
    path(f"{_OF}go-on/", subscription_acts.go_on, name="account-go-on"),
]
