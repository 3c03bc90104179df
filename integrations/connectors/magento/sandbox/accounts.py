"""The shops of one sandbox process."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import NotFound

from integrations.connector_kit.sandbox.post_office import PostOffice
from integrations.connectors.magento.sandbox import seeding
from integrations.connectors.magento.sandbox.events.office import Events
from integrations.connectors.magento.sandbox.operations import Bulks
from integrations.connectors.magento.sandbox.sales.state import Sales
from integrations.connectors.magento.sandbox.settings import settings_of
from integrations.connectors.magento.sandbox.shop import Shop


class Accounts:
    """Safe for threads."""

    def __init__(self, public_url: str, seed: str) -> None:
        self.public_url = public_url.rstrip("/")
        self.seed = seed
        self._lock = threading.Lock()
        self._post = PostOffice()
        self._shops: dict[str, Shop] = {}

    def all(self) -> list[Shop]:
        with self._lock:
            return list(self._shops.values())

    def get(self, name: str) -> Shop:
        """Raises NotFound."""
        with self._lock:
            found = self._shops.get(name)
        if found is None:
            raise NotFound(f"no sandbox account is called {name}")
        return found

    def create(self, body: Mapping[str, Any]) -> Shop:
        """The account of that name, made when it does not exist yet. Raises BadRequest."""
        wanted = settings_of(body, self.seed)
        with self._lock:
            known = self._shops.get(wanted.name)
            if known is not None:
                return known
            made = Shop(wanted, self.public_url)
            made.bulks = Bulks(made)
            made.sales = Sales(made)
            made.events = Events(made, self._post)
            made.listeners.append(made.events.hear)
            seeding.fill(made)
            self._shops[wanted.name] = made
            return made

    def delete(self, name: str) -> None:
        shop = self.get(name)
        shop.is_closed = True
        shop.bulks.close()
        with self._lock:
            self._shops.pop(name, None)
