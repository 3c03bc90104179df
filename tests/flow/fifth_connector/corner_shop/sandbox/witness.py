"""What a Corner Shop holds, read over its API without the connector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.connector_kit.sandbox.witness import (
    Person,
    SandboxError,
    StoreArticle,
    StoreOrder,
    StoreRefund,
    plain_session,
)


class Witness:
    """One shop, which knows neither customers nor refunds."""

    stock_write = "PUT /stock"
    refund_write = "none"

    def __init__(self, account: Mapping[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {account['credentials']['token']}"}
        self._api = plain_session(account["base_url"], headers)

    def orders(self) -> Sequence[StoreOrder]:
        return [
            StoreOrder(
                key=str(row["id"]),
                number=row["number"],
                total=Decimal(str(row["total"])),
                is_cancelled=False,
                kept=Decimal(str(row["total"])),
            )
            for row in self._api.request("GET", "/orders").json()
        ]

    def stock(self) -> Mapping[str, Decimal]:
        rows = self._api.request("GET", "/stock").json()
        return {sku: Decimal(units) for sku, units in rows.items()}

    def refunds(self, order: str) -> Sequence[StoreRefund]:
        return []

    def told(self, order: str) -> str:
        return ""

    def articles(self) -> Mapping[str, StoreArticle]:
        return {}

    def customers(self) -> Sequence[Person]:
        return []

    def save_customer(self, person: Person) -> str:
        raise SandboxError("the Corner keeps no customers")

    def writes(self, log: Mapping[str, Any]) -> int:
        return int(log["writes"])
