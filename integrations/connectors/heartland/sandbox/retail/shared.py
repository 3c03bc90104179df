"""Answers every resource of the retail API gives alike."""

from __future__ import annotations

from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal, missing
from integrations.connectors.heartland.sandbox.state.values import Row, Table
from integrations.connectors.heartland.sandbox.wire.answers import answer


def created(account: Account, path: str) -> Response:
    """201 with an empty body: the id is in `Location` only (vendor client reads it there)."""
    prefix = urlsplit(account.base_url).path
    return Response(b"", status=201, headers={"Location": f"{prefix}/api{path}"})


def changed() -> Response:
    """200 with an empty object: a PUT does not send the record back."""
    return answer({})


def row_of(table: Table, row_id: int, thing: str) -> Row:
    """The row. Raises not_found."""
    if row_id not in table:
        raise missing(thing)
    return table[row_id]


def line_of(lines: list[Row], line_id: int) -> Row:
    """The line. Raises not_found."""
    for line in lines:
        if line["id"] == line_id:
            return line
    raise missing("Line")


def refuse(refusal: Refusal) -> Response:
    """`{error, message, details}`; `details` only where fields are at fault."""
    said = {"error": refusal.error, "message": refusal.message}
    return answer({**said, "details": refusal.details} if refusal.details else said, refusal.status)
