"""What lines a Heartland order must have, every SKU resolved before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.connector_kit.base import Learned
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.client import HeartlandClient, matching
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


@dataclass(frozen=True)
class Plan:
    lines: tuple[Wanted, ...]

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
    extras = [extra for extra in _extras(order, settings) if extra.amount]
    skus = {line.sku for line in order.lines if line.sku and not _linked(line, known)}
    numbers = {extra.item for extra in extras if extra.item}
    if settings.by_barcode:
        goods, stand_ins = (
            items_by(client, "primary_barcode", skus),
            items_by(client, "public_id", numbers),
        )
    else:
        goods = stand_ins = items_by(client, "public_id", skus | numbers)
    return Plan(
        (
            *(_goods(line, order, known, goods) for line in order.lines),
            *(_stand_in(extra, order, stand_ins) for extra in extras),
        )
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
            found.setdefault(str(row[column]), []).append(str(row["id"]))
    return found


def _linked(line: Line, known: Mapping[str, str]) -> str:
    return known.get(f"{Entity.PRODUCT}:{line.product_key}", "") if line.product_key else ""


def _goods(
    line: Line, order: OrderFields, known: Mapping[str, str], found: Mapping[str, Sequence[str]]
) -> Wanted:
    item = _linked(line, known) or _only(line, order, found.get(line.sku, ()))
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


def _extras(order: OrderFields, settings: OrderSettings) -> Iterator[_Extra]:
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
