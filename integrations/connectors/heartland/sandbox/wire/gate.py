"""What stands before every API handler: faults, limits, credentials, the log."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.faults import HANG_SECONDS, FaultKind, Faults
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.wire.answers import Handler
from integrations.connectors.heartland.sandbox.wire.traffic import Traffic

_READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Flavour:
    """How one API refuses and recognises. `exclusive`: two writes at once are one too many."""

    refuse: Callable[[Refusal], Response]
    token: Callable[[Request], str]
    exclusive: bool


@dataclass(frozen=True)
class Call:
    """One request and where it leads. `below` is its path below the account, for faults.

    `public` handlers (the OAuth exchange) need no token.
    """

    request: Request
    below: str
    route: str
    handler: Handler
    arguments: Mapping[str, Any]
    public: bool = False


def admit(
    account: Account, faults: Faults, traffic: Traffic, flavour: Flavour, call: Call
) -> Response:
    """Answers one call, or breaks its connection when a fault says so."""
    method = call.request.method
    what = f"{method} {call.below}"
    writing = method not in _READING
    # Read first: a body left unread would make the answer race with a connection reset.
    call.request.get_data()
    status = 0
    admitted = traffic.enter(call.route, writing=writing, exclusive=flavour.exclusive)
    try:
        if faults.take(FaultKind.REFUSE, what):
            _break(call.request)
        _be_slow(account, faults, what, writing=writing and admitted)
        try:
            response = _answer(account, faults, flavour, call, what, admitted=admitted)
        except Refusal as refusal:
            response = _refusal(flavour, refusal)
        if faults.take(FaultKind.LOST_ANSWER, what):
            _break(call.request)
        status = response.status_code
    finally:
        traffic.leave(status, admitted=admitted, writing=writing)
    _hold_back(faults, call.request, what)
    response.date = account.wall_clock()
    return response


def _answer(
    account: Account, faults: Faults, flavour: Flavour, call: Call, what: str, *, admitted: bool
) -> Response:
    if not call.public:
        known = flavour.token(call.request) in account.tokens
        if faults.take(FaultKind.REVOKE, what) or not known:
            raise Refusal(401, "unauthorized", "The token is missing, unknown or revoked")
    throttle = faults.take(FaultKind.THROTTLE, what)
    if throttle:
        raise _too_many(int(throttle.value))
    if not admitted:
        raise _too_many(account.options.retry_after)
    failure = faults.take(FaultKind.STATUS, what)
    if failure:
        raise Refusal(int(failure.value) or 500, "sandbox_fault", "Failed on request")
    with account.transaction():
        return call.handler(account, call.request, **call.arguments)


def _too_many(retry_after: int) -> Refusal:
    return Refusal(429, "too_many_requests", "Too many requests", retry_after=retry_after)


def _refusal(flavour: Flavour, refusal: Refusal) -> Response:
    response = flavour.refuse(refusal)
    # Whether the real product sends Retry-After is not known, so only when asked to.
    if refusal.retry_after > 0:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _be_slow(account: Account, faults: Faults, what: str, *, writing: bool) -> None:
    latency = faults.take(FaultKind.LATENCY, what)
    seconds = latency.value if latency else 0.0
    if writing:
        seconds += account.options.work_seconds
    if seconds > 0:
        time.sleep(seconds)


def _hold_back(faults: Faults, request: Request, what: str) -> None:
    """Keeps an answer back beyond any patience; the work is done and stands in nobody's way."""
    hang = faults.take(FaultKind.HANG, what)
    if hang is not None:
        time.sleep(hang.value or HANG_SECONDS)
        _break(request)


def _break(request: Request) -> NoReturn:
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("connection broken on request")


def bearer(request: Request) -> str:
    """The token of `Authorization: Bearer`, "" without one."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
