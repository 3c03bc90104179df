"""/v1/products, /v1/inventory and /v1/locations. Products cannot be created here: no POST."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.state import adjustments, goods
from integrations.connectors.heartland.sandbox.state import stock as levels
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal, missing
from integrations.connectors.heartland.sandbox.state.values import Body, Row, number, words
from integrations.connectors.heartland.sandbox.unified import intake, shapes
from integrations.connectors.heartland.sandbox.unified.paging import page
from integrations.connectors.heartland.sandbox.unified.shared import wrong
from integrations.connectors.heartland.sandbox.wire.answers import (
    Route,
    answer,
    body_of,
    json_of,
)

_PRODUCT_FIELDS = {
    "Name": "description",
    "Description": "long_description",
    "Price": "price",
    "Cost": "cost",
    "Barcode": "primary_barcode",
    "Active": "active",
}


def list_products(account: Account, request: Request) -> Response:
    rows = list(account.items.values())
    wanted = request.args.get("SKU")
    if wanted is not None:
        rows = [account.items[account.skus[wanted]]] if wanted in account.skus else []
    return page(account, request, rows, shapes.product)


def get_product(account: Account, request: Request, sku: str) -> Response:
    return answer(shapes.product(account, _product(account, sku)))


def put_product(account: Account, request: Request, sku: str) -> Response:
    """A partial update of name, texts, price, cost, barcode, Active and CustomFields."""
    row = _product(account, sku)
    body = body_of(request)
    fields: dict[str, Any] = {
        ours: body[theirs] for theirs, ours in _PRODUCT_FIELDS.items() if theirs in body
    }
    goods.update_item(account, row, {**fields, "custom": intake.custom_of(body, row["custom"])})
    return answer(shapes.product(account, row))


def list_stock(account: Account, request: Request) -> Response:
    rows = list(account.stock.values())
    sku, place = request.args.get("SKU"), request.args.get("LocationID")
    if sku is not None:
        rows = [row for row in rows if row["item_id"] == account.skus.get(sku)]
    if place is not None:
        rows = [row for row in rows if str(row["location_id"]) == place]
    return page(account, request, rows, shapes.stock, _place_key)


def put_stock(account: Account, request: Request) -> Response:
    """Absolute: OnHand (or Available, to which the committed units are added). One row or many."""
    sent = json_of(request)
    many = isinstance(sent, list) or (isinstance(sent, dict) and "Data" in sent)
    rows = sent["Data"] if isinstance(sent, dict) and "Data" in sent else sent
    if not many:
        rows = [sent]
    wanted = [_wanted(account, row, f"Data[{i}]." if many else "") for i, row in enumerate(rows)]
    shown = []
    for item_id, location_id, on_hand in wanted:
        row = levels.level(account, item_id, location_id)
        if on_hand != row["qty_on_hand"]:
            change = on_hand - row["qty_on_hand"]
            adjustments.adjust(account, item_id, location_id, change, "Set through the API")
        shown.append(shapes.stock(account, row))
    return answer({"Data": shown, "NextCursor": None} if many else shown[0])


def list_locations(account: Account, request: Request) -> Response:
    return page(account, request, account.locations.values(), shapes.location)


def _wanted(account: Account, sent: Any, path: str) -> tuple[int, int, int]:
    if not isinstance(sent, dict):
        raise wrong(path or "body", "must be an object")
    sku, place = words(sent, "SKU"), words(sent, "LocationID")
    if sku not in account.skus:
        raise wrong(f"{path}SKU", "is unknown")
    if not place.isdecimal() or int(place) not in account.locations:
        raise wrong(f"{path}LocationID", "is unknown")
    item_id, location_id = account.skus[sku], int(place)
    field = "OnHand" if "OnHand" in sent else "Available"
    quantity = _whole(sent, field, path)
    committed = levels.level(account, item_id, location_id)["qty_committed"]
    return item_id, location_id, quantity + (0 if field == "OnHand" else int(committed))


def _whole(sent: Body, field: str, path: str) -> int:
    try:
        found: Decimal | None = number(sent, field, "Stock")
    except Refusal:
        raise wrong(f"{path}{field}", "must be a number") from None
    if found is None or found != found.to_integral_value():
        raise wrong(f"{path}{field}", "must be a whole number")
    return int(found)


def _product(account: Account, sku: str) -> Row:
    """By SKU, or by ProductID."""
    if sku in account.skus:
        return account.items[account.skus[sku]]
    if sku.isdecimal() and int(sku) in account.items:
        return account.items[int(sku)]
    raise missing("Product")


def _place_key(row: Row) -> str:
    return f"{row['item_id']:012d}@{row['location_id']:012d}"


ROUTES: list[Route] = [
    ("GET", "/v1/products", list_products),
    ("GET", "/v1/products/<sku>", get_product),
    ("PUT", "/v1/products/<sku>", put_product),
    ("GET", "/v1/inventory", list_stock),
    ("PUT", "/v1/inventory", put_stock),
    ("GET", "/v1/locations", list_locations),
]
