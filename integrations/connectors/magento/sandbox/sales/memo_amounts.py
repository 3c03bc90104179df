"""What a credit memo comes to: shares of the rows, a part of the shipping, and what a person adds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.sales import pricing
from integrations.connectors.magento.sandbox.sales.amounts import (
    ZERO,
    Amounts,
    Figures,
    cents,
    paired,
    share,
)
from integrations.connectors.magento.sandbox.sales.records import DocumentItem, Item, Order

# (what the row has of it, what of that is refunded already, the figure on the memo's row)
OF_ROW = (
    ("row_invoiced", "amount_refunded", "row_total"),
    ("tax_invoiced", "tax_refunded", "tax_amount"),
    ("discount_invoiced", "discount_refunded", "discount_amount"),
    (
        "discount_tax_compensation_invoiced",
        "discount_tax_compensation_refunded",
        "discount_tax_compensation_amount",
    ),
)
_SHIPPING = (
    "shipping_amount",
    "shipping_tax_amount",
    "shipping_discount_amount",
    "shipping_discount_tax_compensation_amount",
)


def of_memo(
    order: Order,
    rows: Sequence[DocumentItem],
    *,
    shipping: Decimal | None,
    plus: Decimal,
    minus: Decimal,
) -> Amounts:
    """The header. `shipping`, `plus` and `minus` are in the base currency; `shipping` without tax, None
    for all that is left of it. Raises Refusal for more shipping than is left."""
    made = Amounts()
    part = _shipping_part(order, shipping)
    for side, there in enumerate(order.amounts.sides()):
        lines = [row.amounts.sides()[side] for row in rows if not row.item.is_dummy]
        figures = made.sides()[side]
        figures.update(pricing.header(lines, _shipping(order, there, part, side)))
        rate = Decimal(1) if side else order.rate
        figures["adjustment_positive"] = cents(plus * rate)
        figures["adjustment_negative"] = cents(minus * rate)
        figures["adjustment"] = figures["adjustment_positive"] - figures["adjustment_negative"]
        figures["grand_total"] += figures["adjustment"]
        del figures["shipping_discount_amount"]
    return made


def of_row(item: Item, qty: Decimal) -> Amounts:
    """What `qty` units of a row come to; the last ones take what is left of each amount."""
    made = Amounts()
    left = item.to_refund
    for there, here in paired(item.amounts, made):
        here["price"] = there["price"]
        if "price_incl_tax" in there:
            here["price_incl_tax"] = there["price_incl_tax"]
        if item.is_dummy:
            continue
        for whole, done, name in OF_ROW:
            rest = there.get(whole, ZERO) - there.get(done, ZERO)
            here[name] = share(rest, qty, left) if left else ZERO
        here["row_total_incl_tax"] = cents(there["row_total_incl_tax"] * qty / item.ordered)
    return made


def _shipping_part(order: Order, wanted: Decimal | None) -> Decimal | None:
    """The part of the order's shipping that goes back, None for all that is left. Raises Refusal."""
    whole = order.amounts.get("shipping_amount")[1]
    left = whole - order.amounts.get("shipping_refunded")[1]
    if wanted is None or (wanted == left and wanted > 0):
        return None
    if wanted > left:
        raise Refusal(
            "Maximum shipping amount allowed to refund is: %1",
            parameters=[f"{order.base_currency} {left:.2f}"],
        )
    return wanted / whole if whole else Decimal(0)


def _shipping(order: Order, there: Figures, part: Decimal | None, side: int) -> Figures:
    found: Figures = {}
    for name in _SHIPPING:
        whole = there.get(name, ZERO)
        before = sum((memo.amounts.sides()[side].get(name, ZERO) for memo in order.memos), ZERO)
        found[name] = whole - before if part is None else cents(whole * part)
    found["shipping_discount_amount"] = _shipping_discount(order, there, part, side)
    found["shipping_incl_tax"] = cents(
        found["shipping_amount"]
        + (
            found["shipping_amount"]
            * (there["shipping_incl_tax"] - there["shipping_amount"])
            / there["shipping_amount"]
            if there["shipping_amount"]
            else ZERO
        )
    )
    return found


def _shipping_discount(order: Order, there: Figures, part: Decimal | None, side: int) -> Decimal:
    """Memos do not show it apart from the goods' discount, so it goes by the shipping refunded."""
    whole, shipping = there.get("shipping_discount_amount", ZERO), there["shipping_amount"]
    if part is not None:
        return cents(whole * part)
    done = order.amounts.sides()[side].get("shipping_refunded", ZERO)
    return whole - (cents(whole * done / shipping) if shipping else ZERO)
