"""Sales invoices over HTTP: the last steps of the saga, and the only sign of a shipment (3.5)."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.retail import sales
from integrations.connectors.heartland.sandbox.retail.shared import (
    changed,
    created,
    line_of,
    row_of,
)
from integrations.connectors.heartland.sandbox.state import invoices
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.values import Row
from integrations.connectors.heartland.sandbox.wire.answers import Route, answer, body_of, embedded
from integrations.connectors.heartland.sandbox.wire.lists import listing

_PATH = "/sales/invoices"


def _invoice(account: Account, row_id: int) -> Row:
    return row_of(account.invoices, row_id, "Sales invoice")


def list_invoices(account: Account, request: Request) -> Response:
    return listing(account, request, account.invoices.values(), sales.ORDER_EMBEDS)


def post_invoice(account: Account, request: Request) -> Response:
    copies_lines = account.options.invoice_copies_lines
    row = invoices.create(account, body_of(request), copies_lines=copies_lines)
    return created(account, f"{_PATH}/{row['id']}")


def get_invoice(account: Account, request: Request, row_id: int) -> Response:
    return answer(embedded(account, _invoice(account, row_id), request, sales.ORDER_EMBEDS))


def put_invoice(account: Account, request: Request, row_id: int) -> Response:
    invoices.update(account, _invoice(account, row_id), body_of(request))
    return changed()


def list_lines(account: Account, request: Request, row_id: int) -> Response:
    return listing(account, request, sales.lines(account, _invoice(account, row_id)))


def post_line(account: Account, request: Request, row_id: int) -> Response:
    line = invoices.add_line(account, _invoice(account, row_id), body_of(request))
    return created(account, f"{_PATH}/{row_id}/lines/{line['id']}")


def put_line(account: Account, request: Request, row_id: int, line_id: int) -> Response:
    invoice = _invoice(account, row_id)
    line = line_of(account.lines.get(row_id, []), line_id)
    invoices.update_line(account, invoice, line, body_of(request))
    return changed()


def delete_line(account: Account, request: Request, row_id: int, line_id: int) -> Response:
    invoice = _invoice(account, row_id)
    invoices.delete_line(account, invoice, line_of(account.lines.get(row_id, []), line_id))
    return Response(status=204)


ROUTES: list[Route] = [
    ("GET", "/api/sales/invoices", list_invoices),
    ("POST", "/api/sales/invoices", post_invoice),
    ("GET", "/api/sales/invoices/<int:row_id>", get_invoice),
    ("PUT", "/api/sales/invoices/<int:row_id>", put_invoice),
    ("GET", "/api/sales/invoices/<int:row_id>/lines", list_lines),
    ("POST", "/api/sales/invoices/<int:row_id>/lines", post_line),
    ("PUT", "/api/sales/invoices/<int:row_id>/lines/<int:line_id>", put_line),
    ("DELETE", "/api/sales/invoices/<int:row_id>/lines/<int:line_id>", delete_line),
]
