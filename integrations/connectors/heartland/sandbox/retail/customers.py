"""Customers and addresses over HTTP (3.2)."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.retail.shared import changed, created, row_of
from integrations.connectors.heartland.sandbox.state import people
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import missing
from integrations.connectors.heartland.sandbox.state.values import Row
from integrations.connectors.heartland.sandbox.wire.answers import (
    Embed,
    Route,
    answer,
    body_of,
    embedded,
)
from integrations.connectors.heartland.sandbox.wire.lists import listing


def _addresses(account: Account, customer: Row) -> list[Row]:
    return [
        people.address_view(row)
        for row in account.addresses.values()
        if row["customer_id"] == customer["id"]
    ]


_EMBEDS: dict[str, Embed] = {"addresses": _addresses}


def list_customers(account: Account, request: Request) -> Response:
    return listing(account, request, account.customers.values(), _EMBEDS)


def post_customer(account: Account, request: Request) -> Response:
    row = people.create_customer(account, body_of(request))
    return created(account, f"/customers/{row['id']}")


def get_customer(account: Account, request: Request, row_id: int) -> Response:
    row = row_of(account.customers, row_id, "Customer")
    return answer(embedded(account, row, request, _EMBEDS))


def put_customer(account: Account, request: Request, row_id: int) -> Response:
    row = row_of(account.customers, row_id, "Customer")
    people.update_customer(account, row, body_of(request))
    return changed()


def list_addresses(account: Account, request: Request, row_id: int) -> Response:
    customer = row_of(account.customers, row_id, "Customer")
    return listing(account, request, _addresses(account, customer))


def post_address(account: Account, request: Request, row_id: int) -> Response:
    """`Location` ends in the join id. Orders want the `address_id` that a GET of it shows."""
    customer = row_of(account.customers, row_id, "Customer")
    row = people.add_address(account, customer, body_of(request))
    return created(account, f"/customers/{row_id}/addresses/{row['_join_id']}")


def get_address(account: Account, request: Request, row_id: int, join_id: int) -> Response:
    return answer(people.address_view(_joined(account, row_id, join_id)))


def put_address(account: Account, request: Request, row_id: int, join_id: int) -> Response:
    people.update_address(account, _joined(account, row_id, join_id), body_of(request))
    return changed()


def _joined(account: Account, customer_id: int, join_id: int) -> Row:
    for row in account.addresses.values():
        if (row["customer_id"], row["_join_id"]) == (customer_id, join_id):
            return row
    raise missing("Address")


ROUTES: list[Route] = [
    ("GET", "/api/customers", list_customers),
    ("POST", "/api/customers", post_customer),
    ("GET", "/api/customers/<int:row_id>", get_customer),
    ("PUT", "/api/customers/<int:row_id>", put_customer),
    ("GET", "/api/customers/<int:row_id>/addresses", list_addresses),
    ("POST", "/api/customers/<int:row_id>/addresses", post_address),
    ("GET", "/api/customers/<int:row_id>/addresses/<int:join_id>", get_address),
    ("PUT", "/api/customers/<int:row_id>/addresses/<int:join_id>", put_address),
]
