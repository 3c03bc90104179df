"""Sales orders over HTTP: the steps of the saga (3.5)."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.retail import sales
from integrations.connectors.heartland.sandbox.retail.shared import (
    changed,
    created,
    line_of,
    row_of,
)
from integrations.connectors.heartland.sandbox.state import orders, payments
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.values import Row
from integrations.connectors.heartland.sandbox.wire.answers import (
    Route,
    answer,
    body_of,
    embedded,
    view,
)
from integrations.connectors.heartland.sandbox.wire.lists import listing

_PATH = "/sales/orders"


def _order(account: Account, row_id: int) -> Row:
    return row_of(account.orders, row_id, "Sales order")


def list_orders(account: Account, request: Request) -> Response:
    return listing(account, request, account.orders.values(), sales.ORDER_EMBEDS)


def post_order(account: Account, request: Request) -> Response:
    return created(account, f"{_PATH}/{orders.create(account, body_of(request))['id']}")


def get_order(account: Account, request: Request, row_id: int) -> Response:
    return answer(embedded(account, _order(account, row_id), request, sales.ORDER_EMBEDS))


def put_order(account: Account, request: Request, row_id: int) -> Response:
    orders.update(account, _order(account, row_id), body_of(request))
    return changed()


def list_lines(account: Account, request: Request, row_id: int) -> Response:
    return listing(account, request, sales.lines(account, _order(account, row_id)))


def post_line(account: Account, request: Request, row_id: int) -> Response:
    line = orders.add_line(account, _order(account, row_id), body_of(request))
    return created(account, f"{_PATH}/{row_id}/lines/{line['id']}")


def get_line(account: Account, request: Request, row_id: int, line_id: int) -> Response:
    _order(account, row_id)
    return answer(view(line_of(account.lines.get(row_id, []), line_id)))


def put_line(account: Account, request: Request, row_id: int, line_id: int) -> Response:
    order = _order(account, row_id)
    line = line_of(account.lines.get(row_id, []), line_id)
    orders.update_line(account, order, line, body_of(request))
    return changed()


def delete_line(account: Account, request: Request, row_id: int, line_id: int) -> Response:
    order = _order(account, row_id)
    orders.delete_line(account, order, line_of(account.lines.get(row_id, []), line_id))
    return Response(status=204)


def list_payments(account: Account, request: Request, row_id: int) -> Response:
    return listing(account, request, sales.paid(account, _order(account, row_id)))


def post_payment(account: Account, request: Request, row_id: int) -> Response:
    payment = payments.pay(account, _order(account, row_id), body_of(request))
    return created(account, f"{_PATH}/{row_id}/payments/{payment['id']}")


ROUTES: list[Route] = [
    ("GET", "/api/sales/orders", list_orders),
    ("POST", "/api/sales/orders", post_order),
    ("GET", "/api/sales/orders/<int:row_id>", get_order),
    ("PUT", "/api/sales/orders/<int:row_id>", put_order),
    ("GET", "/api/sales/orders/<int:row_id>/lines", list_lines),
    ("POST", "/api/sales/orders/<int:row_id>/lines", post_line),
    ("GET", "/api/sales/orders/<int:row_id>/lines/<int:line_id>", get_line),
    ("PUT", "/api/sales/orders/<int:row_id>/lines/<int:line_id>", put_line),
    ("DELETE", "/api/sales/orders/<int:row_id>/lines/<int:line_id>", delete_line),
    ("GET", "/api/sales/orders/<int:row_id>/payments", list_payments),
    ("POST", "/api/sales/orders/<int:row_id>/payments", post_payment),
]
