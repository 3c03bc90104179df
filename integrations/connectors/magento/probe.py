"""The connection test, and the choices it offers for settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from integrations.connector_kit.base import Choice, Probe
from integrations.connectors.magento.client import DEFAULT_STORE, Row, StoreClient
from integrations.connectors.magento.criteria import Criteria
from integrations.connectors.magento.shape import COMMERCE, OPEN_SOURCE, UNKNOWN, WAYS

EDITIONS = {
    OPEN_SOURCE: "Magento Open Source",
    COMMERCE: "Adobe Commerce",
    UNKNOWN: "not told by the shop",
}
# Magento refuses a call from over ten minutes ahead of it.
CLOCKS_APART = timedelta(minutes=5)


def probe(client: StoreClient) -> Probe:
    """What the shop is, and everything that would stop a flow later."""
    shape = client.shape
    view = client.account.setting("store_view", DEFAULT_STORE)
    website = shape.website_of(view)
    name = str((website or {}).get("name") or urlsplit(client.root).hostname or "Magento")
    return Probe(
        account_name=name,
        currency=shape.base_currency,
        details={
            "Edition": EDITIONS[shape.edition],
            "Version": _version(client),
            "Calls": "signed (OAuth 1.0a)" if client.signs else "access token alone",
            "Stock": "sources (MSI)" if shape.uses_msi else "one number an article",
            "Events": WAYS[shape.push],
            "Time zone": shape.timezone,
        },
        problems=(*setting_problems(client), *_clock(client)),
    )


def setting_problems(client: StoreClient) -> list[str]:
    """Settings that name something the shop does not have."""
    shape = client.shape
    found = []
    for what, setting, rows in (
        ("store view", "store_view", shape.store_views),
        ("website", "website", shape.websites),
    ):
        chosen = client.account.setting(setting)
        codes = [str(row.get("code")) for row in rows]
        if chosen and chosen not in codes:
            known = ", ".join(code for code in codes if code != "admin")
            found.append(f"The shop has no {what} {chosen!r}; it has: {known}.")
    if shape.website_of(client.account.setting("store_view", DEFAULT_STORE)) is None and not found:
        found.append("The shop has no store view “default”. Choose the one your orders come from.")
    return found


def _clock(client: StoreClient) -> list[str]:
    return [clock_words(client.skew)] if abs(client.skew) > CLOCKS_APART else []


def clock_words(skew: timedelta) -> str:
    """Whose clock is wrong by how much."""
    minutes = max(1, round(abs(skew).total_seconds() / 60))
    side = "behind" if skew < timedelta(0) else "ahead of"
    return (
        f"The clock of the shop's server is {minutes} minutes {side} ours. Magento refuses signed"
        " calls once the difference grows; have it corrected."
    )


def _version(client: StoreClient) -> str:
    """From the page /magento_version, which many shops switch off."""
    return client.page_text("magento_version").strip()[:60] or "not told by the shop"


# --- choices -----------------------------------------------------------------------------------


def choices(client: StoreClient, setting: str) -> list[Choice]:
    """The values a setting can take, read from the shop; none for a setting not read from it."""
    ask = CHOICES.get(setting)
    return ask(client) if ask else []


def _store_views(client: StoreClient) -> list[Choice]:
    return _named(row for row in client.shape.store_views if row.get("code") != "admin")


def _websites(client: StoreClient) -> list[Choice]:
    return _named(row for row in client.shape.websites if row.get("code") != "admin")


def _named(rows: Iterable[Row]) -> list[Choice]:
    return [Choice(str(row["code"]), f"{row['name']} ({row['code']})") for row in rows]


def _sources(client: StoreClient) -> list[Choice]:
    """None where the shop has no sources, or does not let us see them."""
    if not client.shape.uses_msi:
        return []
    listed = client.everything("inventory/sources", Criteria(sort=(("source_code", "ASC"),)))
    return [
        Choice(str(row["source_code"]), str(row.get("name") or row["source_code"]))
        for row in listed
        if row.get("enabled", True)
    ]


def _attribute_sets(client: StoreClient) -> list[Choice]:
    listed = client.everything(
        "products/attribute-sets/sets/list",
        Criteria(sort=(("attribute_set_id", "ASC"),)),
    )
    return [Choice(str(row["attribute_set_id"]), str(row["attribute_set_name"])) for row in listed]


CHOICES: Mapping[str, Callable[[StoreClient], list[Choice]]] = {
    "store_view": _store_views,
    "website": _websites,
    "source_code": _sources,
    "attribute_set": _attribute_sets,
}
