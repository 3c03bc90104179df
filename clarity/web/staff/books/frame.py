"""What the pages of the books have in common: which there are, and where one is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from tenants.models import User
from tenants.services import staff
from tenants.services.staff import May

# In the order they stand in: the part, its address below `admin:`, what it is called.
PAGES: Sequence[tuple[str, str, str]] = (
    ("invoices", "books", "Invoices"),
    ("overdue", "books-overdue", "Overdue"),
    ("recurring", "books-recurring", "MRR and ARR"),
    ("revenue", "books-revenue", "Revenue"),
    ("renewals", "books-renewals", "Renewals"),
    ("unmatched", "books-unmatched", "Unmatched payments"),
)
# Rows of no account, as tables of unfold.
TABLES: Sequence[tuple[str, str]] = (
    ("plan", "Plans"),
    ("price", "Prices"),
    ("taxrate", "Tax rates"),
    ("legalentity", "Sellers"),
    ("numberseries", "Numbers"),
)


def context_of(person: User, part: str) -> dict[str, Any]:
    """For the frame of the page of this part."""
    pages = [(label, reverse(f"admin:{name}"), one == part) for one, name, label in PAGES]
    keeps = staff.may(person, May.KEEP_BOOKS)
    tables = [
        (label, reverse(f"admin:billing_{model}_changelist")) for model, label in TABLES if keeps
    ]
    return {"here": "books", "pages": pages, "tables": tables, "may_keep": keeps}
