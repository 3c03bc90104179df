"""What a buyer puts into the cart, and the rows Magento makes of it.

simple and virtual: one row. configurable: a row with the money and the chosen child's SKU, and a row
without money for the child. bundle: a row for the whole and one for each part; with dynamic prices the
parts carry the money and the whole shows their sum, with a fixed price the whole carries it.
Source: the recorded order of the reference data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from integrations.connectors.magento.sandbox.records import Product
from integrations.connectors.magento.sandbox.sales import pricing
from integrations.connectors.magento.sandbox.sales.amounts import ZERO, Amounts, Figures, cents
from integrations.connectors.magento.sandbox.sales.pricing import Terms
from integrations.connectors.magento.sandbox.sales.records import Item

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

SIMPLE, CONFIGURABLE, BUNDLE, VIRTUAL = "simple", "configurable", "bundle", "virtual"

_START = (
    "amount_refunded",
    "discount_invoiced",
    "row_invoiced",
    "tax_invoiced",
)
# A configurable's child and the parts of a bundle with a fixed price know no more of money than this.
_EMPTY = ("price", "row_total", "tax_amount", "discount_amount", *_START)


@dataclass(frozen=True)
class Wanted:
    """One article a buyer puts into the cart; `price` in the base currency, with tax where the shop's
    prices include it. `kind`: simple, configurable, virtual, or bundle for a part of the one bundle; ""
    until it is chosen."""

    product: Product
    quantity: Decimal
    price: Decimal
    kind: str = ""


@dataclass(frozen=True)
class Bundle:
    """How the parts of the cart's bundle go together. `price` of one bundle, None when it is the sum
    of its parts (a dynamic price); `ships_separately`: the parts are shipped, not the whole."""

    quantity: Decimal = Decimal(1)
    price: Decimal | None = None
    ships_separately: bool = False


def rows(
    shop: Shop, cart: Sequence[Wanted], bundle: Bundle, own: Terms, base: Terms, rate: Decimal
) -> list[Item]:
    """The order's rows with their figures in both currencies."""
    return _Rows(shop, cart, bundle, own, base, rate).made()


class _Rows:
    def __init__(
        self,
        shop: Shop,
        cart: Sequence[Wanted],
        bundle: Bundle,
        own: Terms,
        base: Terms,
        rate: Decimal,
    ) -> None:
        self.shop, self.bundle = shop, bundle
        self.parts = [entry for entry in cart if entry.kind == BUNDLE]
        self.singles = [entry for entry in cart if entry.kind != BUNDLE]
        wanted = [(entry.price, entry.quantity) for entry in self.singles]
        if self.parts and bundle.price is not None:
            wanted.append((bundle.price, bundle.quantity))
        elif self.parts:
            wanted += [(part.price, part.quantity * bundle.quantity) for part in self.parts]
        converted = [(cents(price * rate), quantity) for price, quantity in wanted]
        self.figures = [
            Amounts(_started(mine), _started(theirs))
            for mine, theirs in zip(
                pricing.rows(converted, own), pricing.rows(wanted, base), strict=True
            )
        ]
        self.terms = base

    def made(self) -> list[Item]:
        found: list[Item] = []
        for entry, amounts in zip(self.singles, self.figures, strict=False):
            found += self._single(entry, amounts)
        if self.parts:
            found += self._bundle(self.figures[len(self.singles) :])
        return found

    def _single(self, entry: Wanted, amounts: Amounts) -> list[Item]:
        if entry.kind != CONFIGURABLE:
            return [self._item(entry.product, entry.kind, entry.quantity, amounts, is_stocked=True)]
        style = _style(self.shop, entry.product)
        top = self._item(style, CONFIGURABLE, entry.quantity, amounts)
        # The row of the whole has the SKU of the child that was chosen.
        top.sku, top.weight = entry.product.sku, entry.product.weight or Decimal(0)
        top.option = _chosen(style, entry.product)
        child = self._item(entry.product, SIMPLE, entry.quantity, _nothing(), is_stocked=True)
        _join(top, child, Decimal(1))
        return [top, child]

    def _bundle(self, figures: Sequence[Amounts]) -> list[Item]:
        bundle, first = self.bundle, self.parts[0].product
        is_dynamic = bundle.price is None
        top = Item(
            id=self.shop.next_id("order_item"),
            quote_item_id=self.shop.next_id("quote_item"),
            sku="-".join(["KIT", *(part.product.sku for part in self.parts)]),
            name=f"Kit with {first.name}",
            product_id=self.shop.next_id("product"),
            product_type=BUNDLE,
            ordered=bundle.quantity,
            amounts=_summed(figures, bundle.quantity) if is_dynamic else figures[0],
            calculates_children=is_dynamic,
            ships_separately=bundle.ships_separately,
            rule_ids="1" if self.terms.percent or self.terms.fixed else "",
            tax_percent=None if is_dynamic else self._percent(),
        )
        top.option = {"extension_attributes": {"bundle_options": self._options()}}
        children = []
        for place, part in enumerate(self.parts):
            child = self._item(
                part.product,
                SIMPLE,
                part.quantity * bundle.quantity,
                figures[place] if is_dynamic else _nothing(),
                is_stocked=True,
            )
            _join(top, child, part.quantity)
            children.append(child)
        return [top, *children]

    def _options(self) -> list[dict[str, object]]:
        return [
            {
                "option_id": place,
                "option_qty": int(part.quantity),
                "option_selections": [part.product.id],
            }
            for place, part in enumerate(self.parts, start=1)
        ]

    def _percent(self) -> Decimal:
        return (self.terms.tax_rate * 100).normalize()

    def _item(
        self,
        product: Product,
        kind: str,
        quantity: Decimal,
        amounts: Amounts,
        *,
        is_stocked: bool = False,
    ) -> Item:
        has_money = bool(amounts.base.get("row_total"))
        return Item(
            id=self.shop.next_id("order_item"),
            quote_item_id=self.shop.next_id("quote_item"),
            sku=product.sku,
            name=product.name,
            product_id=product.id,
            product_type=kind,
            ordered=quantity,
            amounts=amounts,
            weight=Decimal(0) if kind == VIRTUAL else product.weight or Decimal(0),
            tax_percent=self._percent() if has_money else Decimal(0),
            discount_percent=self.terms.percent if has_money else Decimal(0),
            rule_ids="1" if has_money and (self.terms.percent or self.terms.fixed) else "",
            is_virtual=kind == VIRTUAL,
            stock_sku=product.sku if is_stocked else "",
        )


def _join(top: Item, child: Item, per_parent: Decimal) -> None:
    child.parent, child.per_parent = top, per_parent
    child.calculates_children, child.ships_separately = (
        top.calculates_children,
        top.ships_separately,
    )
    top.children.append(child)


def _started(figures: Figures) -> Figures:
    return {**figures, **dict.fromkeys(_START, ZERO)}


def _nothing() -> Amounts:
    return Amounts(dict.fromkeys(_EMPTY, ZERO), dict.fromkeys(_EMPTY, ZERO))


def _summed(figures: Sequence[Amounts], quantity: Decimal) -> Amounts:
    """A dynamic bundle shows the sum of its parts, without their discount."""
    made = Amounts()
    for side in (0, 1):
        parts, here = [entry.sides()[side] for entry in figures], made.sides()[side]
        for name in ("row_total", "row_total_incl_tax", "tax_amount"):
            here[name] = sum((part[name] for part in parts), ZERO)
        here["price"] = here["original_price"] = cents(here["row_total"] / quantity)
        here["price_incl_tax"] = cents(here["row_total_incl_tax"] / quantity)
        here.update(dict.fromkeys(("discount_amount", *_START), ZERO))
    return made


def _style(shop: Shop, child: Product) -> Product:
    """The configurable product an article belongs to, itself when it belongs to none."""
    styles = shop.sales.styles
    known = shop.products.get(styles.get(child.sku, ""))
    if known is None or child.sku not in known.children:
        styles.clear()
        for entry in shop.products.values():
            styles.update(dict.fromkeys(entry.children, entry.sku))
        known = shop.products.get(styles.get(child.sku, ""))
    return child if known is None else known


def _chosen(style: Product, child: Product) -> dict[str, object]:
    """Which values of the style's attributes the child stands for."""
    values = [str(child.custom.get(code, "")) for code in ("color", "size")]
    return {
        "extension_attributes": {
            "configurable_item_options": [
                {"option_id": str(option.attribute_id), "option_value": int(value)}
                for option, value in zip(style.options, values, strict=False)
                if value.isdigit()
            ]
        }
    }


def money_rows(items: Sequence[Item]) -> list[Item]:
    """Rows whose figures add up to the order's subtotal."""
    return [item for item in items if not item.is_dummy]
