"""Which inventory item a stock level belongs to: by link, else by SKU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.polling import complete
from integrations.connectors.shopify.products import Variant, by_sku
from mappings.canonical.record import Entity


@dataclass(frozen=True)
class Item:
    """An inventory item. `tracked` is None when unknown."""

    gid: str
    sku: str = ""
    tracked: bool | None = None


def find_items(client: ShopClient, batch: Sequence[Outgoing]) -> list[Item | Rejected]:
    """The item of each level, in order, or why there is none.

    A variant that was deleted may have been made again, so its SKU is looked for once more.
    """
    links = [
        outgoing.linked_id or outgoing.related.get(f"{Entity.PRODUCT}:{outgoing.key}", "")
        for outgoing in batch
    ]
    variants = _items_of_variants(client, [link for link in links if link and not _is_item(link)])
    skus = [
        str(outgoing.fields.get("sku") or "")
        for outgoing, link in zip(batch, links, strict=True)
        if not (_is_item(link) or link in variants)
    ]
    matches = by_sku(client, (sku for sku in skus if sku))
    found: list[Item | Rejected] = []
    for outgoing, link in zip(batch, links, strict=True):
        sku = str(outgoing.fields.get("sku") or "")
        if _is_item(link):
            found.append(Item(link, sku))
        elif link in variants:
            found.append(variants[link])
        elif link and not matches.get(sku):
            found.append(_gone(link, sku))
        else:
            found.append(_only(sku, matches.get(sku, [])))
    return found


def _is_item(link: str) -> bool:
    return link.startswith("gid://shopify/InventoryItem/")


def _items_of_variants(client: ShopClient, links: Sequence[str]) -> dict[str, Item]:
    """Links made by reading Shopify's products name the variant; its item has another number."""
    if not links:
        return {}
    ids = [to_gid("ProductVariant", link) for link in links]
    nodes = complete(client.run("VariantItems", {"ids": ids}))["nodes"]
    return {
        link: Item(str(node["inventoryItem"]["id"]), tracked=bool(node["inventoryItem"]["tracked"]))
        for link, node in zip(links, nodes, strict=True)
        if node
    }


def _only(sku: str, variants: Sequence[Variant]) -> Item | Rejected:
    if not sku:
        return Rejected(
            "The article has no SKU and is not linked",
            field="sku",
            advice="Give the article an item number in the point of sale, then replay.",
        )
    if not variants:
        return Rejected(
            f"No Shopify variant with SKU {sku}",
            field="sku",
            said=sku,
            advice=f"Give a Shopify variant the SKU {sku}, or leave the article out, then replay.",
        )
    if len(variants) > 1:
        return Rejected(
            f"{len(variants)} Shopify variants have the SKU {sku}",
            field="sku",
            said=sku,
            advice="Give each variant a SKU of its own in Shopify, then replay.",
        )
    return Item(variants[0].item, sku, tracked=variants[0].tracked)


def _gone(link: str, sku: str) -> Rejected:
    return Rejected(
        "The linked Shopify variant no longer exists",
        field="sku",
        said=link,
        advice=f"Give a Shopify variant the SKU {sku or 'of the article'}, or leave the article "
        "out, then replay.",
    )
