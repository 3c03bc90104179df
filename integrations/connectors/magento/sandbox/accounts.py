"""The shops of one sandbox process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.sandbox import accounts
from integrations.connector_kit.sandbox.post_office import PostOffice
from integrations.connectors.magento.sandbox import seeding
from integrations.connectors.magento.sandbox.events.office import Events
from integrations.connectors.magento.sandbox.operations import Bulks
from integrations.connectors.magento.sandbox.sales.state import Sales
from integrations.connectors.magento.sandbox.settings import Settings, settings_of
from integrations.connectors.magento.sandbox.shop import Shop


class Accounts(accounts.Accounts[Shop, Settings]):
    """Safe for threads."""

    def __init__(self, public_url: str, seed: str) -> None:
        super().__init__(public_url, seed)
        self._post = PostOffice()

    def chosen(self, body: Mapping[str, Any]) -> Settings:
        return settings_of(body, self.seed)

    def opened(self, chosen: Settings) -> Shop:
        made = Shop(chosen, self.public_url)
        made.bulks = Bulks(made)
        made.sales = Sales(made)
        made.events = Events(made, self._post)
        made.listeners.append(made.events.hear)
        seeding.fill(made)
        return made

    def delete(self, name: str) -> None:
        shop = self.get(name)
        super().delete(name)
        shop.bulks.close()
