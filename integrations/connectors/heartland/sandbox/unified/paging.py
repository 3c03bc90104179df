"""`{"Data": [...], "NextCursor": null}`: oldest change first, so a cursor never skips a record."""

from __future__ import annotations

import base64
import binascii
import heapq
from collections.abc import Callable, Iterable

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.state.values import Row, moment, stamp
from integrations.connectors.heartland.sandbox.wire.answers import answer

USUAL_LIMIT = 50
MOST_LIMIT = 250

Shape = Callable[[Account, Row], Row]
Position = tuple[str, str]


def page(
    account: Account,
    request: Request,
    rows: Iterable[Row],
    shape: Shape,
    key: Callable[[Row], str] = lambda row: f"{row['id']:012d}",
) -> Response:
    """One page of the rows changed at or after `updated_since`, from `cursor` on."""
    placed = [((_changed(row), key(row)), row) for row in rows]
    since = _since(request)
    if since:
        placed = [(where, row) for where, row in placed if where[0] >= since]
    after = _position(request)
    if after:
        placed = [(where, row) for where, row in placed if where > after]
    limit = _limit(request)
    nearest = heapq.nsmallest(limit + 1, placed, key=lambda entry: entry[0])
    shown = nearest[:limit]
    following = _cursor(shown[-1][0]) if len(nearest) > limit else None
    return answer({"Data": [shape(account, row) for _, row in shown], "NextCursor": following})


def _changed(row: Row) -> str:
    return str(row.get("updated_at") or row["_updated_at"])


def _since(request: Request) -> str:
    text = request.args.get("updated_since", "")
    if not text:
        return ""
    found = moment(text)
    if found is None:
        raise _bad("updated_since", "is not a time")
    return stamp(found)


def _limit(request: Request) -> int:
    text = request.args.get("limit", str(USUAL_LIMIT))
    if not text.isdecimal() or int(text) == 0:
        raise _bad("limit", "must be a positive number")
    return min(int(text), MOST_LIMIT)


def _cursor(where: Position) -> str:
    return base64.urlsafe_b64encode("|".join(where).encode()).decode()


def _position(request: Request) -> Position | None:
    text = request.args.get("cursor", "")
    if not text:
        return None
    try:
        raw = base64.b64decode(text.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise _bad("cursor", "is not a cursor of ours") from None
    changed, bar, key = raw.partition("|")
    if not bar:
        raise _bad("cursor", "is not a cursor of ours")
    return changed, key


def _bad(field: str, said: str) -> Refusal:
    return Refusal(400, "bad_request", f"{field} {said}", {field: [said]})
