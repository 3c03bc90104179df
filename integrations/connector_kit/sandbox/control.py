"""The part of the control API that every store's sandbox has: accounts, faults and the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.accounts import Accounts
from integrations.connector_kit.sandbox.faults import Fault, FaultKind
from integrations.connector_kit.sandbox.replies import json_reply
from integrations.connector_kit.sandbox.values import BadRequest, decimal_of, whole_of

Handler = Callable[..., Response]
AnyAccounts = Accounts[Any, Any]

ACCOUNT = "/_sandbox/accounts/<name>"


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request, {} without a body. Raises BadRequest."""
    if not request.get_data():
        return {}
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body


def list_accounts(accounts: AnyAccounts, _request: Request) -> Response:
    return json_reply({"accounts": [account.name for account in accounts.all()]})


def create_account(accounts: AnyAccounts, request: Request) -> Response:
    return json_reply(accounts.create(body_of(request)).connection_details())


def delete_account(accounts: AnyAccounts, _request: Request, name: str) -> Response:
    accounts.delete(name)
    return json_reply({"deleted": name})


def add_fault(accounts: AnyAccounts, request: Request, name: str) -> Response:
    """{kind, match, value, times, seconds}, as faults.Fault has them."""
    body = body_of(request)
    try:
        kind = FaultKind(str(body.get("kind", "")))
    except ValueError as error:
        raise BadRequest(f"kind must be one of {', '.join(FaultKind)}") from error
    accounts.get(name).faults.add(
        Fault(
            kind=kind,
            match=str(body.get("match", "")),
            value=float(decimal_of(body.get("value", 0), "value")),
            times=whole_of(body.get("times", 1), "times", least=-1),
            seconds=float(decimal_of(body.get("seconds", 0), "seconds")),
        )
    )
    return json_reply({"added": kind.value})


def clear_faults(accounts: AnyAccounts, _request: Request, name: str) -> Response:
    accounts.get(name).faults.clear()
    return json_reply({"cleared": True})


def read_log(accounts: AnyAccounts, _request: Request, name: str) -> Response:
    return json_reply(accounts.get(name).journal.figures())


def clear_log(accounts: AnyAccounts, _request: Request, name: str) -> Response:
    accounts.get(name).journal.clear()
    return json_reply({"cleared": True})


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_sandbox/accounts", list_accounts),
    ("POST", "/_sandbox/accounts", create_account),
    ("DELETE", ACCOUNT, delete_account),
    ("POST", f"{ACCOUNT}/faults", add_fault),
    ("DELETE", f"{ACCOUNT}/faults", clear_faults),
    ("GET", f"{ACCOUNT}/log", read_log),
    ("DELETE", f"{ACCOUNT}/log", clear_log),
)
