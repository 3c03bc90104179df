"""Field values for tables whose rows cannot be guessed from the model.

A table is added here when test_isolation says that it could not make a row of it. A recipe gets
the tenant, and `row(model, tenant)`, which inserts a row of another model; it returns values for
some fields of the model, by field name. The other fields are filled as usual.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Model

from tenants.models import Tenant

Recipe = Callable[[Tenant, Callable[[type[Model], Tenant], Model]], dict[str, Any]]

NOTHING = {"net": 0, "tax": 0, "total": 0}

RECIPES: dict[str, Recipe] = {
    # One at a time is being made.
    "integrations_export": lambda _tenant, _row: {"state": "done"},
    # It is over within an hour.
    "tenants_deputation": lambda _tenant, _row: {
        "begun_at": datetime(2027, 3, 1, 12, 0, tzinfo=UTC),
        "ends_at": datetime(2027, 3, 1, 12, 30, tzinfo=UTC),
    },
    # They add up; a line is one its invoice says it has.
    "billing_invoice": lambda _tenant, _row: {**NOTHING, "line_count": 1},
    "billing_invoiceline": lambda _tenant, _row: {
        "gross": 0,
        "discount": 0,
        "net": 0,
        "tax": 0,
        "number": 1,
    },
    # The term has a day.
    "billing_subscription": lambda _tenant, _row: {
        "term_starts_on": date(2027, 3, 1),
        "renews_on": date(2028, 3, 1),
    },
    "billing_letter": lambda _tenant, _row: {"state": "waiting", "invoice": None},
    # It has days.
    "billing_trial": lambda _tenant, _row: {"days": 14, "starts_on": None, "ends_on": None},
}
