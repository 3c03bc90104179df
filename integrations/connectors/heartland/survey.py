"""Every article of Heartland Retail with the units that may be sold."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from integrations.connector_kit.base import Account, Client, Counted, Page, Survey
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.backfill import stock_pages
from integrations.connectors.heartland.client import client_of
from integrations.connectors.heartland.inventory import normalise
from mappings.canonical.inventory import Stock


def survey(client: Client, cursor: str) -> Survey:
    """One page of items, read as a backfill reads them."""
    page = stock_pages(client, cursor)
    rows = tuple(_rows(page, client_of(client).account))
    return Survey(rows=rows, cursor=page.cursor if page.more else "")


def _rows(page: Page, account: Account) -> Iterator[Counted]:
    """Without those that keep no stock or have no SKU."""
    for notice in page.notices:
        payload = Payload(notice.payload or {})
        stock = normalise(payload, account)
        if stock.tracks_stock and stock.sku:
            title = payload.child("item").maybe_text("description") or stock.sku
            yield counted(stock, title, account)


def counted(stock: Stock, title: str, account: Account) -> Counted:
    """The article with what is available at the locations that count."""
    counting = account.setting("stock_locations").replace(" ", "").split(",")
    units = (
        level.available for level in stock.levels if counting == [""] or level.location in counting
    )
    return Counted(stock.sku, title, sum(units, Decimal(0)), key=stock.key, stock=stock)
