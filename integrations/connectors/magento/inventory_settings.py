"""What the settings of a connection say about stock."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.reservations import ADD_UNSHIPPED

DEFAULT_SOURCE = "default"
DEFAULT_THRESHOLD = 500
MSI, LEGACY = "msi", "legacy"


@dataclass(frozen=True)
class StockPolicy:
    """`by_source`: whether the shop keeps stock by sources (MSI). `source`: the one that is written
    without a table of locations, and that orders are shipped from. `stays_in_stock`: an article
    without units may still be ordered. `bulk_threshold`: so many levels go through the queue.
    """

    by_source: bool
    source: str
    reservations: str
    stays_in_stock: bool
    bulk_threshold: int


def policy_of(client: StoreClient) -> StockPolicy:
    """The settings; whether there are sources is asked of the shop where they do not say."""
    account = client.account
    mode = account.setting("stock_mode", "auto")
    return StockPolicy(
        by_source=mode == MSI or (mode != LEGACY and client.shape.uses_msi),
        source=account.setting("source_code", DEFAULT_SOURCE),
        reservations=account.setting("reservations", ADD_UNSHIPPED),
        stays_in_stock=account.setting("sold_out_articles", "out_of_stock") == "in_stock",
        bulk_threshold=threshold(account.setting("bulk_threshold")),
    )


def threshold(text: str) -> int:
    """The usual one for what is no number; 0 means never."""
    number = int(text) if text.strip().isdigit() else DEFAULT_THRESHOLD
    return number or 1_000_000_000
