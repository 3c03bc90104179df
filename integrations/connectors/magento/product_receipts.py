"""Magento's answer to an article that was written."""

from __future__ import annotations

from integrations.connector_kit.base import Outcome, Receipt
from integrations.connectors.magento.product_fields import Wanted
from mappings.canonical.record import Entity


def created(article: Wanted) -> Receipt:
    return receipt(article, article.sku, Outcome.CREATED, is_new=True)


def receipt(article: Wanted, sku: str, outcome: Outcome, *, is_new: bool) -> Receipt:
    """`is_new`: the link is, so the stock of the article may never have reached the shop."""
    return Receipt(
        id=sku,
        outcome=outcome,
        label=sku,
        awakened=((Entity.INVENTORY, article.key),) if is_new else (),
    )
