"""Field values for tables whose rows cannot be guessed from the model.

A table is added here when test_isolation says that it could not make a row of it. A recipe gets
the tenant, and `row(model, tenant)`, which inserts a row of another model; it returns values for
some fields of the model, by field name. The other fields are filled as usual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from tenants.models import Tenant

Recipe = Callable[[Tenant, Callable[[type[Model], Tenant], Model]], dict[str, Any]]

RECIPES: dict[str, Recipe] = {
    # One at a time is being made.
    "integrations_export": lambda _tenant, _row: {"state": "done"},
}
