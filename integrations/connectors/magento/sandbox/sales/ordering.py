"""Orders on request of the control API."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integrations.connector_kit.sandbox.ordering import (
    NothingLeft,
    discount_of,
    exact_lines,
    lines_of,
    place_each,
    tax_rate_of,
)
from integrations.connector_kit.sandbox.values import BadRequest, decimal_of, whole_of
from integrations.connectors.magento.sandbox.records import Product
from integrations.connectors.magento.sandbox.sales import cart, checkout
from integrations.connectors.magento.sandbox.sales.amounts import ZERO, cents
from integrations.connectors.magento.sandbox.sales.cart import Bundle, Wanted
from integrations.connectors.magento.sandbox.sales.checkout import Checkout, place
from integrations.connectors.magento.sandbox.sales.gift_cards import GiftCard
from integrations.connectors.magento.sandbox.sales.records import Order

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

_CODES = ("WELCOME10", "SAVE15", "LESS5", "LESS7")
_KINDS = (cart.SIMPLE, cart.CONFIGURABLE, cart.BUNDLE, cart.VIRTUAL, "mixed")


def place_orders(shop: Shop, body: Mapping[str, Any]) -> tuple[list[Order], str]:
    """The orders placed, and why there are fewer than asked. Raises BadRequest."""

    def placed(chance: random.Random) -> Order:
        with shop.lock:
            return place(shop, _checkout(shop, chance, body))

    return place_each(body, shop.settings.seed, len(shop.sales.orders), placed)


def _checkout(shop: Shop, chance: random.Random, body: Mapping[str, Any]) -> Checkout:
    wanted, exact = lines_of(body), exact_lines(body)
    kind = _kind(body)
    # Every choice is drawn, so that an option does not change the choices after it.
    number = chance.choices((1, 2, 3, 4), (50, 28, 14, 8))[0]
    if exact is None:
        goods = _random_cart(shop, chance, wanted or (5 if kind == "mixed" else number))
    else:
        goods = [_wanted(shop, row) for row in exact]
    paid, code = chance.random() < 0.85, _code(chance, body)
    delivery = _delivery(body, chance.choice(checkout.SHIPPING))
    return Checkout(
        cart=_of_kind(chance, goods, kind),
        way=_way(body, paid),
        code=code,
        tax_rate=tax_rate_of(body, shop.settings.tax_rate),
        shipping=delivery,
        buyer_number=chance.randint(1, 60),
        bundle=_bundle(body),
        is_guest=bool(body.get("guest", False)),
        card=_card(shop, body.get("gift_card")),
        credit=decimal_of(body.get("store_credit") or 0, "store_credit").quantize(ZERO),
        discounts_shipping=bool(body.get("discount_shipping", False)),
    )


def _kind(body: Mapping[str, Any]) -> str:
    kind = str(body.get("kind") or "")
    if kind and kind not in _KINDS:
        raise BadRequest(f"kind must be one of {', '.join(_KINDS)}")
    return kind


def _way(body: Mapping[str, Any], by_chance: bool) -> str:
    """`payment` names the way; `paid` is the word every sandbox knows."""
    way = body.get("payment")
    if way is not None:
        if way not in checkout.WAYS:
            raise BadRequest(f"payment must be one of {', '.join(checkout.WAYS)}")
        return str(way)
    paid = body.get("paid")
    return checkout.CAPTURED if (by_chance if paid is None else paid) else checkout.OFFLINE


def _code(chance: random.Random, body: Mapping[str, Any]) -> str:
    value, some, code = discount_of(body), chance.random() < 0.3, chance.choice(_CODES)
    if isinstance(value, str):
        return value
    return code if (some if value is None else value) else ""


def _delivery(
    body: Mapping[str, Any], by_chance: tuple[Decimal, str, str]
) -> tuple[Decimal, str, str]:
    """`shipping_price`: a table rate of so much."""
    price = body.get("shipping_price")
    if price is None:
        return by_chance
    _, method, title = checkout.SHIPPING[-1]
    return cents(decimal_of(price, "shipping_price")), method, title


def _bundle(body: Mapping[str, Any]) -> Bundle:
    price = body.get("bundle_price")
    return Bundle(
        quantity=Decimal(whole_of(body.get("bundle_quantity", 1), "bundle_quantity", least=1)),
        price=None if price is None else cents(decimal_of(price, "bundle_price")),
        ships_separately=bool(body.get("bundle_separately", False)),
    )


def _card(shop: Shop, code: object) -> GiftCard | None:
    if not code:
        return None
    found = shop.sales.card(str(code))
    if found is None or found.balance <= 0:
        raise BadRequest(f"no gift card with money on it has the code {code}")
    return found


def _random_cart(shop: Shop, chance: random.Random, count: int) -> list[Wanted]:
    chosen = _chosen(shop, chance, count)
    if not chosen:
        raise NothingLeft("everything is sold out")
    found = []
    for product in chosen:
        most = int(shop.stock.salable(product.sku))
        quantity = min(chance.choices((1, 2, 3), (75, 18, 7))[0], most)
        found.append(Wanted(product, Decimal(quantity), product.price or ZERO))
    return found


def _chosen(shop: Shop, chance: random.Random, count: int) -> list[Product]:
    """Up to `count` different articles that may be sold."""
    everything = [entry for entry in shop.products.values() if entry.type_id == "simple"]
    found: dict[str, Product] = {}
    # A few blind picks fill a cart from a large stock; only an almost empty one is searched.
    for _ in range(20 * count if everything else 0):
        entry = chance.choice(everything)
        if shop.stock.salable(entry.sku) >= 1 and entry.price:
            found[entry.sku] = entry
        if len(found) == count:
            return list(found.values())
    left = [row for row in everything if shop.stock.salable(row.sku) >= 1 and row.price]
    return chance.sample(left, min(count, len(left)))


def _wanted(shop: Shop, row: Mapping[str, Any]) -> Wanted:
    sku = str(row.get("sku", ""))
    found = shop.products.get(sku)
    if found is None:
        raise BadRequest(f"no article has the SKU {sku}")
    price = row.get("price")
    return Wanted(
        product=found,
        quantity=Decimal(whole_of(row.get("quantity", 1), "quantity", least=1)),
        price=(found.price or ZERO) if price is None else cents(decimal_of(price, "price")),
        kind=str(row.get("kind") or ""),
    )


def _of_kind(chance: random.Random, goods: list[Wanted], kind: str) -> list[Wanted]:
    """Without a kind, buyers come to most articles by their style and to some by themselves."""
    found = []
    for number, entry in enumerate(goods):
        by_chance = cart.CONFIGURABLE if chance.random() < 0.6 else cart.SIMPLE
        own = entry.kind or (_mixed(number) if kind == "mixed" else kind) or by_chance
        found.append(Wanted(entry.product, entry.quantity, entry.price, own))
    return found


def _mixed(place: int) -> str:
    order = (cart.SIMPLE, cart.CONFIGURABLE, cart.VIRTUAL)
    return order[place] if place < len(order) else cart.BUNDLE
