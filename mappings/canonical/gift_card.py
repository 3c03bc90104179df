"""What a gift card is. Its code is money: it is kept in sealed documents alone, never shown whole."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from mappings.canonical.money import Amount, Currency
from mappings.canonical.record import Entity, InvalidRecord, Record


class GiftCard(Record):
    """A card with a balance; store credit at a till is one too.

    A system that tells of no balances may tell of uses: then a record is what one order has taken off
    one card, and its key names both.
    """

    code: str = Field("", repr=False, description='The whole code; "" where a system hides it')
    last_characters: str = Field("", max_length=4, description="The last four of the code")
    balance: Amount | None = Field(
        None, description="What is left on it; None where only a use of it is told"
    )
    spent: Amount | None = Field(
        None,
        description="What one order has taken off it in all; None where the balance itself is told",
    )
    currency: Currency
    is_active: bool = True

    @property
    def entity(self) -> Entity:
        return Entity.GIFT_CARD


def check_gift_card(card: GiftCard) -> None:
    """Raises InvalidRecord for an amount below nothing, and for a card that says no amount at all."""
    for name, amount in (("balance", card.balance), ("spent", card.spent)):
        if amount is not None and amount < Decimal(0):
            raise InvalidRecord(
                f"The gift {card.number} has a {name} of {amount}.",
                field=name,
                said=str(amount),
                advice="Correct the card, then replay.",
            )
    if card.balance is None and card.spent is None:
        raise InvalidRecord(
            f"The gift {card.number} says neither what is left on it nor what was taken off it.",
            field="balance",
            advice="Correct the card, then replay.",
        )


def name_of(last_characters: str) -> str:
    """What people call a card whose code is not to be shown."""
    return f"card ending {last_characters}"
