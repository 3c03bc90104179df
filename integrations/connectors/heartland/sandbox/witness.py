"""What a Heartland Retail account holds, read over its API without the connector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.connector_kit.sandbox.witness import (
    Person,
    SandboxError,
    TillOrder,
    plain_session,
)

ENTERED = ("open", "closed")


class Witness:
    """One account."""

    order_writes = ("POST /api/sales", "PUT /api/sales")

    def __init__(self, account: Mapping[str, Any]) -> None:
        token = account["credentials"]["token"]
        self._api = plain_session(account["base_url"], {"Authorization": f"Bearer {token}"})

    def orders(self, prefix: str) -> Sequence[TillOrder]:
        return [
            TillOrder(
                reference=row["public_id"],
                store_key=str(row.get("custom", {}).get("external_order_id") or ""),
                total=Decimal(str(row["total"])),
                is_whole=row["status"] in ENTERED,
            )
            for row in self._web_orders(prefix)
        ]

    def stock(self) -> Mapping[str, Decimal]:
        skus = {row["id"]: row["public_id"] for row in self._rows("/api/items")}
        stock: dict[str, Decimal] = {}
        for row in self._rows("/api/inventory/values", {"group[]": ["item_id", "location_id"]}):
            sku = skus[row["item_id"]]
            stock[sku] = stock.get(sku, Decimal(0)) + Decimal(str(row["qty_available"]))
        return stock

    def written_twice(self, prefix: str) -> int:
        orders = self._web_orders(prefix)
        ours = {row["id"] for row in orders}
        invoices = Counter(
            row["order_id"]
            for row in self._rows("/api/sales/invoices")
            if row.get("order_id") in ours and row["status"] != "void"
        )
        emails = Counter(one.email.lower() for one in self.customers() if one.email)
        overpaid = [
            row for row in orders if Decimal(str(row["total_paid"])) > Decimal(str(row["total"]))
        ]
        return (
            sum(count - 1 for count in invoices.values())
            + sum(count - 1 for count in emails.values())
            + len(overpaid)
        )

    def customers(self) -> Sequence[Person]:
        return [
            Person(
                key=str(row["id"]),
                email=str(row["email"] or ""),
                first_name=str(row["first_name"] or ""),
                last_name=str(row["last_name"] or ""),
            )
            for row in self._rows("/api/customers")
        ]

    def writes(self, log: Mapping[str, Any]) -> int:
        return sum(
            count
            for route, count in log["by_route"].items()
            if route.startswith(("POST", "PUT", "DELETE"))
        )

    def _web_orders(self, prefix: str) -> list[dict[str, Any]]:
        return [
            row for row in self._rows("/api/sales/orders") if row["public_id"].startswith(prefix)
        ]

    def _rows(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        page = 1
        while True:
            answer = self._api.request(
                "GET", path, params={"per_page": "500", "page": str(page), **(params or {})}
            )
            if answer.status != 200:
                raise SandboxError(f"the till answered {answer.status}: {answer.text[:300]}")
            body = answer.json()
            yield from body["results"]
            if page >= body["pages"]:
                return
            page += 1
