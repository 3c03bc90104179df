"""The shop itself, its app, its locations, and look-ups by id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.resolvers.listing import listed
from integrations.connectors.shopify.sandbox.graph.search import Field
from integrations.connectors.shopify.sandbox.graph.views import catalogue, people, shipments
from integrations.connectors.shopify.sandbox.identifiers import gid, parse_gid
from integrations.connectors.shopify.sandbox.records import Location

# 2026-10 became the latest version on October 1, 2026; the first two are still supported.
VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10", "unstable")
SERVED_VERSIONS = ("2026-07", "2026-10", "unstable")
_LATEST = "2026-10"

_LOCATION_FIELDS = {
    "default": Field("text", lambda place: place.name),
    "name": Field("text", lambda place: place.name),
    "id": Field("number", lambda place: place.id),
}


def api_version(handle: str) -> View:
    is_latest = handle == _LATEST
    return {
        "handle": handle,
        "displayName": f"{handle} (Latest)" if is_latest else handle,
        "supported": handle != "unstable",
    }


def _shop(call: Call) -> View:
    shop = call.shop
    return {
        "__typename": "Shop",
        "id": gid("Shop", shop.id),
        "name": shop.name,
        "myshopifyDomain": shop.domain,
        "email": "shop@example.com",
        "contactEmail": "shop@example.com",
        "currencyCode": shop.currency,
        "ianaTimezone": clock.ZONE_NAME,
        "timezoneOffset": "-0700",
        "timezoneAbbreviation": clock.ZONE_SHORT,
        "taxesIncluded": shop.settings.taxes_included,
        "taxShipping": shop.settings.tax_shipping,
        "plan": {
            "publicDisplayName": "Development",
            "shopifyPlus": False,
            "partnerDevelopment": True,
        },
        "url": f"https://{shop.domain}",
        "primaryDomain": {
            "id": gid("Domain", shop.id),
            "host": shop.domain,
            "url": f"https://{shop.domain}",
        },
        "createdAt": clock.utc(shop.created_at),
        "updatedAt": clock.utc(shop.created_at),
        "weightUnit": "KILOGRAMS",
    }


def _installation(call: Call) -> View:
    tokens = call.shop.tokens
    return {
        "__typename": "AppInstallation",
        "id": gid("AppInstallation", call.shop.app_id),
        "accessScopes": [{"handle": scope, "description": scope} for scope in tokens.scopes],
        "app": {
            "__typename": "App",
            "id": gid("App", call.shop.app_id),
            "title": "Clarity Connect",
            "handle": "clarity-connect",
        },
    }


def _location_key(sort: str) -> Callable[[Location], Any]:
    return (lambda place: place.name) if sort == "NAME" else (lambda place: place.id)


def _locations(call: Call, query: str | None = None, sortKey: str = "NAME", **_: Any) -> Rows:
    return listed(
        call,
        "locations",
        call.shop.locations.values(),
        _LOCATION_FIELDS,
        query,
        view=catalogue.location,
        key=_location_key(sortKey),
    )


def _location(call: Call, id: str | None = None) -> View | None:  # noqa: A002
    if id is None:
        return catalogue.location(call.shop.main_location)
    found = call.shop.locations.get(number_in(id, "Location"))
    return catalogue.location(found) if found else None


def node(call: Call, id: str) -> View | None:  # noqa: A002
    """Any record by its id, None when there is none."""
    parts = parse_gid(id)
    if parts is None:
        return None
    shop = call.shop
    stores: dict[str, tuple[dict[int, Any], Callable[[Any], View]]] = {
        "Order": (shop.orders, call.show["Order"]),
        "Customer": (shop.customers, people.customer),
        "Product": (shop.products, catalogue.product),
        "ProductVariant": (shop.variants, catalogue.variant),
        "InventoryItem": (shop.items, catalogue.item),
        "Location": (shop.locations, catalogue.location),
        "FulfillmentOrder": (shop.fulfillment_orders, shipments.fulfillment_order),
    }
    if parts.kind == "OrderTransaction":
        return _transaction(call, parts.number)
    if parts.kind not in stores:
        return None
    records, view = stores[parts.kind]
    found = records.get(parts.number)
    return view(found) if found is not None else None


def _transaction(call: Call, number: int) -> View | None:
    show = call.show["OrderTransaction"]
    for order in call.shop.orders.values():
        for entry in order.transactions:
            if entry.id == number:
                return show(order, entry)
    return None


QUERIES: dict[str, Callable[..., Any]] = {
    "shop": _shop,
    "currentAppInstallation": _installation,
    "publicApiVersions": lambda _call: [api_version(handle) for handle in VERSIONS],
    "locations": _locations,
    "location": _location,
    "node": node,
    "nodes": lambda call, ids: [node(call, entry) for entry in ids],
    # Jobs of the sandbox are done before they are answered.
    "job": lambda _call, id: {"id": id, "done": True},  # noqa: A006
}
MUTATIONS: dict[str, Callable[..., Any]] = {}
