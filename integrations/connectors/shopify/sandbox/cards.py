"""Gift cards: issued, topped up, redeemed. Their codes are told once, when they are made."""

from __future__ import annotations

from decimal import Decimal

from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.records import CardEntry, GiftCard
from integrations.connectors.shopify.sandbox.shop import Shop


def find_code(shop: Shop, code: str) -> GiftCard | None:
    """Codes are compared without case."""
    wanted = code.lower()
    return next((card for card in shop.gift_cards.values() if card.code == wanted), None)


def issue(shop: Shop, code: str, amount: Decimal, note: str | None) -> GiftCard:
    """The caller has checked the code and holds the shop's lock."""
    moment = clock.now()
    made = GiftCard(
        id=shop.numbers.next("GiftCard"),
        code=code.lower(),
        initial=amount,
        balance=amount,
        created_at=moment,
        updated_at=moment,
        note=note,
    )
    shop.gift_cards[made.id] = made
    return made


def change(shop: Shop, card: GiftCard, amount: Decimal, note: str | None) -> CardEntry:
    """Adds `amount`, which is below zero for a debit; the caller has checked the balance."""
    moment = clock.now()
    made = CardEntry(shop.numbers.next("GiftCardTransaction"), amount, moment, note)
    card.entries.append(made)
    card.balance += amount
    card.updated_at = moment
    return made
