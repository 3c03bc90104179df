"""The WSGI application: which path leads where, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter, RequestRedirect, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox import control, page
from integrations.connectors.heartland.sandbox.retail import shared as retail
from integrations.connectors.heartland.sandbox.retail import system
from integrations.connectors.heartland.sandbox.retail.routes import ROUTES as RETAIL_ROUTES
from integrations.connectors.heartland.sandbox.state.account import Clock, real_time
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.tenants import Tenants
from integrations.connectors.heartland.sandbox.unified import shared as unified
from integrations.connectors.heartland.sandbox.unified.routes import ROUTES as UNIFIED_ROUTES
from integrations.connectors.heartland.sandbox.wire.answers import Route
from integrations.connectors.heartland.sandbox.wire.gate import Call, Flavour, admit, bearer

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_RETAIL = Flavour(refuse=retail.refuse, token=bearer, exclusive=True)
_UNIFIED = Flavour(refuse=unified.refuse, token=unified.token, exclusive=False)
_LARGEST_BODY = 16_000_000


def _map(routes: Iterable[Route]) -> Map:
    return Map(
        [Rule(path, methods=[method], endpoint=handler) for method, path, handler in routes],
        redirect_defaults=False,
    )


_TENANT_MAP = _map([*RETAIL_ROUTES, *UNIFIED_ROUTES, *system.PUBLIC_ROUTES])
_PUBLIC = {handler for _, _, handler in system.PUBLIC_ROUTES}
_OUTER_MAP = _map(
    [
        ("GET", "/", page.accounts_page),
        ("GET", "/tenants/<name>/", page.account_page),
        ("POST", "/tenants/<name>/actions/<any(sell, stock, fail, clear):action>", page.act),
        *control.ROUTES,
    ]
)


def create(options: Mapping[str, str], *, clock: Clock = real_time) -> WsgiApp:
    """A sandbox without accounts yet. Options: `public_url`, `seed`."""
    tenants = Tenants(
        options.get("public_url", "http://localhost"), options.get("seed", "7"), clock
    )

    @Request.application
    def app(request: Request) -> Response:
        request.max_content_length = _LARGEST_BODY
        try:
            return _routed(tenants, request)
        except Refusal as refusal:
            return retail.refuse(refusal)
        except HTTPException as problem:
            return _problem(problem, _RETAIL)

    wsgi: WsgiApp = app
    return wsgi


def _routed(tenants: Tenants, request: Request) -> Response:
    parts = request.path.split("/", 3)
    if len(parts) == 4 and parts[1] == "tenants":
        below = f"/{parts[3]}"
        if below.split("/")[1] in ("api", "v1", "oauth"):
            return _call(tenants, request, parts[2], below)
    handler, arguments = _adapter(_OUTER_MAP, request).match(request.path, request.method)
    response: Response = handler(tenants, request, **arguments)
    return response


def _call(tenants: Tenants, request: Request, name: str, below: str) -> Response:
    tenant = tenants.get(name)
    flavour = _UNIFIED if below.startswith("/v1") else _RETAIL
    try:
        rule, arguments = _adapter(_TENANT_MAP, request).match(
            below, request.method, return_rule=True
        )
    except HTTPException as problem:
        return _problem(problem, flavour)
    call = Call(
        request=request,
        below=below,
        route=f"{request.method} {rule.rule}",
        handler=rule.endpoint,
        arguments=arguments,
        public=rule.endpoint in _PUBLIC,
    )
    return admit(tenant.account, tenant.faults, tenant.traffic, flavour, call)


def _adapter(routes: Map, request: Request) -> MapAdapter:
    return routes.bind(request.host)


def _problem(problem: HTTPException, flavour: Flavour) -> Response:
    """404 and 405 as JSON. Redirects (a missing slash) stay what they are."""
    status = problem.code or 500
    if isinstance(problem, RequestRedirect):
        return redirect(problem.new_url, code=status)
    word = "not_found" if status == 404 else problem.name.lower().replace(" ", "_")
    return flavour.refuse(Refusal(status, word, problem.name))
