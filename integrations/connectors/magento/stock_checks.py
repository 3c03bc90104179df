"""Whether stock has a place to go to: sources, the stocks they belong to, and the settings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from integrations.connector_kit.audit import Finding, Weight
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.location_table import location_map
from integrations.connectors.magento.answers import Forbidden
from integrations.connectors.magento.client import Row, StoreClient
from integrations.connectors.magento.criteria import Criteria
from mappings.canonical.record import Entity

DEFAULT_SOURCE = "default"
_CHOOSE = "Choose the source in the settings of the Magento connection."


def stock_findings(client: StoreClient, entities: Collection[Entity]) -> Iterator[Finding]:
    """Nothing where no stock flows."""
    if Entity.INVENTORY not in entities:
        return
    mode = client.account.setting("stock_mode", "auto")
    has_sources = client.shape.uses_msi
    if mode == "msi" and not has_sources:
        yield Finding(
            "msi_missing",
            "Stock is to be written by sources, and the shop has none: its module"
            " Magento_InventoryApi is off.",
            "Set “How Magento keeps stock” to auto in the settings of the Magento connection.",
        )
    elif mode == "legacy" and has_sources:
        yield Finding(
            "msi_unused",
            "The shop keeps stock by sources, and the settings say to write one number an article.",
            "Magento then writes its source default. Set “How Magento keeps stock” to auto to write others.",
            weight=Weight.NOTICE,
        )
    elif has_sources:
        yield from _sources(client)


def _sources(client: StoreClient) -> Iterator[Finding]:
    by_code = Criteria(sort=(("source_code", "ASC"),))
    try:
        rows = list(client.everything("inventory/sources", by_code))
        links = list(client.everything("inventory/stock-source-links", by_code))
    except Forbidden:
        # Told as a missing permission.
        return
    there = {str(row["source_code"]): row for row in rows}
    written = _written(client)
    enabled = [code for code, row in there.items() if row.get("enabled", True)]
    if not written and len(enabled) > 1:
        yield Finding(
            "source_not_chosen",
            f"The shop has {len(enabled)} sources, and none is chosen: stock would go to"
            f" {DEFAULT_SOURCE} alone.",
            _CHOOSE,
            count=len(enabled),
            examples=tuple(enabled[:5]),
        )
        return
    written = written or {DEFAULT_SOURCE}
    for code in sorted(written):
        yield from _source(code, there, {str(row["source_code"]) for row in links})
    stocks = {row.get("stock_id") for row in links if row["source_code"] in written}
    beside = {str(row["source_code"]) for row in links if row.get("stock_id") in stocks}
    others = sorted(beside.intersection(enabled) - written)
    if others:
        yield Finding(
            "sources_beside",
            "The website also sells what lies in sources that the point of sale does not set, so it"
            " may offer more than the point of sale has.",
            "Take them out of the stock of the website in Magento (Stores, Stocks), or add them to"
            " the table of locations. If their goods are not yours, a supplier's say, all is well.",
            count=len(others),
            examples=tuple(others[:5]),
            weight=Weight.NOTICE,
        )


def _source(code: str, there: Mapping[str, Row], linked: Collection[str]) -> Iterator[Finding]:
    row = there.get(code)
    if row is None:
        yield Finding(
            "source_missing",
            "A source that stock is to be written to is not in the shop.",
            _CHOOSE,
            examples=(code,),
        )
    elif not row.get("enabled", True):
        yield Finding(
            "source_disabled",
            "A source that stock is to be written to is switched off: nothing in it can be sold.",
            "Switch it on in Magento under Stores, Sources, or choose another one here.",
            examples=(code,),
        )
    elif code not in linked:
        yield Finding(
            "source_not_sold_from",
            "A source that stock is to be written to belongs to no stock, so nothing in it can be"
            " sold.",
            "In Magento, Stores, Stocks: assign the source to the stock of the website.",
            examples=(code,),
        )


def _written(client: StoreClient) -> set[str]:
    """The sources the settings name."""
    chosen = client.account.setting("source_code")
    try:
        named = set(location_map(client.account.setting("location_map")).values())
    except Rejected:
        # Told where the settings are looked over.
        named = set()
    return named or ({chosen} if chosen else set())
