"""Tickets and the tenant-wide payment list over HTTP (3.6)."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.retail import sales
from integrations.connectors.heartland.sandbox.retail.shared import (
    changed,
    created,
    line_of,
    row_of,
)
from integrations.connectors.heartland.sandbox.state import payments, tickets
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.values import Row
from integrations.connectors.heartland.sandbox.wire.answers import Route, answer, body_of, embedded
from integrations.connectors.heartland.sandbox.wire.lists import listing

_PATH = "/sales/tickets"


def _ticket(account: Account, row_id: int) -> Row:
    return row_of(account.tickets, row_id, "Ticket")


def list_tickets(account: Account, request: Request) -> Response:
    return listing(account, request, account.tickets.values(), sales.TICKET_EMBEDS)


def post_ticket(account: Account, request: Request) -> Response:
    return created(account, f"{_PATH}/{tickets.create(account, body_of(request))['id']}")


def get_ticket(account: Account, request: Request, row_id: int) -> Response:
    return answer(embedded(account, _ticket(account, row_id), request, sales.TICKET_EMBEDS))


def put_ticket(account: Account, request: Request, row_id: int) -> Response:
    tickets.update(account, _ticket(account, row_id), body_of(request))
    return changed()


def list_lines(account: Account, request: Request, row_id: int) -> Response:
    return listing(account, request, sales.ticket_lines(account, _ticket(account, row_id)))


def post_line(account: Account, request: Request, row_id: int) -> Response:
    line = tickets.add_line(account, _ticket(account, row_id), body_of(request))
    return created(account, f"{_PATH}/{row_id}/lines/{line['id']}")


def delete_line(account: Account, request: Request, row_id: int, line_id: int) -> Response:
    ticket = _ticket(account, row_id)
    tickets.delete_line(account, ticket, line_of(account.lines.get(row_id, []), line_id))
    return Response(status=204)


def list_ticket_payments(account: Account, request: Request, row_id: int) -> Response:
    return listing(account, request, sales.paid(account, _ticket(account, row_id)))


def post_payment(account: Account, request: Request, row_id: int) -> Response:
    payment = payments.pay(account, _ticket(account, row_id), body_of(request))
    return created(account, f"{_PATH}/{row_id}/payments/{payment['id']}")


def list_payments(account: Account, request: Request) -> Response:
    return listing(account, request, account.payments.values())


def get_payment(account: Account, request: Request, row_id: int) -> Response:
    return answer(embedded(account, row_of(account.payments, row_id, "Payment"), request))


ROUTES: list[Route] = [
    ("GET", "/api/sales/tickets", list_tickets),
    ("POST", "/api/sales/tickets", post_ticket),
    ("GET", "/api/sales/tickets/<int:row_id>", get_ticket),
    ("PUT", "/api/sales/tickets/<int:row_id>", put_ticket),
    ("GET", "/api/sales/tickets/<int:row_id>/lines", list_lines),
    ("POST", "/api/sales/tickets/<int:row_id>/lines", post_line),
    ("DELETE", "/api/sales/tickets/<int:row_id>/lines/<int:line_id>", delete_line),
    ("GET", "/api/sales/tickets/<int:row_id>/payments", list_ticket_payments),
    ("POST", "/api/sales/tickets/<int:row_id>/payments", post_payment),
    ("GET", "/api/payments", list_payments),
    ("GET", "/api/payments/<int:row_id>", get_payment),
]
