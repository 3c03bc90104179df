"""Pictures of products."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from integrations.connectors.magento.sandbox.catalogue import product_view, products
from integrations.connectors.magento.sandbox.errors import Refusal, no_such_entity
from integrations.connectors.magento.sandbox.records import MediaEntry, Product
from integrations.connectors.magento.sandbox.routing import Call, Route, whole_of
from integrations.connectors.magento.sandbox.shop import Shop

_KINDS = ("image/jpeg", "image/png", "image/gif", "image/jpg")
_BAD = "The image content must be valid base64 encoded data."


def _content(given: dict[str, Any]) -> dict[str, Any]:
    """Raises Refusal: no picture, no base64, a kind that is no picture, a name with a path in it."""
    content = given.get("content")
    if not isinstance(content, dict):
        raise Refusal("The image content is invalid. Verify the content and try again.")
    try:
        raw = base64.b64decode(str(content.get("base64_encoded_data", "")), validate=True)
    except binascii.Error as error:
        raise Refusal(_BAD) from error
    if not raw:
        raise Refusal(_BAD)
    if content.get("type") not in _KINDS:
        raise Refusal("The image MIME type is not valid or not supported.")
    if not str(content.get("name", "")) or any(
        mark in str(content["name"]) for mark in "/\\:*?<>|"
    ):
        raise Refusal("Provided image name contains forbidden characters.")
    return content


def _entry(product: Product, number: str) -> MediaEntry:
    for entry in product.media:
        if str(entry.id) == number:
            return entry
    raise no_such_entity("entryId", number)


def _lay(product: Product, entry: MediaEntry, given: dict[str, Any]) -> None:
    """A role such as "image" is held by one picture at a time."""
    entry.label = given.get("label")
    entry.position = whole_of(given.get("position") or 0, "position")
    entry.is_disabled = bool(given.get("disabled", False))
    entry.types = [str(role) for role in given.get("types") or []]
    for other in product.media:
        if other is not entry:
            other.types = [role for role in other.types if role not in entry.types]
    for role in entry.types:
        product.custom[role] = entry.file


def _add(shop: Shop, call: Call) -> int:
    return add(shop, products.found(shop, call.params["sku"]), call.part("entry"))


def add(shop: Shop, product: Product, given: dict[str, Any]) -> int:
    """A picture of a product, by the entry that was sent. Raises Refusal."""
    content = _content(given)
    name = str(content["name"])
    made = MediaEntry(
        shop.next_id("media"),
        f"/{name[0]}/{name[1:2] or '_'}/{name}".lower(),
        None,
        0,
        is_disabled=False,
        types=[],
        content=str(content["base64_encoded_data"]),
    )
    product.media.append(made)
    _lay(product, made, given)
    product.updated_at = shop.now()
    return made.id


def check_all(given: list[dict[str, Any]]) -> None:
    """Of the pictures sent with a product. Raises Refusal before anything is written."""
    for row in given:
        if row.get("id") is None:
            _content(row)


def replace_all(shop: Shop, product: Product, given: list[dict[str, Any]]) -> None:
    """Pictures sent with the product are all it has from then on; those known by their id stay."""
    kept = {str(row["id"]) for row in given if row.get("id") is not None}
    product.media = [entry for entry in product.media if str(entry.id) in kept]
    for row in given:
        if row.get("id") is None:
            add(shop, product, row)
        else:
            _lay(product, _entry(product, str(row["id"])), row)


def _change(shop: Shop, call: Call) -> bool:
    product, given = products.found(shop, call.params["sku"]), call.part("entry")
    entry = _entry(product, call.params["entryId"])
    if given.get("content") is not None:
        entry.content = str(_content(given)["base64_encoded_data"])
    _lay(product, entry, given)
    product.updated_at = shop.now()
    return True


def _read(shop: Shop, call: Call) -> list[dict[str, Any]]:
    product = products.found(shop, call.params["sku"])
    return [product_view.media_entry(entry) for entry in product.media]


def _drop(shop: Shop, call: Call) -> bool:
    product = products.found(shop, call.params["sku"])
    product.media.remove(_entry(product, call.params["entryId"]))
    return True


ROUTES = (
    Route("POST", "products/{sku}/media", _add, products.RESOURCE),
    Route("GET", "products/{sku}/media", _read, products.RESOURCE),
    Route("PUT", "products/{sku}/media/{entryId}", _change, products.RESOURCE),
    Route("DELETE", "products/{sku}/media/{entryId}", _drop, products.RESOURCE),
)
