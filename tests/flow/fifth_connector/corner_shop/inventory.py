"""Stock as a target: the units of one article, absolute, so a repeated call does no harm."""

from __future__ import annotations

from integrations.connectors.corner_shop.client import CornerClient

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected


def write(client: CornerClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Raises Rejected for an article the shop does not have."""
    sku = str(outgoing.fields["sku"])
    answer = client.set_stock(sku, int(outgoing.fields["units"]))
    if answer.status != 200:
        raise Rejected(field="sku", said=sku, advice="Add the article to the shop, then replay.")
    return Receipt(sku, Outcome.UPDATED, label=sku)
