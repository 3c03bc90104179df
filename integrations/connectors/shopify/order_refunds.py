"""What refunds took off an order: its total is already without it, and so are its payments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify.order_lines import maybe_shop_amount, shop_amount
from mappings.canonical.order import TakenOff

ZERO = Decimal(0)
_WITH_TAX = (
    ("refund_line_items", "subtotal", "total_tax"),
    ("refund_shipping_lines", "subtotal_amount", "tax_amount"),
)
_COUNTS = ("success", "pending")


def taken_off(order: Payload) -> tuple[TakenOff, ...]:
    """The refunds that took goods or shipping off the order, oldest first.

    One that only gave money back takes nothing off, and is not among them.
    """
    return tuple(
        TakenOff(
            key=refund.text("id"),
            amount=(taken := _amount(order, refund)),
            money=_of_the_money(refund, taken),
        )
        for refund in order.rows("refunds")
        if _takes_off(refund)
    )


def money_back(order: Payload) -> Mapping[str, Decimal]:
    """What went back of each payment, by its id, for goods and shipping the order is without.

    Money given back beyond that stays a payment: the refund books it by itself.
    """
    back: dict[str, Decimal] = {}
    for refund in order.rows("refunds"):
        left = _amount(order, refund)
        for parent, amount in _given(refund):
            part = min(left, amount)
            back[parent] = back.get(parent, ZERO) + part
            left -= part
    return back


def is_plain(order: Payload) -> bool:
    """Whether each refund gave back just what it took off the order, so that totals tell all."""
    for refund in order.rows("refunds"):
        if refund.raw().get("transactions") is None:
            continue
        given = sum((amount for _, amount in _given(refund)), ZERO)
        if given != _amount(order, refund):
            return False
    return True


def _of_the_money(refund: Payload, taken: Decimal) -> Decimal | None:
    """What went back of what was taken off; None for all of it."""
    if refund.raw().get("transactions") is None:
        return None
    given = sum((amount for _, amount in _given(refund)), ZERO)
    return given if given < taken else None


def _given(refund: Payload) -> Iterator[tuple[str, Decimal]]:
    """Money of a refund: the payment it went back to, and how much."""
    for row in refund.rows("transactions"):
        if row.text("kind") == "refund" and row.text("status") in _COUNTS:
            yield row.maybe_text("parent_id") or "", shop_amount(row, "amount")


def _takes_off(refund: Payload) -> bool:
    return any(True for name, _, _ in _WITH_TAX for _ in refund.rows(name))


def _amount(order: Payload, refund: Payload) -> Decimal:
    included = order.flag("taxes_included", default=False)
    taken = ZERO
    for name, net, tax in _WITH_TAX:
        for row in refund.rows(name):
            taken += shop_amount(row, net)
            taken += ZERO if included else maybe_shop_amount(row, tax) or ZERO
    for row in refund.rows("duties"):
        taken += maybe_shop_amount(row, "amount") or ZERO
    return taken
