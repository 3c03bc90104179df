"""Reads an order with all that its money needs: credit memos, and SKUs that options made longer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import websites
from integrations.connectors.magento.answers import Forbidden, NotFound
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.order_lines import SKUS
from integrations.connectors.magento.order_refunds import MEMOS, needs_memos
from integrations.connectors.magento.order_shape import ELSEWHERE, kept
from integrations.connectors.magento.shape import Shape

Row = Mapping[str, Any]
_BY_ID = (("entity_id", "ASC"),)


def order(client: StoreClient, key: str) -> dict[str, Any] | None:
    """The order as it is now, None when it is gone."""
    found = one(client, "orders", key)
    if found is None:
        return None
    made = placed(client, found)
    if needs_memos(Payload(made)):
        made[MEMOS] = [dict(row) for row in of_order(client, "creditmemos", key)]
    own = _article_ids(made)
    if own:
        made[SKUS] = skus(client, own)
    return made


def placed(client: StoreClient, raw: Row) -> dict[str, Any]:
    """What is kept of an order, marked where another website sold it."""
    made = kept(raw)
    website = _elsewhere(client, raw)
    return {**made, ELSEWHERE: website} if website else made


def _elsewhere(client: StoreClient, raw: Row) -> str:
    """Code of the website that sold the order, "" where that is the one of this connection.

    Magento lists the orders of all its websites, whichever store view is asked.
    """
    store = str(raw.get("store_id") or "")
    sold = _view(client.shape, store)
    if sold is None and store:
        # It may be newer than what we know of the shop.
        sold = _view(client.shape_anew(), store)
    here = websites.website_id(client)
    if sold is None or here is None or not websites.has_several(client):
        return ""
    if str(sold.get("website_id")) == str(here):
        return ""
    row = client.shape.website_of(str(sold.get("code")))
    return str(row["code"] if row else sold.get("website_id"))


def _view(shape: Shape, number: str) -> Row | None:
    return next((row for row in shape.store_views if str(row.get("id")) == number), None)


def one(client: StoreClient, path: str, key: str) -> Row | None:
    """A single record by its number, None when there is none."""
    if not key.isdecimal():
        return None
    try:
        found: Row = client.get(f"{path}/{key}")
    except NotFound:
        return None
    return found


def of_order(client: StoreClient, path: str, *keys: str) -> list[Row]:
    """The invoices, credit memos or transactions of some orders, oldest first."""
    key = "transaction_id" if path == "transactions" else "entity_id"
    filters = (where("order_id", ",".join(keys), "in"),)
    return list(client.everything(path, Criteria(filters, sort=((key, "ASC"),))))


def skus(client: StoreClient, ids: Iterable[str]) -> dict[str, str]:
    """SKUs of articles by their product ids; one that was deleted is left out, and all are where the
    integration may not see products: then the longer SKU of the row stands."""
    wanted = sorted(set(ids))
    criteria = Criteria(
        (where("entity_id", ",".join(wanted), "in"),),
        sort=_BY_ID,
        fields="items[id,sku],total_count",
    )
    try:
        rows = list(client.everything("products", criteria))
    except Forbidden:
        return {}
    return {str(row["id"]): str(row["sku"]) for row in rows}


def with_skus(client: StoreClient, raw: Row) -> Row:
    """The order with the SKUs of articles whose rows bear longer ones."""
    own = _article_ids(raw)
    return {**raw, SKUS: skus(client, own)} if own else raw


def has_own_skus(raw: Row) -> bool:
    """Whether the SKU of a row may be longer than its article's."""
    return bool(_article_ids(raw))


def _article_ids(raw: Row) -> list[str]:
    """Product ids of rows with options of their own; Magento appends the options' SKUs to theirs."""
    rows: Sequence[Row] = raw.get("items") or ()
    return [str(row["product_id"]) for row in rows if row.get("product_id") and _has_options(row)]


def _has_options(row: Row) -> bool:
    if row.get("product_type") == "configurable":
        # Its child row bears the bare SKU.
        return False
    option = row.get("product_option") or {}
    found = option.get("extension_attributes") if isinstance(option, Mapping) else None
    return bool(isinstance(found, Mapping) and found.get("custom_options"))
