"""What orders took off gift cards: all that Adobe Commerce tells of them on every installation.

One record is what one order has taken off one card; its key holds the ids of both, so that it is told
again without being taken again. Magento: orders (extension_attributes.gift_cards), gift cards of carts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from integrations.connector_kit.base import Account, Notice, Page
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento.answers import Forbidden, NotFound, Refused
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.memory import remembered
from integrations.connectors.magento.polling import changed, instant
from mappings.canonical.gift_card import GiftCard, name_of
from mappings.canonical.record import Entity

Row = Mapping[str, Any]

_ORDER = (
    "entity_id,increment_id,state,created_at,updated_at,base_currency_code,order_currency_code,"
    "extension_attributes[gift_cards,base_gift_cards_refunded,gift_cards_refunded]"
)
_LIST = f"items[{_ORDER}],total_count"
BY_HAND, TO_CARD = "hold", "card"
_CANCELLED = "canceled"


def normalise(payload: Payload, account: Account) -> GiftCard:
    """What an order has taken off a card. Raises Rejected where money went back nobody knows where."""
    code, balance = payload.text("code"), payload.maybe_decimal("balance")
    last = ending(code)
    changed_at = payload.maybe_text("updated_at")
    return GiftCard(
        key=f"{payload.text('order_id')}-{payload.text('account_id')}",
        number=f"{name_of(last)}, order {payload.text('increment_id')}",
        updated_at=instant(changed_at) if changed_at else None,
        code=code,
        last_characters=last,
        balance=None if balance is None else two_places(balance),
        spent=_spent(payload, account, last),
        currency=payload.text("currency"),
    )


def _spent(payload: Payload, account: Account, last: str) -> Decimal:
    amount = two_places(payload.decimal("amount"))
    returned = two_places(payload.decimal("returned"))
    if not returned:
        return amount
    order, cards = payload.text("increment_id"), payload.integer("cards")
    is_clear = cards == 1 or payload.flag("is_cancelled")
    if account.setting("gift_card_returns", BY_HAND) == TO_CARD and is_clear:
        return max(amount - returned, Decimal(0))
    raise Rejected(
        f"Of the {amount:.2f} that order {order} took off the card ending {last}, {returned:.2f} went"
        " back in the shop, to the card or as store credit",
        field="spent",
        said=f"taken {amount:.2f}, given back {returned:.2f}",
        advice="Look at the card in Magento (Marketing, Gift Card Accounts) and correct it at the till"
        " by hand, then dismiss this record. Where it always goes back to the card, say so in the"
        " settings of the Magento connection, and this is done by itself.",
    )


def ending(code: str) -> str:
    """What people call a card by. Codes are printed with dashes or without, and tills drop them."""
    return "".join(letter for letter in code if letter.isalnum())[-4:]


def two_places(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


# --- calls -----------------------------------------------------------------------------------------


def changes(client: StoreClient, cursor: str, now: datetime, *, since: str) -> Page:
    """Thin notices of what orders that changed took off cards.

    `since`: orders placed before, in Magento's form, are left out: what they took was dealt with by
    other means, though they change once more, as when they are shipped.
    """
    page = orders(client, cursor, now)
    found = (
        replace(one, key=f"{one.key}-{card['id']}", topic="gift_cards/used", payload=None)
        for one in page.notices
        if str((one.payload or {}).get("created_at") or since) >= since
        for card in _cards(one.payload or {})
    )
    return Page(tuple(found), page.cursor, page.more)


def orders(client: StoreClient, cursor: str, now: datetime) -> Page:
    """A notice for each changed order that was paid with gift cards, with what is known of them."""

    def notice(row: Row) -> Notice | None:
        if not _cards(row):
            return None
        key = str(row["entity_id"])
        return Notice(Entity.GIFT_CARD, key, "gift_cards/order", payload=row)

    return changed(client, "orders", cursor, now, notice=notice, fields=_LIST)


def accounts_of(order: Row) -> Iterator[str]:
    """Ids of the cards an order was paid with."""
    return (str(card["id"]) for card in _cards(order))


def read(client: StoreClient, key: str) -> Row | None:
    """What the order has taken off the card as of now; None when either is gone."""
    order_id, _, account_id = key.partition("-")
    try:
        order = client.get(f"orders/{order_id}", (("fields", _ORDER),))
    except NotFound:
        return None
    cards = _cards(order)
    card = next((one for one in cards if str(one["id"]) == account_id), None)
    if card is None:
        return None
    prefix = "" if client.account.setting("order_currency", "base") == "order" else "base_"
    currency = "order_currency_code" if not prefix else "base_currency_code"
    extension = order["extension_attributes"]
    amount = _money(card, f"{prefix}amount")
    is_cancelled = order.get("state") == _CANCELLED
    back = _money(extension, f"{prefix}gift_cards_refunded")
    return {
        "order_id": order_id,
        "account_id": account_id,
        "increment_id": str(order["increment_id"]),
        "updated_at": order.get("updated_at"),
        "code": str(card["code"]),
        "amount": amount,
        "returned": amount if is_cancelled else back,
        "cards": len(cards),
        "is_cancelled": is_cancelled,
        "currency": order[currency],
        "balance": balance_of(client, str(card["code"])),
    }


def _cards(order: Row) -> Sequence[Row]:
    extension = order.get("extension_attributes")
    rows = extension.get("gift_cards") if isinstance(extension, Mapping) else None
    return [row for row in rows or () if row.get("id") and row.get("code")]


def _money(row: Row, name: str) -> Decimal:
    return Decimal(str(row.get(name) or 0))


# --- the balance, by the way a cart asks for it ----------------------------------------------------


def balance_of(client: StoreClient, code: str) -> Decimal | None:
    """What the shop says is left; None where it does not say, as of a card that is used up."""
    try:
        cart = remembered(client, "cart of nobody", lambda: client.post("guest-carts", {}))
        path = f"carts/guest-carts/{cart}/checkGiftCard/{quote(code, safe='')}"
        answer = client.get(path)
    except (Refused, Forbidden, TryLater):
        # An unknown or spent code is answered with 404, 400 or 500, which is the same to us.
        return None
    return Decimal(str(answer)) if answer is not None else None
