"""Which amounts of an order count, and what they come to.

Magento adds up: rows - discounts + discount tax compensation + fixed product tax + shipping + gift
wrapping + fees + tax = what the buyer pays, and takes gift cards, store credit and reward points off
that to come to `grand_total`. Here they are payments, so the total is without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento.order_shape import extension
from mappings.canonical.money import minor_unit, to_minor

ZERO = Decimal(0)
# JSON numbers out of PHP carry noise (29.949999999999999); the database has four places.
_PLACES = Decimal("0.0001")

# Names in the base currency that are not "base_" and the name in the order's currency.
_BASE = {
    "shipping_discount_tax_compensation_amount": "base_shipping_discount_tax_compensation_amnt",
    "weee_tax_applied_row_amount": "base_weee_tax_applied_row_amnt",
}
_WRAPPING = ("gw_price", "gw_items_price", "gw_card_price")


@dataclass(frozen=True)
class Books:
    """The currency that is booked, and under which names its amounts stand.

    `is_base`: the shop's own currency (`base_grand_total`), not the one the buyer chose
    (`grand_total`). `is_single`: both are the same. `names_rest`: what no field explains is booked as
    a charge of its own, since the merchant said that modules of theirs add such fees.
    """

    currency: str
    is_base: bool
    is_single: bool
    names_rest: bool = False

    def maybe(self, row: Payload, name: str) -> Decimal | None:
        """The amount called `name` in the order's currency; four places, noise removed."""
        value = row.maybe_decimal(self._name(name))
        if value is None and self.is_base and self.is_single:
            value = row.maybe_decimal(name)
        return None if value is None else value.quantize(_PLACES, rounding=ROUND_HALF_UP)

    def exact(self, row: Payload, name: str) -> Decimal:
        """As `maybe`; Magento leaves out what is nothing, so that counts as zero."""
        return self.maybe(row, name) or ZERO

    def amount(self, row: Payload, name: str) -> Decimal:
        """As `exact`, in whole cents."""
        return to_minor(self.exact(row, name), self.currency)

    def needed(self, row: Payload, name: str) -> Decimal:
        """As `amount`; raises Rejected naming the field when it is missing."""
        if self.maybe(row, name) is None:
            row.decimal(self._name(name))
        return self.amount(row, name)

    def cents(self, amount: Decimal) -> Decimal:
        return to_minor(amount, self.currency)

    @property
    def coin(self) -> Decimal:
        return minor_unit(self.currency)

    def _name(self, name: str) -> str:
        if not self.is_base:
            return name
        if name.startswith("gw_"):
            # gw_price is gw_base_price, gw_items_price is gw_items_base_price.
            return name.replace("price", "base_price")
        return _BASE.get(name, f"base_{name}")


def books(order: Payload, account: Account) -> Books:
    """By the setting order_currency: "base" or "order". Raises Rejected without a currency."""
    is_base = account.setting("order_currency", "base") != "order"
    base, chosen = order.maybe_text("base_currency_code"), order.maybe_text("order_currency_code")
    name = "base_currency_code" if is_base else "order_currency_code"
    names_rest = account.setting("unnamed_fees", "hold") == "charge"
    return Books(order.text(name), is_base, base == chosen, names_rest)


@dataclass(frozen=True)
class Reading:
    """Which state of an order is read: as it was ordered, or what was invoiced of it.

    An order that was cancelled in part is what was invoiced until then: the rest will never be.
    """

    books: Books
    is_invoiced: bool

    def row(self, item: Payload, *names: str) -> Decimal:
        """The sum of some amounts of a row, by the names they have when ordered."""
        return sum((self._of_row(item, name) for name in names), ZERO)

    def _of_row(self, item: Payload, name: str) -> Decimal:
        if not self.is_invoiced:
            return self.books.exact(item, name)
        if name == "weee_tax_applied_row_amount":
            whole = self.books.exact(item, name)
            share = whole * (item.maybe_decimal("qty_invoiced") or ZERO)
            return share / (item.maybe_decimal("qty_ordered") or Decimal(1))
        return self.books.exact(
            item, name.replace("_total", "").replace("_amount", "") + "_invoiced"
        )

    def quantity(self, item: Payload) -> Decimal:
        name = "qty_invoiced" if self.is_invoiced else "qty_ordered"
        return item.maybe_decimal(name) or ZERO

    @property
    def end(self) -> str:
        return "_invoiced" if self.is_invoiced else ""


@dataclass(frozen=True)
class Paid:
    """Money that is no transaction of the gateway: a gift card, store credit, reward points."""

    gateway: str
    mark: str
    amount: Decimal


# As in other stores, so that one entry of the tender table does for all of them.
GIFT_CARD = "gift_card"
STORE_CREDIT = "customerbalance"
REWARD_POINTS = "reward_points"


def other_money(order: Payload, reading: Reading) -> tuple[Paid, ...]:
    """What was paid by gift card, store credit and reward points; `mark` tells gift cards apart."""
    found, books = extension(order), reading.books
    cards = [
        Paid(GIFT_CARD, row.maybe_text("id") or str(number), books.amount(row, "amount"))
        for number, row in enumerate(found.rows("gift_cards"), start=1)
    ]
    by_card = books.amount(found, "gift_cards_invoiced" if reading.end else "gift_cards_amount")
    credit = books.amount(
        found, "customer_balance_invoiced" if reading.end else "customer_balance_amount"
    )
    points = books.amount(found, "reward_currency_amount")
    made = (
        *_fitted(cards, by_card),
        Paid(STORE_CREDIT, "", credit),
        Paid(REWARD_POINTS, "", points),
    )
    return tuple(one for one in made if one.amount)


def _fitted(cards: Sequence[Paid], total: Decimal) -> list[Paid]:
    """The cards with what was really taken of each: the header knows the sum, and cancelling an
    order in part gives some of it back."""
    if not cards:
        return [Paid(GIFT_CARD, "1", total)]
    left, made = total, []
    for card in cards:
        part = min(left, card.amount)
        made.append(Paid(card.gateway, card.mark, part))
        left -= part
    return made


@dataclass(frozen=True)
class Extra:
    """An amount of the order that is neither goods nor shipping."""

    title: str
    code: str
    amount: Decimal


def shipping(order: Payload, reading: Reading) -> Decimal:
    """What shipping costs before tax, after its discount."""
    books = reading.books
    charged = books.exact(order, f"shipping{reading.end or '_amount'}")
    if not charged:
        return ZERO
    # Magento invoices shipping once, with its whole discount.
    off = books.exact(order, "shipping_discount_amount")
    hidden = books.exact(order, "shipping_discount_tax_compensation_amount")
    return books.cents(charged - abs(off) + hidden)


def wrapping(row: Payload, books: Books, end: str = "") -> Decimal:
    """Gift wrapping of the order, of its rows, and the printed card, before tax."""
    found = extension(row)
    return books.cents(sum((books.exact(found, f"{name}{end}") for name in _WRAPPING), ZERO))


def fees(order: Payload, reading: Reading) -> list[Extra]:
    """Fees that a module of Adobe's names; those of other modules are not in the answer."""
    books, name = reading.books, f"custom_fee_amount{reading.end}"
    return [
        Extra(
            row.maybe_text("custom_fee_label") or row.maybe_text("custom_fee_code") or "Fee",
            f"fee:{row.maybe_text('custom_fee_code') or row.maybe_text('id') or ''}",
            books.amount(row, name),
        )
        for row in extension(order).rows("custom_fees")
    ]


def total(order: Payload, reading: Reading) -> Decimal:
    """What the buyer pays in all, by whatever means."""
    name = "total_invoiced" if reading.is_invoiced else "grand_total"
    other = sum((one.amount for one in other_money(order, reading)), ZERO)
    return reading.books.needed(order, name) + other


def unnamed_discount(order: Payload, reading: Reading, on_rows: Decimal) -> Decimal:
    """The part of the discount that stands on the order and on none of its rows, nor on shipping."""
    books = reading.books
    whole = abs(books.exact(order, f"discount{reading.end or '_amount'}"))
    on_shipping = abs(books.exact(order, "shipping_discount_amount"))
    if reading.is_invoiced and not books.exact(order, "shipping_invoiced"):
        on_shipping = ZERO
    return books.cents(whole - on_rows - on_shipping)


def whole_units(row: Payload, name: str, quantity: Decimal) -> int:
    """A quantity as a whole number. Raises Rejected for 2.5 m of cloth."""
    if quantity != quantity.to_integral_value():
        raise Rejected(
            f"{row.path(name)} is {quantity.normalize():f} for"
            f" {row.maybe_text('sku') or row.maybe_text('name')}; the point of sale takes whole"
            " units only",
            field=row.path(name),
            said=f"{quantity.normalize():f}",
            advice="Enter this order at the point of sale by hand, or sell the article in whole"
            " units in Magento (Decimal Quantities: No).",
        )
    return int(quantity)


def shares(amounts: Sequence[Decimal], coin: Decimal) -> list[Decimal]:
    """The amounts in whole coins whose sum is the rounded sum; each is off by less than a coin.

    Magento keeps four places; rounding each for itself would lose cents of the sum.
    """
    made, exact, given = [], ZERO, ZERO
    for amount in amounts:
        exact += amount
        upto = (exact / coin).quantize(Decimal(1), rounding=ROUND_HALF_UP) * coin
        made.append(upto - given)
        given = upto
    return made


def spread(total: Decimal, weights: Sequence[Decimal], coin: Decimal) -> list[Decimal]:
    """`total` over pieces in proportion to their weights, in whole coins that add up to it."""
    whole = sum(weights, ZERO)
    if not whole:
        return [total if index == 0 else ZERO for index in range(len(weights))]
    return shares([total * weight / whole for weight in weights], coin)
