"""What a gift card is. Its code is money: it is kept in sealed documents alone, never shown whole."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from mappings.canonical.money import Amount, Currency
from mappings.canonical.record import Entity, InvalidRecord, Record


class GiftCard(Record):
    """A card with a balance; store credit at a till is one too."""

    code: str = Field("", repr=False, description='The whole code; "" where a system hides it')
    last_characters: str = Field("", max_length=4, description="The last four of the code")
    balance: Amount = Field(description="What is left on it")
    currency: Currency
    is_active: bool = True

    @property
    def entity(self) -> Entity:
        return Entity.GIFT_CARD


def check_gift_card(card: GiftCard) -> None:
    """Raises InvalidRecord for a balance below nothing."""
    if card.balance < Decimal(0):
        raise InvalidRecord(
            f"The gift card {card.number} has a balance of {card.balance}.",
            field="balance",
            said=str(card.balance),
            advice="Correct the card, then replay.",
        )


def name_of(last_characters: str) -> str:
    """What people call a card whose code is not to be shown."""
    return f"card ending {last_characters}"
