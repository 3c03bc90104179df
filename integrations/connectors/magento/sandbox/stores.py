"""What the shop is: modules, websites, store views and their configuration."""

from __future__ import annotations

from typing import Any

from integrations.connectors.magento.sandbox.routing import Call, Route
from integrations.connectors.magento.sandbox.shop import Shop
from integrations.connectors.magento.sandbox.stock import WEBSITE_CODE

TIMEZONE = "America/Chicago"
_CORE = (
    "Magento_Store",
    "Magento_Directory",
    "Magento_Eav",
    "Magento_Customer",
    "Magento_Catalog",
    "Magento_CatalogInventory",
    "Magento_ConfigurableProduct",
    "Magento_Bundle",
    "Magento_Sales",
    "Magento_Tax",
    "Magento_Integration",
    "Magento_Webapi",
    "Magento_WebapiAsync",
    "Magento_AsynchronousOperations",
)
_MSI = (
    "Magento_Inventory",
    "Magento_InventoryApi",
    "Magento_InventorySales",
    "Magento_InventorySalesApi",
    "Magento_InventoryReservations",
    "Magento_InventoryShipping",
)
_COMMERCE = (
    "Magento_GiftCard",
    "Magento_GiftCardAccount",
    "Magento_CustomerBalance",
    "Magento_Rma",
)
_EVENTS = {
    "async_events": ("MageOS_AsyncEvents", "MageOS_CommonAsyncEvents"),
    "io_events": ("Magento_AdobeCommerceEventsClient",),
    "mageplaza": ("Mageplaza_Core", "Mageplaza_Webhook"),
    "none": (),
}


def modules(shop: Shop) -> list[str]:
    """The names of what is installed and turned on."""
    chosen = shop.settings
    extra = _COMMERCE if chosen.is_commerce else ()
    return [*_CORE, *(_MSI if chosen.msi else ()), *extra, *_EVENTS[chosen.events]]


def offers(shop: Shop, route: Route) -> bool:
    """Whether this shop has the call: its edition, and its modules."""
    if route.edition == "commerce" and not shop.settings.is_commerce:
        return False
    return not route.module or route.module in modules(shop)


def _modules(shop: Shop, call: Call) -> list[str]:
    return modules(shop)


def _view(number: int, code: str) -> dict[str, Any]:
    if code == "admin":
        return _view_row(0, "admin", "Admin", website=0)
    name = "Default Store View" if code == "default" else f"Store View {number}"
    return _view_row(number, code, name, website=1)


def _view_row(number: int, code: str, name: str, *, website: int) -> dict[str, Any]:
    return {
        "id": number,
        "code": code,
        "name": name,
        "website_id": website,
        "store_group_id": website,
        "is_active": 1,
    }


def _views(shop: Shop, call: Call) -> list[dict[str, Any]]:
    rows = [_view(number, code) for number, code in enumerate(shop.store_codes(), start=1)]
    return [_view(0, "admin"), *rows]


def _websites(shop: Shop, call: Call) -> list[dict[str, Any]]:
    return [
        {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0},
        {"id": 1, "code": WEBSITE_CODE, "name": "Main Website", "default_group_id": 1},
    ]


def _groups(shop: Shop, call: Call) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "website_id": number,
            "root_category_id": 2 * number,
            "default_store_id": number,
            "name": name,
            "code": code,
        }
        for number, name, code in (
            (0, "Default", "default"),
            (1, "Main Website Store", "main_website_store"),
        )
    ]


def _configs(shop: Shop, call: Call) -> list[dict[str, Any]]:
    asked = {value for name, value in call.query if name.startswith("storeCodes")}
    base = f"{shop.base_url}/"
    return [
        {
            "id": number,
            "code": code,
            "website_id": 1,
            "locale": "en_US",
            "base_currency_code": shop.settings.currency,
            "default_display_currency_code": shop.settings.order_currency,
            "timezone": TIMEZONE,
            "weight_unit": "lbs",
            "base_url": base,
            "base_link_url": base,
            "base_static_url": f"{base}static/",
            "base_media_url": f"{base}media/",
            "secure_base_url": base,
            "secure_base_link_url": base,
            "secure_base_static_url": f"{base}static/",
            "secure_base_media_url": f"{base}media/",
        }
        for number, code in enumerate(shop.store_codes(), start=1)
        if not asked or code in asked
    ]


_RESOURCE = "Magento_Backend::store"

ROUTES = (
    Route("GET", "modules", _modules),
    Route("GET", "store/storeViews", _views, _RESOURCE),
    Route("GET", "store/websites", _websites, _RESOURCE),
    Route("GET", "store/storeGroups", _groups, _RESOURCE),
    Route("GET", "store/storeConfigs", _configs, _RESOURCE),
)
