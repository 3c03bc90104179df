"""Gift cards as far as Adobe Commerce has calls for them (Open Source has none).

Commerce itself tells a card's balance through a cart only; the accounts below `giftcardaccounts` are
those of the cloud service, or of a module that adds them: the option `gift_card_accounts` of a shop.
"""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from integrations.connectors.magento.sandbox.criteria import listing
from integrations.connectors.magento.sandbox.errors import Refusal, no_such_entity, required
from integrations.connectors.magento.sandbox.routing import Call, Handler, Route, decimal_of
from integrations.connectors.magento.sandbox.sales.amounts import ZERO, number
from integrations.connectors.magento.sandbox.sales.bodies.rows import Row
from integrations.connectors.magento.sandbox.sales.gift_cards import GiftCard
from integrations.connectors.magento.sandbox.shop import Shop

_RESOURCE = "Magento_GiftCardAccount::giftcardaccount"
_COMMERCE = "commerce"

_COLUMNS = {
    "account_id": lambda card: card.id,
    "code": lambda card: card.code,
    "status": lambda card: int(card.is_active),
    "state": lambda card: card.state,
    "balance": lambda card: card.balance,
    "date_created": lambda card: card.created_at,
}


def account_body(card: GiftCard) -> Row:
    return {
        "account_id": card.id,
        "code": card.code,
        "balance": number(card.balance),
        "status": int(card.is_active),
        "state": card.state,
        "is_redeemable": int(card.is_redeemable),
        "date_expires": card.expires,
        "date_created": card.created_at.strftime("%Y-%m-%d"),
    }


def _new_cart(shop: Shop, _call: Call) -> str:
    made = secrets.token_urlsafe(24)
    shop.sales.carts[made] = shop.next_id("quote")
    return made


def _check_card(shop: Shop, call: Call) -> int | float:
    if call.params["cartId"] not in shop.sales.carts:
        raise no_such_entity("cartId", call.params["cartId"])
    card = shop.sales.card(call.params["giftCardCode"])
    if card is None or not card.is_active:
        raise no_such_entity("code", call.params["giftCardCode"])
    return number(card.balance)


def _with_accounts(handler: Handler) -> Handler:
    """A call that only shops with gift card accounts know."""

    def handle(shop: Shop, call: Call) -> Any:
        if not shop.settings.gift_card_accounts:
            raise Refusal("Request does not match any route.", status=404)
        return handler(shop, call)

    return handle


def _accounts(shop: Shop, call: Call) -> Row:
    return listing(call, shop.sales.gift_cards.values(), _COLUMNS, account_body)


def _by_id(shop: Shop, call: Call) -> GiftCard:
    found = shop.sales.gift_cards.get(call.number("id"))
    if found is None:
        raise no_such_entity("id", call.params["id"])
    return found


def _by_code(shop: Shop, call: Call) -> Row:
    found = shop.sales.card(call.params["code"])
    if found is None:
        raise no_such_entity("code", call.params["code"])
    return account_body(found)


def _create(shop: Shop, call: Call) -> Row:
    sent = call.part("giftcardAccount")
    for name in ("code", "balance"):
        if sent.get(name) in (None, ""):
            raise required(name)
    made = shop.sales.issue_card(str(sent["code"]), _balance(sent["balance"]))
    _lay_over(made, sent)
    return account_body(made)


def _change(shop: Shop, call: Call) -> Row:
    """Fields that are not null; the code stays."""
    found, sent = _by_id(shop, call), call.part("giftcardAccount")
    _lay_over(found, sent)
    return account_body(found)


def _drop(shop: Shop, call: Call) -> bool:
    del shop.sales.gift_cards[_by_id(shop, call).id]
    return True


def _lay_over(card: GiftCard, sent: dict[str, Any]) -> None:
    if sent.get("balance") is not None:
        card.balance = _balance(sent["balance"])
    if sent.get("status") is not None:
        card.is_active = bool(int(sent["status"]))
    if sent.get("is_redeemable") is not None:
        card.is_redeemable = bool(int(sent["is_redeemable"]))
    if sent.get("date_expires") is not None:
        card.expires = str(sent["date_expires"])


def _balance(value: object) -> Decimal:
    found = decimal_of(value, "balance").quantize(ZERO)
    if found < 0:
        raise Refusal("The balance of a gift card cannot be below zero.")
    return found


ROUTES = (
    Route("POST", "guest-carts", _new_cart, "anonymous"),
    Route(
        "GET",
        "carts/guest-carts/{cartId}/checkGiftCard/{giftCardCode}",
        _check_card,
        "anonymous",
        _COMMERCE,
    ),
    *(
        Route(method, path, _with_accounts(handler), _RESOURCE, _COMMERCE)
        for method, path, handler in (
            ("GET", "giftcardaccounts", _accounts),
            ("POST", "giftcardaccounts", _create),
            ("GET", "giftcardaccounts/{id}", lambda s, c: account_body(_by_id(s, c))),
            ("PUT", "giftcardaccounts/{id}", _change),
            ("DELETE", "giftcardaccounts/{id}", _drop),
            ("GET", "giftcardaccounts/code/{code}", _by_code),
        )
    ),
)
