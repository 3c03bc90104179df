"""What a Shopify account holds, read over the Admin API without the connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.connector_kit.errors import TryLater
from integrations.connector_kit.sandbox.witness import (
    Person,
    SandboxError,
    StoreArticle,
    StoreOrder,
    StoreRefund,
    plain_session,
)

_PATH = "/admin/api/2026-10/graphql.json"
_PAGE = "pageInfo { hasNextPage endCursor }"
_ORDERS = f"""query Orders($after: String) {{
  orders(first: 100, after: $after, sortKey: UPDATED_AT, query: "status:any") {{ nodes {{
    legacyResourceId name cancelledAt totalPriceSet {{ shopMoney {{ amount }} }}
    netPaymentSet {{ shopMoney {{ amount }} }} }} {_PAGE} }} }}"""
_STOCK = f"""query Stock($after: String) {{ productVariants(first: 100, after: $after) {{
  nodes {{ sku inventoryQuantity }} {_PAGE} }} }}"""
_ARTICLES = f"""query Articles($after: String) {{ productVariants(first: 100, after: $after) {{
  nodes {{ sku price product {{ title status }} }} {_PAGE} }} }}"""
_CUSTOMERS = f"""query People($after: String) {{ customers(first: 100, after: $after) {{
  nodes {{ legacyResourceId firstName lastName email }} {_PAGE} }} }}"""
_REFUNDS = """query Refunds($id: ID!) { order(id: $id) { refunds(first: 50) {
  note totalRefundedSet { shopMoney { amount } } transactions(first: 10) { nodes { id } }
  refundLineItems(first: 50) { nodes { quantity restockType lineItem { sku } } } } } }"""
_TOLD = """query Told($id: ID!) { order(id: $id) {
  metafields(first: 20, namespace: "clarity") { nodes { key value } } } }"""
_SAVE = """mutation Save($who: CustomerSetIdentifiers, $is: CustomerSetInput!) {
  customerSet(identifier: $who, input: $is) {
    customer { legacyResourceId } userErrors { message } } }"""


class Witness:
    """One shop."""

    stock_write = "POST Inventory"
    refund_write = "RefundCreate"

    def __init__(self, account: Mapping[str, Any]) -> None:
        token = account["credentials"]["access_token"]
        self._shop = plain_session(account["base_url"], {"X-Shopify-Access-Token": token})

    def orders(self) -> Sequence[StoreOrder]:
        return [
            StoreOrder(
                key=node["legacyResourceId"],
                number=node["name"].lstrip("#"),
                total=_money(node["totalPriceSet"]),
                is_cancelled=bool(node["cancelledAt"]),
                kept=_money(node["netPaymentSet"]),
            )
            for node in self._nodes(_ORDERS, "orders")
        ]

    def stock(self) -> Mapping[str, Decimal]:
        return {
            node["sku"]: Decimal(node["inventoryQuantity"])
            for node in self._nodes(_STOCK, "productVariants")
        }

    def refunds(self, order: str) -> Sequence[StoreRefund]:
        return [
            StoreRefund(
                note=str(row["note"] or ""),
                given=_money(row["totalRefundedSet"]),
                is_online=bool(row["transactions"]["nodes"]),
                units={
                    line["lineItem"]["sku"]: line["quantity"]
                    for line in row["refundLineItems"]["nodes"]
                },
                restocked={
                    line["lineItem"]["sku"]: line["quantity"]
                    for line in row["refundLineItems"]["nodes"]
                    if line["restockType"] != "NO_RESTOCK"
                },
            )
            for row in self._order(_REFUNDS, order)["refunds"]
        ]

    def told(self, order: str) -> str:
        rows = self._order(_TOLD, order)["metafields"]["nodes"]
        return "\n".join(f"{row['key']}: {row['value']}" for row in rows)

    def articles(self) -> Mapping[str, StoreArticle]:
        found: dict[str, StoreArticle] = {}
        for node in self._nodes(_ARTICLES, "productVariants"):
            if node["sku"] in found:
                raise SandboxError(f"the shop has two articles of SKU {node['sku']}")
            found[node["sku"]] = StoreArticle(
                sku=node["sku"],
                title=node["product"]["title"],
                price=Decimal(str(node["price"])),
                is_offered=node["product"]["status"] == "ACTIVE",
            )
        return found

    def customers(self) -> Sequence[Person]:
        return [
            Person(
                key=node["legacyResourceId"],
                email=str(node["email"] or ""),
                first_name=str(node["firstName"] or ""),
                last_name=str(node["lastName"] or ""),
            )
            for node in self._nodes(_CUSTOMERS, "customers")
        ]

    def save_customer(self, person: Person) -> str:
        who = {"email": person.email}
        if person.key:
            who = {"id": f"gid://shopify/Customer/{person.key}"}
        values = {"firstName": person.first_name, "lastName": person.last_name}
        if person.email:
            values["email"] = person.email
        saved = self._ask(_SAVE, {"who": who, "is": values})["customerSet"]
        if saved["userErrors"]:
            raise SandboxError(f"the shop refused the customer: {saved['userErrors']}")
        return str(saved["customer"]["legacyResourceId"])

    def writes(self, log: Mapping[str, Any]) -> int:
        return int(log["writes"])

    def _order(self, query: str, order: str) -> Mapping[str, Any]:
        found = self._ask(query, {"id": f"gid://shopify/Order/{order}"})["order"]
        if found is None:
            raise SandboxError(f"the shop has no order {order}")
        return dict(found)

    def _nodes(self, query: str, root: str) -> Iterator[dict[str, Any]]:
        after = None
        while True:
            page = self._ask(query, {"after": after})[root]
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def _ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._shop.request("POST", _PATH, body={"query": query, "variables": variables})
        if answer.status != 200:
            raise SandboxError(f"the shop answered {answer.status}: {answer.text[:300]}")
        body = answer.json()
        errors = body.get("errors", ())
        if any(error.get("extensions", {}).get("code") == "THROTTLED" for error in errors):
            raise TryLater("the shop's rate limit is used up", throttled=True)
        if errors:
            raise SandboxError(f"the shop answered {errors}")
        return dict(body["data"])


def _money(bag: Mapping[str, Any]) -> Decimal:
    return Decimal(str(bag["shopMoney"]["amount"]))
