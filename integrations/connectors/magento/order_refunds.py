"""What credit memos took off an order. Magento leaves the order as it was; our order is without it.

A credit memo is goods, shipping, other charges and tax, and beyond that an adjustment: money given
back for nothing that was bought, or kept back. Only the former is taken off the order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import order_money
from integrations.connectors.magento.order_money import (
    GIFT_CARD,
    STORE_CREDIT,
    ZERO,
    Books,
    spread,
    whole_units,
)
from integrations.connectors.magento.order_shape import extension, method
from mappings.canonical.order import TakenOff

# Where `read` leaves the credit memos of an order.
MEMOS = "clarity_creditmemos"

OPEN, REFUNDED, CANCELLED = "1", "2", "3"


@dataclass(frozen=True)
class Back:
    """Units of one row that were taken back. `net` is after discount, before tax."""

    key: str
    quantity: int
    net: Decimal
    tax: Decimal
    row: Payload


@dataclass(frozen=True)
class Given:
    """Money that went back by one way."""

    gateway: str
    amount: Decimal


@dataclass(frozen=True)
class Memo:
    """A credit memo in parts. `rows`: by the item id of the order. `other`: by code of the charge."""

    key: str
    rows: Mapping[str, Back]
    shipping: Decimal
    other: Mapping[str, Decimal]
    tax: Decimal
    total: Decimal
    given: tuple[Given, ...]

    @property
    def taken(self) -> Decimal:
        """What it took off the order."""
        goods = sum((back.net for back in self.rows.values()), ZERO)
        return goods + self.shipping + sum(self.other.values(), ZERO) + self.tax

    @property
    def adjustment(self) -> Decimal:
        """Given back beyond that; below zero where a part was kept."""
        return self.total - self.taken


def needs_memos(order: Payload) -> bool:
    """Whether something was refunded, so that the credit memos must be read with the order."""
    refunded = ("total_refunded", "base_total_refunded")
    if any(order.maybe_decimal(name) for name in refunded):
        return True
    found = extension(order)
    other = ("base_gift_cards_refunded", "base_customer_balance_refunded")
    return any(found.maybe_decimal(name) for name in other) or any(
        row.maybe_decimal("qty_refunded") for row in order.rows("items")
    )


def memos(order: Payload, books: Books, keys: Collection[str]) -> list[Memo]:
    """The credit memos that gave money back, oldest first. `keys`: the rows that count.

    Raises Rejected when the order was refunded and comes without them.
    """
    if order.raw().get(MEMOS) is None:
        if not needs_memos(order):
            return []
        raise Rejected(
            "The order was refunded in part, and its credit memos did not come with it",
            field="total_refunded",
            said=order.maybe_text("base_total_refunded") or "",
            advice="Replay the order so that it is read again with its credit memos.",
        )
    rows = [row for row in order.rows(MEMOS) if is_refunded(row)]
    rows.sort(key=lambda row: row.integer("entity_id"))
    to_credit = _all_to_store_credit(order, rows, books)
    return [memo(row, order, books, keys, to_credit=to_credit) for row in rows]


def is_refunded(row: Payload) -> bool:
    """Whether the money went back. An open one waits for the gateway."""
    return (row.maybe_text("state") or REFUNDED) == REFUNDED


def memo(
    row: Payload, order: Payload, books: Books, keys: Collection[str], *, to_credit: bool = False
) -> Memo:
    """One credit memo in parts; `row` is in the words of REST."""
    items = [item for item in row.rows("items") if item.text("order_item_id") in keys]
    off = sum((books.exact(item, "discount_amount") for item in items), ZERO)
    shipping, on_shipping = _shipping(row, order, books)
    # As on the order: what the rows do not tell of the discount is shared out among them.
    more = books.cents(abs(books.exact(row, "discount_amount")) - off - on_shipping)
    nets = [_net(item, books) for item in items]
    less = spread(more, nets, books.coin) if more and nets else [ZERO] * len(nets)
    backs = {
        item.text("order_item_id"): Back(
            key=item.maybe_text("entity_id") or item.text("order_item_id"),
            quantity=whole_units(item, "qty", item.maybe_decimal("qty") or ZERO),
            net=net - part,
            tax=books.amount(item, "tax_amount"),
            row=item,
        )
        for item, net, part in zip(items, nets, less, strict=True)
    }
    weee = sum((books.exact(item, "weee_tax_applied_row_amount") for item in items), ZERO)
    given = tuple(_given(row, order, books, to_credit=to_credit))
    made = Memo(
        key=row.text("entity_id"),
        rows=backs,
        shipping=shipping,
        other={"weee": books.cents(weee), "gift_wrap": order_money.wrapping(row, books)},
        tax=books.amount(row, "tax_amount"),
        total=sum((one.amount for one in given), ZERO),
        given=given,
    )
    return _with_fees(made, row, order, books)


def _net(item: Payload, books: Books) -> Decimal:
    before = books.exact(item, "row_total") + books.exact(item, "discount_tax_compensation_amount")
    return books.cents(before - books.exact(item, "discount_amount"))


def _shipping(row: Payload, order: Payload, books: Books) -> tuple[Decimal, Decimal]:
    """Shipping given back, and the discount in it, which Magento takes in proportion."""
    charged = books.exact(row, "shipping_amount")
    ordered = books.exact(order, "shipping_amount")
    off = abs(books.exact(order, "shipping_discount_amount"))
    if ordered and charged != ordered:
        off = books.cents(off * charged / ordered)
    hidden = books.exact(row, "shipping_discount_tax_compensation_amount")
    return (books.cents(charged - off + hidden), off) if charged else (ZERO, ZERO)


def _with_fees(made: Memo, row: Payload, order: Payload, books: Books) -> Memo:
    """A credit memo does not tell its fees: where the order has some, they are what remains."""
    if not books.names_rest and not any(True for _ in extension(order).rows("custom_fees")):
        return made
    said = books.exact(row, "adjustment_positive") - books.exact(row, "adjustment_negative")
    part = made.adjustment - books.cents(said)
    if part > 0 or books.names_rest:
        return replace(made, other={**made.other, "fee": part})
    return made


def _given(row: Payload, order: Payload, books: Books, *, to_credit: bool) -> Iterator[Given]:
    found = extension(row)
    main = STORE_CREDIT if to_credit else method(order)
    yield Given(main, books.needed(row, "grand_total"))
    yield Given(GIFT_CARD, books.amount(found, "gift_cards_amount"))
    yield Given(STORE_CREDIT, books.amount(found, "customer_balance_amount"))


def _all_to_store_credit(order: Payload, rows: Sequence[Payload], books: Books) -> bool:
    """Whether every credit memo paid out as store credit; the order tells that in one sum only."""
    found = extension(order)
    credited = books.amount(found, "customer_balance_total_refunded")
    more = credited - books.amount(found, "customer_balance_refunded")
    return more > 0 and more == sum((books.amount(row, "grand_total") for row in rows), ZERO)


def taken_off(found: Sequence[Memo]) -> tuple[TakenOff, ...]:
    """Those that took goods, shipping or other charges off the order."""
    return tuple(
        TakenOff(
            key=one.key,
            amount=one.taken,
            money=one.total if one.total < one.taken else None,
        )
        for one in found
        if one.taken
    )


def after(paid: Sequence[Given], found: Sequence[Memo]) -> list[Decimal]:
    """What stayed of each payment, without what went back for goods the order is without.

    Money given back beyond that stays a payment: the refund books it by itself.
    """
    stayed = [one.amount for one in paid]
    for one in found:
        due = min(one.taken, one.total)
        for given in one.given:
            due -= (part := min(due, given.amount))
            own = [place for place, by in enumerate(paid) if by.gateway == given.gateway]
            for place in (*own, *(n for n in range(len(paid)) if n not in own)):
                part -= (off := min(part, stayed[place]))
                stayed[place] -= off
    return stayed
