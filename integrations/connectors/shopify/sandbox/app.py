"""The WSGI application: which path leads where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.control import ACCOUNT, ROUTES, Handler
from integrations.connector_kit.sandbox.replies import json_reply
from integrations.connector_kit.sandbox.values import BadRequest
from integrations.connectors.shopify.sandbox import clock, control, oauth, pages, staging
from integrations.connectors.shopify.sandbox.accounts import Accounts
from integrations.connectors.shopify.sandbox.graph import endpoint

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def _graphql(accounts: Accounts, request: Request, name: str, version: str) -> Response:
    return endpoint.serve(accounts.get(name), version, request)


def _authorize(accounts: Accounts, request: Request, name: str) -> Response:
    return oauth.authorize(accounts.get(name), request)


def _access_token(accounts: Accounts, request: Request, name: str) -> Response:
    return oauth.access_token(accounts.get(name), request)


_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/shops/<name>/admin/api/<version>/graphql.json", _graphql),
    ("GET", "/shops/<name>/admin/oauth/authorize", _authorize),
    ("POST", "/shops/<name>/admin/oauth/authorize", _authorize),
    ("POST", "/shops/<name>/admin/oauth/access_token", _access_token),
    *ROUTES,
    ("PATCH", ACCOUNT, control.change_account),
    ("POST", f"{ACCOUNT}/orders", control.add_orders),
    ("POST", f"{ACCOUNT}/orders/<int:number>/pay", control.pay_order),
    ("POST", f"{ACCOUNT}/orders/<int:number>/cancel", control.cancel_order),
    ("POST", f"{ACCOUNT}/orders/<int:number>/transactions", control.transact),
    ("POST", f"{ACCOUNT}/orders/<int:number>/refund", control.refund_order),
    ("POST", f"{ACCOUNT}/orders/<int:number>/source", staging.change_source),
    ("POST", f"{ACCOUNT}/articles", staging.change_sku),
    ("POST", f"{ACCOUNT}/gift_cards", control.add_gift_card),
    ("POST", f"{ACCOUNT}/gift_cards/use", control.use_gift_card),
    ("POST", f"{ACCOUNT}/stock", control.set_stock),
    ("POST", f"{ACCOUNT}/products/delete", control.delete_product),
    ("POST", f"{ACCOUNT}/uninstall", control.uninstall),
    ("POST", f"{ACCOUNT}/privacy", control.ask_privacy),
    ("GET", "/", pages.index),
    ("GET", "/shops/<name>/", pages.shop_front),
    ("POST", "/shops/<name>/buy", pages.buy),
    ("POST", "/shops/<name>/fail", pages.fail),
)


def create(options: Mapping[str, str]) -> WsgiApp:
    """A sandbox with no account yet. `options`: public_url (where it is reached), seed (of
    accounts that name none)."""
    accounts = Accounts(options.get("public_url", ""), options.get("seed", "7"))
    routes = Map(
        [Rule(path, endpoint=handler, methods=[method]) for method, path, handler in _ROUTES]
    )

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return _dispatch(routes, accounts, environ)(environ, start_response)

    return application


def _dispatch(routes: Map, accounts: Accounts, environ: dict[str, Any]) -> Response:
    request = Request(environ)
    try:
        handler, values = routes.bind_to_environ(environ).match()
        with clock.ahead(accounts.skew(str(values.get("name", "")))):
            answer: Response = handler(accounts, request, **values)
            answer.date = clock.now()
    except BadRequest as error:
        return json_reply({"error": str(error)}, 400)
    except HTTPException as error:
        if isinstance(error.response, Response):
            return error.response
        return json_reply({"errors": error.description or error.name}, error.code or 500)
    return answer
