"""What the control API lets a caller choose for one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from integrations.connector_kit.sandbox.values import (
    BadRequest,
    account_name,
    decimal_of,
    whole_of,
)

EDITIONS = ("open_source", "commerce")
FIRST_ID = 100_001
EVENTS = ("async_events", "io_events", "mageplaza", "none")

# What an owner may change while the shop runs (PATCH of the account).
SWITCHES = ("bearer", "input_limits", "consumers", "two_factor", "retry_delay", "resources")


class Conflict(Exception):
    """The control API was asked for something the shop's state does not allow."""


@dataclass(frozen=True)
class Settings:
    """`customers` came before there were orders. `opening_stock` False: every article begins at 0.

    `first_id`: an account that takes the place of a lost one must not use its ids again.
    `locations`: stock sources. `base_to_order_rate`: how much of `order_currency` one unit of
    `currency` is; orders are placed in `order_currency`. `resources`: the ACL resources the
    integration has, None for all. `bearer`: whether its token alone is let in (off since 2.4.4).
    `gift_card_accounts`: whether a shop of the edition Commerce has the calls of the cloud service.
    `seen_as`: scheme and host the shop believes it is called by, where a proxy stands before it.
    `consumers`: whether the message queue is worked off. `retry_delay` is the pause before the first
    repetition of an event, in seconds; `clock_skew` how many seconds the shop's clock is ahead of
    the true time, or behind it. `hostile`: some goods, buyers and notes are those of
    connector_kit/sandbox/hostile.py."""

    name: str
    seed: str = "7"
    first_id: int = FIRST_ID
    size: int = 24
    customers: int = 0
    opening_stock: bool = True
    currency: str = "USD"
    order_currency: str = "USD"
    base_to_order_rate: Decimal = Decimal(1)
    locations: int = 1
    store_views: int = 1
    tax_rate: Decimal = Decimal("0.08")
    taxes_included: bool = False
    tax_shipping: bool = False
    edition: str = "open_source"
    version: str = "2.4.9"
    msi: bool = True
    bearer: bool = False
    input_limits: bool = False
    two_factor: bool = False
    seen_as: str = ""
    consumers: bool = True
    events: str = "async_events"
    gift_card_accounts: bool = True
    resources: tuple[str, ...] | None = None
    retry_delay: float = 0.5
    clock_skew: float = 0.0
    hostile: bool = False

    @property
    def is_commerce(self) -> bool:
        return self.edition == "commerce"


def _one_of(value: object, name: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise BadRequest(f"{name} must be one of {', '.join(allowed)}")
    return str(value)


def _resources(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        raise BadRequest("resources must be a list of ACL resources, or null for all of them")
    return tuple(str(entry) for entry in value)


def settings_of(body: Mapping[str, Any], default_seed: str) -> Settings:
    """The settings in the body of a request for an account; unknown names are ignored. Raises
    BadRequest."""
    currency = str(body.get("currency", "USD"))
    rate = decimal_of(body.get("base_to_order_rate", 1), "base_to_order_rate")
    if rate <= 0:
        raise BadRequest("base_to_order_rate must be above 0")
    foreign = "EUR" if currency != "EUR" else "USD"
    return changed(
        Settings(
            name=account_name(body),
            seed=str(body.get("seed", default_seed)),
            first_id=max(FIRST_ID, whole_of(body.get("first_id", 1), "first_id", most=10**12)),
            size=whole_of(body.get("size", 24), "size", least=1, most=100_000),
            customers=whole_of(body.get("customers", 0), "customers", most=100_000),
            opening_stock=bool(body.get("opening_stock", True)),
            currency=currency,
            order_currency=str(body.get("order_currency", currency if rate == 1 else foreign)),
            base_to_order_rate=rate,
            locations=whole_of(body.get("locations", 1), "locations", least=1, most=20),
            store_views=whole_of(body.get("store_views", 1), "store_views", least=1, most=5),
            tax_rate=decimal_of(body.get("tax_rate", "0.08"), "tax_rate"),
            taxes_included=bool(body.get("taxes_included", False)),
            tax_shipping=bool(body.get("tax_shipping", False)),
            edition=_one_of(body.get("edition", "open_source"), "edition", EDITIONS),
            version=str(body.get("version", "2.4.9")),
            seen_as=str(body.get("seen_as", "")).rstrip("/"),
            msi=bool(body.get("msi", True)),
            events=_one_of(body.get("events", "async_events"), "events", EVENTS),
            gift_card_accounts=bool(body.get("gift_card_accounts", True)),
            clock_skew=float(decimal_of(body.get("clock_skew", 0), "clock_skew")),
            hostile=bool(body.get("hostile", False)),
        ),
        body,
    )


def changed(settings: Settings, body: Mapping[str, Any]) -> Settings:
    """`settings` with the switches that `body` names. Raises BadRequest."""
    delay = decimal_of(body.get("retry_delay", settings.retry_delay), "retry_delay")
    return replace(
        settings,
        bearer=bool(body.get("bearer", settings.bearer)),
        input_limits=bool(body.get("input_limits", settings.input_limits)),
        two_factor=bool(body.get("two_factor", settings.two_factor)),
        consumers=bool(body.get("consumers", settings.consumers)),
        resources=_resources(body.get("resources", settings.resources)),
        retry_delay=float(delay),
    )
