"""What lines a Heartland order must have, every SKU resolved before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.connector_kit.base import Learned
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.client import HeartlandClient, Row, matching
from integrations.connectors.heartland.order_fields import Line, OrderFields
from integrations.connectors.heartland.order_settings import OrderSettings
from mappings.canonical.record import Entity

# Item numbers asked for in one request; keeps the URL short enough for any proxy.
_AT_ONCE = 50


@dataclass(frozen=True)
class Wanted:
    """One line to be on the order. `source` is its path in the store's order."""

    item_id: str
    quantity: int
    price: Decimal
    source: str
    product_key: str = ""
    is_goods: bool = True


Found = Mapping[str, Sequence[str]]
"""Ids of the items that bear each number."""


@dataclass(frozen=True)
class Plan:
    lines: tuple[Wanted, ...]
    shipping_charge: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """What these lines and the shipping charge come to, before any tax Heartland adds."""
        lines = sum((line.price * line.quantity for line in self.lines), Decimal(0))
        return lines + self.shipping_charge

    @property
    def items(self) -> tuple[str, ...]:
        """Ids of the goods, each once."""
        return tuple(dict.fromkeys(line.item_id for line in self.lines if line.is_goods))

    def learned(self, known: Mapping[str, str]) -> tuple[Learned, ...]:
        """Links between articles that were found by number and are not known yet."""
        pairs = {line.product_key: line.item_id for line in self.lines if line.product_key}
        return tuple(
            Learned(Entity.PRODUCT, key, item)
            for key, item in pairs.items()
            if f"{Entity.PRODUCT}:{key}" not in known
        )


@dataclass(frozen=True)
class _Extra:
    """An amount that is no article, on its way to a line of a stand-in item."""

    field: str
    setting: str
    item: str
    amount: Decimal


def plan(
    client: HeartlandClient, order: OrderFields, settings: OrderSettings, known: Mapping[str, str]
) -> Plan:
    """The lines of the order. Raises Rejected naming the line whose article Heartland lacks.

    `known`: ids of linked articles, keyed "product:<key in the store>".
    """
    skus = {line.sku for line in order.lines if line.sku and not _linked(line, known)}
    numbers = {extra.item for extra in _extras(order, settings) if extra.item}
    if settings.gift_card_item and any(line.is_gift_card for line in order.lines):
        numbers.add(settings.gift_card_item)
    if settings.match_column == "public_id":
        goods = stand_ins = items_by(client, "public_id", skus | numbers)
    else:
        goods, stand_ins = (
            items_by(client, settings.match_column, skus),
            items_by(client, "public_id", numbers),
        )
    return arrange(order, settings, known, goods, stand_ins)


def arrange(
    order: OrderFields,
    settings: OrderSettings,
    known: Mapping[str, str],
    goods: Found,
    stand_ins: Found,
) -> Plan:
    """The lines of the order out of items that were looked up; asks nobody.

    Raises Rejected naming the line whose article Heartland lacks, or with the arithmetic when what
    Heartland would be sent comes to another total than the store's.
    """
    made = Plan(
        (
            *(_goods(line, order, settings, known, goods, stand_ins) for line in order.lines),
            *(_stand_in(extra, order, stand_ins) for extra in _extras(order, settings)),
        ),
        order.shipping_total if settings.shipping_is_charge else Decimal(0),
    )
    _check_sum(made, order, settings)
    return made


def _check_sum(made: Plan, order: OrderFields, settings: OrderSettings) -> None:
    """Held before anything is written; what Heartland makes of it is compared once more later."""
    tax = Decimal(0) if settings.tax_is_item else order.tax
    if made.total + tax == order.total:
        return
    with_tax = f" + tax {tax}, which Heartland computes" if tax else ""
    raise Rejected(
        f"Order {order.public_id}: the lines for Heartland come to {made.total + tax}, the store's"
        f" total is {order.total}.",
        field="total",
        said=f"lines {made.total}{with_tax}, store {order.total},"
        f" difference {made.total + tax - order.total}",
        advice=f"Store: {order.arithmetic()}. Correct the amount that differs in the store, or the"
        " mapping rule that leaves it out, then replay.",
    )


def items_by(
    client: HeartlandClient, column: str, values: Iterable[str]
) -> Mapping[str, Sequence[str]]:
    """Ids of the items that bear each value in a column."""
    found: dict[str, list[str]] = {}
    wanted = sorted(values)
    for start in range(0, len(wanted), _AT_ONCE):
        chunk = wanted[start : start + _AT_ONCE]
        for row in client.every("/items", (matching({column: {"$in": chunk}}),)):
            found.setdefault(_column(row, column), []).append(str(row["id"]))
    return found


def _column(row: Row, column: str) -> str:
    """The value of a column; that of a custom field is one level down."""
    if not column.startswith("custom@"):
        return str(row[column])
    custom = row.get("custom")
    value = custom.get(column.removeprefix("custom@")) if isinstance(custom, Mapping) else None
    return "" if value is None else str(value)


def _linked(line: Line, known: Mapping[str, str]) -> str:
    return known.get(f"{Entity.PRODUCT}:{line.product_key}", "") if line.product_key else ""


def _goods(
    line: Line,
    order: OrderFields,
    settings: OrderSettings,
    known: Mapping[str, str],
    found: Found,
    stand_ins: Found,
) -> Wanted:
    linked = _linked(line, known)
    if line.is_gift_card and not linked and not found.get(line.sku):
        # A store sells gift cards without a SKU as often as not, and no goods leave for them.
        amount = _Extra(
            f"{line.path}.gift_card", "gift_card_item", settings.gift_card_item, line.price
        )
        item = _stand_in(amount, order, stand_ins).item_id
        return Wanted(item, line.quantity, line.price, line.path, is_goods=False)
    item = linked or _only(line, order, found.get(line.sku, ()))
    return Wanted(item, line.quantity, line.price, line.path, line.product_key)


def _only(line: Line, order: OrderFields, items: Sequence[str]) -> str:
    if len(items) == 1:
        return items[0]
    name = f"SKU {line.sku}" if line.sku else f"{line.description or 'a line'} (it has no SKU)"
    if not items:
        raise Rejected(
            f"Order {order.public_id}: no Heartland item for {name}."
            " Link it or add it, then replay.",
            field=f"{line.path}.sku",
            said=line.sku,
            advice=f"Order {order.public_id}: no Heartland item for {name}."
            " Link it or add it, then replay.",
        )
    raise Rejected(
        f"Order {order.public_id}: {len(items)} Heartland items share {name}.",
        field=f"{line.path}.sku",
        said=line.sku,
        advice="Make the number unique in Heartland or link the article by hand, then replay.",
    )


def _extras(order: OrderFields, settings: OrderSettings) -> list[_Extra]:
    return [extra for extra in _all_extras(order, settings) if extra.amount]


def _all_extras(order: OrderFields, settings: OrderSettings) -> Iterator[_Extra]:
    if not settings.shipping_is_charge:
        for index, charge in enumerate(order.shipping):
            yield _Extra(
                f"shipping[{index}].amount", "shipping_item", settings.shipping_item, charge.amount
            )
    if settings.tax_is_item:
        yield _Extra("tax_total", "tax_item", settings.tax_item, order.tax)
    yield _Extra("tip_total", "tip_item", settings.tip_item, order.tip)
    yield _Extra("duty_total", "duty_item", settings.duty_item, order.duty)


def _stand_in(extra: _Extra, order: OrderFields, found: Mapping[str, Sequence[str]]) -> Wanted:
    items = found.get(extra.item, ())
    if len(items) != 1:
        said = f"item {extra.item}" if extra.item else "no item"
        raise Rejected(
            f"Order {order.public_id} has {extra.field} {extra.amount}, and the connection names"
            f" {said} in Heartland to book it on.",
            field=extra.field,
            said=str(extra.amount),
            advice=f"Make a non-inventory item in Heartland and name it as {extra.setting} in the"
            " settings of the connection, then replay.",
        )
    return Wanted(items[0], 1, extra.amount, extra.field, is_goods=False)
