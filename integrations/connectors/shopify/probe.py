"""The connection test, and the choices it offers for settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.base import Choice, Probe
from integrations.connectors.shopify import gift_cards
from integrations.connectors.shopify.auth import SCOPES
from integrations.connectors.shopify.client import DEFAULT_VERSION, ShopClient


def probe(client: ShopClient) -> Probe:
    """The shop's name and currency, and everything that would stop a flow later."""
    reply = client.run("ShopPing")
    shop: Mapping[str, Any] = reply.data["shop"]
    installed = reply.data.get("currentAppInstallation") or {}
    granted = {row["handle"] for row in installed.get("accessScopes") or ()}
    problems = [
        f"The app lacks the access scope {scope}. Grant it in Shopify, then test again."
        for scope in SCOPES
        if not _granted(scope, granted)
    ]
    if gift_cards.mode(client.account) != gift_cards.OFF:
        problems += [
            f"Gift cards are switched on, and the app lacks the access scope {scope}. Shopify"
            " grants it to some plans and apps only: ask Shopify Support, or switch gift cards off."
            for scope in gift_cards.SCOPES
            if scope not in granted
        ]
    asked = client.account.setting("api_version", DEFAULT_VERSION)
    if reply.version and reply.version != asked:
        problems.append(
            f"Shopify answered with API version {reply.version} instead of {asked};"
            " choose a version it still serves."
        )
    expected = client.account.setting("shop_domain").lower()
    if expected and expected != str(shop["myshopifyDomain"]).lower():
        problems.append(
            f"The shop is {shop['myshopifyDomain']}, the settings say {expected}:"
            " its webhooks would be refused."
        )
    return Probe(
        account_name=str(shop["name"]),
        currency=str(shop["currencyCode"]),
        details={
            "Domain": str(shop["myshopifyDomain"]),
            "Plan": str((shop.get("plan") or {}).get("publicDisplayName") or ""),
            "Time zone": str(shop.get("ianaTimezone") or ""),
            "Prices contain tax": "yes" if shop.get("taxesIncluded") else "no",
        },
        problems=tuple(problems),
    )


def _granted(scope: str, granted: set[str]) -> bool:
    """A write scope includes its read scope, which Shopify then leaves out of its list."""
    return scope in granted or scope.replace("read_", "write_", 1) in granted


def choices(client: ShopClient, setting: str) -> list[Choice]:
    """The values a setting can take, read from the shop; none for a setting not read from it."""
    if setting != "location_id":
        return []
    return [
        Choice(value=str(row["id"]), label=str(row["name"]))
        for row in client.rows("Locations", "locations")
        if row["isActive"]
    ]
