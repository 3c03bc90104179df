"""Validate: the rules a canonical record keeps before it is sent anywhere."""

from __future__ import annotations

from integrations.connector_kit.errors import Rejected
from integrations.sync.sessions import Session
from mappings.canonical.order import Order
from mappings.canonical.record import Record
from mappings.engine.validate import validate as check_record


def validate(record: Record, *, target: Session) -> None:
    """Raises InvalidRecord, Rejected or Skipped."""
    check_record(record)
    currency = target.account.setting("currency")
    if isinstance(record, Order) and currency and record.currency != currency:
        raise Rejected(
            f"Order {record.number} is in {record.currency},"
            f" {target.connection.name} keeps its books in {currency}",
            field="currency",
            said=record.currency,
            advice="Sell in the currency of the point of sale, or connect one that uses it.",
        )
