"""What a cart comes to, reckoned as Magento does with its default settings.

Tax is calculated on the total: the rounding of each row is handed on to the next one. Tax comes after
the discount. With prices that include tax the discount is taken off the price with tax, and what the
discount takes out of the tax inside the prices is kept apart as discount tax compensation, so that
always: grand total = subtotal + discount + shipping + tax + compensation of goods and of shipping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.connectors.magento.sandbox.sales.amounts import (
    ZERO,
    Figures,
    Rounding,
    cents,
    spread,
)


@dataclass(frozen=True)
class Terms:
    """How a shop reckons one order. Rates are fractions. `percent` off the goods, or `fixed` off them
    in the currency at hand; `discounts_shipping`: the percent is taken off the shipping too."""

    tax_rate: Decimal
    shipping_tax_rate: Decimal
    taxes_included: bool
    percent: Decimal = ZERO
    fixed: Decimal = ZERO
    discounts_shipping: bool = False

    def tax(self, amount: Decimal, rate: Decimal) -> Decimal:
        """The exact tax on `amount`, or inside it when prices include tax."""
        return amount * rate / (1 + rate) if self.taxes_included else amount * rate


def rows(wanted: Sequence[tuple[Decimal, Decimal]], terms: Terms) -> list[Figures]:
    """The figures of each row of a cart, given as (unit price, quantity), in one currency."""
    totals = [cents(price * quantity) for price, quantity in wanted]
    discounts = _discounts(totals, terms)
    before, after = Rounding(), Rounding()
    found = []
    for (price, quantity), total, discount in zip(wanted, totals, discounts, strict=True):
        whole = before.of(terms.tax(total, terms.tax_rate))
        left = after.of(terms.tax(total - discount, terms.tax_rate))
        net = total - whole if terms.taxes_included else total
        found.append(
            {
                "original_price": price,
                "price": cents(net / quantity) if terms.taxes_included else price,
                "price_incl_tax": (
                    price if terms.taxes_included else cents((net + whole) / quantity)
                ),
                "row_total": net,
                "row_total_incl_tax": net + whole,
                "tax_amount": left,
                "discount_amount": discount,
                "discount_tax_compensation_amount": (
                    whole - left if terms.taxes_included else ZERO
                ),
            }
        )
    return found


def _discounts(totals: Sequence[Decimal], terms: Terms) -> list[Decimal]:
    if terms.fixed:
        return spread(min(terms.fixed, sum(totals, ZERO)), totals)
    rounding = Rounding()
    return [min(rounding.of(total * terms.percent / 100), total) for total in totals]


def shipping(price: Decimal, terms: Terms) -> Figures:
    """The figures of the shipping, named as on the order's header."""
    discount = cents(price * terms.percent / 100) if terms.discounts_shipping else ZERO
    whole = cents(terms.tax(price, terms.shipping_tax_rate))
    left = cents(terms.tax(price - discount, terms.shipping_tax_rate))
    net = price - whole if terms.taxes_included else price
    return {
        "shipping_amount": net,
        "shipping_incl_tax": net + whole,
        "shipping_tax_amount": left,
        "shipping_discount_amount": discount,
        "shipping_discount_tax_compensation_amount": whole - left if terms.taxes_included else ZERO,
    }


def header(lines: Sequence[Figures], delivery: Figures) -> Figures:
    """The order's totals of rows that carry money and of the shipping."""

    def summed(name: str) -> Decimal:
        return sum((line[name] for line in lines), ZERO)

    found = {
        "subtotal": summed("row_total"),
        "subtotal_incl_tax": summed("row_total_incl_tax"),
        "discount_amount": -(summed("discount_amount") + delivery["shipping_discount_amount"]),
        "tax_amount": summed("tax_amount") + delivery["shipping_tax_amount"],
        "discount_tax_compensation_amount": summed("discount_tax_compensation_amount"),
        **delivery,
    }
    found["grand_total"] = grand_total(found)
    return found


def grand_total(figures: Figures) -> Decimal:
    return sum(
        (
            figures.get(name, ZERO)
            for name in (
                "subtotal",
                "discount_amount",
                "shipping_amount",
                "tax_amount",
                "discount_tax_compensation_amount",
                "shipping_discount_tax_compensation_amount",
            )
        ),
        ZERO,
    )
