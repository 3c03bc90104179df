"""Webhook registrations over HTTP (3.9)."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.retail.shared import created, row_of
from integrations.connectors.heartland.sandbox.state import subscriptions
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.values import Row
from integrations.connectors.heartland.sandbox.wire.answers import Route, answer, body_of, embedded
from integrations.connectors.heartland.sandbox.wire.lists import listing


def _webhook(account: Account, row_id: int) -> Row:
    own = {row["id"]: row for row in subscriptions.of_flavour(account, "retail")}
    return row_of(own, row_id, "Webhook")


def list_webhooks(account: Account, request: Request) -> Response:
    return listing(account, request, subscriptions.of_flavour(account, "retail"))


def post_webhook(account: Account, request: Request) -> Response:
    body = body_of(request)
    row = subscriptions.create(account, body.get("url"), body.get("events"), flavour="retail")
    return created(account, f"/webhooks/{row['id']}")


def get_webhook(account: Account, request: Request, row_id: int) -> Response:
    return answer(embedded(account, _webhook(account, row_id), request))


def delete_webhook(account: Account, request: Request, row_id: int) -> Response:
    del account.webhooks[_webhook(account, row_id)["id"]]
    return Response(status=204)


ROUTES: list[Route] = [
    ("GET", "/api/webhooks", list_webhooks),
    ("POST", "/api/webhooks", post_webhook),
    ("GET", "/api/webhooks/<int:row_id>", get_webhook),
    ("DELETE", "/api/webhooks/<int:row_id>", delete_webhook),
]
