"""What in a shop would stop or spoil records, before the first one flows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from integrations.connector_kit.audit import Article, Finding, Ours, Shelf, Weight
from integrations.connector_kit.errors import ConnectorError, NeedsOwner, TryLater
from integrations.connectors.shopify.auth import SCOPES
from integrations.connectors.shopify.backfill import ARTICLES, after, last
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.polling import complete
from mappings.canonical.record import Entity

# So many of the latest orders show how the shop works.
_ORDERS = 50
# So many articles are shown to a person who looks for one.
SEARCHED = 20
# Nobody packs that fast: such an order was fulfilled by a setting or an app.
_AT_ONCE = timedelta(seconds=60)
_DRAFT = "shopify_draft_order"

# Scopes beyond those every connection needs, by the entity that needs them.
_MORE_SCOPES = {
    Entity.PRODUCT: ("write_products",),
    Entity.GIFT_CARD: ("write_gift_cards",),
}
_GRANT = "Grant it to the app in Shopify, then install the app again."


def audit(client: ShopClient, entities: Collection[Entity], ours: Ours) -> Sequence[Finding]:
    """Everything that is found at once; changes nothing."""
    return [
        *_scopes(client, entities),
        *_location(client),
        *_latest_orders(client, ours),
        *_webhooks(client),
    ]


def shelf(client: ShopClient, cursor: str) -> Shelf:
    """Every variant, those without SKU as well."""
    found = after(client, "ShelfPage", "productVariants", cursor, ARTICLES)
    nodes = found["nodes"]
    return Shelf(
        articles=_articles(nodes),
        cursor=last(nodes, cursor) if found["pageInfo"]["hasNextPage"] else "",
    )


def search(client: ShopClient, text: str) -> Sequence[Article]:
    """Variants that hold these words, as Shopify's own search finds them."""
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    reply = client.run("ShelfPage", {"q": f"'{quoted}'", "first": SEARCHED})
    return _articles(complete(reply)["productVariants"]["nodes"])


def _articles(nodes: Sequence[Mapping[str, Any]]) -> tuple[Article, ...]:
    return tuple(
        Article(str(node["legacyResourceId"]), str(node["sku"] or ""), str(node["displayName"]))
        for node in nodes
    )


def _scopes(client: ShopClient, entities: Collection[Entity]) -> Iterator[Finding]:
    reply = client.run("ShopPing")
    installed = reply.data.get("currentAppInstallation") or {}
    granted = {row["handle"] for row in installed.get("accessScopes") or ()}
    missing = [scope for scope in SCOPES if not has_scope(scope, granted)]
    if missing:
        yield Finding(
            "scope_missing",
            "The app lacks access scopes that every connection needs."
            if len(missing) > 1
            else "The app lacks an access scope that every connection needs.",
            _GRANT,
            count=len(missing),
            examples=tuple(missing),
        )
    for entity, scopes in _MORE_SCOPES.items():
        lacking = [scope for scope in scopes if not has_scope(scope, granted | set(missing))]
        if entity in entities and lacking and entity is Entity.GIFT_CARD:
            yield Finding(
                "gift_cards_closed",
                "Gift cards are to be kept in step, and the app may not see those of the shop.",
                "Shopify grants write_gift_cards to apps of shops whose plan has gift cards, and on"
                " request. Ask for it, or switch the gift card flow off.",
                examples=tuple(lacking),
            )
        elif entity in entities and lacking:
            yield Finding(
                "scope_missing",
                f"The app lacks the access scope that {entity} records need.",
                _GRANT,
                count=len(lacking),
                examples=tuple(lacking),
            )


def has_scope(scope: str, granted: Collection[str]) -> bool:
    """A write scope includes its read scope, which Shopify then leaves out of its list."""
    return scope in granted or scope.replace("read_", "write_", 1) in granted


def _location(client: ShopClient) -> Iterator[Finding]:
    chosen = client.account.setting("location_id")
    if not chosen and client.account.setting("location_map"):
        return
    rows = [row for row in client.rows("Locations", "locations") if row["isActive"]]
    if chosen in {str(row["id"]).rpartition("/")[2] for row in rows} | {
        str(row["id"]) for row in rows
    }:
        return
    yield Finding(
        "location_missing",
        "The stock location that is chosen is not an active location of the shop."
        if chosen
        else "No stock location is chosen.",
        "Choose one in the settings of the Shopify connection.",
        examples=(chosen,) if chosen else (),
    )


def _latest_orders(client: ShopClient, ours: Ours) -> Iterator[Finding]:
    nodes: Sequence[Mapping[str, Any]] = client.run("AuditOrders", {"first": _ORDERS}).data[
        "orders"
    ]["nodes"]
    fast = {
        _first_shipment(node): str(node["name"]) for node in nodes if _was_fulfilled_at_once(node)
    }
    # An order that the point of sale invoices at once comes back as a shipment within seconds.
    made = frozenset(ours(Entity.SHIPMENT, fast.keys()))
    at_once = [name for key, name in fast.items() if key not in made]
    if at_once:
        yield Finding(
            "auto_fulfilled",
            f"{len(at_once):,} of the last {len(nodes):,} orders were fulfilled the moment they"
            " were placed.",
            "In Shopify, Settings, Checkout, Order processing: do not fulfil automatically."
            " Otherwise the buyer is told that goods have left which the till has not packed.",
            count=len(at_once),
            examples=tuple(at_once[:5]),
        )
    drafts = [str(node["name"]) for node in nodes if node.get("sourceName") == _DRAFT]
    if drafts and client.account.setting("draft_orders", "when_paid") == "when_paid":
        yield Finding(
            "draft_orders",
            f"{len(drafts):,} of the last {len(nodes):,} orders were made from drafts.",
            "Such an order is sent once it is paid. Where drafts are paid on account, choose"
            " “always” in the settings of the Shopify connection.",
            count=len(drafts),
            examples=tuple(drafts[:5]),
            weight=Weight.NOTICE,
        )


def _first_shipment(node: Mapping[str, Any]) -> str:
    return str(node["fulfillments"][0]["legacyResourceId"])


def _was_fulfilled_at_once(node: Mapping[str, Any]) -> bool:
    first = next(iter(node.get("fulfillments") or ()), None)
    if first is None:
        return False
    return _instant(first["createdAt"]) - _instant(node["createdAt"]) < _AT_ONCE


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _webhooks(client: ShopClient) -> Iterator[Finding]:
    if not client.account.credentials.get("client_secret"):
        yield Finding(
            "webhooks_unsigned",
            "Without the client secret no webhook can be checked, so none is accepted.",
            "Enter the API secret key of the app in the Shopify connection.",
        )
    try:
        list(client.rows("WebhookList", "webhookSubscriptions"))
    except (NeedsOwner, TryLater):
        raise
    except ConnectorError as error:
        yield Finding(
            "webhooks_refused",
            f"Shopify does not let the app manage webhooks: {error.message}",
            "Grant the app its access scopes again. Without webhooks changes are found by asking,"
            " which takes minutes.",
        )
