"""What the control API lets a caller choose for one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.connector_kit.sandbox.values import (
    BadRequest,
    account_name,
    decimal_of,
    whole_of,
)

ALL_SCOPES = (
    "read_all_orders",
    "read_orders",
    "write_orders",
    "read_customers",
    "write_customers",
    "read_products",
    "write_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_fulfillments",
    "write_fulfillments",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "write_gift_cards",
    "write_gift_card_transactions",
)


@dataclass(frozen=True)
class Settings:
    """`customers` came before there were orders. `opening_stock` False: every article begins at 0.

    `tax_rate` is for orders that name none of their own; `retry_delay` is the pause before the
    first repetition of a webhook, in seconds (Shopify takes four hours for all eight);
    `clock_skew` is how many seconds the shop's clock is ahead of the true time, or behind it.
    `hostile`: some goods, buyers and notes are those of connector_kit/sandbox/hostile.py."""

    name: str
    seed: str = "7"
    size: int = 24
    customers: int = 0
    opening_stock: bool = True
    currency: str = "USD"
    scopes: tuple[str, ...] = ALL_SCOPES
    bucket: float = 2000
    restore_rate: float = 100
    locations: int = 1
    tax_rate: Decimal = Decimal("0.08")
    taxes_included: bool = False
    tax_shipping: bool = False
    webhook_version: str = "2026-10"
    retry_delay: float = 0.5
    clock_skew: float = 0.0
    hostile: bool = False


def settings_of(body: Mapping[str, Any], default_seed: str) -> Settings:
    """The settings in the body of a request for an account. Raises BadRequest."""
    scopes = body.get("scopes", ALL_SCOPES)
    if not isinstance(scopes, (list, tuple)):
        raise BadRequest("scopes must be a list")
    return Settings(
        name=account_name(body),
        seed=str(body.get("seed", default_seed)),
        size=whole_of(body.get("size", 24), "size", least=1, most=100_000),
        customers=whole_of(body.get("customers", 0), "customers", most=100_000),
        opening_stock=bool(body.get("opening_stock", True)),
        currency=str(body.get("currency", "USD")),
        scopes=tuple(str(scope) for scope in scopes),
        bucket=float(decimal_of(body.get("bucket", 2000), "bucket")),
        restore_rate=float(decimal_of(body.get("restore_rate", 100), "restore_rate")),
        locations=whole_of(body.get("locations", 1), "locations", least=1, most=20),
        tax_rate=decimal_of(body.get("tax_rate", "0.08"), "tax_rate"),
        taxes_included=bool(body.get("taxes_included", False)),
        tax_shipping=bool(body.get("tax_shipping", False)),
        webhook_version=str(body.get("webhook_version", "2026-10")),
        retry_delay=float(decimal_of(body.get("retry_delay", "0.5"), "retry_delay")),
        clock_skew=float(decimal_of(body.get("clock_skew", 0), "clock_skew")),
        hostile=bool(body.get("hostile", False)),
    )
