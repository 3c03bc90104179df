"""Order lines: what is left of each after edits and refunds, with its share of discount and tax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.connector_kit.payload import Payload
from mappings.canonical.money import to_minor
from mappings.canonical.order import OrderLine

ZERO = Decimal(0)
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class _Gone:
    """What refunds took from one line; `net` is after discount."""

    quantity: int = 0
    net: Decimal = ZERO
    tax: Decimal = ZERO


def normalise(order: Payload, currency: str, tip: Decimal) -> tuple[OrderLine, ...]:
    """The lines that still count, without those that are the tip itself."""
    rows = list(order.rows("line_items"))
    tips = _tip_rows(rows, tip)
    gone = _gone(order)
    made = (_line(row, currency, gone) for row in rows if id(row) not in tips)
    return tuple(line for line in made if line.quantity)


def shop_amount(row: Payload, name: str) -> Decimal:
    """An amount in the shop's own currency: `<name>_set.shop_money` where there is one."""
    amount = maybe_shop_amount(row, name)
    return two_places(row.decimal(name)) if amount is None else amount


def maybe_shop_amount(row: Payload, name: str) -> Decimal | None:
    """As shop_amount, None when the field is missing or null in both forms."""
    both = row.maybe_child(f"{name}_set")
    if both is not None:
        return two_places(both.child("shop_money").decimal("amount"))
    amount = row.maybe_decimal(name)
    return None if amount is None else two_places(amount)


def two_places(amount: Decimal) -> Decimal:
    """The same amount written one way: GraphQL says 19.0 where the webhook says 19.00."""
    bare = amount.normalize()
    return bare.quantize(_CENT) if bare == bare.quantize(_CENT) else bare


def taxes(row: Payload) -> Decimal:
    return sum((shop_amount(tax, "price") for tax in row.rows("tax_lines")), ZERO)


def _line(row: Payload, currency: str, refunds: dict[str, _Gone]) -> OrderLine:
    ordered = row.integer("quantity")
    current = row.maybe_integer("current_quantity")
    left = ordered if current is None else current
    price = shop_amount(row, "price")
    # `total_discount` of a line is 0.00 in real bodies; the allocations hold the truth.
    discount = sum((shop_amount(part, "amount") for part in row.rows("discount_allocations")), ZERO)
    tax = taxes(row)
    if left != ordered:
        gone = refunds.get(row.text("id"), _Gone())
        if gone.quantity == ordered - left:
            discount = price * left - (price * ordered - discount - gone.net)
            tax -= gone.tax
        else:
            discount = to_minor(discount * left / max(ordered, 1), currency)
            tax = to_minor(tax * left / max(ordered, 1), currency)
    return OrderLine(
        key=row.text("id"),
        sku=row.maybe_text("sku") or "",
        product_key=row.maybe_text("variant_id") or "",
        title=row.maybe_text("title") or "",
        quantity=left,
        unit_price=price,
        discount=discount,
        tax=tax,
        requires_shipping=row.flag("requires_shipping", default=True),
        is_gift_card=row.flag("gift_card", default=False),
    )


def _gone(order: Payload) -> dict[str, _Gone]:
    found: dict[str, _Gone] = {}
    for refund in order.rows("refunds"):
        for row in refund.rows("refund_line_items"):
            key = row.text("line_item_id")
            before = found.get(key, _Gone())
            found[key] = _Gone(
                quantity=before.quantity + row.integer("quantity"),
                net=before.net + shop_amount(row, "subtotal"),
                tax=before.tax + (maybe_shop_amount(row, "total_tax") or ZERO),
            )
    return found


def _tip_rows(rows: Sequence[Payload], tip: Decimal) -> set[int]:
    """Rows that are the tip, which Shopify lists as lines as well as in total_tip_received.

    Only webhook bodies mark them (`tip`). Elsewhere they are rows that name no article and cannot
    be taxed or shipped, and they count as the tip only when they add up to it exactly.
    """
    if not tip:
        return set()
    marked = {id(row) for row in rows if row.has("tip")}
    if marked:
        return marked
    nameless = [
        row
        for row in rows
        if not (row.has("variant_id") or row.has("sku"))
        and not row.flag("taxable", default=True)
        and not row.flag("requires_shipping", default=True)
        and not row.flag("gift_card", default=False)
    ]
    amount = sum((shop_amount(row, "price") * row.integer("quantity") for row in nameless), ZERO)
    return {id(row) for row in nameless} if amount == tip else set()
