"""The rules a canonical record must keep before it is sent anywhere."""

from __future__ import annotations

from mappings.canonical.gift_card import GiftCard, check_gift_card
from mappings.canonical.inventory import Stock
from mappings.canonical.order import Order, OrderState, check_order
from mappings.canonical.record import InvalidRecord, Record, Skipped
from mappings.canonical.refund import Refund, check_refund


def validate(record: Record) -> None:
    """Raises InvalidRecord naming the field, or Skipped with the reason it is left out."""
    if isinstance(record, Order):
        _order(record)
    elif isinstance(record, Stock):
        _stock(record)
    elif isinstance(record, Refund):
        _refund(record)
    elif isinstance(record, GiftCard):
        check_gift_card(record)


def _order(order: Order) -> None:
    if not order.lines and order.state is not OrderState.CANCELLED:
        raise Skipped("nothing is left to deliver: every line was removed or refunded")
    for index, line in enumerate(order.lines):
        if line.net < 0:
            raise InvalidRecord(
                f"Order {order.number}: line {index + 1} costs {line.net} after discounts",
                field=f"line_items[{index}]",
                said=str(line.net),
                advice="A line cannot cost less than nothing. Correct the discount, then replay.",
            )
    check_order(order)


def _stock(stock: Stock) -> None:
    if not stock.tracks_stock:
        raise Skipped("stock of this article is not tracked")
    if not stock.sku:
        raise InvalidRecord(
            f"Article {stock.key} has no SKU",
            field="sku",
            advice="Give the article an item number in the point of sale, then replay.",
        )


def _refund(refund: Refund) -> None:
    if refund.order_is_cancelled:
        raise Skipped("the order was cancelled, which takes all of it back")
    check_refund(refund)
