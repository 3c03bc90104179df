"""Refusals, look-ups and idempotency of the unified_v1 flavour."""

from __future__ import annotations

import hashlib
from functools import wraps

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal, missing
from integrations.connectors.heartland.sandbox.state.values import Row, Table
from integrations.connectors.heartland.sandbox.wire.answers import Handler, answer
from integrations.connectors.heartland.sandbox.wire.gate import bearer

MOST_REPLIES = 20_000


def refuse(refusal: Refusal) -> Response:
    """`{Error, Message, Details}`; wrong values are 422 in this flavour."""
    status = 422 if refusal.error == "validation_error" else refusal.status
    said = {"Error": refusal.error, "Message": refusal.message}
    return answer({**said, "Details": refusal.details} if refusal.details else said, status)


def token(request: Request) -> str:
    """OAuth bearer or API key, whichever the client has."""
    return bearer(request) or request.headers.get("X-API-Key", "")


def wrong(field: str, said: str) -> Refusal:
    """A value that cannot be taken; `field` is its path in the body."""
    return Refusal(422, "validation_error", f"{field} {said}", {field: [said]})


def by_public_id(table: Table, public_id: str, thing: str) -> Row:
    """The record of this visible number. Raises not_found."""
    for row in table.values():
        if row["public_id"] == public_id:
            return row
    raise missing(thing)


def idempotent(handler: Handler) -> Handler:
    """The same Idempotency-Key gives the same answer once; with another body it is a conflict.

    Only successes are kept, so a refused request may be corrected and sent again under its key.
    """

    @wraps(handler)
    def once(account: Account, request: Request, **arguments: object) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return handler(account, request, **arguments)
        name = f"{request.path} {key}"
        digest = hashlib.sha256(request.get_data()).hexdigest()
        if name in account.replies:
            known, (status, content) = account.replies[name]
            if known != digest:
                said = "This Idempotency-Key was used with another body"
                raise Refusal(409, "idempotency_conflict", said)
            replay = Response(content, status=status, content_type="application/json")
            replay.headers["Idempotent-Replayed"] = "true"
            return replay
        response = handler(account, request, **arguments)
        if len(account.replies) >= MOST_REPLIES:
            account.replies.pop(next(iter(account.replies)))
        account.replies[name] = (digest, (response.status_code, response.get_data()))
        return response

    return once
