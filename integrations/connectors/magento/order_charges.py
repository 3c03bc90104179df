"""Shipping, and by their names what else is charged beside the goods and their tax."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import order_money, order_shape
from integrations.connectors.magento.order_lines import Line
from integrations.connectors.magento.order_money import ZERO, Extra, Reading
from integrations.connectors.magento.order_refunds import Memo
from mappings.canonical.order import ShippingCharge


def charges(
    payload: Payload,
    reading: Reading,
    lines: Sequence[Line],
    memos: Sequence[Memo],
    *,
    rest: Decimal,
    before_tax: Decimal,
) -> tuple[ShippingCharge, ...]:
    """After refunds. `rest`: what stayed of rows of which no unit is left. `before_tax`: what the
    order comes to without tax, and before refunds."""
    books = reading.books
    sent, charged = order_shape.shipping(payload), order_money.shipping(payload, reading)
    amount = charged - sum((memo.shipping for memo in memos), ZERO)
    tax = books.amount(payload, "shipping_tax_amount")
    shipping = ShippingCharge(
        title=payload.maybe_text("shipping_description") or "",
        code=sent.maybe_text("method") or "" if sent else "",
        amount=amount,
        tax=books.cents(tax * amount / charged) if charged else ZERO,
    )
    made = [shipping] if shipping.title or shipping.amount else []
    extras = _extras(payload, reading, lines)
    if books.names_rest:
        goods = sum((line.net for line in lines), ZERO)
        named = goods + charged + sum((extra.amount for extra in extras), ZERO)
        extras.append(Extra("Other charges", "fee:other", before_tax - named))
    for kind in ("weee", "gift_wrap", "fee"):
        back = sum((memo.other.get(kind, ZERO) for memo in memos), ZERO)
        for extra in extras:
            if extra.code.partition(":")[0] == kind:
                nearest = min if extra.amount > 0 else max
                back -= (part := nearest(back, extra.amount))
                made.append(_charge(extra.title, extra.code, extra.amount - part))
    # Cents that Magento keeps when the last unit of a row is refunded, or more where it was told to.
    made.append(_charge("Rest of refunded goods", "rest", rest))
    return tuple(one for one in made if one is shipping or one.amount)


def _extras(payload: Payload, reading: Reading, lines: Sequence[Line]) -> list[Extra]:
    books = reading.books
    weee = [reading.row(line.counted.row, "weee_tax_applied_row_amount") for line in lines]
    wrapped = order_money.wrapping(payload, books, reading.end)
    return [
        Extra("Fixed product tax", "weee", books.cents(sum(weee, ZERO))),
        Extra("Gift wrapping", "gift_wrap", wrapped),
        *order_money.fees(payload, reading),
    ]


def _charge(title: str, code: str, amount: Decimal) -> ShippingCharge:
    return ShippingCharge(title=title, code=code, amount=amount)
