"""What stands on an invoice or a credit note, as texts: the same figures as on its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tenants.billing.arithmetic.countries import COUNTRIES
from tenants.billing.arithmetic.money import shown
from tenants.billing.documents.tax_sums import TaxSum, tax_sums
from tenants.billing.models import Invoice, InvoiceKind, InvoiceLine, Payment, Receivable

# Where paper is not cut by ISO 216.
_LETTER = {"US", "CA", "MX", "PR", "PH", "CL", "CO", "VE"}


@dataclass(frozen=True)
class Facts:
    """A document with all that is told of it. `receivable` is None for a credit note; `pay` says how
    to pay, one sentence or bank line each."""

    document: Invoice
    lines: Sequence[InvoiceLine]
    receivable: Receivable | None
    payments: Sequence[Payment]
    credit_notes: Sequence[Invoice]
    pay: Sequence[str]


def content(facts: Facts) -> dict[str, Any]:
    """What the template is handed: texts, and lists of texts."""
    document = facts.document
    is_note = document.kind == InvoiceKind.CREDIT
    total = shown(document.total, document.currency)
    return {
        "title": "Credit note" if is_note else "Invoice",
        "number": document.number,
        "summary": f"{total}, {day(document.issued_on)}",
        "paper": "us-letter" if _is_letter(document) else "a4",
        "seller": party(document.seller_said),
        "buyer": party(document.buyer_said),
        "facts": _facts(document),
        "has_discount": any(line.discount for line in facts.lines),
        "lines": [_line(line, document) for line in facts.lines],
        "sums": _sums(document, tax_sums(facts.lines)),
        "total": total,
        "since": _since(facts),
        "stamp": _stamp(facts),
        "reason": document.reason,
        "pay": list(facts.pay),
    }


def day(on: date) -> str:
    """ "1 Mar 2026", as on the pages."""
    return f"{on.day} {on:%b %Y}"


def party(said: Mapping[str, Any]) -> list[str]:
    """A side, line by line: its name first, always there."""
    code = said.get("country") or ""
    country = COUNTRIES.get(code, code)
    place = ", ".join(part for part in (said.get("region"), country) if part)
    tax_id = said.get("tax_id")
    rows = [
        said["name"],
        said.get("contact_name"),
        *str(said.get("address") or "").splitlines(),
        place,
        f"Tax id {tax_id}" if tax_id else "",
    ]
    return [row.strip() for row in rows if row and row.strip()] or ["-"]


def _is_letter(document: Invoice) -> bool:
    country = document.buyer_said.get("country") or document.seller_said.get("country") or ""
    return country in _LETTER


def _facts(document: Invoice) -> list[tuple[str, str]]:
    found = [("Number", document.number), ("Date", day(document.issued_on))]
    if document.corrects is not None:
        return [*found, ("Corrects invoice", document.corrects.number)]
    return [*found, ("To be paid by", day(document.due_on))]


def _line(line: InvoiceLine, document: Invoice) -> dict[str, str]:
    currency = document.currency
    whole = f"{shown(line.a_term, currency)} for a whole term"
    return {
        "text": f"{line.number}. {line.text}",
        "said": "" if document.corrects_id else whole,
        "period": f"{day(line.starts_on)} to {day(line.ends_on - timedelta(days=1))}",
        "days": f"{line.days} of {line.of_days} days",
        "gross": shown(line.gross, currency),
        "discount": f"−{shown(line.discount, currency)}" if line.discount else "–",
        "discount_name": line.discount_name,
        "net": shown(line.net, currency),
    }


def _sums(document: Invoice, taxes: Sequence[TaxSum]) -> list[tuple[str, str]]:
    currency = document.currency
    rows = [("Net", shown(document.net, currency))]
    rows += [
        (f"{one.said} of {shown(one.net, currency)}", shown(one.tax, currency)) for one in taxes
    ]
    return rows if taxes else [*rows, ("Tax", "none")]


def _since(facts: Facts) -> list[tuple[str, str]]:
    """What was paid and credited since, and what is open; nothing before anything happened."""
    currency = facts.document.currency
    rows = [
        (
            f"{one.word} on {day(one.received_on)}",
            shown(-one.amount, currency),
        )
        for one in facts.payments
    ]
    rows += [
        (f"Credit note {one.number}", shown(one.total, currency)) for one in facts.credit_notes
    ]
    if not rows or facts.receivable is None:
        return rows
    is_owed = facts.receivable.open < 0
    name = "We owe you" if is_owed else "Still open"
    return [*rows, (name, shown(abs(facts.receivable.open), currency))]


def _stamp(facts: Facts) -> dict[str, str] | None:
    """That it is paid, once nothing is open; what was only credited is not called so."""
    row = facts.receivable
    if row is None or row.open > 0 or not facts.payments:
        return None
    return {"word": "PAID", "said": day(max(one.received_on for one in facts.payments))}
