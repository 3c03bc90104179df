"""/v1/customers."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.state import people
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.state.values import Body, Row, words
from integrations.connectors.heartland.sandbox.unified import intake, shapes
from integrations.connectors.heartland.sandbox.unified.paging import page
from integrations.connectors.heartland.sandbox.unified.shared import by_public_id, idempotent
from integrations.connectors.heartland.sandbox.wire.answers import Route, answer, body_of

_FIELDS = {
    "CustomerID": "public_id",
    "FirstName": "first_name",
    "LastName": "last_name",
    "Email": "email",
    "Active": "active",
}


def list_customers(account: Account, request: Request) -> Response:
    rows = list(account.customers.values())
    for theirs, ours in (("CustomerID", "public_id"), ("Email", "email")):
        wanted = request.args.get(theirs)
        if wanted is not None:
            rows = [row for row in rows if (row[ours] or "").lower() == wanted.lower()]
    return page(account, request, rows, shapes.customer)


def get_customer(account: Account, request: Request, customer_id: str) -> Response:
    row = by_public_id(account.customers, customer_id, "Customer")
    return answer(shapes.customer(account, row))


@idempotent
def post_customer(account: Account, request: Request) -> Response:
    body = body_of(request)
    fields = _fields(body)
    fields["custom"] = intake.custom_of(body)
    row = _translated(lambda: people.create_customer(account, fields))
    _set_address(account, row, body)
    return answer(shapes.customer(account, row), 201)


def put_customer(account: Account, request: Request, customer_id: str) -> Response:
    row = by_public_id(account.customers, customer_id, "Customer")
    body = body_of(request)
    fields = {**_fields(body), "custom": intake.custom_of(body, row["custom"])}
    _translated(lambda: people.update_customer(account, row, fields))
    _set_address(account, row, body)
    return answer(shapes.customer(account, row))


def _fields(body: Body) -> dict[str, Any]:
    return {ours: body[theirs] for theirs, ours in _FIELDS.items() if theirs in body}


def _set_address(account: Account, row: Row, body: Body) -> None:
    """The one address of a profile: billing and shipping are one in this flavour."""
    if body.get("Address") is None and not words(body, "Phone"):
        return
    kept = shapes.address(account, row["address_id"]) or {"Name": row["name"]}
    sent = body.get("Address") or {}
    phone = {"Phone": words(body, "Phone")} if words(body, "Phone") else {}
    merged = {**kept, **(sent if isinstance(sent, dict) else {}), **phone}
    row["address_id"] = intake.address_of(account, {"Address": merged}, "Address", row["id"])
    account.touch(row)


def _translated(work: Any) -> Row:
    """Runs a write of the state and names refused fields as this flavour does."""
    names = {ours: theirs for theirs, ours in _FIELDS.items()}
    try:
        row: Row = work()
    except Refusal as refusal:
        details = {names.get(field, field): said for field, said in refusal.details.items()}
        raise Refusal(refusal.status, refusal.error, refusal.message, details) from None
    return row


ROUTES: list[Route] = [
    ("GET", "/v1/customers", list_customers),
    ("POST", "/v1/customers", post_customer),
    ("GET", "/v1/customers/<customer_id>", get_customer),
    ("PUT", "/v1/customers/<customer_id>", put_customer),
]
