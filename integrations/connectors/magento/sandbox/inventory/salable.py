"""What buyers may still order, by article and in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.connectors.magento.sandbox.criteria import listing
from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.inventory.source_items import MSI, lying
from integrations.connectors.magento.sandbox.inventory.sources import stock_of, stock_of_website
from integrations.connectors.magento.sandbox.records import Product
from integrations.connectors.magento.sandbox.routing import Call, Route, decimal_of, whole_of
from integrations.connectors.magento.sandbox.shop import Shop

_SALES = "Magento_InventorySalesApi::stock"
_EXPORT = "Magento_InventoryApi::stock"
_TRANSFER = "Magento_InventoryApi::source"


def _stocked(shop: Shop, sku: str) -> Product:
    entry = shop.product(sku)
    if entry is None:
        raise Refusal(
            "The product that was requested doesn't exist. Verify the product and try again.",
            status=404,
        )
    if not entry.is_stocked:
        raise Refusal("Can't check requested quantity for products without Source Items support.")
    return entry


def _quantity(shop: Shop, call: Call) -> Decimal:
    group = stock_of(shop, call.number("stockId"))
    return shop.stock.salable(_stocked(shop, call.params["sku"]).sku, group)


def _is_salable(shop: Shop, call: Call) -> bool:
    group, entry = stock_of(shop, call.number("stockId")), shop.product(call.params["sku"])
    return entry is not None and shop.stock.salable(entry.sku, group) > 0


def _are_salable(shop: Shop, call: Call) -> list[dict[str, Any]]:
    skus = [value for name, value in call.query if name.startswith("skus")]
    group = stock_of(shop, whole_of(call.asked("stockId"), "stockId"))
    return [
        {
            "sku": sku,
            "stock_id": group.id,
            "salable": (entry := shop.product(sku)) is not None
            and shop.stock.salable(entry.sku, group) > 0,
        }
        for sku in skus
    ]


@dataclass(frozen=True)
class _Row:
    sku: str
    qty: Decimal
    is_salable: bool


def _rows(shop: Shop, call: Call, skus: Iterable[str]) -> list[_Row]:
    """Articles that lie at one of the stock's sources."""
    group = stock_of_website(shop, call.params["salesChannelType"], call.params["salesChannelCode"])
    rows = []
    for sku in skus:
        if any(code in group.source_codes for code in shop.stock.items.get(sku, {})):
            qty = shop.stock.salable(sku, group)
            rows.append(_Row(sku, qty, qty > 0))
    return rows


_COLUMNS: dict[str, Callable[[_Row], Any]] = {
    "sku": lambda row: row.sku,
    "qty": lambda row: row.qty,
    "is_salable": lambda row: int(row.is_salable),
}


def _view(row: _Row) -> dict[str, Any]:
    return dict(vars(row))


def _export(shop: Shop, call: Call) -> dict[str, Any]:
    return listing(call, _rows(shop, call, lying(shop, call)), _COLUMNS, _view)


def _dump(shop: Shop, call: Call) -> list[dict[str, Any]]:
    return [_view(row) for row in _rows(shop, call, shop.stock.items)]


def _transfer(shop: Shop, call: Call) -> list[Any]:
    """Goods carried from one source to another. All rows or none."""
    given = call.values()
    origin, goal = str(given.get("originSourceCode")), str(given.get("destinationSourceCode"))
    if origin == goal or not {origin, goal} <= set(shop.stock.sources):
        raise Refusal("Validation Failed: the sources must exist and differ.")
    rows = [
        (_stocked(shop, str(row.get("sku"))).sku, decimal_of(row.get("qty"), "qty"))
        for row in call.rows("items")
    ]
    for sku, qty in rows:
        if qty <= 0 or shop.stock.on_hand(sku, origin) < qty:
            raise Refusal(
                "Requested quantity for SKU %sku is not available.", parameters={"sku": sku}
            )
    for sku, qty in rows:
        shop.stock.put(sku, origin, shop.stock.on_hand(sku, origin) - qty)
        shop.stock.put(sku, goal, shop.stock.on_hand(sku, goal) + qty)
    return []


_CHANNEL = "{salesChannelType}/{salesChannelCode}"

ROUTES = (
    Route(
        "GET",
        "inventory/get-product-salable-quantity/{sku}/{stockId}",
        _quantity,
        _SALES,
        module=MSI,
    ),
    Route("GET", "inventory/is-product-salable/{sku}/{stockId}", _is_salable, _SALES, module=MSI),
    Route("GET", "inventory/are-products-salable", _are_salable, _SALES, module=MSI),
    Route("GET", f"inventory/export-stock-salable-qty/{_CHANNEL}", _export, _EXPORT, module=MSI),
    Route("GET", f"inventory/dump-stock-index-data/{_CHANNEL}", _dump, _EXPORT, module=MSI),
    Route("POST", "inventory/bulk-partial-source-transfer", _transfer, _TRANSFER, module=MSI),
)
