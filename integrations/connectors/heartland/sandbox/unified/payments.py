"""/v1/payments and /v1/reports/transactions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.state import documents, payments, tickets
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import missing
from integrations.connectors.heartland.sandbox.state.values import Body, Row, flag, number, words
from integrations.connectors.heartland.sandbox.unified import intake, shapes
from integrations.connectors.heartland.sandbox.unified.orders import sales_of
from integrations.connectors.heartland.sandbox.unified.paging import page
from integrations.connectors.heartland.sandbox.unified.shared import idempotent, wrong
from integrations.connectors.heartland.sandbox.wire.answers import Route, answer, body_of


def list_payments(account: Account, request: Request) -> Response:
    rows = list(account.payments.values())
    wanted = request.args.get("OrderID")
    if wanted is not None:
        rows = [
            row
            for row in rows
            if shapes.sale_of(account, row["transaction_id"])["public_id"] == wanted
        ]
    return page(account, request, rows, shapes.payment)


def get_payment(account: Account, request: Request, payment_id: int) -> Response:
    if payment_id not in account.payments:
        raise missing("Payment")
    return answer(shapes.payment(account, account.payments[payment_id]))


@idempotent
def post_payment(account: Account, request: Request) -> Response:
    """Type payment or capture takes money for an order, refund gives it back.

    A refund with LineItems takes the goods back too, into stock unless Restock is false.
    """
    body = body_of(request)
    sale = next(
        (row for row in sales_of(account) if row["public_id"] == words(body, "OrderID")), None
    )
    if sale is None:
        raise wrong("OrderID", "is unknown")
    kind = words(body, "Type") or "payment"
    if kind in ("payment", "capture"):
        amount = intake.amount(body, "Amount", "Amount")
        row = _take(account, sale, sale["balance"] if amount is None else amount, body)
    elif kind == "refund":
        row = _give_back(account, sale, body)
    else:
        raise wrong("Type", "must be one of payment, capture, refund")
    return answer(shapes.payment(account, row), 201)


def report(account: Account, request: Request) -> Response:
    """Tenders by day, or by month with `group_by=month`, from start_date to end_date (UTC)."""
    length = 7 if request.args.get("group_by") == "month" else 10
    first = request.args.get("start_date", "")
    last = request.args.get("end_date", "9999-12-31")
    periods: dict[str, Row] = {}
    for row in account.payments.values():
        day = row["completed_at"][:10]
        if not first <= day <= last:
            continue
        empty = {"Count": 0, "Payments": Decimal("0.00"), "Refunds": Decimal("0.00")}
        entry = periods.setdefault(day[:length], {"Period": day[:length], **empty})
        entry["Count"] += 1
        entry["Refunds" if row["amount"] < 0 else "Payments"] += abs(row["amount"])
    rows = [
        {**entry, "Net": entry["Payments"] - entry["Refunds"]}
        for _, entry in sorted(periods.items())
    ]
    return answer({"Data": rows, "NextCursor": None})


def _take(account: Account, sale: Row, amount: Decimal, body: Body) -> Row:
    if amount <= 0:
        raise wrong("Amount", "must be greater than 0")
    return payments.record(
        account,
        sale,
        amount=amount,
        payment_type_id=_method(account, body),
        description=words(body, "Description"),
        custom=_custom(body),
    )


def _give_back(account: Account, sale: Row, body: Body) -> Row:
    left = sale["total_paid"] - shapes.refunded(account, sale)
    amount = intake.amount(body, "Amount", "Amount")
    amount = left if amount is None else amount
    if amount <= 0:
        raise wrong("Amount", "must be greater than 0")
    if amount > left:
        raise wrong("Amount", f"is more than the {left} that can be given back")
    goods = _returned(account, sale, body)
    restock = flag(body, "Restock", default=True)
    ticket = tickets.create(
        account,
        {
            "type": "Return",
            "station_id": sale["station_id"],
            "source_location_id": sale["source_location_id"],
            "customer_id": sale["customer_id"],
            "parent_transaction_id": sale["id"],
            "affect_inventory": restock,
            "recalculate": False,
            "lines": goods,
        },
    )
    rest = -amount - ticket["total"]
    if rest:
        line = documents.value_line(
            {"value": rest, "description": "Refund"}, documents.SHIPPING_LINE, "Line"
        )
        documents.store_line(account, ticket, line)
    row = payments.record(
        account,
        ticket,
        amount=-amount,
        payment_type_id=_method(account, body),
        description=words(body, "Description"),
        custom=_custom(body),
    )
    tickets.finish(account, ticket, completed_at=account.now())
    account.touch(sale)
    account.happened("order_updated", sale)
    return row


def _returned(account: Account, sale: Row, body: Body) -> list[dict[str, Any]]:
    sold = {line["item_public_id"]: line for line in documents.lines_of(account, sale)}
    lines = []
    for index, sent in enumerate(body.get("LineItems") or []):
        path = f"LineItems[{index}]"
        sku = words(sent, "SKU") if isinstance(sent, dict) else ""
        if sku not in sold:
            raise wrong(f"{path}.SKU", "is not part of the order")
        quantity = number(sent, "Quantity", "Line")
        if quantity is None or not 0 < quantity <= sold[sku]["qty"]:
            raise wrong(f"{path}.Quantity", "must be between 1 and what was sold")
        price = sold[sku]["adjusted_unit_price"]
        lines.append({"item_id": account.skus[sku], "qty": -quantity, "adjusted_unit_price": price})
    return lines


def _method(account: Account, body: Body) -> int:
    return payments.payment_type(account, words(body, "PaymentMethod") or "External")


def _custom(body: Body) -> Row:
    given = words(body, "TransactionID")
    return {**intake.custom_of(body), **({"gateway_transaction_id": given} if given else {})}


ROUTES: list[Route] = [
    ("GET", "/v1/payments", list_payments),
    ("POST", "/v1/payments", post_payment),
    ("GET", "/v1/payments/<int:payment_id>", get_payment),
    ("GET", "/v1/reports/transactions", report),
]
