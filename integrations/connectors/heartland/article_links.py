"""Articles of the store, linked to items by SKU. Nothing is written into Heartland.

A link made here lets orders find the item without a look-up, and the stock of an article that was
made in the store goes there at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connector_kit.base import Client, Outcome, Outgoing, Receipt, Result
from integrations.connector_kit.errors import Rejected, Unsupported
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of, matching
from integrations.connectors.heartland.inventory import sku_of
from integrations.connectors.heartland.order_settings import match_column
from mappings.canonical.record import Entity

BATCH_SIZE = 50
CALLS_PER_WRITE = 1


def write_many(client: Client, batch: Sequence[Outgoing]) -> list[Result]:
    """The item of each article, in order. One request finds the items of all that have no link."""
    heartland = client_of(client)
    skus = [_sku(one) for one in batch if not one.linked_id]
    found = _items(heartland, sorted({sku for sku in skus if sku}))
    return [answer(one, found.get(_sku(one), [])) for one in batch]


def answer(outgoing: Outgoing, items: Sequence[str]) -> Result:
    """The link of one article; a link that is there stays, whatever the SKU says by now.

    `items`: keys of the items that bear its SKU.
    """
    sku = _sku(outgoing)
    if outgoing.linked_id:
        return Receipt(outgoing.linked_id, Outcome.UNCHANGED, sku)
    if not sku:
        return Unsupported("The article has no SKU, so no item belongs to it")
    if not items:
        return Unsupported(f"No item of Heartland is called {sku}; it is sold in the store only")
    if len(items) > 1:
        return Rejected(
            f"{len(items)} items of Heartland are called {sku}",
            field="sku",
            said=sku,
            advice="Give each item a number or barcode of its own, then replay.",
        )
    touched = ((Entity.INVENTORY, items[0]), (Entity.PRODUCT, items[0]))
    return Receipt(items[0], Outcome.UNCHANGED, sku, touched=touched)


def _sku(outgoing: Outgoing) -> str:
    return str(outgoing.fields.get("sku") or "")


def _items(client: HeartlandClient, skus: Sequence[str]) -> Mapping[str, list[str]]:
    """By SKU the items that bear it, letter by letter."""
    if not skus:
        return {}
    column = match_column(client.account)
    found: dict[str, list[str]] = {}
    for row in client.every("/items", (matching({column: {"$in": list(skus)}}),)):
        found.setdefault(_name(row, client), []).append(str(row["id"]))
    return found


def _name(row: Row, client: HeartlandClient) -> str:
    return sku_of(Payload(row), client.account)
