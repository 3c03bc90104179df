"""One Magento shop over REST: addresses, signatures, lists, errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import ConnectorError, TryLater
from integrations.connector_kit.http import Answer, CredentialsRefused, Session
from integrations.connector_kit.pace import Pacer
from integrations.connectors.magento import answers
from integrations.connectors.magento.auth import OAUTH, Method, Proof, Signing, shop_root
from integrations.connectors.magento.criteria import PAGE, Criteria, query
from integrations.connectors.magento.hidden import HIDDEN
from integrations.connectors.magento.shape import Shape, read_shape

Row = Mapping[str, Any]
Params = Sequence[tuple[str, str]]

# Magento itself has no limit; a small host is busy with two calls at once. What a proxy in front of
# it permits is learnt from what it refuses.
CONCURRENCY = 2
_RATE = 20.0

DEFAULT_STORE = "default"
EVERY_STORE = "all"


# Magento refuses what was signed over ten minutes ahead of it.
_FAR_OFF = timedelta(minutes=5)
# Seconds; a client lives as long as its connection is polled, while the merchant adds store views.
_LOOK_AGAIN = 10.0


@dataclass(frozen=True)
class _Asked:
    """A call to make, maybe twice."""

    method: Method
    address: str
    body: Any
    what: str
    about: str
    secret: bool


@dataclass(frozen=True)
class Results:
    """Rows of a list from `offset` on. `total`: how many there are in all."""

    items: Sequence[Row]
    total: int
    offset: int = 0

    @property
    def following(self) -> int:
        """The offset behind these rows."""
        return self.offset + len(self.items)

    @property
    def more(self) -> bool:
        """By the count, never by an empty page: past its end a list may show its last page again."""
        return bool(self.items) and self.following < self.total


class StoreClient:
    """A connected shop. Safe for the threads of one lane."""

    def __init__(self, account: Account, *, signing: Signing | None = None) -> None:
        self.account = account
        self.root = shop_root(account.base_url)
        self._proof = Proof(account, signing)
        self._session = Session(
            replace(account, base_url=self.root),
            concurrency=CONCURRENCY,
            pacer=Pacer(_RATE, _RATE),
            hidden=HIDDEN,
        )
        self._store = account.setting("store_view", DEFAULT_STORE)
        self.page_limit = max(1, int(float(account.setting("page_size") or PAGE)))
        """Rows a page may hold; less than asked for where the merchant limits it."""
        self.skew = timedelta(0)
        """How far the clock of the shop is ahead of ours, as its last answer had it."""
        self._shape: Shape | None = None
        self._looked_at = 0.0
        self._looking = threading.Lock()

    # --- the shop -----------------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """What the shop is and has; read once."""
        with self._looking:
            if self._shape is None:
                self._shape, self._looked_at = read_shape(self), time.monotonic()
            return self._shape

    def shape_anew(self) -> Shape:
        """As `shape`, asked again now and then: for a record that speaks of what was not there."""
        with self._looking:
            if self._shape is not None and time.monotonic() - self._looked_at >= _LOOK_AGAIN:
                self._shape = None
        return self.shape

    @property
    def signs(self) -> bool:
        """Whether calls are signed, and not just bear the access token."""
        return self._proof.kind == OAUTH

    def now(self) -> datetime:
        """The time at the shop, as far as its answers told."""
        return datetime.now(UTC) + self.skew

    def close(self) -> None:
        self._session.close()

    # --- calls --------------------------------------------------------------------------------

    def get(
        self, path: str, params: Params = (), *, store: str | None = None, about: str = "body"
    ) -> Any:
        """What is there now. Raises NotFound, and the errors of answers.py.

        `path` is from /V1/ on; `about` names the field of the record that the call is about.
        """
        return self.send("GET", path, params, store=store, about=about)

    def post(self, path: str, body: Any, *, store: str | None = None, about: str = "body") -> Any:
        """Writes. Nothing is repeated: a call whose answer was lost may have been carried out."""
        return self.send("POST", path, body=body, store=store, about=about)

    def put(self, path: str, body: Any, *, store: str | None = None, about: str = "body") -> Any:
        return self.send("PUT", path, body=body, store=store, about=about)

    def delete(self, path: str, *, store: str | None = None, about: str = "body") -> Any:
        return self.send("DELETE", path, store=store, about=about)

    def post_async(self, path: str, body: Any, *, store: str | None = None) -> Any:
        """Hands work to the shop's own queue. `path` "inventory/source-items" with one body, or
        "bulk/inventory/source-items" with a list of bodies."""
        kind, _, rest = path.partition("/")
        prefix, path = ("async/bulk", rest) if kind == "bulk" else ("async", path)
        return self.send("POST", path, body=body, store=store, prefix=prefix)

    def send(
        self,
        method: Method,
        path: str,
        params: Params = (),
        *,
        body: Any = None,
        store: str | None = None,
        about: str = "body",
        prefix: str = "",
        secret: bool = False,
    ) -> Any:
        """One call and its decoded answer. `secret` keeps both bodies out of what is kept."""
        scope = "/".join(part for part in (store or self._store, prefix) if part)
        address = f"/rest/{scope}/V1/{path.lstrip('/')}"
        if params:
            address = f"{address}?{query(params)}"
        what = f"{method} {path.partition('?')[0]}"
        asked = _Asked(method, address, body, what, about, secret)
        try:
            answer = self._exchange(asked)
        except answers.ClockRefused:
            # Refused for its time alone, so it was not carried out; the answer told their time.
            if not self._ahead:
                raise
            answer = self._exchange(asked)
        return answer.json() if answer.body else None

    def page_text(self, path: str) -> str:
        """A page of the shop that is made for people, "" when there is none."""
        try:
            answer = self._session.request("GET", f"/{path}", headers={"Accept": "text/plain"})
        except ConnectorError:
            return ""
        kind = answer.headers.get("content-type", "")
        is_short = answer.status == 200 and len(answer.body) < 200
        return answer.text if is_short and "json" not in kind else ""

    def _exchange(self, asked: _Asked) -> Answer:
        header = self._proof.header(asked.method, asked.address, ahead=self._ahead)
        try:
            answer = self._session.request(
                asked.method,
                asked.address,
                body=asked.body,
                headers={"Authorization": header},
                secret=asked.secret,
            )
        except CredentialsRefused as refused:
            self._compare_clocks(refused.answer)
            raise answers.refused_credentials(
                refused,
                kind=self._proof.kind,
                what=asked.what,
                about=asked.about,
                wrote=asked.body is not None,
                now=datetime.now(UTC),
            ) from None
        self._compare_clocks(answer)
        if answer.status >= 400:
            now = datetime.now(UTC)
            raise answers.refusal(answer, what=asked.what, field=asked.about, now=now)
        return answer

    def _compare_clocks(self, answer: Answer) -> None:
        found = answers.skew(answer, datetime.now(UTC))
        if found is not None:
            self.skew = found

    @property
    def _ahead(self) -> float:
        """Seconds that signatures are dated ahead, for a clock that is far off; else 0."""
        return self.skew.total_seconds() if abs(self.skew) > _FAR_OFF else 0

    # --- lists --------------------------------------------------------------------------------

    def search(self, path: str, criteria: Criteria, *, store: str | None = None) -> Results:
        """The page of a list that `criteria` asks for; fewer rows where the merchant limits pages."""
        return self.rows(path, criteria, (criteria.page - 1) * criteria.size, store=store)

    def rows(
        self, path: str, criteria: Criteria, offset: int, *, store: str | None = None
    ) -> Results:
        """Rows of a list from `offset` on, as many as one page gives."""
        while True:
            size = min(criteria.size, self.page_limit)
            page, skipped = offset // size + 1, offset % size
            try:
                body = self.get(path, criteria.paged(page, size).params(), store=store)
            except answers.PageTooLarge as refused:
                if refused.most >= size:
                    raise
                self.page_limit = refused.most
                continue
            items, total = _rows_of(body, path)
            return Results(items=items[skipped:], total=total, offset=offset)

    def everything(
        self, path: str, criteria: Criteria, *, store: str | None = None
    ) -> Iterator[Row]:
        """Every row, page after page. Sort by something that does not change, or rows slip past."""
        offset = 0
        while True:
            found = self.rows(path, criteria, offset, store=store)
            yield from found.items
            if not found.more:
                return
            offset = found.following

    # --- SKUs ---------------------------------------------------------------------------------

    @staticmethod
    def sku_path(sku: str) -> str:
        """A SKU as a part of an address."""
        return quote(sku, safe="")

    @staticmethod
    def fits_path(sku: str) -> bool:
        """Whether an address may name this SKU.

        Magento from 2.4.6 on takes the signature of an address with %2F for wrong, and Apache lets
        neither %2F nor %5C through as it comes. Such a SKU is read by searchCriteria, and written by
        calls that name it in their body.
        """
        return not {"/", "\\"} & set(sku) and sku not in (".", "..")


def _rows_of(body: Any, path: str) -> tuple[Sequence[Row], int]:
    if not isinstance(body, Mapping):
        raise TryLater(f"GET {path}: Magento answered a list with something else.")
    items = body.get("items") or ()
    total = body.get("total_count")
    return tuple(items), int(total) if total is not None else len(items)
