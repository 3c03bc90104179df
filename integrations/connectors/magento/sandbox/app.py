"""The WSGI application: which path leads where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.control import ACCOUNT, ROUTES, Handler
from integrations.connector_kit.sandbox.values import BadRequest
from integrations.connectors.magento.sandbox import (
    admin,
    control,
    endpoint,
    handshake,
    operations,
    pages,
    stores,
)
from integrations.connectors.magento.sandbox.accounts import Accounts
from integrations.connectors.magento.sandbox.catalogue import (
    attribute_calls,
    media,
    prices,
    product_writing,
    products,
    variants,
)
from integrations.connectors.magento.sandbox.events import control as event_control
from integrations.connectors.magento.sandbox.events import routes as event_routes
from integrations.connectors.magento.sandbox.inventory import (
    salable,
    source_items,
    sources,
    stock_items,
)
from integrations.connectors.magento.sandbox.people import customers, metadata, regions
from integrations.connectors.magento.sandbox.replies import json_reply
from integrations.connectors.magento.sandbox.routing import Table
from integrations.connectors.magento.sandbox.sales import control as sales_control
from integrations.connectors.magento.sandbox.sales import routes as sales_routes

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

API = Table(
    (
        *stores.ROUTES,
        *admin.ROUTES,
        *operations.ROUTES,
        *products.ROUTES,
        *product_writing.ROUTES,
        *prices.ROUTES,
        *media.ROUTES,
        *attribute_calls.ROUTES,
        *variants.ROUTES,
        *stock_items.ROUTES,
        *source_items.ROUTES,
        *sources.ROUTES,
        *salable.ROUTES,
        *customers.ROUTES,
        *regions.ROUTES,
        *metadata.ROUTES,
        *sales_routes.ROUTES,
        *event_routes.ROUTES,
    )
)

_ACTIONS: Mapping[str, control.Action] = {
    **control.ACTIONS,
    **sales_control.ACTIONS,
    **event_control.ACTIONS,
}

# These lock the shop for each order by itself, so that a thousand of them do not stop its API.
_SELF_LOCKING = ("orders",)


def _rest(accounts: Accounts, request: Request, name: str, path: str) -> Response:
    return endpoint.serve(accounts.get(name), API, request, operations.enqueue)


def _key(accounts: Accounts, _request: Request, name: str, path: str) -> Response:
    """The public key of Adobe's events, in the place of Adobe's own host."""
    events = accounts.get(name).events
    if f"/{path}" != events.key_path:
        raise NotFound("no key is published there")
    return Response(events.keys.get().public_pem, mimetype="application/x-pem-file")


_PLACES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/stores/<name>/oauth/token/request", handshake.request_token),
    ("POST", "/stores/<name>/oauth/token/access", handshake.access_token),
    *ROUTES,
    ("PATCH", ACCOUNT, control.change_account),
    ("POST", f"{ACCOUNT}/activate", control.acting(handshake.activate, is_locked=False)),
    ("GET", "/stores/<name>/adobe/<path:path>", _key),
    ("GET", "/", pages.index),
    ("GET", "/stores/<name>/", pages.shop_front),
    ("GET", "/stores/<name>/magento_version", pages.version),
    ("GET", f"/stores/<name>{handshake.DONE}", pages.integration_done),
    ("POST", "/stores/<name>/buy", pages.buy),
    ("POST", "/stores/<name>/fail", pages.fail),
    *(
        ("POST", f"{ACCOUNT}/{path}", control.acting(action, is_locked=path not in _SELF_LOCKING))
        for path, action in _ACTIONS.items()
    ),
)
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def create(options: Mapping[str, str]) -> WsgiApp:
    """A sandbox with no account yet. `options`: public_url (where it is reached), seed (of
    accounts that name none)."""
    accounts = Accounts(options.get("public_url", ""), options.get("seed", "7"))
    rules = [Rule(path, endpoint=handler, methods=[method]) for method, path, handler in _PLACES]
    # Without rewriting of addresses a shop is asked through index.php, which works with it too.
    for prefix in ("", "/index.php"):
        path = f"/stores/<name>{prefix}/rest/<path:path>"
        rules.append(Rule(path, endpoint=_rest, methods=_METHODS))
    routes = Map(rules, merge_slashes=False)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return _dispatch(routes, accounts, environ)(environ, start_response)

    return application


def _dispatch(routes: Map, accounts: Accounts, environ: dict[str, Any]) -> Response:
    request = Request(environ)
    try:
        handler, values = routes.bind_to_environ(environ).match()
        answer: Response = handler(accounts, request, **values)
        if "name" in values and request.method != "DELETE":
            answer.date = accounts.get(values["name"]).now()
    except BadRequest as error:
        return json_reply({"error": str(error)}, 400)
    except HTTPException as error:
        if isinstance(error.response, Response):
            return error.response
        return json_reply({"error": error.description or error.name}, error.code or 500)
    return answer
