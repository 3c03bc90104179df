"""What a connection test looks at, and the values a person can choose from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from integrations.connector_kit.base import Choice, Client, Probe
from integrations.connector_kit.http import CredentialsRefused
from integrations.connectors.heartland.answers import Refused
from integrations.connectors.heartland.client import HeartlandClient, client_of
from integrations.connectors.heartland.order_plan import items_by
from integrations.connectors.heartland.order_settings import helper_skus

_EVERY = (("per_page", "all"),)
_STATIONS = (("_include[]", "stations"), *_EVERY)

# Groups whose required custom fields stand in the way of a web order.
_ORDER_GROUPS = {
    "customer": "customers",
    "sales.transaction": "sales",
    "sales.transaction.line_item": "sale lines",
}


def probe(client: Client) -> Probe:
    """Whether the token works, and what would stop orders. Raises NeedsOwner when it does not."""
    heartland = client_of(client)
    locations = heartland.get("/locations", (("per_page", "1"),), what="The connection test")
    account = heartland.account
    return Probe(
        account_name=_company(heartland) or urlsplit(account.base_url).hostname or "Heartland",
        currency=account.setting("currency").upper(),
        details={"locations": str(locations.get("total", ""))},
        problems=tuple(_problems(heartland)),
    )


def _company(client: HeartlandClient) -> str:
    try:
        found = client.find("/settings/company_name")
    except (Refused, CredentialsRefused):
        # Not every token may read settings; a name is a courtesy, not a need.
        return ""
    return str((found or {}).get("value") or "")


def _problems(client: HeartlandClient) -> Iterator[str]:
    for name, words in (
        ("location_id", "location"),
        ("station_id", "station"),
        ("payment_type_id", "payment type"),
    ):
        if not client.account.setting(name):
            yield f"No {words} is chosen for web orders."
    yield from _required_fields(client)
    helpers = helper_skus(client.account)
    found = items_by(client, "public_id", helpers)
    for number in sorted(helpers - set(found)):
        yield f"Heartland has no item {number}, which the settings name for shipping, tax or tips."


def _required_fields(client: HeartlandClient) -> Iterator[str]:
    """Heartland refuses API writes that leave a required custom field empty."""
    try:
        rows = list(client.every("/custom_fields"))
    except (Refused, CredentialsRefused):
        # Listing them needs a permission the token may lack; orders then tell by being refused.
        return
    for row in rows:
        group = _ORDER_GROUPS.get(str(row.get("group_id")))
        if group and (row.get("required?") or row.get("required")):
            name = row.get("name") or row.get("key")
            yield f"The custom field {name} is required on {group}: web orders will be refused."


def choices(client: Client, name: str) -> Sequence[Choice]:
    """Locations, stations or payment types of the account; nothing for any other setting."""
    heartland = client_of(client)
    if name == "location_id":
        rows = heartland.page("/locations", _EVERY)
        return [Choice(str(row["id"]), str(row.get("name") or row["id"])) for row in rows]
    if name == "gift_card_reason_id":
        rows = heartland.page("/reason_codes/gift_card_adjustment_reasons", _EVERY)
        return [Choice(str(row["id"]), str(row.get("name") or row["id"])) for row in rows]
    if name == "station_id":
        return _stations(heartland)
    if name in ("payment_type_id", "gift_card_payment_type_id"):
        rows = heartland.page("/payment_types", _EVERY)
        return [Choice(str(row["id"]), str(row.get("name") or row["id"])) for row in rows]
    return []


def _stations(client: HeartlandClient) -> list[Choice]:
    """Stations of the chosen location, of all locations while none is chosen."""
    chosen = client.account.setting("location_id")
    return [
        Choice(
            str(station["id"]),
            f"{place.get('name') or place['id']}: {station.get('name') or station['id']}",
        )
        for place in client.page("/locations", _STATIONS)
        if chosen in ("", str(place["id"]))
        for station in place.get("stations") or ()
    ]
