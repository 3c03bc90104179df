"""A tiny Magento for tests: real HTTP, articles, quantities by source, open orders, every call kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, Outgoing
from integrations.connector_kit.testing import Asked, Reply, Vendor
from integrations.connectors.magento.client import StoreClient
from mappings.canonical.record import Entity

Row = dict[str, Any]
Intercept = Callable[["SmallStore", str, Any], Reply | None]


@dataclass
class SmallStore:
    """`products`: rows by SKU. `levels`: quantity by (SKU, source). `orders`: rows as REST shows them.

    `intercept` sees each call ("POST inventory/source-items") before it is answered: it may answer in
    its place, or change the shop meanwhile. `limit`: most rows of a stock call, 0 for any.
    """

    products: dict[str, Row] = field(default_factory=dict)
    levels: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    orders: dict[int, Row] = field(default_factory=dict)
    sources: list[str] = field(default_factory=lambda: ["default"])
    modules: list[str] = field(default_factory=lambda: ["Magento_InventoryApi"])
    stock_items: dict[str, Row] = field(default_factory=dict)
    bulks: dict[str, Row] = field(default_factory=dict)
    consumers_run: bool = True
    limit: int = 0
    intercept: Intercept | None = None
    calls: list[tuple[str, Any]] = field(default_factory=list)
    vendor: Any = None

    def sell(self, *skus: str, type_id: str = "simple") -> None:
        for sku in skus:
            row = {"id": len(self.products) + 1, "sku": sku, "name": sku, "type_id": type_id}
            self.products[sku] = {**row, "status": 1, "price": 10, "custom_attributes": []}

    def order(self, number: int, sku: str, quantity: int, **more: Any) -> Row:
        """An open order; `more` are fields of its only item, `state` of the order."""
        item = {
            "item_id": number * 10,
            "parent_item_id": None,
            "product_type": "simple",
            "sku": sku,
            "qty_ordered": quantity,
            "qty_shipped": 0,
            "qty_canceled": 0,
            "qty_refunded": 0,
        }
        row = {"entity_id": number, "state": more.pop("state", "processing"), "updated_at": _now()}
        self.orders[number] = {**row, "items": [{**item, **more}]}
        return self.orders[number]

    def ship(self, number: int) -> None:
        order = self.orders[number]
        for item in order["items"]:
            place = (item["sku"], "default")
            self.levels[place] = self.levels.get(place, Decimal(0)) - item["qty_ordered"]
            item["qty_shipped"] = item["qty_ordered"]
        order |= {"state": "complete", "updated_at": _now()}

    def salable(self, sku: str) -> Decimal:
        lying = sum(count for (one, _), count in self.levels.items() if one == sku)
        open_ = sum(
            item["qty_ordered"] - item["qty_shipped"] - item["qty_canceled"]
            for order in self.orders.values()
            for item in order["items"]
            if item["sku"] == sku
        )
        return Decimal(lying) - open_

    def written(self) -> list[list[Row]]:
        """The rows of each direct call for stock."""
        return [body["sourceItems"] for what, body in self.calls if what == _SAVE]

    def count(self, what: str) -> int:
        return sum(1 for name, _ in self.calls if name.startswith(what))


_SAVE = "POST inventory/source-items"


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"


@contextmanager
def small_store(*skus: str, **given: Any) -> Iterator[SmallStore]:
    store = SmallStore(**given)
    store.sell(*skus)

    def answering(asked: Asked) -> Reply:
        _, _, tail = asked.path.partition("/V1/")
        prefix = "bulk " if "/async/bulk/" in asked.path else ""
        what = f"{asked.method} {prefix}{tail}"
        body = asked.json() if asked.body else None
        store.calls.append((what, body))
        reply = store.intercept(store, what, body) if store.intercept else None
        return reply or _answer(store, what, body, dict(asked.query))

    with Vendor(answering=answering) as vendor:
        store.vendor = vendor
        yield store


def refusal(message: str, status: int = 400, **parameters: Any) -> Reply:
    return Reply(status, {"message": message, "parameters": parameters or []})


def _answer(store: SmallStore, what: str, body: Any, query: Mapping[str, str]) -> Reply:
    plain: dict[str, Any] = {
        "GET modules": store.modules,
        "GET store/storeViews": [{"id": 1, "code": "default", "name": "D", "website_id": 1}],
        "GET store/websites": [{"id": 1, "code": "base", "name": "Main"}],
        "GET store/storeConfigs": [
            {"code": "default", "base_currency_code": "USD", "weight_unit": "kgs"}
        ],
    }
    if what in plain:
        return Reply(json=plain[what])
    method, _, path = what.partition(" ")
    if method == "GET" and path in _LISTS:
        return Reply(json=_listed(_LISTS[path](store), query))
    if what == _SAVE:
        return _save(store, body["sourceItems"])
    if what == "POST bulk inventory/source-items":
        return Reply(json={"bulk_uuid": _queue(store, body), "request_items": [], "errors": False})
    if path.startswith("bulk/"):
        return _standing(store, path)
    if path.startswith("stockItems/") and path[11:] in store.stock_items:
        return Reply(json=store.stock_items[path[11:]])
    if method == "PUT" and "/stockItems/" in path:
        store.stock_items[path.split("/")[1]] |= body["stockItem"]
        return Reply(json=1)
    return refusal("Request does not match any route.", 404)


_LISTS: Mapping[str, Callable[[SmallStore], list[Row]]] = {
    "products": lambda store: list(store.products.values()),
    "orders": lambda store: list(store.orders.values()),
    "bulk": lambda store: [
        {"bulk_uuid": uuid, "status": state, "topic_name": "async.inventory.source-items.post"}
        for uuid, load in store.bulks.items()
        for state in load["states"]
    ],
    "inventory/sources": lambda store: [{"source_code": code} for code in store.sources],
    "inventory/source-items": lambda store: [
        {"sku": sku, "source_code": code, "quantity": count, "status": 1}
        for (sku, code), count in store.levels.items()
    ],
    "inventory/export-stock-salable-qty/website/base": lambda store: [
        {"sku": sku, "qty": store.salable(sku)} for sku in store.products
    ],
}


def _listed(rows: list[Row], query: Mapping[str, str]) -> Row:
    kept = [row for row in rows if all(_holds(row, *one) for one in _filters(query))]
    size, page = int(query["searchCriteria[pageSize]"]), int(query["searchCriteria[currentPage]"])
    return {"items": kept[(page - 1) * size : page * size], "total_count": len(kept)}


def _filters(query: Mapping[str, str]) -> list[tuple[str, str, str]]:
    head = "searchCriteria[filter_groups][{}][filters][0]"
    found = []
    while (name := head.format(len(found))) + "[field]" in query:
        found.append(
            tuple(query[f"{name}[{part}]"] for part in ("field", "value", "condition_type"))
        )
    return found  # type: ignore[return-value]


def _holds(row: Row, name: str, value: str, condition: str) -> bool:
    there = str(row.get("id" if name == "entity_id" and "id" in row else name) or "").lower()
    words = value.lower().split(",")
    if condition == "like":
        return all(part in there for part in words[0].split("%"))
    if condition in ("gt", "gteq"):
        if there.isdigit():
            return int(there) > int(value)
        return there >= value
    return {"eq": there == value.lower(), "in": there in words, "nin": there not in words}[
        condition
    ]


def _save(store: SmallStore, rows: list[Row]) -> Reply:
    if store.limit and len(rows) > store.limit:
        return refusal(f'Maximum items of type "X" is {store.limit}')
    if any(row["sku"] not in store.products for row in rows):
        return refusal("Could not save Source Item")
    for row in rows:
        store.levels[row["sku"], row["source_code"]] = Decimal(str(row["quantity"]))
    return Reply(json=[])


def _queue(store: SmallStore, bodies: list[Row]) -> str:
    uuid = f"bulk-{len(store.bulks) + 1}"
    store.bulks[uuid] = {"bodies": bodies, "states": [4] * len(bodies)}
    if store.consumers_run:
        run(store, uuid)
    return uuid


def run(store: SmallStore, uuid: str) -> None:
    """The consumer of the shop works a load off."""
    load = store.bulks[uuid]
    load["states"] = [
        1 if _save(store, one["sourceItems"]).status == 200 else 3 for one in load["bodies"]
    ]


def _standing(store: SmallStore, path: str) -> Reply:
    _, uuid, kind = path.split("/")
    load = store.bulks[uuid]
    rows = [
        {
            "id": at,
            "status": state,
            "result_message": "Could not save Source Item" if state == 3 else "",
            "serialized_data": json.dumps({"meta_information": json.dumps(body, default=float)}),
        }
        for at, (state, body) in enumerate(zip(load["states"], load["bodies"], strict=True))
    ]
    if kind == "status":
        rows = [{name: row[name] for name in ("id", "status", "result_message")} for row in rows]
    return Reply(json={"operations_list": rows, "bulk_id": uuid, "operation_count": len(rows)})


# --- calls -----------------------------------------------------------------------------------------


def account(store: SmallStore | None = None, **settings: str) -> Account:
    return Account(
        id="1",
        base_url=store.vendor.url if store else "https://shop.example.com",
        flavour="rest",
        settings=settings,
        credentials={"access_token": "token"},
        private_network=True,
    )


def client(store: SmallStore, **settings: str) -> StoreClient:
    return StoreClient(account(store, **settings))


def level(sku: str, quantity: Any = 5, *, key: str = "", **more: Any) -> Outgoing:
    """A stock level to be written; `knows`: units by order that it is lowered by already."""
    knows: Mapping[str, int | None] = more.pop("knows", {})
    fields = {"sku": sku, "quantity": quantity, **more.pop("fields", {})}
    return Outgoing(
        delivery_id=f"d-{sku}",
        entity=Entity.INVENTORY,
        key=key or f"item-{sku}",
        reference=sku,
        fields=fields,
        promised=lambda orders: {one: knows[one] for one in orders if one in knows},
        **more,
    )
