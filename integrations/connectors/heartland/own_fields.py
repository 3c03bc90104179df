"""The custom fields of a Heartland Retail account, as mapping rules name them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from integrations.connector_kit.base import Client
from integrations.connector_kit.own_fields import FieldFound, Use
from integrations.connectors.heartland.audit import allowed
from integrations.connectors.heartland.auth import UNIFIED
from integrations.connectors.heartland.client import Row, client_of
from mappings.canonical.record import Entity

# What the records of a group become here, and what rules make them from. Lines have no rules of
# their own for custom fields.
_GROUPS = {
    "item": ((Entity.PRODUCT, Use.READ),),
    "customer": ((Entity.CUSTOMER, Use.READ), (Entity.CUSTOMER, Use.WRITTEN)),
    "sales.transaction": ((Entity.ORDER, Use.WRITTEN),),
}


def fields(client: Client) -> Sequence[FieldFound]:
    """None where the token may not list them (`audit` says so) or the API has no such list."""
    heartland = client_of(client)
    if heartland.account.flavour == UNIFIED:
        return ()
    rows = allowed(lambda: list(heartland.every("/custom_fields"))) or ()
    return [found for row in rows for found in _found(row)]


def _found(row: Row) -> Iterator[FieldFound]:
    for entity, use in _GROUPS.get(str(row.get("group_id")), ()):
        yield FieldFound(
            entity=entity,
            path=f"custom.{row['key']}",
            title=str(row.get("name") or row["key"]),
            use=use,
            type=str(row.get("validation_type") or ""),
            is_required=bool(row.get("required?") or row.get("required")),
        )
