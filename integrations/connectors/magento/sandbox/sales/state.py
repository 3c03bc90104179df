"""All sales of one shop. State is changed under the shop's lock."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from integrations.connectors.magento.sandbox.errors import Refusal, missing_entity
from integrations.connectors.magento.sandbox.sales.documents import increment_id
from integrations.connectors.magento.sandbox.sales.gift_cards import GiftCard
from integrations.connectors.magento.sandbox.sales.records import (
    Comment,
    CreditMemo,
    Invoice,
    Order,
    Shipment,
    Track,
    Transaction,
)
from integrations.connectors.magento.sandbox.settings import FIRST_ID

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop


class Sales:
    """Orders and their documents by entity id, in the order they were made."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.orders: dict[int, Order] = {}
        self.invoices: dict[int, Invoice] = {}
        self.shipments: dict[int, Shipment] = {}
        self.tracks: dict[int, tuple[Shipment, Track]] = {}
        self.memos: dict[int, CreditMemo] = {}
        self.transactions: dict[int, Transaction] = {}
        self.gift_cards: dict[int, GiftCard] = {}
        self.carts: dict[str, int] = {}
        self.styles: dict[str, str] = {}
        """The configurable product's SKU by its children's; filled when it is asked for."""
        self.state_statuses: dict[str, tuple[str, ...]] = {}
        """Statuses the merchant added to a state."""
        self._increments: dict[str, int] = {}

    def increment(self, kind: str) -> str:
        """The next number people see; each kind is counted from 1, as in a new shop, unless the
        shop takes the place of a lost one."""
        before = self._increments.get(kind, self.shop.settings.first_id - FIRST_ID)
        self._increments[kind] = before + 1
        return increment_id(self._increments[kind])

    def order(self, number: int) -> Order:
        """Raises Refusal (404)."""
        found = self.orders.get(number)
        if found is None:
            raise missing_entity()
        return found

    def invoice(self, number: int) -> Invoice:
        """Raises Refusal (404)."""
        found = self.invoices.get(number)
        if found is None:
            raise missing_entity()
        return found

    def shipment(self, number: int) -> Shipment:
        """Raises Refusal (404)."""
        found = self.shipments.get(number)
        if found is None:
            raise missing_entity()
        return found

    def memo(self, number: int) -> CreditMemo:
        """Raises Refusal (404)."""
        found = self.memos.get(number)
        if found is None:
            raise missing_entity()
        return found

    def transaction(self, number: int) -> Transaction:
        """Raises Refusal (404)."""
        found = self.transactions.get(number)
        if found is None:
            raise missing_entity()
        return found

    def card(self, code: str) -> GiftCard | None:
        """Codes are compared as they are written."""
        return next((card for card in self.gift_cards.values() if card.code == code), None)

    def issue_card(self, code: str, amount: Decimal) -> GiftCard:
        """A gift card account as the merchant makes one in the admin. Raises Refusal (409)."""
        if self.card(code) is not None:
            raise Refusal("A gift card account with this code already exists.", status=409)
        made = GiftCard(self.shop.next_id("gift card"), code, amount, self.shop.now(), amount)
        self.gift_cards[made.id] = made
        return made

    def comment(
        self,
        order: Order,
        text: str | None,
        *,
        entity: str = "order",
        is_notified: bool = False,
        is_visible: bool = False,
    ) -> Comment:
        """An entry of the order's history with the status it has now."""
        made = Comment(
            id=self.shop.next_id("history"),
            created_at=self.shop.now(),
            text=text,
            status=order.status,
            entity_name=entity,
            is_notified=is_notified,
            is_visible=is_visible,
        )
        order.history.insert(0, made)
        return made
