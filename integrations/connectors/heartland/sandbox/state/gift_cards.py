"""Gift cards (store credit is one too) and the adjustments that change a balance."""

from __future__ import annotations

from decimal import Decimal

from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid, missing
from integrations.connectors.heartland.sandbox.state.values import (
    Body,
    Row,
    money,
    reference,
    words,
)


def create(account: Account, body: Body) -> Row:
    """A card. Numbers are alphanumeric; spaces are taken out."""
    number = words(body, "number").replace(" ", "")
    if not number.isalnum():
        raise invalid("Gift card", number="must be letters and digits")
    if any(row["number"] == number for row in account.gift_cards.values()):
        raise invalid("Gift card", number="has already been taken")
    balance = money(body, "balance", "Gift card") or Decimal("0.00")
    if balance < 0:
        raise invalid("Gift card", balance="must be greater than or equal to 0")
    return account.add(account.gift_cards, number=number, balance=balance)


def find(account: Account, number: str) -> Row:
    """The card of this number. Raises not_found."""
    wanted = number.replace(" ", "")
    for row in account.gift_cards.values():
        if row["number"] == wanted:
            return row
    raise missing("Gift card")


def adjust(account: Account, body: Body) -> Row:
    """Changes a balance by `amount`. A reason is mandatory and a balance never goes below zero."""
    thing = "Gift card adjustment"
    number = words(body, "gift_card_number").replace(" ", "")
    card = next((row for row in account.gift_cards.values() if row["number"] == number), None)
    if number and card is None:
        raise invalid(thing, gift_card_number="does not exist")
    if card is None:
        known = reference(body, "gift_card_id", account.gift_cards, thing, needed=True)
        card = account.gift_cards[known or 0]
    reason = reference(body, "reason_id", account.gift_card_reasons, thing, needed=True)
    amount = money(body, "amount", thing)
    if amount is None or amount == 0:
        raise invalid(thing, amount="must be other than 0")
    if card["balance"] + amount < 0:
        raise invalid(thing, amount="is more than the balance")
    card["balance"] += amount
    account.touch(card)
    return account.add(
        account.gift_card_adjustments,
        gift_card_id=card["id"],
        gift_card_number=card["number"],
        amount=amount,
        balance=card["balance"],
        reason_id=reason,
        note=words(body, "note") or None,
    )
