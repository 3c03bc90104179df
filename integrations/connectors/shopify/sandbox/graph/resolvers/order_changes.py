"""Orders changed: attributes, payment, cancellation."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from integrations.connectors.shopify.sandbox import buying, cancelling, clock, events
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in, user_error
from integrations.connectors.shopify.sandbox.graph.paging import View
from integrations.connectors.shopify.sandbox.graph.resolvers.metafield_changes import (
    checked_metafields,
    store_metafields,
)
from integrations.connectors.shopify.sandbox.graph.views import orders
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.records import Address, Order

_NOTE_LIMIT = 5000
_STAFF_NOTE_LIMIT = 255
_TAG_LIMIT = 255


def _order_update(call: Call, input: dict[str, Any]) -> View:  # noqa: A002
    order = call.shop.orders.get(number_in(input["id"], "Order"))
    if order is None:
        return {"order": None, "userErrors": [user_error(["id"], "Order does not exist")]}
    problems = _update_problems(call, order, input)
    if problems:
        return {"order": orders.order(order), "userErrors": problems}
    for name, attribute in (("email", "email"), ("phone", "phone"), ("poNumber", "po_number")):
        if name in input:
            setattr(order, attribute, input[name])
    if "note" in input:
        order.note = input["note"] or None
    if "tags" in input:
        order.tags = clean_tags(input["tags"] or [])
    if "customAttributes" in input:
        order.attributes = [
            (entry["key"], entry["value"]) for entry in input["customAttributes"] or []
        ]
    if input.get("shippingAddress"):
        order.shipping_address = address_of(call, input["shippingAddress"], "Address")
    store_metafields(call, gid("Order", order.id), input.get("metafields") or [])
    _changed(call, order)
    return {"order": orders.order(order), "userErrors": []}


def _update_problems(call: Call, order: Order, values: dict[str, Any]) -> list[View]:
    problems = []
    if len(values.get("note") or "") > _NOTE_LIMIT:
        problems.append(
            user_error(["note"], f"Note is too long (maximum is {_NOTE_LIMIT} characters)")
        )
    if any(len(tag) > _TAG_LIMIT for tag in values.get("tags") or []):
        problems.append(user_error(["tags"], "Tags is invalid"))
    problems += checked_metafields(
        call, gid("Order", order.id), values.get("metafields") or [], ["metafields"]
    )
    return problems


def clean_tags(tags: list[str]) -> list[str]:
    """Tags as Shopify keeps them: trimmed, once each, sorted. One entry may hold several."""
    parts = (part.strip() for tag in tags for part in tag.split(","))
    once = {part.lower(): part for part in parts if part}
    return sorted(once.values(), key=str.lower)


def address_of(call: Call, values: dict[str, Any], owned_by: str) -> Address:
    """A MailingAddressInput as a record."""
    return Address(
        id=call.shop.numbers.next("MailingAddress"),
        first_name=values.get("firstName"),
        last_name=values.get("lastName"),
        company=values.get("company"),
        address1=values.get("address1"),
        address2=values.get("address2"),
        city=values.get("city"),
        province_code=values.get("provinceCode"),
        country_code=values.get("countryCode"),
        zip=values.get("zip"),
        phone=values.get("phone"),
        owned_by=owned_by,
    )


def _changed(call: Call, order: Order) -> None:
    order.touch(clock.now())
    events.order_changed(call.shop, order, "orders/updated")


def _mark_as_paid(call: Call, input: dict[str, Any]) -> View:  # noqa: A002
    order = call.shop.orders.get(number_in(input["id"], "Order"))
    if order is None:
        return {"order": None, "userErrors": [user_error(["id"], "Order does not exist")]}
    if not buying.mark_paid(call.shop, order):
        error = user_error(["id"], "Order cannot be marked as paid.")
        return {"order": orders.order(order), "userErrors": [error]}
    return {"order": orders.order(order), "userErrors": []}


def _cancel(
    call: Call,
    orderId: str,
    reason: str,
    restock: bool,
    refund: bool | None = None,
    refundMethod: dict[str, Any] | None = None,
    staffNote: str | None = None,
    notifyCustomer: bool = False,
) -> View:
    order = call.shop.orders.get(number_in(orderId, "Order"))
    problem = _cancel_problem(order, refund, refundMethod, staffNote)
    if problem is not None or order is None:
        errors = [problem] if problem else []
        return {"job": None, "orderCancelUserErrors": errors, "userErrors": errors}
    pays_back = bool(refund or (refundMethod or {}).get("originalPaymentMethodsRefund"))
    cancelling.cancel(call.shop, order, reason=reason, restock=restock, pays_back=pays_back)
    job = {"__typename": "Job", "id": f"gid://shopify/Job/{uuid.uuid4()}", "done": False}
    return {"job": job, "orderCancelUserErrors": [], "userErrors": []}


def _cancel_problem(
    order: Order | None,
    refund: bool | None,
    refund_method: dict[str, Any] | None,
    staff_note: str | None,
) -> View | None:
    if len(staff_note or "") > _STAFF_NOTE_LIMIT:
        text = f"Staff note is too long. Maximum length is {_STAFF_NOTE_LIMIT} characters."
        return user_error(["staffNote"], text, "INVALID")
    if refund is not None and refund_method is not None:
        text = "Only one of the arguments `refund` or `refund_method` is allowed."
        return user_error(["refund"], text, "INVALID")
    if order is None:
        return user_error(["orderId"], "Order does not exist", "NOT_FOUND")
    refusal = cancelling.refusal(order)
    return user_error(["orderId"], refusal, "INVALID") if refusal else None


def _taggable(call: Call, owner: str) -> Any | None:
    stores: dict[str, dict[int, Any]] = {
        "Order": call.shop.orders,
        "Customer": call.shop.customers,
        "Product": call.shop.products,
    }
    number = number_in(owner, *stores)
    return stores[owner.split("/")[3]].get(number)


def _retag(call: Call, id: str, change: Callable[[list[str]], list[str]]) -> View:  # noqa: A002
    found = _taggable(call, id)
    if found is None:
        return {"node": None, "userErrors": [user_error(["id"], "Resource does not exist")]}
    before, found.tags = found.tags, clean_tags(change(found.tags))
    kind = id.split("/")[3]
    if found.tags != before:
        _tell_retagged(call, kind, found)
    return {"node": call.show[kind](found), "userErrors": []}


def _tell_retagged(call: Call, kind: str, found: Any) -> None:
    if kind == "Order":
        _changed(call, found)
        return
    found.updated_at = clock.now()
    if kind == "Product":
        events.product_changed(call.shop, found)
    else:
        events.customer_changed(call.shop, found, "customers/update")


def _tags_add(call: Call, id: str, tags: list[str]) -> View:  # noqa: A002
    return _retag(call, id, lambda old: [*old, *tags])


def _tags_remove(call: Call, id: str, tags: list[str]) -> View:  # noqa: A002
    gone = {tag.strip().lower() for tag in tags}
    return _retag(call, id, lambda old: [tag for tag in old if tag.lower() not in gone])


QUERIES: dict[str, Callable[..., Any]] = {}
MUTATIONS: dict[str, Callable[..., Any]] = {
    "orderUpdate": _order_update,
    "orderMarkAsPaid": _mark_as_paid,
    "orderCancel": _cancel,
    "tagsAdd": _tags_add,
    "tagsRemove": _tags_remove,
}
