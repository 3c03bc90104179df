"""Orders as buyers place them, cent-exact and never beyond the stock."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from integrations.connector_kit.sandbox.hostile import NOTES
from integrations.connectors.magento.sandbox.people import buyers
from integrations.connectors.magento.sandbox.records import Customer
from integrations.connectors.magento.sandbox.sales import (
    addresses,
    cart,
    invoicing,
    money_flow,
    pricing,
    states,
)
from integrations.connectors.magento.sandbox.sales.amounts import ZERO, Amounts, cents
from integrations.connectors.magento.sandbox.sales.cart import Bundle, Wanted
from integrations.connectors.magento.sandbox.sales.gift_cards import GiftCard, UsedCard
from integrations.connectors.magento.sandbox.sales.pricing import Terms
from integrations.connectors.magento.sandbox.sales.records import (
    Item,
    Order,
    Payment,
)
from integrations.connectors.magento.sandbox.stock import OutOfStock

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

CAPTURED, AUTHORIZED, OFFLINE = "captured", "authorized", "offline"
PENDING, REVIEW = "pending_payment", "payment_review"
WAYS = (CAPTURED, AUTHORIZED, OFFLINE, PENDING, REVIEW)

# Price, method, what the buyer reads.
SHIPPING = (
    (Decimal("0.00"), "freeshipping_freeshipping", "Free Shipping - Free"),
    (Decimal("5.00"), "flatrate_flatrate", "Flat Rate - Fixed"),
    (Decimal("12.95"), "tablerate_bestway", "Best Way - Table Rate"),
)
_OFFLINE = (("checkmo", "Check / Money order"), ("banktransfer", "Bank Transfer Payment"))
_ONLINE = ("braintree", "Credit Card (Braintree)")
_FREE = ("free", "No Payment Information Required")


@dataclass(frozen=True)
class Checkout:
    """How a buyer orders. `code`: "SAVE15" takes 15 percent, "LESS5" takes 5.00 off the goods; "" none.
    `way`: one of WAYS. `credit`: store credit to use, in the base currency."""

    cart: list[Wanted]
    way: str
    code: str
    tax_rate: Decimal
    shipping: tuple[Decimal, str, str]
    buyer_number: int
    bundle: Bundle = field(default_factory=Bundle)
    is_guest: bool = False
    card: GiftCard | None = None
    credit: Decimal = ZERO
    discounts_shipping: bool = False


def place(shop: Shop, checkout: Checkout) -> Order:
    """Places the order, holds its goods back and tells the subscribers; a card that is charged at once
    is invoiced at once. Raises OutOfStock, changing nothing. The caller holds the shop's lock."""
    _refuse_beyond_stock(shop, checkout)
    rate = shop.settings.base_to_order_rate
    base = _terms(shop, checkout, Decimal(1))
    own = _terms(shop, checkout, rate)
    items = cart.rows(shop, checkout.cart, checkout.bundle, own, base, rate)
    order = _order(shop, checkout, items, rate)
    _reckon(order, checkout, own, base)
    _use_credits(shop, order, checkout)
    order.payment = _payment(shop, order, checkout)
    money_flow.reckon_due(order)
    for item in items:
        if item.stock_sku:
            shop.stock.reserve(item.stock_sku, item.ordered, order.id)
            item.reserved = item.ordered
    shop.sales.orders[order.id] = order
    _begin(shop, order, checkout.way)
    return order


def _refuse_beyond_stock(shop: Shop, checkout: Checkout) -> None:
    asked: dict[str, Decimal] = {}
    for wanted in checkout.cart:
        times = checkout.bundle.quantity if wanted.kind == cart.BUNDLE else Decimal(1)
        sku = wanted.product.sku
        asked[sku] = asked.get(sku, Decimal(0)) + wanted.quantity * times
    for sku, quantity in asked.items():
        if shop.stock.salable(sku) < quantity:
            raise OutOfStock(sku)


def _terms(shop: Shop, checkout: Checkout, rate: Decimal) -> Terms:
    percent, fixed = _discount(checkout.code)
    return Terms(
        tax_rate=checkout.tax_rate,
        shipping_tax_rate=checkout.tax_rate if shop.settings.tax_shipping else ZERO,
        taxes_included=shop.settings.taxes_included,
        percent=percent,
        fixed=cents(fixed * rate),
        discounts_shipping=checkout.discounts_shipping and bool(percent),
    )


def _discount(code: str) -> tuple[Decimal, Decimal]:
    """Percent off and money off that a code stands for."""
    if not code:
        return ZERO, ZERO
    digits = re.search(r"\d+(?:\.\d\d?)?$", code)
    value = Decimal(digits[0]) if digits else Decimal(10)
    return (ZERO, value) if code.upper().startswith("LESS") else (value, ZERO)


def _order(shop: Shop, checkout: Checkout, items: list[Item], rate: Decimal) -> Order:
    moment = shop.now()
    customer = _customer(shop, checkout)
    address = (
        customer.addresses[0]
        if customer is not None and customer.addresses
        else addresses.of_guest(shop, checkout.buyer_number)
    )
    email = customer.email if customer is not None else buyers.email_of(checkout.buyer_number)
    increment = shop.sales.increment("order")
    needs_parcel = not all(item.is_virtual for item in items)
    settings = shop.settings
    return Order(
        id=shop.next_id("order"),
        increment_id=increment,
        quote_id=shop.next_id("quote"),
        protect_code=hashlib.sha256(f"{settings.seed}/{increment}".encode()).hexdigest()[:32],
        created_at=moment,
        updated_at=moment,
        state=states.NEW,
        status=states.default_status(states.NEW),
        email=email,
        firstname=customer.firstname if customer is not None else address.firstname,
        lastname=customer.lastname if customer is not None else address.lastname,
        customer_id=customer.id if customer is not None else None,
        items=items,
        amounts=Amounts(),
        payment=Payment(0, "", "", Amounts()),
        billing=addresses.copied(shop, address, "billing", email),
        shipping=addresses.copied(shop, address, "shipping", email) if needs_parcel else None,
        shipping_method=checkout.shipping[1] if needs_parcel else "",
        shipping_title=checkout.shipping[2] if needs_parcel else "",
        own_currency=settings.order_currency,
        base_currency=settings.currency,
        rate=rate,
        tax_rate=checkout.tax_rate,
        shipping_tax_rate=checkout.tax_rate if settings.tax_shipping else ZERO,
        taxes_included=settings.taxes_included,
        coupon=checkout.code,
        note=_note(shop, int(increment)),
    )


def _customer(shop: Shop, checkout: Checkout) -> Customer | None:
    if checkout.is_guest:
        return None
    found, is_new = buyers.buyer(shop, checkout.buyer_number, shop.now())
    if is_new:
        shop.emit("customer.created", found.id)
    return found


def _note(shop: Shop, number: int) -> str | None:
    """What buyers of a hostile account write beside every other order."""
    return NOTES[number // 2 % len(NOTES)] if shop.settings.hostile and number % 2 == 0 else None


def _reckon(order: Order, checkout: Checkout, own: Terms, base: Terms) -> None:
    price = checkout.shipping[0] if order.shipping is not None else ZERO
    for side, terms in enumerate((own, base)):
        lines = [item.amounts.sides()[side] for item in cart.money_rows(order.items)]
        cost = price if side else cents(price * order.rate)
        order.amounts.sides()[side].update(pricing.header(lines, pricing.shipping(cost, terms)))


def _use_credits(shop: Shop, order: Order, checkout: Checkout) -> None:
    """A gift card pays first, then store credit, as far as they go."""
    if checkout.card is not None:
        used = _take(order, checkout.card.balance, "gift_cards")
        checkout.card.balance -= used[1]
        order.cards.append(UsedCard(checkout.card, *used))
    customer = shop.customers.get(order.customer_id) if order.customer_id else None
    if checkout.credit and customer is not None:
        used = _take(
            order, min(checkout.credit, customer.balances.get(1, ZERO)), "customer_balance"
        )
        customer.balances[1] = customer.balances.get(1, ZERO) - used[1]


def _take(order: Order, limit: Decimal, name: str) -> tuple[Decimal, Decimal]:
    own, base = order.amounts.get("grand_total")
    if limit < base:
        own, base = min(cents(limit * order.rate), own), limit
    order.amounts.add("grand_total", -own, -base)
    order.extension.put(f"{name}_amount", own, base)
    return own, base


def _payment(shop: Shop, order: Order, checkout: Checkout) -> Payment:
    own, base = order.amounts.get("grand_total")
    amounts = Amounts()
    amounts.put("amount_ordered", own, base)
    amounts.put("shipping_amount", *order.amounts.get("shipping_amount"))
    is_online = checkout.way in (CAPTURED, AUTHORIZED, REVIEW, PENDING)
    method, title = _ONLINE if is_online else _OFFLINE[checkout.buyer_number % len(_OFFLINE)]
    if not own:
        method, title, is_online = *_FREE, False
    return Payment(
        id=shop.next_id("payment"),
        method=method,
        title=title,
        amounts=amounts,
        card=("VI", "1111") if is_online else None,
        is_online=is_online,
    )


def _begin(shop: Shop, order: Order, way: str) -> None:
    """The order's first state, by the way it is paid."""
    if way in (PENDING, REVIEW) and order.payment.is_online:
        states.enter(order, way)
    shop.sales.comment(order, None)
    shop.emit("sales.order.created", order.id)
    if way == AUTHORIZED and order.payment.is_online:
        order.payment.amounts.add("amount_authorized", *order.amounts.get("grand_total"))
        made = money_flow.transact(shop, order, "authorization", is_closed=False)
        order.payment.last_trans_id = made.txn_id
        states.enter(order, states.PROCESSING)
        order.touch(shop.now())
    elif way == CAPTURED:
        invoicing.invoice(shop, order, {}, capture=True)


def accept(shop: Shop, order: Order) -> None:
    """A gateway that was waited for has the money now."""
    states.enter(order, states.PROCESSING)
    invoicing.invoice(shop, order, {}, capture=True)
