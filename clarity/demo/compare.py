"""Whether both sides agree, found by asking the two systems over their own APIs.

Nothing here reads our database or uses a connector: it is the check of both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clarity.demo.sandboxes import SandboxError, plain_session
from integrations.connector_kit.errors import TryLater

ARRIVED = ("open", "closed")

_ORDERS = """query Orders($after: String) { orders(first: 100, after: $after, sortKey: UPDATED_AT) {
  nodes { id name cancelledAt totalPriceSet { shopMoney { amount } } } pageInfo { hasNextPage endCursor } } }"""
_STOCK = """query Stock($after: String) { productVariants(first: 100, after: $after) {
  nodes { sku inventoryQuantity } pageInfo { hasNextPage endCursor } } }"""


@dataclass(frozen=True)
class Comparison:
    """Counts over everything both systems hold."""

    orders_placed: int
    orders_in_heartland: int
    duplicates: int
    lost: int
    total_differences: int
    skus: int
    stock_differences: int
    cancel_differences: int = 0

    @property
    def agrees(self) -> bool:
        return not (
            self.lost
            or self.duplicates
            or self.stock_differences
            or self.total_differences
            or self.cancel_differences
        )


class Sides:
    """The two accounts of a demo, read over their vendors' APIs."""

    def __init__(self, *, shop_url: str, shop_token: str, till_url: str, till_token: str) -> None:
        self._shop = plain_session(shop_url, {"X-Shopify-Access-Token": shop_token})
        self._till = plain_session(till_url, {"Authorization": f"Bearer {till_token}"})

    def compare(self, *, order_prefix: str = "S-") -> Comparison:
        """Compares orders by reference and total, and stock by SKU. An order that was cancelled in
        the shop must not be open or closed at the till."""
        nodes = {
            order_prefix + node["name"].lstrip("#"): node for node in self._nodes(_ORDERS, "orders")
        }
        cancelled = {reference for reference, node in nodes.items() if node["cancelledAt"]}
        placed = {
            reference: Decimal(str(node["totalPriceSet"]["shopMoney"]["amount"]))
            for reference, node in nodes.items()
            if reference not in cancelled
        }
        arrived = [
            row
            for row in self._rows("/api/sales/orders")
            if row["public_id"].startswith(order_prefix)
        ]
        complete = {
            row["public_id"]: Decimal(str(row["total"]))
            for row in arrived
            if row["status"] in ARRIVED
        }
        external = Counter(str(row.get("custom", {}).get("external_order_id")) for row in arrived)
        external.pop("None", None)
        in_shop = {
            node["sku"]: node["inventoryQuantity"]
            for node in self._nodes(_STOCK, "productVariants")
        }
        at_till = self._till_stock()
        return Comparison(
            orders_placed=len(placed),
            orders_in_heartland=len(complete),
            duplicates=len(arrived)
            - len({row["public_id"] for row in arrived})
            + sum(count - 1 for count in external.values()),
            lost=sum(1 for reference in placed if reference not in complete),
            total_differences=sum(
                1
                for reference, total in placed.items()
                if reference in complete and complete[reference] != total
            ),
            skus=len(in_shop),
            stock_differences=sum(
                1 for sku, units in in_shop.items() if at_till.get(sku) != Decimal(units)
            ),
            cancel_differences=len(cancelled & complete.keys()),
        )

    def written_twice(self, *, order_prefix: str = "S-") -> int:
        """Orders that were invoiced more than once or paid above their total, and e-mail addresses
        that more than one customer at the till has. Voided invoices do not count."""
        orders = [
            row
            for row in self._rows("/api/sales/orders")
            if row["public_id"].startswith(order_prefix)
        ]
        ours = {row["id"] for row in orders}
        invoices = Counter(
            row["order_id"]
            for row in self._rows("/api/sales/invoices")
            if row.get("order_id") in ours and row["status"] != "void"
        )
        emails = Counter(
            str(row["email"]).lower() for row in self._rows("/api/customers") if row["email"]
        )
        overpaid = [
            row for row in orders if Decimal(str(row["total_paid"])) > Decimal(str(row["total"]))
        ]
        return (
            sum(count - 1 for count in invoices.values())
            + sum(count - 1 for count in emails.values())
            + len(overpaid)
        )

    def _till_stock(self) -> dict[str, Decimal]:
        skus = {row["id"]: row["public_id"] for row in self._rows("/api/items")}
        stock: dict[str, Decimal] = {}
        for row in self._rows("/api/inventory/values", {"group[]": ["item_id", "location_id"]}):
            sku = skus[row["item_id"]]
            stock[sku] = stock.get(sku, Decimal(0)) + Decimal(str(row["qty_available"]))
        return stock

    def _rows(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        page = 1
        while True:
            answer = self._till.request(
                "GET", path, params={"per_page": "500", "page": str(page), **(params or {})}
            )
            body = _good(answer.status, answer.text, answer.json())
            yield from body["results"]
            if page >= body["pages"]:
                return
            page += 1

    def _nodes(self, query: str, root: str) -> Iterator[dict[str, Any]]:
        after = None
        while True:
            answer = self._shop.request(
                "POST",
                "/admin/api/2026-10/graphql.json",
                body={"query": query, "variables": {"after": after}},
            )
            body = _good(answer.status, answer.text, answer.json())
            if any(
                error.get("extensions", {}).get("code") == "THROTTLED"
                for error in body.get("errors", ())
            ):
                raise TryLater("the shop's rate limit is used up", throttled=True)
            if body.get("errors"):
                raise SandboxError(f"the shop answered {body['errors']}")
            yield from body["data"][root]["nodes"]
            info = body["data"][root]["pageInfo"]
            if not info["hasNextPage"]:
                return
            after = info["endCursor"]


def _good(status: int, text: str, body: Any) -> Any:
    if status != 200:
        raise SandboxError(f"answered {status}: {text[:300]}")
    return body
