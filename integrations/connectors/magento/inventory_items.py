"""Which article of the shop a stock level belongs to, and whether it has stock of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import Rejected, Unsupported
from integrations.connectors.magento.client import Row, StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from mappings.canonical.record import Entity

# Magento keeps no stock for these: theirs follows from the articles in them.
COMPOSITES = frozenset({"configurable", "bundle", "grouped"})

_FIELDS = "items[id,sku,type_id],total_count"
_BY_ID = (("entity_id", "ASC"),)
# An address may hold about 8,000 letters, and a comma or a bracket in it takes three.
_LONGEST = 3000


@dataclass(frozen=True)
class Item:
    """An article that is there, by the SKU Magento writes it with."""

    sku: str
    type_id: str = "simple"


@dataclass
class Matches:
    """Articles by SKU: the one that bears it letter by letter, and SKUs that only look like it."""

    exact: Row | None = None
    near: set[str] = field(default_factory=set)


def find_items(
    client: StoreClient, batch: Sequence[Outgoing]
) -> list[Item | Rejected | Unsupported]:
    """The article of each level, in order, or why there is none.

    What is linked goes by its link, which is a SKU; where that one is gone, by the SKU of the level.
    """
    links = [
        outgoing.linked_id or outgoing.related.get(f"{Entity.PRODUCT}:{outgoing.key}", "")
        for outgoing in batch
    ]
    own = [str(outgoing.fields.get("sku") or "") for outgoing in batch]
    matches = by_sku(client, [sku for sku in (*links, *own) if sku], _FIELDS)
    found: list[Item | Rejected | Unsupported] = []
    for link, sku in zip(links, own, strict=True):
        there = matches[link].exact if link else None
        if there is None and sku:
            there = matches[sku].exact
        if there is None:
            found.append(_missing(link, sku, matches[sku].near if sku else set()))
        elif there.get("type_id") in COMPOSITES:
            found.append(_composite(str(there["sku"]), str(there["type_id"])))
        else:
            found.append(Item(str(there["sku"]), str(there.get("type_id") or "simple")))
    return found


def by_sku(client: StoreClient, skus: Iterable[str], fields: str) -> dict[str, Matches]:
    """What bears each SKU. The database of the shop compares without capitals, so we compare again.

    `fields` must name the SKU.
    """
    asked = list(dict.fromkeys(skus))
    found = {sku: Matches() for sku in asked}
    folded: dict[str, list[str]] = {}
    for sku in asked:
        folded.setdefault(_folded(sku), []).append(sku)
    for some in chunks(asked):
        condition = "eq" if len(some) == 1 else "in"
        criteria = Criteria(
            [where("sku", ",".join(some), condition)], sort=_BY_ID, size=len(some), fields=fields
        )
        for row in client.everything("products", criteria, store="all"):
            there = str(row.get("sku") or "")
            for sku in folded.get(_folded(there), ()):
                if sku == there:
                    found[sku].exact = row
                else:
                    found[sku].near.add(there)
    return found


def chunks(skus: Sequence[str]) -> Iterator[list[str]]:
    """As many as one filter `in` can name; a SKU with a comma goes alone, since commas part a list."""
    some: list[str] = []
    for sku in skus:
        if "," in sku:
            yield [sku]
            continue
        if some and sum(map(_length, some)) + _length(sku) > _LONGEST:
            yield some
            some = []
        some.append(sku)
    if some:
        yield some


def _length(sku: str) -> int:
    return len(StoreClient.sku_path(sku)) + len("%2C")


def _folded(sku: str) -> str:
    return "".join(sku.split()).casefold()


def _missing(link: str, sku: str, near: Iterable[str]) -> Rejected:
    names = ", ".join(repr(one) for one in sorted(near))
    if not sku and not link:
        return Rejected(
            "The article has no SKU and is not linked",
            field="sku",
            advice="Give the article an item number in the point of sale, then replay.",
        )
    if names:
        return Rejected(
            f"Magento has the SKU {names}, the point of sale has {sku!r}",
            field="sku",
            said=sku,
            advice="They differ in capitals or spaces only. Make them equal, letter by letter, "
            "then replay.",
        )
    if link and link != sku:
        return Rejected(
            "The linked Magento product no longer exists",
            field="sku",
            said=link,
            advice=f"Give a Magento product the SKU {sku or link}, or leave the article out, "
            "then replay.",
        )
    return Rejected(
        f"No Magento product with SKU {sku or link}",
        field="sku",
        said=sku or link,
        advice=f"Give a Magento product the SKU {sku or link}, or leave the article out, "
        "then replay.",
    )


def _composite(sku: str, kind: str) -> Unsupported:
    return Unsupported(
        f"{sku} is a {kind} product in Magento, which has no stock of its own:"
        " it follows from the articles in it"
    )
