"""Where a retailer sees a record in the pages of Heartland Retail."""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.connector_kit.base import Account
from mappings.canonical.record import Entity

# As the pages' own addresses read: https://<name>.retail.heartland.us/#sales/tickets/edit/117060.
_PAGES = {
    Entity.ORDER: "sales/orders/edit",
    Entity.REFUND: "sales/tickets/edit",
}
_HOST = ".retail.heartland.us"


def record_url(account: Account, entity: Entity, key: str) -> str | None:
    """None for an account at another address, such as a sandbox: it has no such pages."""
    host = (urlsplit(account.base_url).hostname or "").lower()
    page = _PAGES.get(entity)
    if not host.endswith(_HOST) or page is None or not (key.isascii() and key.isdecimal()):
        return None
    return f"https://{host}/#{page}/{key}"
