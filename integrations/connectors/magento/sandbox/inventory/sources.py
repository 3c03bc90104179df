"""Sources and stocks: where goods lie, and which websites sell from where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.connectors.magento.sandbox.criteria import listing
from integrations.connectors.magento.sandbox.errors import Refusal, no_such_entity
from integrations.connectors.magento.sandbox.inventory.source_items import MSI
from integrations.connectors.magento.sandbox.routing import Call, Route
from integrations.connectors.magento.sandbox.shop import Shop
from integrations.connectors.magento.sandbox.stock import Source, StockGroup

_SOURCE = "Magento_InventoryApi::source"
_STOCK = "Magento_InventoryApi::stock"
_LINK = "Magento_InventoryApi::stock_source_link"
_DETAILS = (
    "email",
    "contact_name",
    "description",
    "latitude",
    "longitude",
    "country_id",
    "region_id",
    "region",
    "city",
    "street",
    "postcode",
    "phone",
    "fax",
)


def _view(source: Source) -> dict[str, Any]:
    return {
        "source_code": source.code,
        "name": source.name,
        "enabled": source.is_enabled,
        **source.details,
        "use_default_carrier_config": True,
        "carrier_links": [],
        "extension_attributes": {
            "is_pickup_location_active": False,
            "frontend_name": source.name,
        },
    }


_COLUMNS: dict[str, Callable[[Source], Any]] = {
    "source_code": lambda source: source.code,
    "name": lambda source: source.name,
    "enabled": lambda source: int(source.is_enabled),
    "country_id": lambda source: source.details.get("country_id"),
}


def _search(shop: Shop, call: Call) -> dict[str, Any]:
    return listing(call, shop.stock.sources.values(), _COLUMNS, _view)


def _found(shop: Shop, call: Call) -> Source:
    code = call.params["sourceCode"]
    source = shop.stock.sources.get(code)
    if source is None:
        raise Refusal(
            'Source with code "%value" does not exist.', status=404, parameters={"value": code}
        )
    return source


def _read(shop: Shop, call: Call) -> dict[str, Any]:
    return _view(_found(shop, call))


def _lay(source: Source, given: Mapping[str, Any]) -> None:
    source.name = str(given.get("name", source.name))
    source.is_enabled = bool(given.get("enabled", source.is_enabled))
    for name in _DETAILS:
        if given.get(name) is not None:
            source.details[name] = given[name]


def _check(given: Mapping[str, Any]) -> None:
    errors = [
        {"message": '"%field" can not be empty.', "parameters": {"field": name}}
        for name in ("source_code", "name", "postcode", "country_id")
        if not str(given.get(name) or "").strip()
    ]
    if errors:
        raise Refusal("Validation Failed", errors=errors)


def _add(shop: Shop, call: Call) -> list[Any]:
    given = call.part("source")
    _check(given)
    code = str(given["source_code"])
    if code in shop.stock.sources:
        raise Refusal("Could not save Source")
    source = Source(code, str(given["name"]))
    _lay(source, given)
    shop.stock.sources[code] = source
    return []


def _change(shop: Shop, call: Call) -> list[Any]:
    _lay(_found(shop, call), call.part("source"))
    return []


def _stock_view(group: StockGroup) -> dict[str, Any]:
    channels = [{"type": "website", "code": code} for code in group.website_codes]
    return {
        "stock_id": group.id,
        "name": group.name,
        "extension_attributes": {"sales_channels": channels},
    }


_STOCK_COLUMNS: dict[str, Callable[[StockGroup], Any]] = {
    "stock_id": lambda group: group.id,
    "name": lambda group: group.name,
}


def _stocks(shop: Shop, call: Call) -> dict[str, Any]:
    return listing(call, shop.stock.stocks.values(), _STOCK_COLUMNS, _stock_view)


def _read_stock(shop: Shop, call: Call) -> dict[str, Any]:
    return _stock_view(stock_of(shop, call.number("stockId")))


def stock_of(shop: Shop, number: int) -> StockGroup:
    """Raises Refusal."""
    found = shop.stock.stocks.get(number)
    if found is None:
        raise no_such_entity("stock_id", number)
    return found


def stock_of_website(shop: Shop, kind: str, code: str) -> StockGroup:
    """The stock of a sales channel. Raises Refusal."""
    for group in shop.stock.stocks.values():
        if kind == "website" and code in group.website_codes:
            return group
    raise Refusal("No linked stock found", status=404)


def _resolve(shop: Shop, call: Call) -> dict[str, Any]:
    return _stock_view(stock_of_website(shop, call.params["type"], call.params["code"]))


@dataclass(frozen=True)
class _Linked:
    stock_id: int
    source_code: str
    priority: int


_LINK_COLUMNS: dict[str, Callable[[_Linked], Any]] = {
    "stock_id": lambda row: row.stock_id,
    "source_code": lambda row: row.source_code,
    "priority": lambda row: row.priority,
}


def _links(shop: Shop, call: Call) -> dict[str, Any]:
    rows = [
        _Linked(group.id, code, place)
        for group in shop.stock.stocks.values()
        for place, code in enumerate(group.source_codes, start=1)
    ]
    return listing(call, rows, _LINK_COLUMNS, lambda row: dict(vars(row)))


ROUTES = (
    Route("GET", "inventory/sources", _search, _SOURCE, module=MSI),
    Route("POST", "inventory/sources", _add, _SOURCE, module=MSI),
    Route("GET", "inventory/sources/{sourceCode}", _read, _SOURCE, module=MSI),
    Route("PUT", "inventory/sources/{sourceCode}", _change, _SOURCE, module=MSI),
    Route("GET", "inventory/stocks", _stocks, _STOCK, module=MSI),
    Route("GET", "inventory/stocks/{stockId}", _read_stock, _STOCK, module=MSI),
    Route("GET", "inventory/stock-source-links", _links, _LINK, module=MSI),
    Route("GET", "inventory/stock-resolver/{type}/{code}", _resolve, _STOCK, module=MSI),
)
