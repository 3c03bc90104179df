"""One Heartland account over HTTP: paths, lists, writes. One request at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import NeedsOwner, TryLater
from integrations.connector_kit.http import Answer, Session
from integrations.connector_kit.pace import Pacer
from integrations.connectors.heartland.answers import made_id, refusal
from integrations.connectors.heartland.auth import RETAIL, headers

Row = Mapping[str, Any]
Params = Sequence[tuple[str, str]]

# Heartland publishes no limit; parallel writes were seen to fail and about three requests a second
# to work, so that is what we stay under unless the owner of the account says otherwise.
_RATE = 3.0
_MOST = 1000.0
PAGE = 100
# A gift card is asked for by its number, which is money.
_CARD_NUMBER = re.compile(r"/gift_cards/(?P<hidden>[^/?]+)")


class HeartlandClient:
    """A connected account. Safe for the threads of one lane; requests leave one after another."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.words: dict[str, str] = {}
        """Spellings that worked here, where Heartland's own documents leave them open."""
        rate = _rate(account)
        self._session = Session(
            account,
            headers=headers(account),
            concurrency=1,
            pacer=Pacer(rate, max(rate, 1.0)),
            hidden=(_CARD_NUMBER,),
        )
        path = account.base_url.rstrip("/")
        self._prefix = "" if account.flavour != RETAIL or path.endswith("/api") else "/api"

    def close(self) -> None:
        self._session.close()

    def find(self, path: str, params: Params = (), *, what: str = "") -> Row | None:
        """One record, None when there is none."""
        answer = self._send("GET", path, params=params)
        if answer.status == 404:
            return None
        self._check(answer, what or path)
        return _object(answer, what or path)

    def get(self, path: str, params: Params = (), *, what: str = "") -> Row:
        """One record or list. Raises Refused when it is not there."""
        answer = self._send("GET", path, params=params)
        self._check(answer, what or path)
        return _object(answer, what or path)

    def page(self, path: str, params: Params = ()) -> Sequence[Row]:
        """The rows of one page of a list."""
        return rows_of(self.get(path, params), path)

    def every(self, path: str, params: Params = (), *, size: int = PAGE) -> Iterator[Row]:
        """All rows of a list, page after page."""
        number = 1
        while True:
            sized = (*params, ("page", str(number)), ("per_page", str(size)))
            body = self.get(path, sized)
            rows = rows_of(body, path)
            yield from rows
            if not rows or number >= int(body.get("pages") or 1):
                return
            number += 1

    def create(
        self, path: str, body: Row, *, what: str, extra: Mapping[str, str] | None = None
    ) -> str:
        """Id of the record made. Raises Refused naming the fields Heartland complained of."""
        answer = self.post(path, body, what=what, extra=extra)
        return made_id(answer, what)

    def post(
        self, path: str, body: Row, *, what: str, extra: Mapping[str, str] | None = None
    ) -> Answer:
        answer = self._send("POST", path, body=body, extra=extra)
        self._check(answer, what)
        return answer

    def update(self, path: str, body: Row, *, what: str) -> None:
        """Heartland: PUT is partial, fields that are not sent stay as they are."""
        self._check(self._send("PUT", path, body=body), what)

    def delete(self, path: str, *, what: str) -> None:
        """Gone already is as good as deleted."""
        answer = self._send("DELETE", path)
        if answer.status != 404:
            self._check(answer, what)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        body: Row | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Answer:
        return self._session.request(
            method,
            self._prefix + path,
            params=list(params),
            body=body,
            headers=dict(extra or {}),
            # The number of a gift card is money.
            secret=path.startswith("/gift_card"),
        )

    @staticmethod
    def _check(answer: Answer, what: str) -> None:
        if answer.status >= 300:
            raise refusal(answer, what)


def _rate(account: Account) -> float:
    text = account.setting("requests_per_second")
    try:
        rate = float(text) if text else _RATE
    except ValueError:
        rate = 0.0
    if not 0 < rate <= _MOST:
        raise NeedsOwner(f"Requests a second must be a number from above 0 to {_MOST:.0f}.")
    return rate


def client_of(client: object) -> HeartlandClient:
    return cast(HeartlandClient, client)


def rows_of(body: Row, what: str) -> Sequence[Row]:
    """The rows of a list answer: `results` at Heartland Retail, `Data` at the unified service."""
    rows = body.get("results", body.get("Data"))
    if not isinstance(rows, list):
        raise TryLater(f"{what}: Heartland answered a list without rows.")
    return rows


def matching(conditions: Mapping[str, Any]) -> tuple[str, str]:
    """Heartland: `_filter` takes conditions as JSON, several of them mean "and"."""
    return ("_filter", json.dumps(conditions, separators=(",", ":")))


def _object(answer: Answer, what: str) -> Row:
    body = answer.json()
    if not isinstance(body, Mapping):
        raise TryLater(f"{what}: Heartland answered with something other than an object.")
    return body
