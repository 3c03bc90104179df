"""Shipments: made, tracked, cancelled (refusals as recorded)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connectors.shopify.sandbox import clock, events, totals
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in, user_error
from integrations.connectors.shopify.sandbox.graph.paging import View
from integrations.connectors.shopify.sandbox.graph.views import shipments
from integrations.connectors.shopify.sandbox.records import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentOrderLine,
)
from integrations.connectors.shopify.sandbox.shop import Shop

# These carriers get a tracking address by themselves; any other needs `url`.
_CARRIERS = {
    "ups": "https://www.ups.com/WebTracking?loc=en_US&requester=ST&trackNums={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?qtc_tLabels1={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "dhl express": "https://www.dhl.com/us-en/home/tracking.html?tracking-id={}",
    "canada post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}",
}

_LINES_LIMIT = 512

Chosen = list[tuple[FulfillmentOrderLine, int]]


@dataclass
class _Refused(Exception):
    """The first rule of fulfillmentCreate that the input breaks."""

    path: Sequence[str]
    message: str


def _create(call: Call, fulfillment: dict[str, Any], message: str | None = None) -> View:
    try:
        origins, chosen = _chosen(call, fulfillment["lineItemsByFulfillmentOrder"])
    except _Refused as refused:
        error = user_error(refused.path, refused.message)
        return {"fulfillment": None, "userErrors": [error]}
    made = _ship(call.shop, origins, chosen)
    _track(made, fulfillment.get("trackingInfo") or {})
    order = made.order
    order.touch(made.created_at)
    events.shipped(call.shop, made)
    if totals.fulfillment_status(order) == "FULFILLED":
        events.order_changed(call.shop, order, "orders/fulfilled")
    else:
        events.order_changed(call.shop, order, "orders/partially_fulfilled")
    events.order_changed(call.shop, order, "orders/updated")
    return {"fulfillment": shipments.fulfillment(made), "userErrors": []}


def _chosen(call: Call, groups: list[dict[str, Any]]) -> tuple[list[FulfillmentOrder], Chosen]:
    if not groups:
        raise _Refused(["fulfillment"], "Line items by fulfillment order cannot be empty.")
    _check_quantities(groups)
    origins = [_existing(call, group) for group in groups]
    _check_together(origins)
    for origin in origins:
        if origin.status not in shipments.FULFILLABLE:
            state = origin.status.lower()
            text = f"Fulfillment order {origin.id} has an unfulfillable status= {state}."
            raise _Refused(["fulfillment"], text)
    chosen: Chosen = []
    for origin, group in zip(origins, groups, strict=True):
        chosen += _lines(origin, group.get("fulfillmentOrderLineItems") or [])
    return origins, chosen


def _check_quantities(groups: list[dict[str, Any]]) -> None:
    for group_index, group in enumerate(groups):
        asked = group.get("fulfillmentOrderLineItems") or []
        path = ["fulfillment", "lineItemsByFulfillmentOrder", str(group_index)]
        path.append("fulfillmentOrderLineItems")
        if len(asked) > _LINES_LIMIT:
            raise _Refused(path, f"Cannot fulfill more than {_LINES_LIMIT} line items at once.")
        for index, entry in enumerate(asked):
            if entry["quantity"] <= 0:
                place = [*path, str(index), "quantity"]
                raise _Refused(place, "Quantity must be greater than 0")


def _existing(call: Call, group: dict[str, Any]) -> FulfillmentOrder:
    number = number_in(group["fulfillmentOrderId"], "FulfillmentOrder")
    found = call.shop.fulfillment_orders.get(number)
    if found is None:
        raise _Refused(["fulfillment"], "Fulfillment order does not exist.")
    return found


def _check_together(origins: list[FulfillmentOrder]) -> None:
    order_ids = list(dict.fromkeys(origin.order.id for origin in origins))
    if len(order_ids) > 1:
        text = "All fulfillment orders must belong to the same order."
        raise _Refused(["fulfillment"], f"{text} Multiple orders with ids {order_ids} were found.")
    places = list(dict.fromkeys(origin.location.id for origin in origins))
    if len(places) > 1:
        text = "All fulfillment orders must be assigned to a single location."
        raise _Refused(["fulfillment"], f"{text} Multiple locations with ids {places} were found.")


def _lines(origin: FulfillmentOrder, asked: list[dict[str, Any]]) -> Chosen:
    """The lines to ship; none asked for means everything that is left."""
    if not asked:
        return [(entry, entry.remaining) for entry in origin.lines if entry.remaining]
    by_number = {entry.id: entry for entry in origin.lines}
    wanted: dict[int, int] = {}
    for entry in asked:
        number = number_in(entry["id"], "FulfillmentOrderLineItem")
        wanted[number] = wanted.get(number, 0) + entry["quantity"]
    chosen: Chosen = []
    for number, quantity in wanted.items():
        line = by_number.get(number)
        if line is None:
            raise _Refused(["fulfillment"], "Fulfillment order line item does not exist.")
        if quantity > line.remaining:
            text = "Invalid fulfillment order line item quantity requested."
            raise _Refused(["fulfillment"], text)
        chosen.append((line, quantity))
    return chosen


def _ship(shop: Shop, origins: list[FulfillmentOrder], chosen: Chosen) -> Fulfillment:
    moment = clock.now()
    order = origins[0].order
    made = Fulfillment(
        id=shop.numbers.next("Fulfillment"),
        name=f"{order.name}.{len(order.fulfillments) + 1}",
        order=order,
        location=origins[0].location,
        lines=[
            FulfillmentLine(shop.numbers.next("FulfillmentLineItem"), entry.line, quantity, entry)
            for entry, quantity in chosen
        ],
        origins=origins,
        created_at=moment,
        updated_at=moment,
    )
    for entry, quantity in chosen:
        entry.remaining -= quantity
        _move(entry, quantity, made)
    for origin in origins:
        left = any(entry.remaining for entry in origin.lines)
        origin.status = "IN_PROGRESS" if left else "CLOSED"
        origin.updated_at = moment
    order.fulfillments.append(made)
    return made


def _move(entry: FulfillmentOrderLine, quantity: int, made: Fulfillment) -> None:
    # Shipping takes from what was committed; what is available was lowered by the order.
    entry.line.fulfilled += quantity
    level = entry.line.variant.levels.get(made.location.id)
    if level is not None:
        level.shift("committed", -quantity)
        level.updated_at = clock.now()


def _track(made: Fulfillment, info: dict[str, Any]) -> None:
    if not info:
        return
    single = info.get("number")
    made.company = info.get("company")
    made.numbers = list(info.get("numbers") or ([single] if single else []))
    made.urls = list(info.get("urls") or ([info["url"]] if info.get("url") else []))
    pattern = _CARRIERS.get((made.company or "").lower())
    if pattern is not None and not made.urls:
        made.urls = [pattern.format(number) for number in made.numbers]


def _found(call: Call, identifier: str) -> Fulfillment | None:
    number = number_in(identifier, "Fulfillment")
    shipped = (entry for order in call.shop.orders.values() for entry in order.fulfillments)
    return next((entry for entry in shipped if entry.id == number), None)


def _tracking_update(
    call: Call,
    fulfillmentId: str,
    trackingInfoInput: dict[str, Any],
    notifyCustomer: bool | None = None,
) -> View:
    found = _found(call, fulfillmentId)
    if found is None:
        error = user_error(["fulfillmentId"], "Fulfillment does not exist.")
        return {"fulfillment": None, "userErrors": [error]}
    _track(found, trackingInfoInput)
    found.updated_at = clock.now()
    found.order.touch(found.updated_at)
    events.order_changed(call.shop, found.order, "orders/updated")
    return {"fulfillment": shipments.fulfillment(found), "userErrors": []}


def _cancel(call: Call, id: str) -> View:  # noqa: A002
    """Cancelling twice still succeeds (seen in recorded answers)."""
    found = _found(call, id)
    if found is None:
        error = user_error(["id"], "Fulfillment not found.")
        return {"fulfillment": None, "userErrors": [error]}
    if found.status != "CANCELLED":
        _undo(call.shop, found)
        events.order_changed(call.shop, found.order, "orders/updated")
    return {"fulfillment": shipments.fulfillment(found), "userErrors": []}


def _undo(shop: Shop, found: Fulfillment) -> None:
    moment = clock.now()
    found.status, found.updated_at = "CANCELLED", moment
    again = FulfillmentOrder(
        id=shop.numbers.next("FulfillmentOrder"),
        order=found.order,
        location=found.location,
        lines=[],
        created_at=moment,
        updated_at=moment,
    )
    for entry in found.lines:
        _move(entry.source, -entry.quantity, found)
        number = shop.numbers.next("FulfillmentOrderLineItem")
        line = FulfillmentOrderLine(number, entry.line, entry.quantity, entry.quantity)
        again.lines.append(line)
    found.order.fulfillment_orders.append(again)
    shop.fulfillment_orders[again.id] = again
    found.order.touch(moment)


QUERIES: dict[str, Callable[..., Any]] = {}
MUTATIONS: dict[str, Callable[..., Any]] = {
    "fulfillmentCreate": _create,
    "fulfillmentTrackingInfoUpdate": _tracking_update,
    "fulfillmentCancel": _cancel,
}
