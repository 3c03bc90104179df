"""Random orders in the shape of Shopify's webhook bodies, with everything an order may have."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from tests.orders.basket import UNKNOWN, Line, both, lines, text


@dataclass(frozen=True)
class Made:
    """One order. `total`: what is due now, in cents. `fault`: what was broken on purpose, or ""."""

    body: dict[str, Any]
    total: int
    fault: str = ""


@dataclass(frozen=True)
class _Parts:
    lines: list[Line]
    shipping: list[dict[str, Any]]
    shipping_total: int
    shipping_tax: int
    tip: int
    duty: int
    included: bool

    @property
    def tax(self) -> int:
        return sum(line.tax_left for line in self.lines) + self.shipping_tax

    @property
    def total(self) -> int:
        added = 0 if self.included else self.tax
        goods = sum(line.net_left for line in self.lines)
        return goods + self.shipping_total + added + self.tip + self.duty


def random_order(seed: int) -> Made:
    """The order of this seed; the same seed makes the same order."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    key = 10_000_000 + seed * 1_000
    included = chance.random() < 0.3
    goods = lines(chance, key, included=included)
    shipping, cost, tax = _shipping(chance, included=included)
    parts = _Parts(
        goods,
        shipping,
        cost,
        tax,
        tip=chance.choice((0, 0, 0, 0, 100, 1234)),
        duty=chance.choice((0, 0, 0, 0, 0, 777)),
        included=included,
    )
    return _broken(chance, Made(_body(chance, key, parts), parts.total))


def _shipping(chance: random.Random, *, included: bool) -> tuple[list[dict[str, Any]], int, int]:
    rows, cost, tax = [], 0, 0
    for number in range(chance.choices((0, 1, 2), (20, 65, 15))[0]):
        price = chance.choice((0, 499, 1295))
        paid = price if chance.random() < 0.8 else price // 2
        removed = chance.random() < 0.05
        part = 0 if included else round(paid * 0.0825)
        if not removed:
            cost, tax = cost + paid, tax + part
        rows.append(
            {
                "id": number + 1,
                "title": "Standard",
                "code": "STANDARD",
                "price": text(price),
                "discounted_price": text(paid),
                "discounted_price_set": both(paid),
                "is_removed": removed,
                "tax_lines": [{"title": "State", "rate": 0.0825, "price": text(part)}],
            }
        )
    return rows, cost, tax


def _body(chance: random.Random, key: int, parts: _Parts) -> dict[str, Any]:
    rows = [line.body() for line in parts.lines]
    if parts.tip:
        # Shopify lists a tip among the lines as well as in total_tip_received.
        rows.append(
            {"id": key + 900, "sku": None, "title": "Tip", "quantity": 1, "current_quantity": 1,
             "price": text(parts.tip), "requires_shipping": False, "gift_card": False,
             "taxable": False, "tip": {"payment_gateway": None}}
        )  # fmt: skip
    shown = None if chance.random() < 0.85 else parts.total * 92 // 100
    tax = text(parts.tax)
    return {
        "id": key,
        "name": f"#{key}",
        "created_at": "2026-10-03T10:14:58-04:00",
        "updated_at": "2026-10-03T10:15:02-04:00",
        "cancelled_at": "2026-10-04T10:00:00-04:00" if chance.random() < 0.04 else None,
        "test": chance.random() < 0.02,
        "currency": "USD",
        "presentment_currency": "USD" if shown is None else "EUR",
        "source_name": "shopify_draft_order" if chance.random() < 0.05 else "web",
        "taxes_included": parts.included,
        "fulfillment_status": chance.choice((None, None, "partial", "fulfilled")),
        "email": "buyer@example.com",
        "line_items": rows,
        "shipping_lines": parts.shipping,
        "refunds": _refunds(parts),
        "current_total_tax": tax,
        "current_total_price": text(parts.total),
        "current_total_price_set": both(parts.total, shown),
        "current_total_duties_set": both(parts.duty) if parts.duty else None,
        "total_tip_received": text(parts.tip),
        **_paid(chance, key, parts.total),
    }


def _refunds(parts: _Parts) -> list[dict[str, Any]]:
    return [
        {"id": line.key + number, "refund_line_items": [
            {"line_item_id": line.key, "quantity": units, "subtotal": net / 100,
             "subtotal_set": both(net), "total_tax": tax / 100, "total_tax_set": both(tax)}
        ]}
        for line in parts.lines
        for number, (units, net, tax) in enumerate(line.went)
    ]  # fmt: skip


def _paid(chance: random.Random, key: int, total: int) -> dict[str, Any]:
    """What was paid and how: nothing, a part, all of it; one gateway, or a gift card and a card."""
    kind = chance.choices(("paid", "pending", "authorized", "partially_paid"), (70, 12, 8, 10))[0]
    paid = total if kind == "paid" else total // 3 if kind == "partially_paid" else 0
    made: dict[str, Any] = {
        "financial_status": kind,
        "total_outstanding": text(total - paid),
        "payment_gateway_names": ["shopify_payments"] if total else [],
    }
    if paid > 1 and chance.random() < 0.2:
        card = paid // 2
        made["payment_gateway_names"] = ["gift_card", "shopify_payments"]
        made["transactions"] = [
            _transaction(key + 1, "sale", "success", "gift_card", paid - card),
            _transaction(key + 2, "authorization", "success", "shopify_payments", card),
            _transaction(key + 3, "capture", "failure", "shopify_payments", card),
            _transaction(key + 4, "capture", "success", "shopify_payments", card),
        ]
    return made


def _transaction(key: int, kind: str, status: str, gateway: str, amount: int) -> dict[str, Any]:
    return {"id": key, "kind": kind, "status": status, "gateway": gateway, "amount": text(amount),
            "processed_at": "2026-10-03T10:14:58-04:00"}  # fmt: skip


def _broken(chance: random.Random, made: Made) -> Made:
    """Some orders do not add up, or name an article nobody knows. Neither may get through."""
    draw = chance.random()
    counted = [row for row in made.body["line_items"] if row["current_quantity"]]
    if draw < 0.02 and made.total:
        off = made.total + chance.choice((1, 2, 100))
        body = {**made.body, "current_total_price": text(off), "current_total_price_set": None}
        return replace(made, body=body, total=off, fault="a cent too many")
    if draw < 0.03 and counted and not counted[0]["gift_card"] and "tip" not in counted[0]:
        counted[0]["sku"] = UNKNOWN
        return replace(made, fault="an unknown article")
    return made
