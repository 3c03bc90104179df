"""What return tickets a refund becomes, every SKU resolved before anything is written.

A ticket moves the stock of all its goods or of none, so a refund that restocks only some of them
becomes two tickets: one that does, and a second one (its number ends in N) that does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from integrations.connector_kit.base import Learned
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland import order_plan
from integrations.connectors.heartland.client import HeartlandClient
from integrations.connectors.heartland.order_fields import Buyer, Charge, Line, OrderFields
from integrations.connectors.heartland.order_plan import Plan, Wanted, items_by
from integrations.connectors.heartland.order_settings import OrderSettings
from integrations.connectors.heartland.refund_fields import RefundFields, Taken
from mappings.canonical.money import to_minor, unit_prices

ZERO = Decimal(0)


@dataclass(frozen=True)
class ReturnLine:
    """A line of a return ticket. `quantity` below zero takes back; `item_id` "" is shipping."""

    source: str
    quantity: int
    price: Decimal
    item_id: str = ""
    product_key: str = ""

    @property
    def given_back(self) -> Decimal:
        return -self.quantity * self.price


@dataclass(frozen=True)
class Ticket:
    """One return ticket. `step` sets its checkpoints apart from those of the other one."""

    public_id: str
    step: str
    moves_stock: bool
    lines: tuple[ReturnLine, ...]

    @property
    def total(self) -> Decimal:
        """What the buyer gets back through this ticket."""
        return sum((line.given_back for line in self.lines), ZERO)


@dataclass(frozen=True)
class Tickets:
    rows: tuple[Ticket, ...]
    goods: Plan

    def learned(self, known: Mapping[str, str]) -> tuple[Learned, ...]:
        return self.goods.learned(known)

    @property
    def moved(self) -> tuple[str, ...]:
        """Ids of the items whose stock a ticket changes."""
        helpers = {line.item_id for line in self.goods.lines if not line.is_goods}
        moved = [line.item_id for row in self.rows if row.moves_stock for line in row.lines]
        return tuple(item for item in dict.fromkeys(moved) if item and item not in helpers)


def plan(
    client: HeartlandClient, refund: RefundFields, settings: OrderSettings, known: Mapping[str, str]
) -> Tickets:
    """Raises Rejected naming the line whose article Heartland lacks, or the item that is not set."""
    wanted = _resolved(client, refund, settings, known)
    restocked = {line.path: line.restock for line in refund.lines}
    back = [_taken_back(line) for line in wanted.lines if line.is_goods]
    amounts = [_taken_back(line) for line in wanted.lines if not line.is_goods]
    if settings.shipping_is_charge and refund.shipping:
        amounts.append(ReturnLine("shipping_total", -1, refund.shipping))
    amounts += _adjustment(client, refund, settings)
    into_stock = [line for line in back if restocked[line.source]]
    written_off = [line for line in back if not restocked[line.source]]
    rows = list(_tickets(refund.public_id, into_stock, written_off, amounts))
    for row in rows:
        if row.total < 0:
            raise Rejected(
                f"{refund.name}: of one of its two return tickets more is kept back than given.",
                field="adjustment_total",
                said=str(refund.adjustment),
                advice="Enter this return in Heartland by hand, then dismiss the record.",
            )
    return Tickets(tuple(rows), wanted)


def _tickets(
    public_id: str,
    into_stock: list[ReturnLine],
    written_off: list[ReturnLine],
    amounts: list[ReturnLine],
) -> Iterator[Ticket]:
    if not (into_stock and written_off):
        lines = (*into_stock, *written_off, *amounts)
        yield Ticket(public_id, "", bool(into_stock), lines)
        return

    def worth(lines: list[ReturnLine]) -> Decimal:
        return sum((line.given_back for line in lines), ZERO)

    # What was kept back comes off the greater part, so that no ticket asks the buyer for money.
    first_is_greater = worth(into_stock) >= worth(written_off)
    first = (*into_stock, *(amounts if first_is_greater else ()))
    second = (*written_off, *(() if first_is_greater else amounts))
    yield Ticket(public_id, "", moves_stock=True, lines=first)
    yield Ticket(f"{public_id}N", "n_", moves_stock=False, lines=second)


def _taken_back(line: Wanted) -> ReturnLine:
    return ReturnLine(line.source, -line.quantity, line.price, line.item_id, line.product_key)


def _resolved(
    client: HeartlandClient, refund: RefundFields, settings: OrderSettings, known: Mapping[str, str]
) -> Plan:
    """The items of goods, tax, duties and shipping, found the way those of an order are."""
    shaped = OrderFields(
        public_id=refund.public_id,
        currency=refund.currency,
        state="open",
        total=refund.total - refund.adjustment,
        placed_at="",
        external_id=refund.external_id,
        buyer=Buyer(),
        shipping_address=None,
        billing_address=None,
        lines=tuple(piece for line in refund.lines for piece in _pieces(line, refund)),
        shipping=(Charge("Shipping", refund.shipping),) if refund.shipping else (),
        tax=refund.tax,
        tip=ZERO,
        duty=refund.duty,
        tenders=(),
    )
    try:
        return order_plan.plan(client, shaped, settings, known)
    except Rejected as error:
        ours, theirs = f"Order {refund.public_id}", refund.name
        raise Rejected(
            str(error).replace(ours, theirs),
            field=error.field,
            said=error.said,
            advice=error.advice.replace(ours, theirs),
        ) from None


def _pieces(line: Taken, refund: RefundFields) -> Iterator[Line]:
    """The line as quantities with unit prices that multiply out to its amount to the cent."""
    amount = to_minor(line.amount, refund.currency or "USD")
    for quantity, price in unit_prices(amount, line.quantity, refund.currency or "USD"):
        yield Line(line.path, line.sku, line.product_key, quantity, price, line.description)


def _adjustment(
    client: HeartlandClient, refund: RefundFields, settings: OrderSettings
) -> list[ReturnLine]:
    if not refund.adjustment:
        return []
    number = settings.refund_item
    items = items_by(client, "public_id", [number] if number else []).get(number, ())
    if len(items) != 1:
        said = f"item {number}" if number else "no item"
        raise Rejected(
            f"{refund.name}: {refund.adjustment} of it is explained by no line"
            f" ({refund.arithmetic()}), and the connection names {said} in Heartland to book it on.",
            field="adjustment_total",
            said=str(refund.adjustment),
            advice="Make a non-inventory item in Heartland and name it as refund_item in the"
            " settings of the connection, then replay.",
        )
    quantity = -1 if refund.adjustment > 0 else 1
    return [ReturnLine("adjustment_total", quantity, abs(refund.adjustment), items[0])]
