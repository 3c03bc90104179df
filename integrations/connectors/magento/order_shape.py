"""What a Magento order is made of before its money is read: card data out, rows, places, times.

The same readers take REST answers and the model dumps of third-party webhook modules, where every
value is text (`"29.0000"`) and streets are one string with line breaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from mappings.canonical.address import Address
from mappings.canonical.record import Skipped

Raw = Mapping[str, Any]

# Where `read` leaves the website of an order that another website than that of the connection sold.
ELSEWHERE = "clarity_elsewhere"

# Methods of the core by which no payment service moves money.
OFFLINE = frozenset({"checkmo", "banktransfer", "cashondelivery", "purchaseorder", "free"})

# Of a payment only these are kept: who took the money, and what may be known of a card. The rest
# holds encrypted card numbers, verification results, bank accounts and what a gateway notes.
_PAYMENT_KEPT = frozenset(
    {
        "entity_id",
        "method",
        "cc_type",
        "cc_last4",
        "cc_last_4",
        "last_trans_id",
        "amount_ordered",
        "base_amount_ordered",
        "amount_authorized",
        "base_amount_authorized",
        "amount_paid",
        "base_amount_paid",
        "amount_refunded",
        "base_amount_refunded",
        "amount_canceled",
        "base_amount_canceled",
    }
)
# Copies of rows that stand elsewhere, free text of gateways and people, and what names a machine.
_ORDER_DROPPED = frozenset({"status_histories", "remote_ip", "x_forwarded_for", "protect_code"})


def kept(order: Raw) -> dict[str, Any]:
    """An order without card data and without second copies of its rows; it may be called again.

    Every order that is stored goes through it: what a webhook brought as well as what was read.
    """
    made = {name: value for name, value in order.items() if name not in _ORDER_DROPPED}
    if isinstance(order.get("payment"), Mapping):
        made["payment"] = _only(order["payment"], _PAYMENT_KEPT)
    if isinstance(order.get("items"), list):
        made["items"] = [_row(row) for row in order["items"] if isinstance(row, Mapping)]
    extension = order.get("extension_attributes")
    if isinstance(extension, Mapping):
        made["extension_attributes"] = _extension(extension)
    return made


def skip_elsewhere(order: Payload, account: Account) -> None:
    """Raises Skipped for an order of another website, unless those are wanted as well."""
    website = order.maybe_text(ELSEWHERE)
    if website and account.setting("orders_of", "website") != "all":
        raise Skipped(f"an order of the website {website}, which is not the one connected here")


def without_notes(transaction: Raw) -> dict[str, Any]:
    """A gateway's transaction without what the gateway noted of it, which may hold card data."""
    dropped = ("additional_information", "child_transactions", "extension_attributes")
    return {name: value for name, value in transaction.items() if name not in dropped}


def _only(row: Raw, names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in names}


def _row(row: Raw) -> dict[str, Any]:
    made = {name: value for name, value in row.items() if name != "parent_item"}
    parent = row.get("parent_item")
    if not made.get("parent_item_id") and isinstance(parent, Mapping) and parent.get("item_id"):
        made["parent_item_id"] = parent["item_id"]
    return made


def _extension(found: Raw) -> dict[str, Any]:
    made = {name: value for name, value in found.items() if name != "payment_additional_info"}
    cards = found.get("gift_cards")
    if isinstance(cards, list):
        # Whoever knows the number of a gift card can spend it.
        made["gift_cards"] = [
            {name: value for name, value in card.items() if name != "code"}
            for card in cards
            if isinstance(card, Mapping)
        ]
    shipments = found.get("shipping_assignments")
    if isinstance(shipments, list):
        made["shipping_assignments"] = [
            {"shipping": one.get("shipping")} for one in shipments if isinstance(one, Mapping)
        ]
    return made


def extension(row: Payload) -> Payload:
    """The extension attributes; PHP writes an empty object as []."""
    found = row.raw().get("extension_attributes")
    return Payload(found if found else {}, row.path("extension_attributes"))


def instant(row: Payload, name: str) -> datetime:
    """Magento's "2026-01-31 23:55:00", which is UTC without saying so. Raises Rejected."""
    moment = maybe_instant(row, name)
    if moment is None:
        row.text(name)
        raise AssertionError("unreachable: text() refuses what is missing")
    return moment


def maybe_instant(row: Payload, name: str) -> datetime | None:
    text = row.maybe_text(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise Rejected(
            f"{row.path(name)} is {text!r}, a time such as 2026-01-31 23:55:00 was expected",
            field=row.path(name),
            said=text,
            advice="Correct it in Magento, then replay the record.",
        ) from None


def is_yes(row: Payload, name: str) -> bool:
    """Sales rows say 1 or 0 where others say true or false."""
    value = row.raw().get(name)
    return value is True or row.raw().get(name) in (1, "1")


def method(order: Payload) -> str:
    """Code of the payment method, by which the tender of the point of sale is looked up."""
    payment = order.maybe_child("payment")
    return "" if payment is None else payment.maybe_text("method") or ""


def is_offline(order: Payload, account: Account) -> bool:
    """Whether no payment service moves the money: a method of the core, or one the settings name."""
    more = account.setting("offline_methods").replace(",", " ").split()
    return method(order) in OFFLINE.union(more)


def last4(payment: Payload) -> str:
    """The last digits of a card; gateways also put masks and tokens there."""
    digits = payment.maybe_text("cc_last4") or payment.maybe_text("cc_last_4") or ""
    return digits if len(digits) == 4 and digits.isdecimal() and digits.isascii() else ""


def shipping(order: Payload) -> Payload | None:
    """How and where the order is sent; a virtual order has none."""
    for row in extension(order).rows("shipping_assignments"):
        return row.maybe_child("shipping")
    return None


def shipping_address(order: Payload) -> Address | None:
    sent = shipping(order)
    found = None if sent is None else sent.maybe_child("address")
    if found is None:
        both = order.maybe_child("addresses")
        found = None if both is None else both.maybe_child("shipping")
    return address(found)


def address(row: Payload | None) -> Address | None:
    """An address of an order as ours; None stays None."""
    if row is None:
        return None
    return Address(
        first_name=row.maybe_text("firstname") or "",
        last_name=row.maybe_text("lastname") or "",
        company=row.maybe_text("company") or "",
        lines=_street(row),
        city=row.maybe_text("city") or "",
        region=row.maybe_text("region_code") or row.maybe_text("region") or "",
        postal_code=row.maybe_text("postcode") or "",
        country=row.maybe_text("country_id") or "",
        phone=row.maybe_text("telephone") or "",
    )


def _street(row: Payload) -> tuple[str, ...]:
    found = row.raw().get("street")
    lines = found.splitlines() if isinstance(found, str) else row.texts("street")
    return tuple(line.strip() for line in lines if line.strip())
