"""/v1/webhooks."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.state import subscriptions
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import missing
from integrations.connectors.heartland.sandbox.state.values import Body
from integrations.connectors.heartland.sandbox.unified import shapes
from integrations.connectors.heartland.sandbox.unified.paging import page
from integrations.connectors.heartland.sandbox.unified.shared import idempotent
from integrations.connectors.heartland.sandbox.wire.answers import Route, answer, body_of


def list_webhooks(account: Account, request: Request) -> Response:
    rows = subscriptions.of_flavour(account, "unified_v1")
    return page(account, request, rows, shapes.webhook)


@idempotent
def post_webhook(account: Account, request: Request) -> Response:
    """{Url, Events}. The case of the two names does not matter: the seeds do not give them."""
    body = body_of(request)
    row = subscriptions.create(
        account, _any_case(body, "url"), _any_case(body, "events"), flavour="unified_v1"
    )
    return answer(shapes.webhook(account, row), 201)


def delete_webhook(account: Account, request: Request, webhook_id: int) -> Response:
    if webhook_id not in {row["id"] for row in subscriptions.of_flavour(account, "unified_v1")}:
        raise missing("Webhook")
    del account.webhooks[webhook_id]
    return Response(status=204)


def _any_case(body: Body, name: str) -> Any:
    return next((value for key, value in body.items() if key.lower() == name), None)


ROUTES: list[Route] = [
    ("GET", "/v1/webhooks", list_webhooks),
    ("POST", "/v1/webhooks", post_webhook),
    ("DELETE", "/v1/webhooks/<int:webhook_id>", delete_webhook),
]
