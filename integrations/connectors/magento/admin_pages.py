"""Where a merchant sees a record in Magento's Admin.

The address of the Admin differs from shop to shop and is told by no API, so it is a setting.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.connector_kit.base import Account
from mappings.canonical.record import Entity

_PAGES = {
    Entity.ORDER: "sales/order/view/order_id/{key}/",
    Entity.CUSTOMER: "customer/index/edit/id/{key}/",
    Entity.REFUND: "sales/creditmemo/view/creditmemo_id/{key}/",
    Entity.PAYMENT: "sales/invoice/view/invoice_id/{key}/",
    Entity.SHIPMENT: "sales/shipment/view/shipment_id/{key}/",
}


def record_url(account: Account, entity: Entity, key: str) -> str | None:
    """None without that setting, and for records that have no page under their id."""
    admin = account.setting("admin_url").strip().rstrip("/")
    page = _PAGES.get(entity)
    if page is None or not (key.isascii() and key.isdecimal()):
        return None
    try:
        parts = urlsplit(admin)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    if parts.query or parts.fragment:
        return None
    return f"{admin}/{page.format(key=key)}"
