"""A small reckoner of Magento's own: carts become orders, invoices and credit memos as REST tells them.

It knows nothing of how we read them. Amounts are worked out from what the buyer sees (prices with
or without tax, percentages off), the way Magento's collectors do, and `Sale.owed` keeps the sums a
person would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ZERO = Decimal(0)
CENT = Decimal("0.01")
AT = "2026-03-02 15:04:05"


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Item:
    """`price`: of one unit as the buyer sees it. `off` and `rate` in percent. `weee`: fixed product
    tax of one unit. `kind`: "simple", "configurable", "bundle" (priced by its parts), "fixed" (a
    bundle with a price of its own), "virtual" or "giftcard"."""

    sku: str
    price: Decimal
    quantity: int = 1
    off: Decimal = ZERO
    rate: Decimal = ZERO
    weee: Decimal = ZERO
    kind: str = "simple"


@dataclass(frozen=True)
class Cart:
    items: tuple[Item, ...]
    tax_included: bool = False
    shipping: Decimal = ZERO
    shipping_off: Decimal = ZERO
    shipping_rate: Decimal = ZERO
    wrapping: Decimal = ZERO
    fee: Decimal = ZERO
    gift_card: Decimal = ZERO
    credit: Decimal = ZERO
    points: Decimal = ZERO
    method: str = "checkmo"


def row_amounts(price: Decimal, quantity: int, off: Decimal, rate: Decimal, included: bool) -> dict:
    """row_total, discount_amount, tax_amount and what discounts hide of the tax."""
    whole = cents(price * quantity)
    discount = cents(whole * off / 100)
    if not included:
        return {
            "row_total": whole,
            "discount_amount": discount,
            "tax_amount": cents((whole - discount) * rate / 100),
            "discount_tax_compensation_amount": ZERO,
            "row_total_incl_tax": whole + cents(whole * rate / 100),
        }
    before = cents(whole * rate / (100 + rate))
    after = cents((whole - discount) * rate / (100 + rate))
    return {
        "row_total": whole - before,
        "discount_amount": discount,
        "tax_amount": after,
        "discount_tax_compensation_amount": before - after,
        "row_total_incl_tax": whole,
    }


@dataclass
class Sale:
    """An order and its documents. `owed`: what the buyer pays in all, whatever the means."""

    cart: Cart
    order: dict[str, Any] = field(default_factory=dict)
    invoices: list[dict[str, Any]] = field(default_factory=list)
    memos: list[dict[str, Any]] = field(default_factory=list)
    owed: Decimal = ZERO

    def rows(self) -> list[dict[str, Any]]:
        """The rows that are bought: their amounts are those of the cart's items."""
        return [row for row in self.order["items"] if row["_counts"]]


def base(row: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The row with each amount in the shop's currency as well, at a rate of one."""
    for name, twin in names.items():
        if name in row:
            row[twin] = row[name]
    return row


_AMOUNTS = (
    *("row_total", "discount_amount", "tax_amount", "discount_tax_compensation_amount"),
    *("price", "original_price", "price_incl_tax", "row_total_incl_tax", "row_invoiced"),
    *("discount_invoiced", "tax_invoiced", "discount_tax_compensation_invoiced"),
    *("subtotal", "grand_total", "total_paid", "total_due", "total_refunded", "total_invoiced"),
    *("shipping_amount", "shipping_tax_amount", "shipping_discount_amount", "shipping_invoiced"),
    *("total_canceled", "adjustment_positive", "adjustment_negative"),
    *("gift_cards_amount", "gift_cards_invoiced", "gift_cards_refunded"),
    *("customer_balance_amount", "customer_balance_invoiced", "customer_balance_refunded"),
    *("reward_currency_amount", "custom_fee_amount", "custom_fee_amount_invoiced"),
)
TWINS = {name: f"base_{name}" for name in _AMOUNTS} | {
    "amount": "base_amount",
    "gw_price": "gw_base_price",
    "gw_price_invoiced": "gw_base_price_invoiced",
    "weee_tax_applied_row_amount": "base_weee_tax_applied_row_amnt",
    "shipping_discount_tax_compensation_amount": "base_shipping_discount_tax_compensation_amnt",
}


def order_of(cart: Cart, key: int = 12) -> Sale:
    """The order as it is placed, state new."""
    sale = Sale(cart)
    rows: list[dict[str, Any]] = []
    for item in cart.items:
        rows += _rows(item, cart, first=10 * (len(rows) + 1))
    counting = [row for row in rows if row["_counts"]]
    freight = row_amounts(
        cart.shipping, 1, cart.shipping_off, cart.shipping_rate, cart.tax_included
    )

    def total(name: str) -> Decimal:
        return sum((row.get(name) or ZERO for row in counting), ZERO)

    tax = total("tax_amount") + freight["tax_amount"]
    sale.owed = (
        total("row_total")
        - total("discount_amount")
        + total("discount_tax_compensation_amount")
        + total("weee_tax_applied_row_amount")
        + freight["row_total"]
        - freight["discount_amount"]
        + freight["discount_tax_compensation_amount"]
        + cart.wrapping
        + cart.fee
        + tax
    )
    card = min(cart.gift_card, sale.owed)
    credit = min(cart.credit, sale.owed - card)
    points = min(cart.points, sale.owed - card - credit)
    grand = sale.owed - card - credit - points
    is_virtual = all(row["is_virtual"] for row in rows)
    extension: dict[str, Any] = {
        "gift_cards": [base({"id": 7, "code": "CARD-EXAMPLE", "amount": card}, TWINS)]
        if card
        else [],
        "gift_cards_amount": card,
        "customer_balance_amount": credit,
        "reward_currency_amount": points,
        "gw_price": str(cart.wrapping),
        "custom_fees": [
            base(
                {
                    "custom_fee_code": "cod",
                    "custom_fee_label": "Cash on delivery",
                    "custom_fee_amount": cart.fee,
                },
                TWINS,
            )
        ]
        if cart.fee
        else [],
    }
    if not is_virtual:
        extension["shipping_assignments"] = [
            {"shipping": {"address": dict(ADDRESS), "method": "flatrate_flatrate"}, "items": rows}
        ]
    sale.order = base(
        {
            "entity_id": key,
            "increment_id": f"{key:09d}",
            "state": "new",
            "status": "pending",
            "created_at": AT,
            "updated_at": AT,
            "base_currency_code": "USD",
            "order_currency_code": "USD",
            "customer_is_guest": 0,
            "customer_id": 5,
            "customer_email": "buyer@example.com",
            "customer_firstname": "Test",
            "customer_lastname": "Buyer",
            "store_name": "Main Website\nMain Website Store\nDefault Store View",
            "is_virtual": int(is_virtual),
            "items": rows,
            "billing_address": dict(ADDRESS),
            "payment": {"method": cart.method, "additional_information": ["whatever", ""]},
            "subtotal": total("row_total"),
            "discount_amount": -(total("discount_amount") + freight["discount_amount"]),
            "discount_tax_compensation_amount": total("discount_tax_compensation_amount"),
            "tax_amount": tax,
            "shipping_amount": freight["row_total"],
            "shipping_tax_amount": freight["tax_amount"],
            "shipping_discount_amount": freight["discount_amount"],
            "shipping_discount_tax_compensation_amount": freight[
                "discount_tax_compensation_amount"
            ],
            "shipping_description": "" if is_virtual else "Flat Rate - Fixed",
            "grand_total": grand,
            "total_due": grand,
            "extension_attributes": base(extension, TWINS),
        },
        TWINS,
    )
    return sale


ADDRESS = {
    "firstname": "Test",
    "lastname": "Buyer",
    "street": ["1 Sample Street", "Floor 2"],
    "city": "Austin",
    "region": "Texas",
    "region_code": "TX",
    "region_id": 57,
    "postcode": "78701",
    "country_id": "US",
    "telephone": "512-555-0100",
}


def _rows(item: Item, cart: Cart, first: int) -> list[dict[str, Any]]:
    """The rows of one item of the cart, as many as its kind has."""
    amounts = row_amounts(item.price, item.quantity, item.off, item.rate, cart.tax_included)
    amounts["weee_tax_applied_row_amount"] = cents(item.weee * item.quantity)
    nothing = dict.fromkeys(amounts, ZERO)

    def row(number: int, kind: str, sku: str, money: Mapping[str, Any], **more: Any) -> dict:
        made = {
            "item_id": number,
            "product_id": number + 500,
            "product_type": kind,
            "sku": sku,
            "name": f"Article {sku}",
            "qty_ordered": item.quantity,
            "qty_invoiced": 0,
            "qty_shipped": 0,
            "qty_refunded": 0,
            "qty_canceled": 0,
            "is_virtual": int(kind in ("virtual", "giftcard")),
            "price": (money["row_total"] / item.quantity).quantize(Decimal("0.0001")),
            "original_price": item.price,
            "tax_percent": item.rate,
            "_counts": False,
            **money,
            **more,
        }
        return base(made, TWINS)

    if item.kind == "configurable":
        child = row(first + 1, "simple", item.sku, nothing, parent_item_id=first)
        return [row(first, "configurable", item.sku, amounts, _counts=True), child]
    if item.kind == "bundle":
        parts = [
            row(first + 1, "simple", f"{item.sku}-A", amounts, parent_item_id=first, _counts=True),
            row(first + 2, "simple", f"{item.sku}-B", nothing, parent_item_id=first, _counts=True),
        ]
        head = dict.fromkeys(amounts, ZERO) | {"row_total": amounts["row_total"]}
        return [row(first, "bundle", f"{item.sku}-A-B", head), *parts]
    if item.kind == "fixed":
        parts = [row(first + 1, "simple", f"{item.sku}-A", nothing, parent_item_id=first)]
        return [row(first, "bundle", item.sku, amounts, _counts=True), *parts]
    return [row(first, item.kind, item.sku, amounts, _counts=True)]


_SHARED = {
    "row_total": "row_invoiced",
    "discount_amount": "discount_invoiced",
    "tax_amount": "tax_invoiced",
    "discount_tax_compensation_amount": "discount_tax_compensation_invoiced",
}


def invoice(sale: Sale, units: Sequence[int] | None = None) -> Decimal:
    """Invoices and is paid for so many units of each row that counts (all that are left when not
    said), shipping and other charges with the first; what the invoice comes to."""
    came = ZERO
    for place, row in enumerate(sale.rows()):
        left = row["qty_ordered"] - row["qty_invoiced"]
        now = left if units is None else min(left, units[place])
        row["qty_invoiced"] += now
        for name, done in _SHARED.items():
            upto = cents(row[name] * row["qty_invoiced"] / row["qty_ordered"])
            part = upto - row.get(done, ZERO)
            row[done] = row[f"base_{done}"] = upto
            came += -part if name == "discount_amount" else part
        whole = row["weee_tax_applied_row_amount"]
        came += cents(whole * row["qty_invoiced"] / row["qty_ordered"])
        came -= cents(whole * (row["qty_invoiced"] - now) / row["qty_ordered"])
    order, extension = sale.order, sale.order["extension_attributes"]
    if not sale.invoices:
        came += order["shipping_amount"] - order["shipping_discount_amount"]
        came += order["shipping_discount_tax_compensation_amount"] + order["shipping_tax_amount"]
        came += sale.cart.wrapping + sale.cart.fee
        extension["gw_price_invoiced"] = extension["gw_price"]
        for fee in extension["custom_fees"]:
            fee["custom_fee_amount_invoiced"] = fee["custom_fee_amount"]
            base(fee, TWINS)
    for name in ("gift_cards", "customer_balance", "reward_currency"):
        before = extension.get(f"{name}_invoiced", ZERO)
        part = min(extension[f"{name}_amount"] - before, came)
        extension[f"{name}_invoiced"] = before + part
        came -= part
    base(extension, TWINS)
    number = len(sale.invoices) + 1
    sale.invoices.append(
        base(
            {
                "entity_id": 100 + number,
                "increment_id": f"{number:09d}",
                "order_id": order["entity_id"],
                "state": 2,
                "created_at": AT,
                "updated_at": AT,
                "base_currency_code": "USD",
                "order_currency_code": "USD",
                "grand_total": came,
            },
            TWINS,
        )
    )
    _after_invoice(sale)
    return came


def _after_invoice(sale: Sale) -> None:
    order, rows = sale.order, sale.rows()
    paid = sum((one["grand_total"] for one in sale.invoices), ZERO)
    order["total_paid"] = order["total_invoiced"] = paid
    order["total_due"] = order["grand_total"] - paid
    order["shipping_invoiced"] = order["shipping_amount"]
    order["tax_invoiced"] = order["shipping_tax_amount"] + sum(
        (row["tax_invoiced"] for row in rows), ZERO
    )
    order["discount_invoiced"] = -(
        order["shipping_discount_amount"] + sum((row["discount_invoiced"] for row in rows), ZERO)
    )
    order["state"] = order["status"] = "processing"
    base(order, TWINS)
    order["base_tax_invoiced"] = order["tax_invoiced"]
    order["base_discount_invoiced"] = order["discount_invoiced"]


def cancel_rest(sale: Sale) -> None:
    """Cancels what is not invoiced; only for orders without gift cards and the like."""
    for row in sale.rows():
        row["qty_canceled"] = row["qty_ordered"] - row["qty_invoiced"]
    if not sale.invoices:
        sale.order["state"] = sale.order["status"] = "canceled"
        sale.owed = ZERO
        return
    gone = sale.order["grand_total"] - sale.order["total_paid"]
    sale.order["total_canceled"] = sale.order["base_total_canceled"] = gone
    sale.owed -= gone


def refund(
    sale: Sale,
    units: Sequence[int],
    *,
    shipping: bool = False,
    positive: Decimal = ZERO,
    negative: Decimal = ZERO,
) -> Decimal:
    """A credit memo of so many units of each row that counts; what it takes off the order."""
    order, items = sale.order, []
    taken = tax = discount = ZERO
    for row, wanted in zip(sale.rows(), units, strict=True):
        now = min(wanted, row["qty_invoiced"] - row["qty_refunded"])
        if not now:
            continue
        made: dict[str, Any] = {"order_item_id": row["item_id"], "qty": now, "sku": row["sku"]}
        made["entity_id"] = 1000 + 100 * len(sale.memos) + row["item_id"]
        for name in (*_SHARED, "weee_tax_applied_row_amount"):
            before = cents(row[name] * row["qty_refunded"] / row["qty_ordered"])
            upto = cents(row[name] * (row["qty_refunded"] + now) / row["qty_ordered"])
            made[name] = upto - before
            taken += -made[name] if name == "discount_amount" else made[name]
        row["qty_refunded"] += now
        tax += made["tax_amount"]
        discount += made["discount_amount"]
        items.append(base(made, TWINS))
    memo: dict[str, Any] = {"shipping_amount": ZERO}
    if shipping:
        off = order["shipping_discount_amount"]
        hidden = order["shipping_discount_tax_compensation_amount"]
        memo["shipping_amount"] = order["shipping_amount"]
        memo["shipping_discount_tax_compensation_amount"] = hidden
        taken += order["shipping_amount"] - off + hidden + order["shipping_tax_amount"]
        tax += order["shipping_tax_amount"]
        discount += off
    back = taken + positive - negative
    extension = order["extension_attributes"]
    parts: dict[str, Any] = {}
    for name in ("gift_cards", "customer_balance"):
        before = extension.get(f"{name}_refunded", ZERO)
        part = max(ZERO, min(back, extension[f"{name}_amount"] - before))
        back -= part
        parts[f"{name}_amount"] = part
        extension[f"{name}_refunded"] = before + part
    base(extension, TWINS)
    number = len(sale.memos) + 1
    memo |= {
        "entity_id": 200 + number,
        "increment_id": f"{number:09d}",
        "order_id": order["entity_id"],
        "state": 2,
        "created_at": AT,
        "updated_at": AT,
        "base_currency_code": "USD",
        "order_currency_code": "USD",
        "grand_total": back,
        "tax_amount": tax,
        "discount_amount": -discount,
        "adjustment_positive": positive,
        "adjustment_negative": negative,
        "items": items,
        "comments": [],
        "extension_attributes": base(parts, TWINS),
    }
    sale.memos.append(base(memo, TWINS))
    order["total_refunded"] = order.get("total_refunded", ZERO) + back
    base(order, TWINS)
    sale.owed -= taken
    return taken
