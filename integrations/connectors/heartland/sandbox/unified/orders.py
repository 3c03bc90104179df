"""/v1/orders and /v1/shipments. Shipments are an addition of ours: the seeds name no endpoint."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.state import (
    custom_fields,
    documents,
    invoices,
    orders,
    payments,
    tickets,
)
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal, missing
from integrations.connectors.heartland.sandbox.state.values import Body, Row, words
from integrations.connectors.heartland.sandbox.unified import intake, shapes
from integrations.connectors.heartland.sandbox.unified.paging import page
from integrations.connectors.heartland.sandbox.unified.shared import (
    by_public_id,
    idempotent,
    wrong,
)
from integrations.connectors.heartland.sandbox.wire.answers import Route, answer, body_of

_NEW_STATUS = ("Draft", "Open", "Fulfilled")
_PAYMENT_STATUS = ("pending", "partially_paid", "paid", "failed")


def sales_of(account: Account) -> list[Row]:
    """Web orders, and the finished sales of the till."""
    sold = [
        row
        for row in account.tickets.values()
        if row["status"] == tickets.COMPLETE and row["type"] == "Ticket"
    ]
    return [*account.orders.values(), *sold]


def list_orders(account: Account, request: Request) -> Response:
    rows = sales_of(account)
    wanted = request.args.get("OrderID")
    if wanted is not None:
        rows = [row for row in rows if row["public_id"] == wanted]
    return page(account, request, rows, shapes.order)


def get_order(account: Account, request: Request, order_id: str) -> Response:
    for row in sales_of(account):
        if row["public_id"] == order_id:
            return answer(shapes.order(account, row))
    raise missing("Order")


@idempotent
def post_order(account: Account, request: Request) -> Response:
    """Creates the order, commits its stock when Open and records the payment when paid."""
    body = body_of(request)
    order_id = words(body, "OrderID")
    if order_id and any(row["public_id"] == order_id for row in sales_of(account)):
        raise Refusal(409, "conflict", "An order of this OrderID exists")
    status = words(body, "Status") or "Open"
    if status not in _NEW_STATUS:
        raise wrong("Status", f"must be one of {', '.join(_NEW_STATUS)}")
    paid = _payment_status(body)
    customer_id = _customer(account, body)
    location_id = _location(account, body)
    lines = intake.lines_of(account, body, location_id)
    shipping = intake.shipping_of(account, body, lines)
    custom = intake.custom_of(body)
    custom_fields.check(account, custom_fields.SALE, custom, "Order", account.orders)
    row = orders.insert(
        account,
        public_id=order_id,
        references={
            "customer_id": customer_id,
            "station_id": account.locations[location_id]["_stations"][0]["id"],
            "source_location_id": location_id,
            "shipping_address_id": intake.address_of(account, body, "ShippingAddress", customer_id),
            "billing_address_id": intake.address_of(account, body, "BillingAddress", customer_id),
            "shipping_method_id": None,
        },
        custom=custom,
        shipping=shipping,
        lines=lines,
    )
    if status != "Draft":
        orders.update(account, row, {"status": orders.OPEN})
    _settle_payment(account, row, paid)
    if status == "Fulfilled":
        _fulfil(account, row, body)
    return answer(shapes.order(account, row), 201)


def put_order(account: Account, request: Request, order_id: str) -> Response:
    """A partial update: Status, PaymentStatus, CustomFields; TrackingNumber and Carrier go along."""
    row = by_public_id(account.orders, order_id, "Order")
    body = body_of(request)
    paid = _payment_status(body)
    custom = intake.custom_of(body, row["custom"])
    _change_status(account, row, body)
    row["custom"] = custom
    _settle_payment(account, row, paid)
    account.touch(row)
    account.happened("order_updated", row)
    return answer(shapes.order(account, row))


def list_shipments(account: Account, request: Request) -> Response:
    rows = [row for row in account.invoices.values() if row["completed_at"]]
    wanted = request.args.get("OrderID")
    if wanted is not None:
        rows = [row for row in rows if account.orders[row["order_id"]]["public_id"] == wanted]
    return page(account, request, rows, shapes.shipment)


def get_shipment(account: Account, request: Request, shipment_id: int) -> Response:
    row = account.invoices.get(shipment_id)
    if row is None or not row["completed_at"]:
        raise missing("Shipment")
    return answer(shapes.shipment(account, row))


def _change_status(account: Account, row: Row, body: Body) -> None:
    target = words(body, "Status")
    if target in ("", shapes.STATUS.get(row["status"], "Cancelled")):
        return
    if target == "Open":
        orders.update(account, row, {"status": orders.OPEN})
    elif target in ("Fulfilled", "Shipped"):
        if row["status"] == orders.PENDING:
            orders.update(account, row, {"status": orders.OPEN})
        if row["status"] == orders.OPEN:
            _fulfil(account, row, body)
        elif row["status"] != orders.CLOSED:
            raise wrong("Status", "cannot be changed once the order is cancelled")
    elif target == "Cancelled":
        orders.update(account, row, {"status": account.options.cancel_word})
    else:
        raise wrong("Status", "must be one of Open, Fulfilled, Shipped, Cancelled")


def _fulfil(account: Account, row: Row, body: Body) -> None:
    """Ships what is left, one invoice for each location the lines ship from."""
    tracking: dict[str, Any] = {
        "tracking_number": body.get("TrackingNumber"),
        "tracking_company": body.get("Carrier"),
    }
    places = {
        line["ship_from_location_id"] or row["source_location_id"]
        for line in documents.lines_of(account, row)
        if line["_qty_invoiced"] < line["qty"]
    }
    for line in documents.lines_of(account, row):
        line["ship_from_location_id"] = line["ship_from_location_id"] or row["source_location_id"]
    for place in sorted(places):
        invoice = invoices.create(
            account,
            {
                "type": "Invoice",
                "order_id": row["id"],
                "station_id": account.locations[place]["_stations"][0]["id"],
                "source_location_id": place,
                "custom": {key: value for key, value in tracking.items() if value},
            },
        )
        invoices.update(account, invoice, {"status": invoices.COMPLETE})


def _payment_status(body: Body) -> str:
    status = words(body, "PaymentStatus") or "pending"
    if status not in _PAYMENT_STATUS:
        raise wrong("PaymentStatus", f"must be one of {', '.join(_PAYMENT_STATUS)}")
    return status


def _settle_payment(account: Account, row: Row, status: str) -> None:
    if status == "paid" and row["balance"] > 0:
        payments.record(
            account,
            row,
            amount=row["balance"],
            payment_type_id=payments.payment_type(account, "External"),
            description=f"Paid in full, order {row['public_id']}",
        )
    row["_payment_failed"] = status == "failed"


def _customer(account: Account, body: Body) -> int | None:
    wanted = words(body, "CustomerID")
    if not wanted:
        return None
    for row in account.customers.values():
        if row["public_id"] == wanted:
            return int(row["id"])
    raise wrong("CustomerID", "is unknown")


def _location(account: Account, body: Body) -> int:
    wanted = words(body, "LocationID")
    if not wanted:
        return min(account.locations)
    if not wanted.isdecimal() or int(wanted) not in account.locations:
        raise wrong("LocationID", "is unknown")
    return int(wanted)


ROUTES: list[Route] = [
    ("GET", "/v1/orders", list_orders),
    ("POST", "/v1/orders", post_order),
    ("GET", "/v1/orders/<order_id>", get_order),
    ("PUT", "/v1/orders/<order_id>", put_order),
    ("GET", "/v1/shipments", list_shipments),
    ("GET", "/v1/shipments/<int:shipment_id>", get_shipment),
]
