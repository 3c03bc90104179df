"""Lines of a random order, counted in whole cents and independently of our own arithmetic."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "NOBODY-KNOWS"
_TAXES = (("State", 0.0625), ("City", 0.0100), ("District", 0.0025), ("VAT", 0.19))


def text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def both(cents: int, shown: int | None = None, currency: str = "EUR") -> dict[str, Any]:
    """A money bag as webhooks have it: the shop's money and what the buyer saw."""
    seen = (
        {"amount": text(cents), "currency_code": "USD"}
        if shown is None
        else {"amount": text(shown), "currency_code": currency}
    )
    return {
        "shop_money": {"amount": text(cents), "currency_code": "USD"},
        "presentment_money": seen,
    }


def share(amount: int, part: int, whole: int) -> int:
    """A part of an amount, half a cent rounded up."""
    return (2 * amount * part + whole) // (2 * whole)


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """The amount over the weights, without losing a cent; never more than a weight."""
    total = sum(weights)
    if not total:
        return [0 for _ in weights]
    shares = [amount * weight // total for weight in weights]
    for index in range(len(shares)):
        left = amount - sum(shares)
        shares[index] += min(left, weights[index] - shares[index])
    return shares


@dataclass
class Line:
    """`left`: units after edits and refunds. `went`: units, net and tax of each refund record."""

    key: int
    sku: str
    price: int
    quantity: int
    left: int
    gift_card: bool = False
    allocations: list[tuple[int, int]] = field(default_factory=list)
    taxes: list[tuple[str, float, int]] = field(default_factory=list)
    went: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def gross(self) -> int:
        return self.price * self.quantity

    @property
    def discount(self) -> int:
        return sum(amount for _, amount in self.allocations)

    @property
    def net(self) -> int:
        return self.gross - self.discount

    @property
    def tax(self) -> int:
        return sum(amount for _, _, amount in self.taxes)

    @property
    def net_left(self) -> int:
        if self.went:
            return self.net - sum(net for _, net, _ in self.went)
        return self.price * self.left - share(self.discount, self.left, self.quantity)

    @property
    def tax_left(self) -> int:
        if self.went:
            return self.tax - sum(tax for _, _, tax in self.went)
        return share(self.tax, self.left, self.quantity)

    def body(self) -> dict[str, Any]:
        return {
            "id": self.key,
            "sku": self.sku,
            "title": f"Article {self.sku}",
            "variant_id": None if self.gift_card else self.key + 1,
            "quantity": self.quantity,
            "current_quantity": self.left,
            "price": text(self.price),
            "price_set": both(self.price),
            "requires_shipping": not self.gift_card,
            "gift_card": self.gift_card,
            "taxable": not self.gift_card,
            # Real bodies say nothing here; the allocations hold the truth.
            "total_discount": "0.00",
            "discount_allocations": [
                {
                    "amount": text(amount),
                    "amount_set": both(amount),
                    "discount_application_index": n,
                }
                for n, amount in self.allocations
            ],
            "tax_lines": [
                {"title": title, "rate": rate, "price": text(amount), "price_set": both(amount)}
                for title, rate, amount in self.taxes
            ],
        }


def lines(chance: random.Random, key: int, *, included: bool) -> list[Line]:
    """Between one and 200 lines with their discounts and taxes, some partly gone again."""
    count = chance.choices((1, 2, 3, 5, 12, 50, 200), (40, 25, 15, 10, 6, 3, 1))[0]
    made = [_line(chance, key + 2 * number) for number in range(count)]
    if chance.random() < 0.04:
        made.append(Line(key + 2 * count, "", 2500, 1, 1, gift_card=True))
    _discounts(chance, made)
    rates = chance.sample(_TAXES, chance.choices((0, 1, 2, 3), (20, 45, 20, 15))[0])
    for line in made:
        if not line.gift_card:
            line.taxes = [(title, rate, _tax(line.net, rate, included)) for title, rate in rates]
    _gone(chance, made)
    return made


def _line(chance: random.Random, key: int) -> Line:
    price = chance.choice((0, 1, 333, 999, 1995, 1999, 4500, chance.randint(1, 99_999)))
    quantity = chance.choices((1, 2, 3, 7, 100), (60, 20, 12, 6, 2))[0]
    return Line(key, f"SKU-{chance.randint(1, 400)}", price, quantity, quantity)


def _tax(net: int, rate: float, included: bool) -> int:
    return round(net - net / (1 + rate)) if included else round(net * rate)


def _discounts(chance: random.Random, made: list[Line]) -> None:
    """A code over the whole order, an automatic discount on single lines, both, or none."""
    goods = [line for line in made if not line.gift_card]
    if chance.random() < 0.30:
        whole = sum(line.gross for line in goods)
        taken = min(whole, chance.choice((500, whole // 10, whole // 7, whole)))
        for line, part in zip(goods, spread(taken, [line.gross for line in goods]), strict=True):
            if part:
                line.allocations.append((0, part))
    if chance.random() < 0.20:
        for line in goods:
            part = min(line.net, chance.choice((1, 100, line.net // 3)))
            if part and chance.random() < 0.5:
                line.allocations.append((1, part))


def _gone(chance: random.Random, made: list[Line]) -> None:
    """Edits (units taken away, no refund record) and refunds, which say net and tax exactly."""
    for line in made:
        if line.gift_card or chance.random() > 0.08:
            continue
        units = chance.randint(1, line.quantity)
        line.left -= units
        if chance.random() < 0.6:
            first = units if units == 1 else chance.randint(1, units)
            for part in filter(None, (first, units - first)):
                net = line.net * part // line.quantity
                line.went.append((part, net, line.tax * part // line.quantity))
            if not line.left:
                # The last refund of a line takes what is left of it.
                *before, (part, _, _) = line.went
                net = line.net - sum(entry[1] for entry in before)
                tax = line.tax - sum(entry[2] for entry in before)
                line.went = [*before, (part, net, tax)]
