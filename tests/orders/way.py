"""The way of an order without its calls: normalise, validate, transform, and Heartland's lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.presets import incoming
from integrations.connectors.heartland.order_fields import OrderFields, order_fields
from integrations.connectors.heartland.order_plan import Plan, arrange
from integrations.connectors.heartland.order_settings import OrderSettings, order_settings
from integrations.connectors.shopify import orders
from mappings.canonical.record import Entity, InvalidRecord, Skipped
from mappings.engine.document import document
from mappings.engine.transform import transform
from mappings.engine.validate import validate
from tests.orders.basket import UNKNOWN
from tests.orders.shop_orders import Made, random_order

_HELPERS = {"shipping_item": "SHIP", "tax_item": "TAX", "tip_item": "TIP", "duty_item": "DUTY",
            "gift_card_item": "CARD"}  # fmt: skip
_NEEDED = {"location_id": "1", "station_id": "2", "currency": "USD", **_HELPERS}


def _account(**settings: str) -> Account:
    return Account("1", "https://x.example.com", "retail", settings, {})


SHOP = _account()
TILLS: tuple[OrderSettings, ...] = tuple(
    order_settings(_account(**_NEEDED, shipping_as=way)) for way in ("charge", "item")
)
RULES = incoming("heartland", "retail", Entity.ORDER)
STAND_INS = {number: [f"9{place}"] for place, number in enumerate(_HELPERS.values())}


class _Every(dict[str, list[str]]):
    """Every article but one is known, under an id of its own."""

    def get(self, sku: str, default: Any = ()) -> Any:
        return default if sku in ("", UNKNOWN) else [str(1000 + int(sku.removeprefix("SKU-")))]


@dataclass
class Tally:
    """What became of many orders. `wrong` lists what must never be."""

    orders: int = 0
    lines: int = 0
    cents: Decimal = Decimal(0)
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def run(count: int, first: int = 0) -> Tally:
    """So many seeds, one order each."""
    tally = Tally()
    for seed in range(first, first + count):
        made = random_order(seed)
        tally.orders += 1
        try:
            _one(made, TILLS[seed % len(TILLS)], tally, seed)
        except Skipped as left_out:
            tally.ends[f"left out: {left_out}"] += 1
        except (InvalidRecord, Rejected) as held:
            _held(made, held, tally, seed)
    return tally


def _one(made: Made, settings: OrderSettings, tally: Tally, seed: int) -> None:
    record = orders.normalise(Payload(made.body), SHOP)
    validate(record)
    done = transform(RULES, document(record, reference=f"S-{record.key}"))
    if done.problems:
        tally.wrong.append(f"seed {seed}: {done.problems[0].message}")
        return
    fields = order_fields(Outgoing("1", Entity.ORDER, record.key, f"S-{record.key}", done.fields))
    if fields.state == "cancelled":
        tally.ends["cancelled"] += 1
        return
    plan = arrange(fields, settings, {}, _Every(), STAND_INS)
    tally.ends["delivered"] += 1
    tally.lines += len(plan.lines)
    _compare(made, fields, plan, tally, seed)


def _compare(made: Made, fields: OrderFields, plan: Plan, tally: Tally, seed: int) -> None:
    due = Decimal(made.total).scaleb(-2)
    tally.cents += abs(plan.total - due) * 100
    paid = sum((tender.amount for tender in fields.tenders), Decimal(0))
    if made.fault:
        tally.wrong.append(f"seed {seed}: it has {made.fault} and would be delivered")
    if plan.total != due:
        tally.wrong.append(f"seed {seed}: Heartland would come to {plan.total}, the store to {due}")
    if paid > due:
        tally.wrong.append(f"seed {seed}: {paid} would be taken for {due}")
    if any(line.price != round(line.price, 2) for line in plan.lines):
        tally.wrong.append(f"seed {seed}: a price is finer than a cent")


def _held(made: Made, held: InvalidRecord | Rejected, tally: Tally, seed: int) -> None:
    tally.ends[f"held: {made.fault or held.field}"] += 1
    if not made.fault:
        tally.wrong.append(f"seed {seed}: held for no reason: {held}")
    elif made.fault == "a cent too many" and f"{Decimal(made.total).scaleb(-2)}" not in str(held):
        tally.wrong.append(f"seed {seed}: held without its arithmetic: {held}")
