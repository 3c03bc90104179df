"""The shops of one sandbox process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.sandbox import accounts
from integrations.connectors.shopify.sandbox import clock, seeding
from integrations.connectors.shopify.sandbox.post_office import PostOffice
from integrations.connectors.shopify.sandbox.settings import Settings, settings_of
from integrations.connectors.shopify.sandbox.shop import Shop


class Accounts(accounts.Accounts[Shop, Settings]):
    """Safe for threads."""

    def __init__(self, public_url: str, seed: str) -> None:
        super().__init__(public_url, seed)
        self._post = PostOffice()

    def chosen(self, body: Mapping[str, Any]) -> Settings:
        return settings_of(body, self.seed)

    def opened(self, chosen: Settings) -> Shop:
        with clock.ahead(chosen.clock_skew):
            made = Shop(chosen, self.public_url, self._post.send)
            seeding.fill(made)
        return made

    def tell_app(self, shop: Shop, topic: str, body: dict[str, Any], uri: str) -> None:
        """One of the webhooks that are set in the app."""
        self._post.send_to(shop, topic, body, uri)

    def skew(self, name: str) -> float:
        """Of the account's clock, in seconds; 0 when there is no such account."""
        found = self.find(name)
        return found.settings.clock_skew if found else 0.0
