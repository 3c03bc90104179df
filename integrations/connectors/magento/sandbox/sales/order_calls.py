"""Calls about orders: found, read, commented on, cancelled, held, and saved in part."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.connectors.magento.sandbox.criteria import listing
from integrations.connectors.magento.sandbox.errors import Refusal, missing_entity, required
from integrations.connectors.magento.sandbox.routing import Call, Route, whole_of
from integrations.connectors.magento.sandbox.sales import cancelling, columns, states
from integrations.connectors.magento.sandbox.sales.bodies.order_body import order_body
from integrations.connectors.magento.sandbox.sales.bodies.rows import (
    Row,
    address_body,
    history_body,
    item_body,
)
from integrations.connectors.magento.sandbox.sales.records import Order
from integrations.connectors.magento.sandbox.shop import Shop

_VIEW = "Magento_Sales::actions_view"

# What a partial entity may change without running the workflow. A status that is written so does not
# move the state (magento2#29953).
_WRITABLE = {
    "ext_order_id": "ext_order_id",
    "ext_customer_id": "ext_customer_id",
    "customer_note": "note",
    "status": "status",
}


def _found(shop: Shop, call: Call, name: str = "id") -> Order:
    order = shop.sales.order(call.number(name))
    if not shop.is_readable(call, order.created_at):
        raise missing_entity()
    return order


def _search(shop: Shop, call: Call) -> Row:
    rows = [row for row in shop.sales.orders.values() if shop.is_readable(call, row.created_at)]
    return listing(call, rows, columns.ORDERS, order_body)


def _read(shop: Shop, call: Call) -> Row:
    return order_body(_found(shop, call))


def _search_items(shop: Shop, call: Call) -> Row:
    rows = [(order, item) for order in shop.sales.orders.values() for item in order.items]
    return listing(call, rows, columns.ITEMS, lambda row: item_body(*row))


def _read_item(shop: Shop, call: Call) -> Row:
    number = call.number("id")
    for order in shop.sales.orders.values():
        item = order.item(number)
        if item is not None:
            return item_body(order, item)
    raise missing_entity()


def _comments(shop: Shop, call: Call) -> Row:
    order = _found(shop, call)
    return {
        "items": [history_body(order, entry) for entry in order.history],
        "search_criteria": {
            "filter_groups": [
                {
                    "filters": [
                        {"field": "parent_id", "value": str(order.id), "condition_type": "eq"}
                    ]
                }
            ]
        },
        "total_count": len(order.history),
    }


def _add_comment(shop: Shop, call: Call) -> bool:
    """A status must belong to the order's state; a status that does moves the order to it."""
    order, said = _found(shop, call), call.part("statusHistory")
    for name in ("comment", "is_customer_notified", "is_visible_on_front", "parent_id"):
        if said.get(name) is None:
            raise required(name)
    status = str(said.get("status") or "")
    known = (
        *states.STATUSES[order.state],
        *shop.sales.state_statuses.get(order.state, ()),
    )
    if status and status not in known:
        raise Refusal(
            'Unable to add comment: The status "%1" is not part of the order status history.',
            parameters=[status],
        )
    order.status = status or order.status
    shop.sales.comment(
        order,
        str(said["comment"]),
        is_notified=bool(whole_of(said["is_customer_notified"], "is_customer_notified")),
        is_visible=bool(whole_of(said["is_visible_on_front"], "is_visible_on_front")),
    )
    order.touch(shop.now())
    shop.emit("sales.order.updated", order.id)
    return True


def _status(shop: Shop, call: Call) -> str:
    return _found(shop, call).status


def _cancel(shop: Shop, call: Call) -> bool:
    return cancelling.cancel(shop, _found(shop, call))


def _hold(shop: Shop, call: Call) -> bool:
    cancelling.hold(shop, _found(shop, call))
    return True


def _unhold(shop: Shop, call: Call) -> bool:
    cancelling.unhold(shop, _found(shop, call))
    return True


def _mail(shop: Shop, call: Call) -> bool:
    _found(shop, call)
    return True


def _save(shop: Shop, call: Call) -> Row:
    """{"entity": {"entity_id", ...}}: a part of an order laid over the whole. Items that are sent lose
    what buyers chose (magento2#22431, #38251)."""
    entity = call.part("entity")
    if entity.get("entity_id") is None:
        raise Refusal("The sandbox takes orders from its checkout only: entity_id is required.")
    order = shop.sales.order(whole_of(entity["entity_id"], "entity_id"))
    for name, attribute in _WRITABLE.items():
        if name in entity:
            value = entity[name]
            setattr(order, attribute, None if value is None else str(value))
    for row in entity.get("custom_attributes") or []:
        if isinstance(row, Mapping) and row.get("attribute_code"):
            order.attributes[str(row["attribute_code"])] = row.get("value")
    for row in entity.get("items") or []:
        item = order.item(whole_of(row.get("item_id") or 0, "item_id"))
        if item is not None:
            item.option = None
    order.touch(shop.now())
    shop.emit("sales.order.updated", order.id)
    return order_body(order)


def _save_address(shop: Shop, call: Call) -> Row:
    """{"entity": order address}: the whole address is written over the one of that type."""
    order, entity = shop.sales.order(call.number("parent_id")), call.part("entity")
    kind = str(entity.get("address_type") or "")
    address = order.billing if kind == "billing" else order.shipping
    if kind not in ("billing", "shipping") or address is None:
        raise Refusal("The order address type is required: billing or shipping.")
    for name in ("firstname", "lastname", "city", "postcode", "country_id", "telephone"):
        if not entity.get(name):
            raise required(name)
        setattr(address, name, str(entity[name]))
    for name in ("region", "region_code", "company"):
        setattr(address, name, str(entity.get(name) or ""))
    address.region_id = whole_of(entity.get("region_id") or 0, "region_id")
    address.street = [str(line) for line in entity.get("street") or []]
    order.touch(shop.now())
    shop.emit("sales.order.updated", order.id)
    return address_body(order, address)


ROUTES = (
    Route("GET", "orders", _search, _VIEW),
    Route("GET", "orders/{id}", _read, _VIEW),
    Route("GET", "orders/items", _search_items, _VIEW),
    Route("GET", "orders/items/{id}", _read_item, _VIEW),
    Route("GET", "orders/{id}/comments", _comments, _VIEW),
    Route("POST", "orders/{id}/comments", _add_comment, "Magento_Sales::comment"),
    Route("GET", "orders/{id}/statuses", _status, _VIEW),
    Route("POST", "orders/{id}/cancel", _cancel, "Magento_Sales::cancel"),
    Route("POST", "orders/{id}/hold", _hold, "Magento_Sales::hold"),
    Route("POST", "orders/{id}/unhold", _unhold, "Magento_Sales::unhold"),
    Route("POST", "orders/{id}/emails", _mail, "Magento_Sales::emails"),
    Route("POST", "orders", _save, "Magento_Sales::create"),
    Route("PUT", "orders/create", _save, "Magento_Sales::create"),
    Route("PUT", "orders/{parent_id}", _save_address, "Magento_Sales::create"),
)
