"""Products as a source: one record for each article, to be linked with those of the till.

What is put together of other articles (a configurable, a bundle) is no article of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.audit import Article, Shelf
from integrations.connector_kit.base import Account, EntityPort, Extent, Notice, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import product_writing, survey
from integrations.connectors.magento.client import Row, StoreClient
from integrations.connectors.magento.criteria import Criteria, Filter, where
from integrations.connectors.magento.inventory_items import COMPOSITES, by_sku
from integrations.connectors.magento.polling import PLACES, changed, instant, version
from integrations.connectors.magento.product_look import custom_of
from integrations.connectors.magento.rounding import maybe_rounded, rounded
from mappings.canonical.product import Product
from mappings.canonical.record import Entity, Skipped

# So many articles are shown to a person who looks for one.
SEARCHED = 20

# Their word -> ours: whether the article is sold.
_ON_SALE = {"1": True, "2": False}


def normalise(payload: Payload, account: Account) -> Product:
    """An article as ours; its key is its SKU, by which Magento writes.

    Raises Rejected naming the field, and Skipped for what is put together of other articles.
    """
    kind = payload.maybe_text("type_id") or "simple"
    sku = payload.text("sku")
    if kind in COMPOSITES:
        raise Skipped(f"{sku} is a {kind} product, which is put together of other articles")
    custom = _texts(payload.raw())
    price = maybe_rounded(payload.maybe_decimal("price"))
    special = _amount(custom, "special_price")
    is_lowered = special is not None and price is not None and special < price
    changed_at = payload.maybe_text("updated_at")
    return Product(
        key=sku,
        number=sku,
        updated_at=instant(changed_at) if changed_at else None,
        sku=sku,
        title=payload.maybe_text("name") or "",
        description=custom.pop("description", ""),
        price=special if is_lowered else price,
        compare_at_price=price if is_lowered else None,
        cost=_amount(custom, "cost"),
        weight=maybe_rounded(payload.maybe_decimal("weight")),
        is_active=payload.one_of("status", _ON_SALE),
        tracks_stock=_is_tracked(payload),
        custom=custom,
    )


def _texts(row: Row) -> dict[str, str]:
    """Custom attributes that hold one value; numbers of options stay numbers."""
    return {
        code: str(value)
        for code, value in custom_of(row).items()
        if value not in (None, "") and not isinstance(value, list | Mapping)
    }


def _amount(custom: Mapping[str, str], code: str) -> Decimal | None:
    value = custom.get(code)
    if value is None:
        return None
    return rounded(Payload({code: value}, "custom_attributes").decimal(code))


def _is_tracked(payload: Payload) -> bool:
    # An empty list stands for an object without members there.
    extension = payload.raw().get("extension_attributes")
    item = extension.get("stock_item") if isinstance(extension, Mapping) else None
    return not (isinstance(item, Mapping) and item.get("manage_stock") is False)


# --- calls ----------------------------------------------------------------------------------------


def changes(client: StoreClient, cursor: str, now: datetime) -> Page:
    """A notice for each article changed since the cursor, with the article in it."""
    return changed(client, "products", cursor, now, notice=_notice, key="id", sort_key="entity_id")


def _notice(row: Row, *, topic: str = "products/poll") -> Notice | None:
    if row.get("type_id") in COMPOSITES or not row.get("sku"):
        return None
    moment = str(row.get("updated_at") or "")
    return Notice(
        entity=Entity.PRODUCT,
        key=str(row["sku"]),
        topic=topic,
        version=version(moment),
        payload=row,
    )


def read(client: StoreClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Each article as it is now, None for one that is gone."""
    found = by_sku(client, keys, "")
    return {key: found[key].exact for key in keys}


def pages(client: StoreClient, cursor: str) -> Page:
    """Whole articles, by id."""
    found = survey.page(client, cursor, fields="")
    notices = [made for row in found.items if (made := _notice(row, topic="backfill"))]
    following = survey.following(found)
    return Page(notices, following or cursor, more=bool(following))


def shelf(client: StoreClient, cursor: str) -> Shelf:
    """Every article; Magento has none without a SKU."""
    found = survey.page(client, cursor)
    return Shelf(_articles(found.items), survey.following(found))


def search(client: StoreClient, text: str) -> Sequence[Article]:
    """Articles whose SKU or name holds these words."""
    words = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if not words:
        return ()
    either = (Filter("sku", f"%{words}%", "like"), Filter("name", f"%{words}%", "like"))
    criteria = Criteria(
        [either, where("type_id", ",".join(sorted(COMPOSITES)), "nin")],
        sort=(("entity_id", "ASC"),),
        size=SEARCHED,
        fields="items[id,sku,name],total_count",
    )
    return _articles(client.search("products", criteria, store="all").items)


def _articles(rows: Sequence[Row]) -> tuple[Article, ...]:
    return tuple(
        Article(str(row["sku"]), str(row["sku"]), str(row.get("name") or row["sku"]))
        for row in rows
        if row.get("sku")
    )


def count(client: StoreClient) -> Extent:
    return survey.count(client)


PORT = EntityPort(
    normalise=normalise,
    changes=changes,
    places=PLACES,
    read=read,
    pages=pages,
    count=count,
    write_many=product_writing.write_many,
    batch_size=product_writing.BATCH_SIZE,
    calls_per_write=product_writing.CALLS_PER_WRITE,
    shelf=shelf,
    search=search,
)
