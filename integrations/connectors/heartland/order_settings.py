"""The settings of a connection that decide how an order is written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import Rejected

DEFAULT_PREFIX = "S-"
PAYMENT_WORDS = "ExternalPayment,Payments::ExternalPayment,CustomPayment"


@dataclass(frozen=True)
class OrderSettings:
    """`payment_words`: spellings of the payment type, in the order they are tried."""

    location_id: str
    station_id: str
    payment_type_id: str
    payment_words: tuple[str, ...]
    invoices: bool
    shipping_is_charge: bool
    tax_is_item: bool
    shipping_item: str
    tax_item: str
    tip_item: str
    duty_item: str
    refund_item: str
    currency: str
    by_barcode: bool
    tolerance: Decimal


def order_settings(account: Account) -> OrderSettings:
    """Raises Rejected naming the setting that is missing."""
    return OrderSettings(
        location_id=_needed(account, "location_id", "location"),
        station_id=_needed(account, "station_id", "station"),
        payment_type_id=account.setting("payment_type_id"),
        payment_words=listed(account.setting("payment_type_name", PAYMENT_WORDS)),
        invoices=account.setting("who_fulfils", "auto_invoice") == "auto_invoice",
        shipping_is_charge=account.setting("shipping_as", "charge") == "charge",
        tax_is_item=account.setting("tax_as", "item") == "item",
        shipping_item=account.setting("shipping_item"),
        tax_item=account.setting("tax_item"),
        tip_item=account.setting("tip_item"),
        duty_item=account.setting("duty_item"),
        refund_item=account.setting("refund_item"),
        currency=account.setting("currency").upper(),
        by_barcode=account.setting("product_match") == "barcode",
        tolerance=tolerance(account),
    )


def tolerance(account: Account) -> Decimal:
    """A difference of this much or more between the two totals holds an order."""
    text = account.setting("tolerance", "0.01")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        raise Rejected(
            "The tolerance in the Heartland settings is not an amount above zero.",
            field="settings.tolerance",
            said=text,
            advice="Enter an amount such as 0.01, then replay.",
        )
    return amount


def helper_skus(account: Account) -> frozenset[str]:
    """Item numbers that stand for shipping, tax, tips, duties and differences, not for goods."""
    names = ("shipping_item", "tax_item", "tip_item", "duty_item", "refund_item")
    return frozenset(filter(None, (account.setting(name) for name in names)))


def listed(text: str) -> tuple[str, ...]:
    return tuple(piece.strip() for piece in text.split(",") if piece.strip())


def _needed(account: Account, name: str, words: str) -> str:
    value = account.setting(name)
    if not value:
        raise Rejected(
            f"No {words} is chosen for web orders in the Heartland connection.",
            field=f"settings.{name}",
            advice=f"Choose a {words} in the settings of the connection, then replay.",
        )
    return value
