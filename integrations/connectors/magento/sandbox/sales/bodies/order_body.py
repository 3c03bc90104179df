"""An order as GET /V1/orders and GET /V1/orders/{id} show it."""

from __future__ import annotations

from decimal import Decimal

from integrations.connectors.magento.sandbox.sales.amounts import CENT, number
from integrations.connectors.magento.sandbox.sales.bodies.rows import (
    Row,
    address_body,
    history_body,
    item_body,
    present,
    stamp,
)
from integrations.connectors.magento.sandbox.sales.records import NONE, Order

STORE_NAME = "Main Website\nMain Website Store\nDefault Store View"
TAX_TITLE = "Sales Tax"

_OF_SHIPPING = (
    "shipping_amount",
    "shipping_canceled",
    "shipping_discount_amount",
    "shipping_discount_tax_compensation_amount",
    "shipping_discount_tax_compensation_amnt",
    "shipping_incl_tax",
    "shipping_invoiced",
    "shipping_refunded",
    "shipping_tax_amount",
    "shipping_tax_refunded",
)


def order_body(order: Order) -> Row:
    """The whole order; made once and kept until the order changes."""
    if order.view is None:
        order.view = _made(order)
    return order.view


def _made(order: Order) -> Row:
    tops = [item for item in order.items if item.parent is None]
    row: Row = {
        "applied_rule_ids": "1" if order.coupon else None,
        "base_currency_code": order.base_currency,
        **order.amounts.rows(),
        "base_to_global_rate": 1,
        "base_to_order_rate": float(order.rate) if order.rate % 1 else int(order.rate),
        "billing_address_id": order.billing.id,
        "coupon_code": order.coupon or None,
        "created_at": stamp(order.created_at),
        "customer_email": order.email,
        "customer_firstname": order.firstname if order.customer_id is not None else None,
        "customer_group_id": 1 if order.customer_id is not None else 0,
        "customer_id": order.customer_id,
        "customer_is_guest": int(order.customer_id is None),
        "customer_lastname": order.lastname if order.customer_id is not None else None,
        "customer_note": order.note,
        "customer_note_notify": 1,
        "discount_description": order.coupon or None,
        "email_sent": 1,
        "entity_id": order.id,
        "ext_customer_id": order.ext_customer_id,
        "ext_order_id": order.ext_order_id,
        "global_currency_code": order.base_currency,
        "hold_before_state": order.held_state or None,
        "hold_before_status": order.held_status or None,
        "increment_id": order.increment_id,
        "is_virtual": int(order.is_virtual),
        "order_currency_code": order.own_currency,
        "protect_code": order.protect_code,
        "quote_id": order.quote_id,
        "remote_ip": "192.0.2.10",
        "shipping_description": order.shipping_title or None,
        "state": order.state,
        "status": order.status,
        "store_currency_code": order.base_currency,
        "store_id": 1,
        "store_name": STORE_NAME,
        "store_to_base_rate": 0,
        "store_to_order_rate": 0,
        "total_item_count": len(tops),
        "total_qty_ordered": number(sum((item.ordered for item in tops), NONE)),
        "updated_at": stamp(order.updated_at),
        "weight": number(sum((item.weight * item.ordered for item in tops), NONE)),
        "items": [item_body(order, item) for item in order.items],
        "billing_address": address_body(order, order.billing),
        "payment": _payment(order),
        "status_histories": [history_body(order, entry) for entry in order.history],
        "extension_attributes": _extension(order),
    }
    if order.attributes:
        row["custom_attributes"] = [
            {"attribute_code": code, "value": value} for code, value in order.attributes.items()
        ]
    return present(row)


def _payment(order: Order) -> Row:
    payment = order.payment
    row: Row = {
        "account_status": None,
        "additional_information": _additional(order),
        **payment.amounts.rows(),
        "cc_last4": payment.card[1] if payment.card else None,
        "cc_type": payment.card[0] if payment.card else None,
        "entity_id": payment.id,
        "last_trans_id": payment.last_trans_id or None,
        "method": payment.method,
        "parent_id": order.id,
    }
    # These two are null in recorded answers, where all other empty fields are left out.
    kept = ("account_status", "cc_last4")
    return {name: value for name, value in row.items() if value is not None or name in kept}


def _additional(order: Order) -> list[str]:
    payment = order.payment
    if payment.card is None:
        return [payment.title, ""]
    return [payment.card[0], payment.card[1], payment.title]


def _extension(order: Order) -> Row:
    taxes = _taxes(order)
    row: Row = {
        "shipping_assignments": [_assignment(order)],
        "payment_additional_info": [
            {"key": "method_title", "value": order.payment.title},
            *(
                [
                    {"key": "cc_type", "value": order.payment.card[0]},
                    {"key": "cc_last_4", "value": order.payment.card[1]},
                ]
                if order.payment.card
                else []
            ),
        ],
        "applied_taxes": taxes,
        "item_applied_taxes": _item_taxes(order),
        "gift_cards": (
            [
                {
                    "id": used.card.id,
                    "code": used.card.code,
                    "amount": number(used.own),
                    "base_amount": number(used.base),
                }
                for used in order.cards
            ]
            or None
        ),
        **order.extension.rows(),
        "coupon_codes": [order.coupon] if order.coupon else None,
    }
    return present(row)


def _assignment(order: Order) -> Row:
    """Orders without a parcel have an assignment without an address."""
    shipping: Row = {
        "total": {
            name: value
            for name, value in order.amounts.rows().items()
            if name.removeprefix("base_") in _OF_SHIPPING
        }
    }
    if order.shipping is not None:
        shipping = {
            "address": address_body(order, order.shipping),
            "method": order.shipping_method,
            **shipping,
        }
    return {"shipping": shipping, "items": [item_body(order, item) for item in order.items]}


def _taxes(order: Order) -> list[Row]:
    if not order.tax_rate:
        return []
    own, base = order.amounts.get("tax_amount")
    return [
        {
            "code": TAX_TITLE,
            "title": TAX_TITLE,
            "percent": number(_percent(order)),
            "amount": number(own),
            "base_amount": number(base),
        }
    ]


def _item_taxes(order: Order) -> list[Row]:
    found: list[Row] = []
    if not order.tax_rate:
        return found
    for item in order.items:
        own, base = item.amounts.get("tax_amount")
        if item.is_dummy or not own:
            continue
        found.append({"type": "product", "item_id": item.id, **_applied(order, own, base)})
    own, base = order.amounts.get("shipping_tax_amount")
    if own:
        found.append({"type": "shipping", **_applied(order, own, base)})
    return found


def _applied(order: Order, own: Decimal, base: Decimal) -> Row:
    return {
        "applied_taxes": [
            {
                "code": TAX_TITLE,
                "title": TAX_TITLE,
                "percent": number(_percent(order)),
                "amount": number(own),
                "base_amount": number(base),
            }
        ]
    }


def _percent(order: Order) -> Decimal:
    return (order.tax_rate * 100).quantize(CENT * CENT)
