"""Orders found and read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from graphql import GraphQLError

from integrations.connector_kit.sandbox.faults import FaultKind
from integrations.connectors.shopify.sandbox import clock, totals
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.resolvers.listing import ordered, searched
from integrations.connectors.shopify.sandbox.graph.search import Field
from integrations.connectors.shopify.sandbox.graph.views import metafields, orders, shipments
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.records import Order


def _status(order: Order) -> list[str]:
    if order.cancelled_at is not None:
        return ["cancelled", "closed"]
    return ["closed"] if order.closed_at is not None else ["open", "not_closed"]


def _fulfillment_words(order: Order) -> list[str]:
    state = totals.fulfillment_status(order).lower()
    words = {"partially_fulfilled": ["partial", "unshipped"], "fulfilled": ["shipped"]}
    return [state, *words.get(state, ["unshipped"])]


FIELDS: dict[str, Field] = {
    "default": Field("text", lambda order: f"{order.name} {order.email}"),
    "id": Field("number", lambda order: order.id),
    "name": Field("text", lambda order: [order.name, str(order.number)]),
    "created_at": Field("instant", lambda order: order.created_at),
    "updated_at": Field("instant", lambda order: order.updated_at),
    "processed_at": Field("instant", lambda order: order.created_at),
    "status": Field("state", _status),
    "financial_status": Field("state", lambda order: totals.financial_status(order)),
    "fulfillment_status": Field("state", _fulfillment_words),
    "source_identifier": Field("text", lambda order: order.source_identifier),
    "source_name": Field("text", lambda order: order.source_name),
    "email": Field("text", lambda order: order.email),
    "tag": Field("text", lambda order: order.tags),
    "sku": Field("text", lambda order: [line.sku for line in order.lines]),
    "customer_id": Field("number", lambda order: order.customer.id if order.customer else None),
    "test": Field("text", lambda _order: "true"),
    "po_number": Field("text", lambda order: order.po_number),
    "discount_code": Field("text", lambda order: order.discount.code if order.discount else None),
}

_KEYS: dict[str, Callable[[Order], Any]] = {
    "UPDATED_AT": lambda order: order.updated_at.isoformat(timespec="microseconds"),
    "TOTAL_PRICE": lambda order: int(totals.total(order) * 100),
    "ORDER_NUMBER": lambda order: order.number,
    "ID": lambda order: order.id,
}

# A search for one certain order finds it whatever its state.
_NAMING = {"status", "id", "name", "source_identifier"}


def _orders(call: Call, query: str | None = None, sortKey: str = "PROCESSED_AT", **_: Any) -> Rows:
    """Without a `status` filter closed and cancelled orders are left out. Whether Shopify does
    so is not confirmed; a client that needs them and forgets `status:any` is better caught here."""
    search = searched(call, "orders", FIELDS, query)
    hides_closed = not search.used & _NAMING
    chosen = [
        order
        for order in call.shop.orders.values()
        if _is_readable(call, order)
        and not (hides_closed and order.closed_at is not None)
        and search.matches(order)
    ]
    key = _KEYS.get(sortKey, lambda order: order.created_at.isoformat(timespec="microseconds"))
    return ordered(chosen, orders.order, key, lambda order: order.id)


def _order(call: Call, id: str) -> View | None:  # noqa: A002
    found = call.shop.orders.get(number_in(id, "Order"))
    return orders.order(found) if found and _is_readable(call, found) else None


def _is_readable(call: Call, order: Order) -> bool:
    """A webhook may come before the order it tells of can be read."""
    fault = call.shop.faults.shown(FaultKind.UNREADABLE, "GET order")
    return fault is None or clock.now() - order.created_at >= timedelta(seconds=fault.value)


def _order_by_identifier(call: Call, identifier: dict[str, Any]) -> View | None:
    if "id" in identifier:
        return _order(call, identifier["id"])
    wanted = identifier["customId"]
    found = custom_id_owner(call, "ORDER", wanted)
    return next(
        (
            orders.order(entry)
            for entry in call.shop.orders.values()
            if gid("Order", entry.id) == found
        ),
        None,
    )


def custom_id_owner(call: Call, owner_type: str, wanted: dict[str, Any]) -> str | None:
    """The owner of a metafield of type `id` with that value.
    Raises NOT_FOUND when no such definition exists (seen in recorded answers)."""
    space = metafields.full_namespace(call.shop, wanted.get("namespace"))
    definition = call.shop.definitions.get((owner_type, space, wanted["key"]))
    if definition is None or definition["type"]["name"] != "id":
        raise GraphQLError(
            "Metafield definition of type 'id' is required when using custom ids.",
            extensions={"code": "NOT_FOUND"},
        )
    place = (space, wanted["key"])
    return next(
        (
            owner
            for owner, stored in call.shop.metafields.items()
            if place in stored
            and stored[place].value == wanted["value"]
            and metafields.OWNER_TYPES[owner.split("/")[3]] == owner_type
        ),
        None,
    )


def _fulfillment_order(call: Call, id: str) -> View | None:  # noqa: A002
    found = call.shop.fulfillment_orders.get(number_in(id, "FulfillmentOrder"))
    if found is None or not shipments.readable_orders(call, [found]).records:
        return None
    return shipments.fulfillment_order(found)


QUERIES: dict[str, Callable[..., Any]] = {
    "orders": _orders,
    "order": _order,
    "orderByIdentifier": _order_by_identifier,
    "fulfillmentOrder": _fulfillment_order,
}
MUTATIONS: dict[str, Callable[..., Any]] = {}
