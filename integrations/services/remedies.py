"""What would fix the cause of an incident once and for all, and what it is fixed with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from integrations.connector_kit.matching import Candidate, candidates
from integrations.models import (
    ConnectionState,
    Delivery,
    Direction,
    InboxItem,
    Incident,
    Pair,
    Side,
)
from integrations.services.mapping_provenance import record_of
from integrations.sync.causes import missed_table
from integrations.sync.incidents import STOPPED_DELIVERY, STOPPED_ITEM
from mappings.canonical.record import Entity, Record


class Fix(StrEnum):
    """`SUM`: nobody but a person can say which amount is right. `NONE`: replay, edit or discard."""

    TABLE = "table"
    ARTICLE = "article"
    CUSTOMER = "customer"
    SUM = "sum"
    RECONNECT = "reconnect"
    NONE = "none"


@dataclass(frozen=True)
class Remedy:
    """`row` is one of the stopped records: what is wrong with it is told in its own words."""

    fix: Fix
    row: InboxItem | Delivery | None = None
    table: str = ""

    @property
    def pair(self) -> Pair | None:
        return self.row.flow.pair if isinstance(self.row, Delivery) else None

    @property
    def item_id(self) -> int | None:
        if isinstance(self.row, Delivery):
            return int(self.row.inbox_item_id)
        return int(self.row.pk) if self.row else None


@dataclass(frozen=True)
class MissingArticle:
    """An article that has no partner. `target_side` is where the partner is looked for."""

    delivery: Delivery
    target_side: str
    source_key: str
    sku: str
    title: str
    records: int

    @property
    def pair(self) -> Pair:
        pair: Pair = self.delivery.flow.pair
        return pair


@dataclass(frozen=True)
class Undecided:
    """A customer that several fit."""

    delivery: Delivery
    candidates: Sequence[Candidate]


# How connectors say that an article has no partner, or more than one that could be it.
_UNLINKED = re.compile(
    r"\bno [\w ]*(?:item|variant|article)\b|\b(?:items|variants|articles) (?:share|have)\b",
    re.IGNORECASE,
)
# Whose lines name articles of the source; of the others the record itself is the article.
_WITH_LINES = frozenset({Entity.ORDER, Entity.REFUND})
_ARTICLES = frozenset({Entity.PRODUCT, Entity.INVENTORY})


def remedy(incident: Incident, *, value: str = "") -> Remedy:
    """What fits the incident. Call inside the tenant's scope."""
    connection = incident.connection
    if connection is not None and connection.state == ConnectionState.NEEDS_OWNER:
        return Remedy(Fix.RECONNECT)
    if not incident.has_records:
        return Remedy(Fix.NONE)
    row = stopped(incident, value).first()
    if row is None:
        return Remedy(Fix.NONE)
    if not isinstance(row, Delivery):
        return Remedy(Fix.SUM if incident.field == "total" else Fix.NONE, row)
    table = missed_table(row.reason)
    if table:
        return Remedy(Fix.TABLE, row, table)
    if incident.field.endswith("sku") and _UNLINKED.search(row.reason):
        return Remedy(Fix.ARTICLE, row)
    if row.entity == Entity.CUSTOMER and candidates(row.reason):
        return Remedy(Fix.CUSTOMER, row)
    return Remedy(Fix.SUM if incident.field == "total" else Fix.NONE, row)


def stopped(incident: Incident, value: str = "") -> Any:
    """Rows of the incident that wait for a person, oldest first; those that stopped at a value."""
    if incident.side == Side.SOURCE:
        rows = InboxItem.objects.filter(incident=incident, state__in=STOPPED_ITEM)
    else:
        rows = Delivery.objects.filter(
            incident=incident, state__in=STOPPED_DELIVERY
        ).select_related(
            "inbox_item",
            "target",
            "flow__source",
            "flow__target",
            "flow__pair__pos",
            "flow__pair__store",
        )
    return (rows.filter(said=value) if value else rows).order_by("id")


def missing_article(incident: Incident, *, value: str = "") -> MissingArticle | None:
    """The article without a partner at which records stopped; None when it cannot be told.

    Call inside the tenant's scope.
    """
    row = stopped(incident, value).first()
    if not isinstance(row, Delivery):
        return None
    to_pos = row.flow.direction == Direction.TO_POS
    found = _article_of(row, row.said)
    if found is None:
        return None
    key, sku, title = found
    mine = stopped(incident, value).filter(flow__pair=row.flow.pair)
    count = mine.values("inbox_item_id").distinct().count()
    return MissingArticle(
        delivery=row,
        target_side="pos" if to_pos else "store",
        source_key=key,
        sku=sku,
        title=title,
        records=count if value else 1,
    )


def _article_of(row: Delivery, sku: str) -> tuple[str, str, str] | None:
    """Its id at the source, SKU and title."""
    if row.entity in _ARTICLES:
        return row.key, sku or row.number, ""
    record = record_of(row.flow, row) if row.entity in _WITH_LINES else None
    lines = getattr(record, "lines", ()) if isinstance(record, Record) else ()
    fitting = [line for line in lines if line.sku == sku and line.product_key]
    keys = {line.product_key for line in fitting}
    # Two articles of the source under one SKU: nobody knows which of them is meant.
    return (fitting[0].product_key, sku, fitting[0].title) if len(keys) == 1 else None


def undecided(item: InboxItem) -> Undecided | None:
    """The stopped delivery of a customer that several fit, with those to choose from."""
    rows = Delivery.objects.filter(
        inbox_item=item, entity=Entity.CUSTOMER, state__in=STOPPED_DELIVERY
    ).select_related("inbox_item", "target", "flow__pair__pos", "flow__pair__store")
    for row in rows.order_by("-id"):
        if found := candidates(row.reason):
            return Undecided(row, found)
    return None
