"""A shop of the sandbox for tests: served over HTTP in this process, steered by its control API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from integrations.connector_kit.base import Account, Outgoing
from integrations.connector_kit.exchange import Exchange
from integrations.connector_kit.sandbox.testing import done
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.sandbox.tests import openapi
from mappings.canonical.record import Entity

_NAMES = count(1)
_NO_DATE = "'low_stock_date' is a required property"


@dataclass(frozen=True)
class RealShop:
    """One account. `details`: what the control API answered when it was made."""

    url: str
    name: str
    details: Mapping[str, Any]
    exchanges: list[Exchange] = field(default_factory=list)

    def client(self, **settings: str) -> StoreClient:
        account = Account(
            id=self.name,
            base_url=self.details["base_url"],
            flavour="rest",
            settings={**self.details["settings"], **settings},
            credentials=self.details["credentials"],
            private_network=True,
            observe=self.exchanges.append,
        )
        return StoreClient(account)

    def check_calls(self) -> None:
        """What was sent is as the official OpenAPI has it. Raises Unlike."""
        if not openapi.SCHEMA.is_file():
            return
        for one in self.exchanges:
            try:
                openapi.check_request(one.method, one.url, _body(one.request_body))
            except openapi.Unlike as error:
                # Null in every answer, and refused as a text: nobody can send it.
                if _NO_DATE not in str(error) or str(error).count("\n") > 1:
                    raise

    def act(self, what: str, **body: Any) -> Any:
        """An action of the control API: "orders", "orders/12/ship"."""
        return done("POST", f"{self.url}/_sandbox/accounts/{self.name}/{what}", body)

    def routes(self) -> Mapping[str, int]:
        """How often each call was made since it was last forgotten."""
        log = f"{self.url}/_sandbox/accounts/{self.name}/log"
        found: Mapping[str, int] = done("GET", log)["by_route"]
        return found

    def forget(self) -> None:
        done("DELETE", f"{self.url}/_sandbox/accounts/{self.name}/log")


def opened(url: str, **options: Any) -> RealShop:
    """A fresh shop; options are those of the control API."""
    name = f"goods-{next(_NAMES)}"
    made = done("POST", f"{url}/_sandbox/accounts", {"name": name, "events": "none", **options})
    return RealShop(url, name, made)


def product(key: str, **fields: Any) -> Outgoing:
    """An article to be written; `linked_id` and `attempt` as the engine gives them."""
    more = {name: fields.pop(name) for name in ("linked_id", "attempt") if name in fields}
    return Outgoing(
        delivery_id=f"d-{key}",
        entity=Entity.PRODUCT,
        key=key,
        reference=key,
        fields={"price": Decimal("19.00"), **fields},
        **more,
    )


def _body(text: str) -> Any:
    return json.loads(text) if text else None
