"""Where a merchant sees a record in the Shopify admin."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from integrations.connector_kit.base import Account
from mappings.canonical.record import Entity

# https://admin.shopify.com/store/<handle>/orders/<id>; a variant's page needs the id of its
# product, and a payment, refund or shipment is shown on the page of its order.
_PAGES = {
    Entity.ORDER: "orders",
    Entity.CUSTOMER: "customers",
    Entity.GIFT_CARD: "gift_cards",
}
_HOST = re.compile(r"([a-z0-9][a-z0-9_-]*)\.myshopify\.com", re.IGNORECASE)


def record_url(account: Account, entity: Entity, key: str) -> str | None:
    """None for a shop at another address, such as a sandbox: it has no admin."""
    shop = _HOST.fullmatch(urlsplit(account.base_url).hostname or "")
    page = _PAGES.get(entity)
    if shop is None or page is None or not (key.isascii() and key.isdecimal()):
        return None
    return f"https://admin.shopify.com/store/{shop[1]}/{page}/{key}"
