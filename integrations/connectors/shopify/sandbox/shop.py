"""One sandbox account: a shop with its goods, orders, customers, tokens and faults."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from integrations.connector_kit.sandbox.faults import Faults
from integrations.connector_kit.sandbox.journal import Journal
from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.access import TokenOffice
from integrations.connectors.shopify.sandbox.budget import Budget
from integrations.connectors.shopify.sandbox.identifiers import Numbers, digest, gid
from integrations.connectors.shopify.sandbox.records import (
    Customer,
    FulfillmentOrder,
    GiftCard,
    Location,
    Order,
    Product,
    Variant,
)
from integrations.connectors.shopify.sandbox.registrations import Metafield, Subscription
from integrations.connectors.shopify.sandbox.settings import Settings


def phrase(sku: str) -> str:
    """An SKU as the search sees it: its words, in lower case."""
    return " ".join(re.findall(r"[a-z0-9]+", sku.lower()))


class Post(Protocol):
    """Sends one event of a shop to those who subscribed to its topic."""

    def __call__(self, shop: Shop, topic: str, body: dict[str, Any]) -> None: ...


@dataclass
class Remembered:
    """The outcome of a call made with an idempotency key; `result` None means it broke down."""

    fingerprint: str
    result: dict[str, Any] | None
    at: datetime


@dataclass
class Shop:
    """State is changed under `lock`; rules live in the modules that serve the operations."""

    settings: Settings
    public_url: str
    post: Post
    created_at: datetime = field(default_factory=clock.now)

    def __post_init__(self) -> None:
        settings = self.settings
        self.lock = threading.RLock()
        self.numbers = Numbers(f"{settings.seed}/{settings.name}")
        self.id = self.numbers.next("Shop")
        self.app_id = self.numbers.next("App")
        self.tokens = TokenOffice(settings)
        self.budget = Budget(settings.bucket, settings.restore_rate)
        self.faults = Faults()
        # A write is a mutation that was carried out.
        self.journal = Journal("by_operation", ("throttled", "errors", "writes"))
        self.locations: dict[int, Location] = {}
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.items: dict[int, Variant] = {}
        self.orders: dict[int, Order] = {}
        self.fulfillment_orders: dict[int, FulfillmentOrder] = {}
        self.customers: dict[int, Customer] = {}
        self.gift_cards: dict[int, GiftCard] = {}
        self.metafields: dict[str, dict[tuple[str, str], Metafield]] = {}
        self.definitions: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.remembered: dict[str, Remembered] = {}
        self.is_installed = True
        self.is_closed = False
        self.sku_index: dict[str, set[int]] = {}

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def domain(self) -> str:
        return f"{self.name}.myshopify.com"

    @property
    def base_url(self) -> str:
        return f"{self.public_url}/shops/{self.name}"

    @property
    def currency(self) -> str:
        return self.settings.currency

    @property
    def main_location(self) -> Location:
        return next(iter(self.locations.values()))

    def variants_by_sku(self, sku: str) -> list[Variant]:
        found = map(self.variants.get, self.sku_index.get(phrase(sku), ()))
        return [variant for variant in found if variant is not None and variant.sku == sku]

    def index_skus(self) -> None:
        """Shopify's search cuts an SKU into words, so "A-1" also finds "A-1-2": each beginning of
        an SKU leads to the variants that have it."""
        self.sku_index = {}
        for variant in self.variants.values():
            self.index_sku(variant)

    def index_sku(self, variant: Variant) -> None:
        """Adds one variant to the search; what led to it before is not taken away."""
        words = phrase(variant.sku).split()
        for count in range(1, len(words) + 1):
            self.sku_index.setdefault(" ".join(words[:count]), set()).add(variant.id)

    def emit(self, topic: str, body: dict[str, Any]) -> None:
        self.post(self, topic, body)

    def wants(self, topic: str) -> bool:
        """Whether anyone subscribed to `topic`, so that its body need not be made for nobody."""
        return any(entry.topic == topic for entry in self.subscriptions.values())

    def connection_details(self) -> dict[str, Any]:
        """What a caller of the control API needs to connect to this account."""
        return {
            "base_url": self.base_url,
            "credentials": {
                "access_token": self.tokens.permanent,
                "client_id": self.tokens.client_id,
                "client_secret": self.tokens.client_secret,
            },
            "settings": {"location_id": gid("Location", self.main_location.id)},
        }

    def confirmation(self, number: int) -> str:
        """The short code a buyer gets for an order, and the order's token."""
        return digest(self.settings.seed, self.name, str(number)).upper()
