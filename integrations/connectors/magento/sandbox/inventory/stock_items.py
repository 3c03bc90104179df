"""The one stock item of an article: always there, and all there is without MSI."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.magento.sandbox.errors import no_such_entity
from integrations.connectors.magento.sandbox.records import Product
from integrations.connectors.magento.sandbox.routing import Call, Route, decimal_of
from integrations.connectors.magento.sandbox.shop import Shop
from integrations.connectors.magento.sandbox.stock import DEFAULT_SOURCE

_FLAGS: dict[str, Any] = {
    "is_qty_decimal": False,
    "show_default_notification_message": False,
    "use_config_min_qty": True,
    "min_qty": 0,
    "use_config_min_sale_qty": 1,
    "min_sale_qty": 1,
    "use_config_max_sale_qty": True,
    "max_sale_qty": 10000,
    "use_config_backorders": True,
    "backorders": 0,
    "use_config_notify_stock_qty": True,
    "notify_stock_qty": 1,
    "use_config_qty_increments": True,
    "qty_increments": 0,
    "use_config_enable_qty_inc": True,
    "enable_qty_increments": False,
    "use_config_manage_stock": True,
    "manage_stock": True,
    "low_stock_date": None,
    "is_decimal_divided": False,
    "stock_status_changed_auto": 0,
}


def view(shop: Shop, entry: Product) -> dict[str, Any]:
    """With MSI it follows the default source."""
    item = shop.stock.items.get(entry.sku, {}).get(DEFAULT_SOURCE)
    return {
        "item_id": entry.id,
        "product_id": entry.id,
        "stock_id": 1,
        "qty": item.quantity if item is not None else Decimal(0),
        "is_in_stock": bool(item.status) if item is not None else not entry.is_stocked,
        **_FLAGS,
        **entry.stock_flags,
    }


def change(shop: Shop, entry: Product, given: dict[str, Any]) -> None:
    """Lays what is given over the stored row. Raises Refusal for no number."""
    before = view(shop, entry)
    qty = decimal_of(given["qty"], "qty") if given.get("qty") is not None else None
    for name in _FLAGS:
        if given.get(name) is not None:
            entry.stock_flags[name] = given[name]
    status = given.get("is_in_stock")
    if not entry.is_stocked or (qty is None and status is None):
        return
    shop.stock.put(
        entry.sku,
        DEFAULT_SOURCE,
        Decimal(before["qty"]) if qty is None else qty,
        int(bool(before["is_in_stock"] if status is None else status)),
    )


def _read(shop: Shop, call: Call) -> dict[str, Any]:
    sku = call.params["productSku"]
    entry = shop.product(sku)
    if entry is None:
        raise no_such_entity("sku", sku)
    return view(shop, entry)


def _write(shop: Shop, call: Call) -> int:
    """The id in the path is ignored when there is an item, as StockRegistry does."""
    sku = call.params["productSku"]
    entry = shop.product(sku)
    if entry is None:
        raise no_such_entity("sku", sku)
    change(shop, entry, call.part("stockItem"))
    shop.emit("cataloginventory.stock_item.saved", entry.id)
    return entry.id


_RESOURCE = "Magento_CatalogInventory::cataloginventory"

ROUTES = (
    Route("GET", "stockItems/{productSku}", _read, _RESOURCE),
    Route("PUT", "products/{productSku}/stockItems/{itemId}", _write, "Magento_Catalog::products"),
)
