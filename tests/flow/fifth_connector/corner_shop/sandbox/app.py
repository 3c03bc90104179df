"""The Corner Shop's API, over accounts that live in memory, with the control API of every sandbox."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.catalogue import Article, catalogue
from integrations.connector_kit.sandbox.witness import plain_session

TOKEN, SECRET = "let-me-in", "between-us"
_Answer = tuple[int, Any]


@dataclass
class Corner:
    """One shop. `hook`: where it tells of orders, "" while nobody has asked."""

    name: str
    first_id: int
    articles: dict[str, Article]
    stock: dict[str, int]
    orders: list[dict[str, Any]] = field(default_factory=list)
    hook: str = ""
    asked: int = 0
    writes: int = 0


class Sandbox:
    """Every shop of the process."""

    def __init__(self, public_url: str) -> None:
        self._url = public_url
        self._shops: dict[str, Corner] = {}
        self._lock = threading.RLock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        body = json.loads(request.get_data() or b"{}")
        with self._lock:
            status, said = self._answer(request, request.path.strip("/").split("/"), body)
        text = json.dumps(said, default=str)
        return Response(text, status, content_type="application/json")(environ, start)

    def _answer(self, request: Request, path: list[str], body: Mapping[str, Any]) -> _Answer:
        if path[:2] == ["_sandbox", "accounts"]:
            return self._control(request.method, path[2:], body)
        shop = self._shops.get(path[1]) if path[0] == "shops" and len(path) > 1 else None
        if shop is None:
            return 404, {}
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {}
        shop.asked += 1
        shop.writes += request.method == "PUT"
        return _vendor(shop, request.method, path[2:], body)

    def _control(self, method: str, path: list[str], body: Mapping[str, Any]) -> _Answer:
        if not path:
            return self._accounts(method, body)
        shop = self._shops.get(path[0])
        if shop is None:
            return 404, {"error": "no such account"}
        if path[1:] == ["orders"]:
            made = [_order(shop, number) for number in range(int(body.get("count", 1)))]
            return 201, {"orders": made}
        if path[1:] == ["log"]:
            return 200, {"requests": shop.asked, "writes": shop.writes}
        if not path[1:]:
            del self._shops[path[0]]
        return 200, {}

    def _accounts(self, method: str, body: Mapping[str, Any]) -> _Answer:
        if method == "GET":
            return 200, {"accounts": list(self._shops)}
        name = str(body["name"])
        goods = catalogue(seed=str(body.get("seed", "7")), size=int(body.get("size", 3)))
        self._shops.setdefault(
            name,
            Corner(
                name,
                int(body.get("first_id", 1)),
                {one.sku: one for one in goods},
                {one.sku: sum(one.opening_stock) for one in goods},
            ),
        )
        return 201, {
            "base_url": f"{self._url}/shops/{name}",
            "credentials": {"token": TOKEN, "webhook_secret": SECRET},
            "settings": {},
        }


def _vendor(shop: Corner, method: str, path: list[str], body: Mapping[str, Any]) -> _Answer:
    if path == ["shop"]:
        return 200, {"name": "The Corner"}
    if path == ["hook"]:
        shop.hook = str(body["address"])
        return 200, {}
    if path == ["orders"]:
        return 200, shop.orders
    if path == ["stock"]:
        return 200, shop.stock
    if method == "PUT" and path[:1] == ["stock"] and path[1] in shop.stock:
        shop.stock[path[1]] = int(body["units"])
        return 200, {}
    return 404, {}


def _order(shop: Corner, number: int) -> dict[str, Any]:
    """A buyer orders one article; the shop tells of it."""
    key = shop.first_id + len(shop.orders)
    article = list(shop.articles.values())[(len(shop.orders) + number) % len(shop.articles)]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    made: dict[str, Any] = {
        "id": key,
        "number": f"C-{key}",
        "name": f"C-{key}",
        "payment": "paid",
        "total": float(article.price),
        "currency": "USD",
        "placed": now,
        "changed": now,
        "email": "buyer@example.com",
        "lines": [{"line": 1, "sku": article.sku, "units": 1, "price": float(article.price)}],
    }
    shop.orders.append(made)
    shop.stock[article.sku] -= 1
    if shop.hook:
        headers = {"X-Corner-Secret": SECRET, "X-Corner-Event": "order"}
        told = dict(made)
        threading.Thread(
            target=lambda: plain_session(shop.hook, headers).request("POST", "/", body=told)
        ).start()
    return {"id": key, "name": made["name"], "total": str(Decimal(str(made["total"])))}


def create(options: Mapping[str, str]) -> Sandbox:
    """The WSGI application; `public_url`: where it is reached."""
    return Sandbox(options["public_url"])
