"""Products read: searched by what they have, or by their SKU."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from integrations.connectors.magento.sandbox.catalogue import product_view
from integrations.connectors.magento.sandbox.criteria import listing, only
from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.records import Product
from integrations.connectors.magento.sandbox.routing import Call, Route
from integrations.connectors.magento.sandbox.shop import Shop

RESOURCE = "Magento_Catalog::products"


class _Columns(dict[str, Callable[[Product], Any]]):
    """Every attribute of the shop can be searched by; made when it is asked for."""

    def __init__(self, shop: Shop, store: str) -> None:
        super().__init__(
            {
                "entity_id": lambda entry: entry.id,
                "sku": lambda entry: entry.sku,
                "type_id": lambda entry: entry.type_id,
                "attribute_set_id": lambda entry: entry.attribute_set_id,
                "price": lambda entry: entry.price,
                "created_at": lambda entry: entry.created_at,
                "updated_at": lambda entry: entry.updated_at,
                "category_id": lambda entry: entry.category_ids,
                "website_id": lambda entry: entry.website_ids,
            }
        )
        self._shop, self._store = shop, store

    def get(self, name: str, default: Any = None) -> Any:
        if name in self:
            return self[name]
        if name not in self._shop.attributes:
            return default
        return lambda entry: product_view.value_of(entry, name, self._store)


def columns(shop: Shop, store: str) -> Mapping[str, Callable[[Product], Any]]:
    return _Columns(shop, store)


def found(shop: Shop, sku: str) -> Product:
    """Raises Refusal."""
    entry = shop.product(sku)
    if entry is None:
        raise Refusal(
            "The product that was requested doesn't exist. Verify the product and try again.",
            status=404,
        )
    return entry


def _search(shop: Shop, call: Call) -> dict[str, Any]:
    wanted = only(call, "sku")
    rows: Iterable[Product] = shop.products.values()
    if wanted is not None:
        named = (shop.product(sku) for sku in wanted)
        rows = {entry.sku: entry for entry in named if entry is not None}.values()
    return listing(
        call,
        rows,
        columns(shop, call.store),
        lambda entry: product_view.product(shop, entry, call.store, is_detailed=False),
    )


def _read(shop: Shop, call: Call) -> dict[str, Any]:
    return product_view.product(shop, found(shop, call.params["sku"]), call.store)


ROUTES = (
    Route("GET", "products", _search, RESOURCE),
    Route("GET", "products/{sku}", _read, RESOURCE),
)
