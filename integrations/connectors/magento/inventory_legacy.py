"""Stock of shops without sources (MSI): one quantity for each article, one call for each.

Inventory: StockRegistry. The call merges what it gets over the row that is there, whatever id the
address names; the whole row is sent, as the documents ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Outcome
from integrations.connector_kit.errors import Rejected
from integrations.connectors.magento.answers import NotFound
from integrations.connectors.magento.client import StoreClient

Row = Mapping[str, Any]


def write(client: StoreClient, sku: str, quantity: Decimal, *, in_stock: bool) -> Outcome:
    """Sets the quantity. Raises Rejected where the article's stock is not tracked, or is gone."""
    there = read(client, sku)
    if there is None:
        return _through_product(client, sku, quantity, in_stock=in_stock)
    if not is_tracked(there):
        raise Rejected(
            f"Magento does not track the stock of SKU {sku}",
            field="sku",
            said=sku,
            advice="Switch on Manage Stock for the product in Magento, then replay.",
        )
    is_same = there.get("qty") is not None and Decimal(str(there["qty"])) == quantity
    if is_same and bool(there.get("is_in_stock")) == in_stock:
        return Outcome.UNCHANGED
    row = {name: value for name, value in there.items() if value is not None}
    row.pop("extension_attributes", None)
    body = {"stockItem": {**row, "qty": quantity, "is_in_stock": in_stock}}
    path = f"products/{client.sku_path(sku)}/stockItems/{there.get('item_id') or 1}"
    client.put(path, body, store="all", about="quantity")
    return Outcome.UPDATED


def read(client: StoreClient, sku: str) -> Row | None:
    """The stock of an article; None where an address cannot name it. Raises Rejected when gone."""
    if not client.fits_path(sku):
        return None
    try:
        found: Row = client.get(f"stockItems/{client.sku_path(sku)}", store="all", about="sku")
    except NotFound:
        raise Rejected(
            f"No Magento product with SKU {sku}",
            field="sku",
            said=sku,
            advice=f"Give a Magento product the SKU {sku}, or leave the article out, then replay.",
        ) from None
    return found


def of_new(*, is_tracked: bool) -> dict[str, Any]:
    """The stock of a product that is made: in stock, nothing there, all else as the shop's settings.

    The documents call every one of these required. low_stock_date, too, but nothing was ever low.
    """
    usual = dict.fromkeys(
        (
            "use_config_min_qty",
            "use_config_max_sale_qty",
            "use_config_backorders",
            "use_config_notify_stock_qty",
            "use_config_qty_increments",
            "use_config_enable_qty_inc",
        ),
        True,
    )
    return {
        **usual,
        "use_config_min_sale_qty": 1,
        "use_config_manage_stock": is_tracked,
        "manage_stock": is_tracked,
        "qty": 0,
        "is_in_stock": True,
        "is_qty_decimal": False,
        "is_decimal_divided": False,
        "show_default_notification_message": False,
        "min_qty": 0,
        "min_sale_qty": 1,
        "max_sale_qty": 10000,
        "backorders": 0,
        "notify_stock_qty": 1,
        "qty_increments": 1,
        "enable_qty_increments": False,
        "stock_status_changed_auto": 0,
    }


def is_tracked(row: Row) -> bool:
    return row.get("manage_stock") is not False


def _through_product(
    client: StoreClient, sku: str, quantity: Decimal, *, in_stock: bool
) -> Outcome:
    """Through the product itself, whose call names the SKU in its body."""
    item = {"qty": quantity, "is_in_stock": in_stock}
    product = {"sku": sku, "extension_attributes": {"stock_item": item}}
    client.post("products", {"product": product}, store="all", about="quantity")
    return Outcome.UPDATED
