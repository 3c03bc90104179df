"""Calls about invoices, shipments, credit memos and transactions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.connectors.magento.sandbox.criteria import listing
from integrations.connectors.magento.sandbox.errors import Refusal, missing_entity, required
from integrations.connectors.magento.sandbox.routing import Call, Route, decimal_of, whole_of
from integrations.connectors.magento.sandbox.sales import (
    columns,
    documents,
    invoicing,
    money_flow,
    refunding,
    shipping,
    states,
)
from integrations.connectors.magento.sandbox.sales.amounts import ZERO
from integrations.connectors.magento.sandbox.sales.bodies import document_bodies as bodies
from integrations.connectors.magento.sandbox.sales.bodies.rows import Row, comment_body
from integrations.connectors.magento.sandbox.sales.records import (
    Comment,
    CreditMemo,
    Invoice,
    Order,
    Shipment,
)
from integrations.connectors.magento.sandbox.shop import Shop

_INVOICES = "Magento_Sales::sales_invoice"
_SHIPMENTS = "Magento_Sales::shipment"
_MEMOS = "Magento_Sales::sales_creditmemo"
_TRANSACTIONS = "Magento_Sales::transactions_fetch"


def _values(call: Call, name: str) -> Mapping[str, Any]:
    """An object below `name` in a body whose every field may be left out."""
    found = call.values().get(name)
    return found if isinstance(found, Mapping) else {}


def _extended(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    found = arguments.get("extension_attributes")
    return found if isinstance(found, Mapping) else {}


def _remark(
    shop: Shop, call: Call, order: Order, made: Invoice | Shipment | CreditMemo, entity: str
) -> None:
    """The comment of a call that made a document; appendComment also tells the buyer."""
    said = documents.comment_of(call.values())
    if said is None:
        return
    made.comments.append(
        Comment(
            id=shop.next_id(f"{entity} comment"),
            created_at=shop.now(),
            text=said[0],
            is_notified=bool(call.values().get("appendComment")),
            is_visible=said[1],
        )
    )


def _invoice(shop: Shop, call: Call) -> int:
    order = shop.sales.order(call.number("orderId"))
    asked = documents.quantities(call.values().get("items"))
    made = invoicing.invoice(shop, order, asked, capture=bool(call.values().get("capture", False)))
    _remark(shop, call, order, made, "invoice")
    return made.id


def _ship(shop: Shop, call: Call) -> int:
    order = shop.sales.order(call.number("orderId"))
    tracks = call.values().get("tracks") or []
    if not isinstance(tracks, list) or not all(isinstance(row, Mapping) for row in tracks):
        raise Refusal('"%fieldName" must be a list.', parameters={"fieldName": "tracks"})
    source = _extended(_values(call, "arguments")).get("source_code") or "default"
    made = shipping.ship(
        shop,
        order,
        documents.quantities(call.values().get("items")),
        source_code=str(source),
        tracks=tracks,
    )
    _remark(shop, call, order, made, "shipment")
    return made.id


def _plan(call: Call, invoice: Invoice | None = None) -> refunding.Plan:
    arguments = _values(call, "arguments")
    back = _extended(arguments).get("return_to_stock_items") or []
    if not isinstance(back, list):
        raise Refusal(
            '"%fieldName" must be a list.', parameters={"fieldName": "return_to_stock_items"}
        )

    def amount(name: str) -> Decimal:
        return decimal_of(arguments.get(name) or 0, name).quantize(ZERO)

    shipping_amount = arguments.get("shipping_amount")
    return refunding.Plan(
        items=documents.quantities(call.values().get("items")),
        shipping=None if shipping_amount is None else amount("shipping_amount"),
        plus=amount("adjustment_positive"),
        minus=amount("adjustment_negative"),
        restock=frozenset(whole_of(row, "return_to_stock_items") for row in back),
        invoice=invoice,
        is_online=invoice is not None and bool(call.values().get("isOnline", False)),
    )


def _refund(shop: Shop, call: Call) -> int:
    order = shop.sales.order(call.number("orderId"))
    made = refunding.refund(shop, order, _plan(call))
    _remark(shop, call, order, made, "creditmemo")
    return made.id


def _refund_invoice(shop: Shop, call: Call) -> int:
    invoice = shop.sales.invoice(call.number("invoiceId"))
    made = refunding.refund(shop, invoice.order, _plan(call, invoice))
    _remark(shop, call, invoice.order, made, "creditmemo")
    return made.id


def _refund_built(shop: Shop, call: Call) -> Row:
    """{"creditmemo": {...}, "offlineRequested"}: its amounts are booked as they come."""
    sent = call.part("creditmemo")
    if sent.get("order_id") is None:
        raise required("order_id")
    order = shop.sales.order(whole_of(sent["order_id"], "order_id"))
    plan = refunding.Plan(
        items=documents.quantities(sent.get("items")),
        shipping=decimal_of(sent.get("base_shipping_amount") or 0, "base_shipping_amount"),
        plus=decimal_of(sent.get("base_adjustment_positive") or 0, "base_adjustment_positive"),
        minus=decimal_of(sent.get("base_adjustment_negative") or 0, "base_adjustment_negative"),
    )
    if not plan.items:
        raise required("items")
    return bodies.memo_body(refunding.refund(shop, order, plan))


def _capture(shop: Shop, call: Call) -> str:
    made = shop.sales.invoice(call.number("id"))
    if made.state != invoicing.OPEN:
        raise Refusal("The invoice cannot be captured.")
    money_flow.pay(shop, made.order, made)
    made.updated_at = shop.now()
    states.settle(made.order, made.updated_at)
    shop.emit("sales.invoice.paid", made.id)
    shop.emit("sales.order.updated", made.order.id)
    return "true"


def _mail(_shop: Shop, _call: Call) -> bool:
    return True


def _add_track(shop: Shop, call: Call) -> Row:
    entity = call.part("entity")
    for name in ("order_id", "parent_id", "track_number", "title", "carrier_code"):
        if entity.get(name) in (None, ""):
            raise required(name)
    made = shop.sales.shipment(whole_of(entity["parent_id"], "parent_id"))
    if made.order.id != whole_of(entity["order_id"], "order_id"):
        raise missing_entity()
    return bodies.track_body(made, shipping.add_track(shop, made, entity))


def _drop_track(shop: Shop, call: Call) -> bool:
    found = shop.sales.tracks.get(call.number("id"))
    if found is None:
        raise missing_entity()
    shipping.drop_track(shop, *found)
    return True


def _add_remark(shop: Shop, made: Invoice | Shipment | CreditMemo, call: Call) -> Row:
    entity = call.part("entity")
    if not entity.get("comment"):
        raise required("comment")
    entry = Comment(
        id=shop.next_id("document comment"),
        created_at=shop.now(),
        text=str(entity["comment"]),
        is_notified=bool(entity.get("is_customer_notified")),
        is_visible=bool(entity.get("is_visible_on_front")),
    )
    made.comments.append(entry)
    made.updated_at = shop.now()
    return comment_body(made.id, entry)


def _remarks(made: Invoice | Shipment | CreditMemo) -> Row:
    return {
        "items": [comment_body(made.id, entry) for entry in made.comments],
        "search_criteria": {"filter_groups": []},
        "total_count": len(made.comments),
    }


def _invoices(shop: Shop, call: Call) -> Row:
    rows = [row for row in shop.sales.invoices.values() if shop.is_readable(call, row.created_at)]
    return listing(call, rows, columns.INVOICES, bodies.invoice_body)


def _shipments(shop: Shop, call: Call) -> Row:
    rows = [row for row in shop.sales.shipments.values() if shop.is_readable(call, row.created_at)]
    return listing(call, rows, columns.SHIPMENTS, bodies.shipment_body)


def _memos(shop: Shop, call: Call) -> Row:
    rows = [row for row in shop.sales.memos.values() if shop.is_readable(call, row.created_at)]
    return listing(call, rows, columns.MEMOS, bodies.memo_body)


def _transactions(shop: Shop, call: Call) -> Row:
    rows = shop.sales.transactions.values()
    return listing(call, rows, columns.TRANSACTIONS, bodies.transaction_body)


def _one_invoice(shop: Shop, call: Call) -> Invoice:
    return shop.sales.invoice(call.number("id"))


def _one_shipment(shop: Shop, call: Call) -> Shipment:
    return shop.sales.shipment(call.number("id"))


def _one_memo(shop: Shop, call: Call) -> CreditMemo:
    return shop.sales.memo(call.number("id"))


ROUTES = (
    Route("POST", "order/{orderId}/invoice", _invoice, "Magento_Sales::invoice"),
    Route("POST", "order/{orderId}/ship", _ship, "Magento_Sales::ship"),
    Route("POST", "order/{orderId}/refund", _refund, "Magento_Sales::creditmemo"),
    Route("POST", "invoice/{invoiceId}/refund", _refund_invoice, "Magento_Sales::creditmemo"),
    Route("POST", "creditmemo/refund", _refund_built, "Magento_Sales::creditmemo"),
    Route("GET", "invoices", _invoices, _INVOICES),
    Route("GET", "invoices/{id}", lambda s, c: bodies.invoice_body(_one_invoice(s, c)), _INVOICES),
    Route("POST", "invoices/{id}/capture", _capture, _INVOICES),
    Route("POST", "invoices/{id}/emails", _mail, _INVOICES),
    Route("GET", "invoices/{id}/comments", lambda s, c: _remarks(_one_invoice(s, c)), _INVOICES),
    Route("GET", "shipments", _shipments, _SHIPMENTS),
    Route(
        "GET", "shipment/{id}", lambda s, c: bodies.shipment_body(_one_shipment(s, c)), _SHIPMENTS
    ),
    Route("POST", "shipment/track", _add_track, _SHIPMENTS),
    Route("DELETE", "shipment/track/{id}", _drop_track, _SHIPMENTS),
    Route("POST", "shipment/{id}/emails", _mail, _SHIPMENTS),
    Route("GET", "shipment/{id}/comments", lambda s, c: _remarks(_one_shipment(s, c)), _SHIPMENTS),
    Route(
        "POST",
        "shipment/{id}/comments",
        lambda s, c: _add_remark(s, _one_shipment(s, c), c),
        _SHIPMENTS,
    ),
    Route("GET", "creditmemos", _memos, _MEMOS),
    Route("GET", "creditmemo/{id}", lambda s, c: bodies.memo_body(_one_memo(s, c)), _MEMOS),
    Route("POST", "creditmemo/{id}/emails", _mail, _MEMOS),
    Route("GET", "creditmemo/{id}/comments", lambda s, c: _remarks(_one_memo(s, c)), _MEMOS),
    Route(
        "POST", "creditmemo/{id}/comments", lambda s, c: _add_remark(s, _one_memo(s, c), c), _MEMOS
    ),
    Route("GET", "transactions", _transactions, _TRANSACTIONS),
    Route(
        "GET",
        "transactions/{id}",
        lambda s, c: bodies.transaction_body(s.sales.transaction(c.number("id"))),
        _TRANSACTIONS,
    ),
)
