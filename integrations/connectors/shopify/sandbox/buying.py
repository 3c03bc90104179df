"""Orders as buyers place them, cent-exact and never beyond the stock."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from decimal import Decimal

from integrations.connector_kit.sandbox.hostile import NOTES
from integrations.connector_kit.sandbox.ordering import NothingLeft
from integrations.connectors.shopify.sandbox import clock, events, totals
from integrations.connectors.shopify.sandbox.identifiers import digest
from integrations.connectors.shopify.sandbox.money import CENT, ZERO, cents, spread
from integrations.connectors.shopify.sandbox.people import buyer
from integrations.connectors.shopify.sandbox.records import (
    Address,
    Customer,
    Discount,
    FulfillmentOrder,
    FulfillmentOrderLine,
    LineItem,
    Order,
    ShippingLine,
    TaxLine,
    Transaction,
    Variant,
)
from integrations.connectors.shopify.sandbox.shop import Shop

_SHIPPING = (
    (Decimal("0.00"), "Free Shipping", "FREE"),
    (Decimal("5.00"), "Standard", "STANDARD"),
    (Decimal("12.95"), "Express", "EXPRESS"),
)
_CODES = ("WELCOME10", "SAVE15", "LESS5", "LESS7")


@dataclass(frozen=True)
class Wanted:
    """One article a buyer puts into the cart."""

    variant: Variant
    quantity: int
    price: Decimal


@dataclass(frozen=True)
class Checkout:
    """How a buyer orders. `code`: "SAVE15" takes 15 percent, "LESS5" takes 5.00; "" none."""

    cart: list[Wanted]
    is_paid: bool
    code: str
    tax_rate: Decimal
    shipping: tuple[Decimal, str, str]
    buyer_number: int


def random_checkout(
    shop: Shop,
    chance: random.Random,
    *,
    lines: int | None,
    is_paid: bool | None,
    discount: bool | str | None,
    tax_rate: Decimal,
) -> Checkout:
    """A cart of one to four articles that are in stock; None leaves a choice to chance.
    Raises NothingLeft when the shop is sold out."""
    location = shop.main_location.id
    chosen = _chosen(shop, chance, lines or chance.choices((1, 2, 3, 4), (50, 28, 14, 8))[0])
    if not chosen:
        raise NothingLeft("everything is sold out")
    cart = [
        Wanted(
            entry,
            min(chance.choices((1, 2, 3), (75, 18, 7))[0], _available(entry, location)),
            entry.price,
        )
        for entry in chosen
    ]
    return Checkout(
        cart=cart,
        is_paid=chance.random() < 0.85 if is_paid is None else is_paid,
        code=_chosen_code(chance, discount),
        tax_rate=tax_rate,
        shipping=chance.choice(_SHIPPING),
        buyer_number=chance.randint(1, 60),
    )


def _chosen(shop: Shop, chance: random.Random, count: int) -> list[Variant]:
    """Up to `count` different articles that are in stock."""
    location, everything = shop.main_location.id, list(shop.variants.values())
    found: dict[int, Variant] = {}
    # A few blind picks fill a cart from a large stock; only an almost empty one is searched.
    for _ in range(20 * count):
        entry = chance.choice(everything)
        if _available(entry, location) > 0:
            found[entry.id] = entry
        if len(found) == count:
            return list(found.values())
    left = [entry for entry in everything if _available(entry, location) > 0]
    return chance.sample(left, min(count, len(left)))


def _chosen_code(chance: random.Random, discount: bool | str | None) -> str:
    if isinstance(discount, str):
        return discount
    if discount is None:
        return chance.choice(_CODES) if chance.random() < 0.3 else ""
    return chance.choice(_CODES) if discount else ""


def _available(variant: Variant, location: int) -> int:
    level = variant.levels.get(location)
    return level.quantity("available") if level is not None and level.is_active else 0


def place(shop: Shop, checkout: Checkout) -> Order:
    """Places the order, moves stock from available to committed and tells the subscribers.
    Raises NothingLeft, changing nothing. The caller holds the shop's lock."""
    _refuse_beyond_stock(shop, checkout.cart)
    moment = clock.now()
    customer, is_new = buyer(shop, checkout.buyer_number, moment)
    number = 1000 + len(shop.orders) + 1
    lines = [
        LineItem(
            id=shop.numbers.next("LineItem"),
            variant=wanted.variant,
            sku=wanted.variant.sku,
            title=wanted.variant.product.title,
            variant_title=wanted.variant.title,
            quantity=wanted.quantity,
            price=wanted.price,
        )
        for wanted in checkout.cart
    ]
    price, title, code = checkout.shipping
    shipping = ShippingLine(shop.numbers.next("ShippingLine"), title, code, price)
    order = Order(
        id=shop.numbers.next("Order"),
        number=number,
        token=digest("order", shop.settings.seed, shop.name, str(number))[:32],
        created_at=moment,
        updated_at=moment,
        currency=shop.currency,
        taxes_included=shop.settings.taxes_included,
        customer=customer,
        email=customer.email,
        shipping_address=_copied(shop, customer),
        billing_address=_copied(shop, customer),
        lines=lines,
        shipping=shipping,
        discount=_discount(checkout.code, lines),
        note=_note(shop, number),
    )
    _tax(order, checkout.tax_rate, shop.settings.tax_shipping)
    order.transactions.append(_payment(shop, order, is_paid=checkout.is_paid))
    _fulfillment_order(shop, order)
    shop.orders[order.id] = order
    _commit(shop, order, customer if is_new else None)
    return order


def _note(shop: Shop, number: int) -> str | None:
    """What buyers of a hostile account write beside every other order."""
    return NOTES[number // 2 % len(NOTES)] if shop.settings.hostile and number % 2 == 0 else None


def _copied(shop: Shop, customer: Customer) -> Address | None:
    # An order keeps the address it was placed with, whatever the customer changes later.
    if not customer.addresses:
        return None
    number = shop.numbers.next("MailingAddress")
    return replace(customer.addresses[0], id=number, owned_by="Address")


def _refuse_beyond_stock(shop: Shop, cart: list[Wanted]) -> None:
    location = shop.main_location.id
    asked: dict[int, int] = {}
    for wanted in cart:
        asked[wanted.variant.id] = asked.get(wanted.variant.id, 0) + wanted.quantity
    for wanted in cart:
        left = _available(wanted.variant, location)
        if asked[wanted.variant.id] > left:
            raise NothingLeft(f"only {left} of {wanted.variant.sku} available")


def _discount(code: str, lines: list[LineItem]) -> Discount | None:
    """The code's discount, spread over the lines in proportion to their price."""
    if not code:
        return None
    digits = re.search(r"\d+(?:\.\d\d?)?$", code)
    value = Decimal(digits[0]) if digits else Decimal(10)
    is_percentage = not code.upper().startswith("LESS")
    weights = [line.gross for line in lines]
    whole = sum(weights, ZERO)
    wanted = cents(whole * value / 100) if is_percentage else value
    taken = min(wanted, whole).quantize(CENT)
    for line, share in zip(lines, spread(taken, weights), strict=True):
        line.allocated = share
    return Discount(code, value, is_percentage, taken)


def _tax(order: Order, rate: Decimal, is_shipping_taxed: bool) -> None:
    if not rate:
        return
    for line in order.lines:
        line.tax_lines = [_tax_line(line.net, rate, order.taxes_included)]
    if is_shipping_taxed:
        order.shipping.tax_lines = [_tax_line(order.shipping.price, rate, order.taxes_included)]


def _tax_line(amount: Decimal, rate: Decimal, is_included: bool) -> TaxLine:
    share = amount - amount / (1 + rate) if is_included else amount * rate
    return TaxLine("Sales Tax", rate, cents(share))


def _payment(shop: Shop, order: Order, *, is_paid: bool) -> Transaction:
    return Transaction(
        id=shop.numbers.next("OrderTransaction"),
        kind="SALE",
        status="SUCCESS" if is_paid else "PENDING",
        gateway="bogus" if is_paid else "manual",
        amount=totals.total(order),
        processed_at=order.created_at,
        card=("Bogus", "4242") if is_paid else None,
    )


def _fulfillment_order(shop: Shop, order: Order) -> None:
    made = FulfillmentOrder(
        id=shop.numbers.next("FulfillmentOrder"),
        order=order,
        location=shop.main_location,
        lines=[
            FulfillmentOrderLine(
                shop.numbers.next("FulfillmentOrderLineItem"), line, line.quantity, line.quantity
            )
            for line in order.lines
        ],
        created_at=order.created_at,
        updated_at=order.created_at,
    )
    order.fulfillment_orders.append(made)
    shop.fulfillment_orders[made.id] = made


def _commit(shop: Shop, order: Order, new_customer: Customer | None) -> None:
    levels = []
    for line in order.lines:
        level = line.variant.levels[shop.main_location.id]
        level.shift("available", -line.quantity)
        level.shift("committed", line.quantity)
        level.updated_at = order.created_at
        if level not in levels:
            levels.append(level)
    if new_customer is not None:
        events.customer_changed(shop, new_customer, "customers/create")
    events.order_changed(shop, order, "orders/create")
    if totals.financial_status(order) == "PAID":
        events.order_changed(shop, order, "orders/paid")
    for entry in order.transactions:
        events.money_moved(shop, order, entry)
    events.stock_changed(shop, levels)
    events.products_ordered(shop, order)


def mark_paid(shop: Shop, order: Order) -> bool:
    """Records a manual payment of what is outstanding; False when nothing is."""
    if order.cancelled_at is not None or not totals.outstanding(order):
        return False
    moment = clock.now()
    pending = next((entry for entry in order.transactions if entry.status == "PENDING"), None)
    order.transactions.append(
        Transaction(
            id=shop.numbers.next("OrderTransaction"),
            kind="SALE",
            status="SUCCESS",
            gateway="manual",
            amount=totals.outstanding(order),
            processed_at=moment,
            parent=pending,
        )
    )
    order.touch(moment)
    events.money_moved(shop, order, order.transactions[-1])
    events.order_changed(shop, order, "orders/paid", "orders/updated")
    return True


def transact(shop: Shop, order: Order, made: Transaction) -> None:
    """What a payment gateway does with an order: authorise, capture a part, void, fail.
    The caller holds the shop's lock."""
    order.transactions.append(made)
    order.touch(made.processed_at)
    events.money_moved(shop, order, made)
    paid = totals.financial_status(order) == "PAID" and made.kind in ("SALE", "CAPTURE")
    events.order_changed(shop, order, *(["orders/paid"] if paid else []), "orders/updated")
