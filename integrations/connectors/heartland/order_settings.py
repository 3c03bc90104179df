"""The settings of a connection that decide how an order is written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import Rejected

DEFAULT_PREFIX = "S-"
# What comes before the key where Heartland filters by a custom field.
CUSTOM = "custom@"
PAYMENT_WORDS = "ExternalPayment,Payments::ExternalPayment,CustomPayment"


@dataclass(frozen=True)
class OrderSettings:
    """`payment_words`: spellings of the payment type, in the order they are tried.

    `match_column`: where the store's SKU is found on an item there.
    """

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
    gift_card_item: str
    gift_card_payment_type_id: str
    match_column: str
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
        gift_card_item=account.setting("gift_card_item"),
        gift_card_payment_type_id=account.setting("gift_card_payment_type_id"),
        match_column=match_column(account),
        tolerance=tolerance(account),
    )


def match_column(account: Account) -> str:
    """Raises Rejected when articles are matched by a custom field and none is named."""
    match = account.setting("product_match", "item number")
    if match == "custom field":
        return f"{CUSTOM}{_needed(account, 'product_match_field', 'custom field with the SKU')}"
    return "primary_barcode" if match == "barcode" else "public_id"


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
    """Item numbers that stand for shipping, tax and the like, not for goods."""
    names = (
        *("shipping_item", "tax_item", "tip_item", "duty_item", "gift_card_item"),
        "refund_item",
    )
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
