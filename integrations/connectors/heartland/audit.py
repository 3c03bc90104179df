"""What in a Heartland Retail account would stop or spoil records, before the first one flows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from integrations.connector_kit.audit import Article, Finding, Ours, Shelf, Weight
from integrations.connector_kit.base import Client
from integrations.connector_kit.http import CredentialsRefused
from integrations.connectors.heartland.answers import Refused
from integrations.connectors.heartland.auth import UNIFIED
from integrations.connectors.heartland.backfill import ITEMS, after
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of
from integrations.connectors.heartland.order_plan import items_by
from integrations.connectors.heartland.order_settings import helper_skus, match_column
from mappings.canonical.record import Entity

# So many articles are shown to a person who looks for one.
SEARCHED = 20
_EVERY = (("per_page", "all"),)
_IN_SETTINGS = "Choose one in the settings of the Heartland connection."

# Groups of custom fields, what people call their records, and the entity whose rules fill them.
_GROUPS = {
    "customer": ("customers", Entity.CUSTOMER),
    "sales.transaction": ("sales", Entity.ORDER),
    "sales.transaction.line_item": ("sale lines", None),
}


def audit(client: Client, entities: Collection[Entity], ours: Ours) -> Sequence[Finding]:
    """Everything that is found at once; changes nothing."""
    heartland = client_of(client)
    if heartland.account.flavour == UNIFIED:
        # Its reference names none of these lists.
        return ()
    found: list[Finding] = []
    if Entity.ORDER in entities:
        for check in (_places, _payment_types, _shipping, _helpers):
            found += check(heartland)
    found += _required_fields(heartland, entities)
    found += _webhooks(heartland, entities)
    return found


def shelf(client: Client, cursor: str) -> Shelf:
    """Active items by the column that holds the store's SKU; tax, tip and the like are no articles."""
    heartland = client_of(client)
    rows, more = after(heartland, "/items", cursor, ITEMS)
    return Shelf(
        articles=_articles(heartland, rows),
        cursor=str(rows[-1]["id"]) if more else "",
    )


def search(client: Client, text: str) -> Sequence[Article]:
    """Active items that hold these words. Free text as other clients of the vendor use it."""
    heartland = client_of(client)
    limit = ("per_page", str(SEARCHED))
    return _articles(heartland, heartland.page("/items", (("query", text), limit)))


def _articles(client: HeartlandClient, rows: Sequence[Row]) -> tuple[Article, ...]:
    column, helpers = match_column(client.account), helper_skus(client.account)
    return tuple(
        Article(str(row["id"]), _sku(row, column), str(row.get("description") or ""))
        for row in rows
        if row.get("active?", True) and row.get("public_id") not in helpers
    )


def _sku(row: Row, column: str) -> str:
    if column.startswith("custom@"):
        return str((row.get("custom") or {}).get(column.removeprefix("custom@")) or "")
    return str(row.get(column) or "")


def _places(client: HeartlandClient) -> Iterator[Finding]:
    """Location and station must be chosen, be there still, and belong together."""
    places = client.page("/locations", (("_include[]", "stations"), *_EVERY))
    location, station = (client.account.setting(name) for name in ("location_id", "station_id"))
    chosen = [place for place in places if str(place["id"]) == location]
    if not chosen:
        yield _not_chosen("location", location)
    stations = [row for place in chosen for row in place.get("stations") or ()]
    if chosen and station not in {str(row["id"]) for row in stations}:
        yield _not_chosen("station", station, f" at {chosen[0].get('name') or location}")


def _payment_types(client: HeartlandClient) -> Iterator[Finding]:
    chosen = client.account.setting("payment_type_id")
    if chosen not in {str(row["id"]) for row in client.page("/payment_types", _EVERY)}:
        yield _not_chosen("payment type", chosen)


def _not_chosen(what: str, chosen: str, where: str = "") -> Finding:
    kind = f"{what.replace(' ', '_')}_missing"
    if not chosen:
        return Finding(kind, f"No {what} is chosen for web orders.", _IN_SETTINGS)
    return Finding(
        kind,
        f"The {what} that is chosen for web orders is not in Heartland any more{where}.",
        _IN_SETTINGS,
        examples=(chosen,),
    )


def _shipping(client: HeartlandClient) -> Iterator[Finding]:
    """Web orders are shipped: by the shipping charge of the order, or by an item."""
    if client.account.setting("shipping_as", "charge") == "item":
        if not client.account.setting("shipping_item"):
            yield Finding(
                "shipping_missing",
                "Shipping is booked as an item, and no shipping item is named.",
                "Name a non-inventory item in the settings, or book shipping as the charge.",
            )
        return
    if not client.page("/shipping_methods", _EVERY):
        yield Finding(
            "shipping_missing",
            "Heartland has no shipping method, so it cannot take a shipping charge.",
            "Add a shipping method in Heartland, or book shipping as an item in the settings.",
        )


def _helpers(client: HeartlandClient) -> Iterator[Finding]:
    wanted = helper_skus(client.account)
    missing = sorted(wanted - set(items_by(client, "public_id", wanted)))
    if missing:
        yield Finding(
            "helper_item_missing",
            "The settings name items for tax, tips or shipping that Heartland does not have.",
            "Add non-inventory items with these numbers in Heartland, or correct the settings.",
            count=len(missing),
            examples=tuple(missing),
        )


def _required_fields(client: HeartlandClient, entities: Collection[Entity]) -> Iterator[Finding]:
    """Heartland refuses API writes that leave a required custom field empty."""
    rows = allowed(lambda: list(client.every("/custom_fields")))
    if rows is None:
        yield Finding(
            "custom_fields_hidden",
            "The token may not list custom fields, so nobody can say which are required.",
            "Give the token's user the permission, or look them up in Heartland.",
            weight=Weight.NOTICE,
        )
        return
    for row in rows:
        words, entity = _GROUPS.get(str(row.get("group_id")), ("", None))
        is_written = entity in entities or (words == "sale lines" and Entity.ORDER in entities)
        if is_written and (row.get("required?") or row.get("required")):
            name = row.get("name") or row.get("key")
            yield Finding(
                "required_field",
                f"The custom field {name} is required on {words}.",
                f"Add a mapping rule that fills custom.{row.get('key')}, or make the field optional"
                " in Heartland: it refuses every record without it.",
                examples=(str(name),),
                filled_by=(entity, f"custom.{row.get('key')}") if entity else None,
            )


def _webhooks(client: HeartlandClient, entities: Collection[Entity]) -> Iterator[Finding]:
    if not {Entity.CUSTOMER, Entity.PRODUCT} & set(entities):
        return
    if allowed(lambda: client.page("/webhooks", _EVERY)) is None:
        yield Finding(
            "webhooks_refused",
            "Heartland does not let this token manage webhooks.",
            "Give the token's user the Manage Webhooks permission. Without it changes are found by"
            " asking, which takes longer.",
        )


def allowed(ask: Callable[[], Sequence[Row]]) -> Sequence[Row] | None:
    """The rows, None when the token may not have them."""
    try:
        return ask()
    except (Refused, CredentialsRefused):
        return None
