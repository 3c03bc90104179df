"""Shopify's three error layers, in order: HTTP status, top-level `errors`, `userErrors`.

Shopify: GraphQL Admin API, response status and error codes; rate limits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.connector_kit.errors import ConnectorError, NeedsOwner, Rejected, TryLater

_SCOPE = re.compile(r"\b(?:read|write)_[a-z_]+\b")

# A refused key of an idempotent mutation whose first attempt is still running.
IN_PROGRESS = "IDEMPOTENCY_CONCURRENT_REQUEST"


class TooCostly(Rejected):
    """The query asks for more than Shopify allows in one call; ask for fewer records."""


@dataclass(frozen=True)
class Cost:
    """What one call took from the budget. Amounts are points; `rate` is points a second."""

    requested: float
    available: float
    rate: float
    maximum: float


@dataclass(frozen=True)
class Reply:
    """`data` of an answer. `denied`: fields Shopify left out, with the scope each one needs.

    `version`: the API version that answered, which may differ from the one asked for.
    """

    data: Mapping[str, Any]
    denied: Mapping[str, str]
    version: str = ""


def check_status(status: int, text: str) -> None:
    """The first layer, for the statuses that the kit's session hands back."""
    if status == 200:
        return
    if status == 402:
        raise NeedsOwner("The Shopify shop is frozen until its owner settles a bill with Shopify.")
    if status == 404:
        raise NeedsOwner("There is no Shopify shop at this address, or it was closed.")
    if status == 423:
        raise NeedsOwner("The Shopify shop is locked; its owner must contact Shopify.")
    if status == 430:
        raise TryLater("Shopify refused the call for security reasons.", after=60)
    raise Rejected(
        f"Shopify answered with HTTP status {status}",
        field="request",
        said=text[:200],
        advice="Send this message to support; the record itself is likely fine.",
    )


def cost_of(body: Mapping[str, Any]) -> Cost | None:
    """The budget part of an answer; None when it is missing or not complete."""
    extensions = body.get("extensions") or {}
    cost = extensions.get("cost") or {}
    status = cost.get("throttleStatus") or {}
    numbers = (
        cost.get("requestedQueryCost"),
        status.get("currentlyAvailable"),
        status.get("restoreRate"),
        status.get("maximumAvailable"),
    )
    found = [float(number) for number in numbers if isinstance(number, int | Decimal)]
    return Cost(*found) if len(found) == 4 else None


def reply(operation: str, body: Mapping[str, Any], version: str = "") -> Reply:
    """The second layer. Raises when nothing usable came; a denied field alone is reported.

    An answer can hold data and errors together (one field without its scope), so errors alone
    do not make it a failure.
    """
    data = body.get("data")
    errors: Sequence[Mapping[str, Any]] = _errors(body)
    usable = isinstance(data, Mapping) and any(value is not None for value in data.values())
    denied: dict[str, str] = {}
    for error in errors:
        if usable and _code(error) == "ACCESS_DENIED":
            denied[_path(error)] = scopes(error)
        else:
            raise _failure(operation, error, body)
    if not isinstance(data, Mapping):
        raise TryLater(f"Shopify answered {operation} without data.")
    return Reply(data=data, denied=denied, version=version)


def scopes(error: Mapping[str, Any]) -> str:
    """The access scopes an ACCESS_DENIED error asks for, as one text."""
    words = str((error.get("extensions") or {}).get("requiredAccess") or error.get("message") or "")
    return " or ".join(dict.fromkeys(_SCOPE.findall(words))) or "a scope Shopify does not name"


def _failure(operation: str, error: Mapping[str, Any], body: Mapping[str, Any]) -> ConnectorError:
    code = _code(error)
    said = str(error.get("message") or code)
    if code == "THROTTLED":
        cost = cost_of(body)
        wait = (cost.requested - cost.available) / cost.rate if cost and cost.rate else 1.0
        return TryLater("Shopify's rate limit is used up.", after=max(wait, 0.1), throttled=True)
    if code == "INTERNAL_SERVER_ERROR":
        return TryLater(f"Shopify failed inside while running {operation}.")
    if code == "ACCESS_DENIED":
        return NeedsOwner(
            f"Shopify refuses {operation}: the app lacks the access scope {scopes(error)}."
            " Grant it in Shopify, then reconnect."
        )
    kind = TooCostly if code == "MAX_COST_EXCEEDED" else Rejected
    return kind(
        f"Shopify refused {operation}: {said}",
        field=_path(error) or "request",
        said=f"{code}: {said}" if code else said,
        advice="Send this message to support; the call itself is not accepted by Shopify.",
    )


def _errors(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    errors = body.get("errors")
    if isinstance(errors, str):
        return [{"message": errors}]
    return [error for error in errors or [] if isinstance(error, Mapping)]


def _code(error: Mapping[str, Any]) -> str:
    return str((error.get("extensions") or {}).get("code") or "")


def _path(error: Mapping[str, Any]) -> str:
    return ".".join(str(step) for step in error.get("path") or ())
