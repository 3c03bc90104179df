"""What a record is found by. Plain words of it are made comparable here, and nowhere else."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from integrations.models.search import TermKind
from mappings.canonical.customer import Customer
from mappings.canonical.gift_card import GiftCard
from mappings.canonical.inventory import Stock
from mappings.canonical.order import Order
from mappings.canonical.payment import Payment
from mappings.canonical.product import Product
from mappings.canonical.record import Record
from mappings.canonical.refund import Refund
from mappings.canonical.shipment import Shipment

Term = tuple[TermKind, str]

LONGEST = 80
ENDING = 4
# What is personal, or leads to a person: never kept in plain words.
HASHED = frozenset({TermKind.EMAIL, TermKind.TRACKING})


def comparable(text: str) -> str:
    """The text as it is looked for: "#1001 " is "1001", case and width do not count."""
    plain = unicodedata.normalize("NFKC", text.replace("\x00", "")).casefold()
    return " ".join(plain.split()).removeprefix("#")[:LONGEST]


def terms(record: Record, *, reference: str = "") -> set[Term]:
    """The names of a record; `reference` is the name it bears in the target."""
    found = ((kind, comparable(text)) for kind, text in _named(record, reference))
    return {(kind, text) for kind, text in found if text}


def _named(record: Record, reference: str) -> Iterator[Term]:
    # An id is found as an id; here it would only crowd the numbers that begin like it.
    yield from (
        (TermKind.NUMBER, name) for name in (record.number, reference) if name != record.key
    )
    if isinstance(record, Order):
        yield from _of_order(record)
    elif isinstance(record, Customer):
        yield TermKind.EMAIL, record.email
    elif isinstance(record, Product | Stock):
        yield TermKind.SKU, record.sku
    elif isinstance(record, GiftCard):
        yield TermKind.ENDING, record.last_characters or record.code[-ENDING:]
    else:
        yield from _of_part(record)


def _of_order(order: Order) -> Iterator[Term]:
    if order.customer:
        yield TermKind.EMAIL, order.customer.email
    for line in order.lines:
        yield TermKind.LINE_SKU, line.sku


def _of_part(record: Record) -> Iterator[Term]:
    """Of what belongs to an order."""
    if isinstance(record, Payment):
        yield TermKind.OF_ORDER, record.order_number
        yield TermKind.NUMBER, record.transaction_id
    elif isinstance(record, Refund):
        yield TermKind.OF_ORDER, record.order_number
        for taken in record.lines:
            yield TermKind.LINE_SKU, taken.sku
    elif isinstance(record, Shipment):
        yield TermKind.OF_ORDER, record.order_number
        for parcel in record.parcels:
            yield TermKind.TRACKING, parcel.tracking_number
            yield TermKind.ENDING, parcel.tracking_number[-ENDING:]
        for shipped in record.lines:
            yield TermKind.LINE_SKU, shipped.sku
