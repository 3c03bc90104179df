"""Items, images and grids over HTTP (3.3). Grids cannot be created by API."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.retail.shared import changed, created, row_of
from integrations.connectors.heartland.sandbox.state import goods
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.values import Row
from integrations.connectors.heartland.sandbox.wire.answers import (
    Embed,
    Route,
    answer,
    body_of,
    embedded,
    view,
)
from integrations.connectors.heartland.sandbox.wire.lists import listing


def _grid(account: Account, item: Row) -> Any:
    return view(account.item_grids[item["grid_id"]]) if item["grid_id"] else None


def _images(account: Account, item: Row) -> list[Row]:
    return [view(row) for row in account.images.values() if row["item_id"] == item["id"]]


_EMBEDS: dict[str, Embed] = {"grid": _grid, "images": _images}


def list_items(account: Account, request: Request) -> Response:
    return listing(account, request, account.items.values(), _EMBEDS)


def post_item(account: Account, request: Request) -> Response:
    return created(account, f"/items/{goods.create_item(account, body_of(request))['id']}")


def get_item(account: Account, request: Request, row_id: int) -> Response:
    row = row_of(account.items, row_id, "Item")
    return answer(embedded(account, row, request, _EMBEDS))


def put_item(account: Account, request: Request, row_id: int) -> Response:
    goods.update_item(account, row_of(account.items, row_id, "Item"), body_of(request))
    return changed()


def list_images(account: Account, request: Request, row_id: int) -> Response:
    item = row_of(account.items, row_id, "Item")
    return listing(account, request, _images(account, item))


def post_image(account: Account, request: Request, row_id: int) -> Response:
    item = row_of(account.items, row_id, "Item")
    image = goods.add_image(account, item, body_of(request))
    return created(account, f"/items/{row_id}/images/{image['id']}")


def list_grids(account: Account, request: Request) -> Response:
    return listing(account, request, account.item_grids.values())


def get_grid(account: Account, request: Request, row_id: int) -> Response:
    return answer(embedded(account, row_of(account.item_grids, row_id, "Item grid"), request))


def put_grid(account: Account, request: Request, row_id: int) -> Response:
    goods.update_grid(account, row_of(account.item_grids, row_id, "Item grid"), body_of(request))
    return changed()


ROUTES: list[Route] = [
    ("GET", "/api/items", list_items),
    ("POST", "/api/items", post_item),
    ("GET", "/api/items/<int:row_id>", get_item),
    ("PUT", "/api/items/<int:row_id>", put_item),
    ("GET", "/api/items/<int:row_id>/images", list_images),
    ("POST", "/api/items/<int:row_id>/images", post_image),
    ("GET", "/api/item_grids", list_grids),
    ("GET", "/api/item_grids/<int:row_id>", get_grid),
    ("PUT", "/api/item_grids/<int:row_id>", put_grid),
]
