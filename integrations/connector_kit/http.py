"""HTTP to another system: one request, one answer or one of our errors. No retries in here.

The only importer of requests. Timeouts, rate pacing, the private-network guard, the mapping of
statuses to errors, and the redacted attempt log live here, so that a connector reads answers only.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from integrations.connector_kit import numbers
from integrations.connector_kit.answers import Answer, CredentialsRefused, check, retry_after
from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import ConnectorError, NeedsOwner, Rejected, TryLater
from integrations.connector_kit.journal import Journal
from integrations.connector_kit.network import TargetRefused, check_base_url, pool_manager
from integrations.connector_kit.pace import Pacer

__all__ = ["Answer", "CredentialsRefused", "Session", "TargetRefused"]

LONGEST_READ = 600.0
"""Seconds; the most a connector may ask for as its read timeout."""
LARGEST_ANSWER = 50 * 1024 * 1024
HIDDEN = b"[not kept: holds credentials]"
_PIECE = 64 * 1024

_UNSENDABLE = (
    "A credential holds a character that cannot be sent, such as a line break; enter it again."
)
_SLOWEST_BODY = 5
"""Read timeouts a whole body may take; each of them only limits the wait for the next bytes."""

Params = Mapping[str, str | Sequence[str]] | Sequence[tuple[str, str]]


def _user_agent() -> str:
    try:
        return f"ClarityConnect/{version('clarity-connect')}"
    except PackageNotFoundError:
        return "ClarityConnect/dev"


class _Adapter(HTTPAdapter):
    """Opens its sockets through network.pool_manager."""

    def __init__(self, *, private_network: bool, pool_size: int) -> None:
        self._private_network = private_network
        super().__init__(pool_connections=1, pool_maxsize=pool_size)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        self.poolmanager = pool_manager(
            private_network=self._private_network,
            num_pools=connections,
            maxsize=maxsize,
            block=block,
            **options,
        )


@dataclass(frozen=True)
class _Origin:
    scheme: str
    host: str
    port: int


def _origin(url: str) -> _Origin | None:
    """Where a URL leads; None when that cannot be said, also when it holds a user name."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    return None if "@" in parts.netloc else _Origin(parts.scheme, parts.hostname or "", port)


class Session:
    """Requests to one account, over kept-alive connections. Safe for `concurrency` threads.

    `headers` go with every request and usually hold the token; they are never logged. Cookies,
    proxies and .netrc of the environment are ignored. The account's setting `answer_seconds` goes
    before `read_timeout`.
    """

    def __init__(
        self,
        account: Account,
        *,
        headers: Mapping[str, str] | None = None,
        concurrency: int = 1,
        connect_timeout: float = 10,
        read_timeout: float = 60,
        pacer: Pacer | None = None,
        hidden: Sequence[re.Pattern[str]] = (),
    ) -> None:
        """`hidden`: see `Journal`. Raises TargetRefused when the base URL may not be reached."""
        self._base = check_base_url(account.base_url, private_network=account.private_network)
        self._origin = _origin(self._base)
        self._host = urlsplit(self._base).hostname or ""
        self._headers = {
            "User-Agent": _user_agent(),
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            **(headers or {}),
        }
        patience = float(account.setting("answer_seconds") or read_timeout)
        self._timeout = (connect_timeout, min(patience, LONGEST_READ))
        self._pacer = pacer
        if pacer and account.budget:
            account.budget.attach(pacer)
        self._observe = account.observe
        self._journal = Journal(account.credentials.values(), hidden)
        self._adapter = _Adapter(private_network=account.private_network, pool_size=concurrency)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cost: float = 1,
        secret: bool = False,
    ) -> Answer:
        """One exchange.

        `path` is appended to the base URL; a whole URL is taken when it has the origin of the base
        URL, as next-page links have. `body` is sent as JSON, bytes as they are; `form` as a web
        form. `cost` is taken from the pacer. `secret` keeps both bodies out of the attempt log, for
        calls whose whole answer is a token.

        Raises TryLater (unreachable, 408, 425, 429, 5xx, or the pacer says wait), NeedsOwner
        (401 and 403 as CredentialsRefused, redirects, refused addresses) and Rejected for an answer
        above 50 MB. Every other status, 4xx too, is an Answer for the connector to read.
        """
        prepared = self._prepared(method, path, params, body, form, headers)
        granted = self._pacer.wait(cost) if self._pacer else 0.0
        started = time.monotonic()
        try:
            answer = self._exchange(prepared)
        except ConnectorError as error:
            self._note(prepared, started, None, error.message, hidden=secret)
            raise
        self._note(prepared, started, answer, hidden=secret)
        if answer.status == 429 and self._pacer:
            after = retry_after(answer.headers.get("retry-after", ""))
            self._pacer.refused(granted, after=after, cost=cost)
        elif self._pacer:
            self._pacer.accepted(granted)
        check(answer, self._host, self._journal.clean)
        return answer

    def close(self) -> None:
        """Closes the kept connections."""
        self._adapter.close()

    def _prepared(
        self,
        method: str,
        path: str,
        params: Params | None,
        body: Any,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> requests.PreparedRequest:
        if body is not None and form is not None:
            raise ValueError("a request has a body or a form, not both")
        content = {} if body is None else {"Content-Type": "application/json"}
        data = body if body is None or isinstance(body, bytes) else numbers.encode(body)
        prepared = requests.PreparedRequest()
        # Their errors name the header with its value or the URL with its query, so none is passed on.
        try:
            prepared.prepare(
                method=method,
                url=self._url(path),
                headers=_sendable({**self._headers, **content, **(headers or {})}),
                params=params,
                data=form if form is not None else data,
            )
        except requests.exceptions.InvalidHeader:
            raise NeedsOwner(_UNSENDABLE) from None
        except requests.RequestException:
            raise TargetRefused(f"A request to {self._host} has no valid address.") from None
        # Looked at after preparing, since this is the URL the socket is opened for.
        if _origin(prepared.url or "") != self._origin:
            raise TargetRefused(f"A request was about to leave {self._host}.")
        return prepared

    def _url(self, path: str) -> str:
        if path.lower().startswith(("http://", "https://")):
            if _origin(path) != self._origin:
                raise TargetRefused(
                    f"{self._host} named an address on another host; it was not called."
                )
            return path
        if ".." in unquote(path.partition("?")[0]).split("/"):
            raise ValueError("a path must not climb out of the base URL")
        return f"{self._base}/{path.lstrip('/')}" if path else self._base

    def _exchange(self, prepared: requests.PreparedRequest) -> Answer:
        deadline = time.monotonic() + _SLOWEST_BODY * self._timeout[1]
        host = self._host
        try:
            response = self._adapter.send(prepared, stream=True, timeout=self._timeout)
            try:
                body = _read(response.raw, deadline)
            finally:
                # A body read to its end has given its connection back; any other is closed.
                response.close()
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            was_sent = not isinstance(error, requests.ConnectTimeout)
            raise TryLater(f"{host} did not answer in time", unsure=was_sent) from None
        except requests.exceptions.SSLError:
            raise TryLater(f"{host} has no valid certificate") from None
        # Their own words are left out: requests and urllib3 put the URL into them.
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise TryLater(
                f"{host} could not be reached ({type(error).__name__})", unsure=_was_sent(error)
            ) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, body=body)

    def _note(
        self,
        prepared: requests.PreparedRequest,
        started: float,
        answer: Answer | None,
        failure: str = "",
        *,
        hidden: bool,
    ) -> None:
        if self._observe is None:
            return
        sent = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        got = answer.body if answer else failure.encode()
        self._observe(
            self._journal.exchange(
                method=prepared.method or "",
                url=prepared.url or "",
                request_body=HIDDEN if hidden and sent else sent,
                status=answer.status if answer else 0,
                response_body=HIDDEN if hidden and answer else got,
                seconds=time.monotonic() - started,
                request_id=answer.headers.get("x-request-id", "") if answer else "",
            )
        )


def _was_sent(error: Exception) -> bool:
    """Whether the connection stood, so that the request may have got there before it broke."""
    why = getattr(error.args[0], "reason", None) if error.args else None
    return not isinstance(why, urllib3.exceptions.NewConnectionError)


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers. Raises NeedsOwner when one holds a letter HTTP cannot carry."""
    for value in headers.values():
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            raise NeedsOwner(_UNSENDABLE) from None
    return dict(headers)


def _read(raw: Any, deadline: float) -> bytes:
    """The decoded body. Raises Rejected above the limit and a timeout when it only trickles in."""
    pieces: list[bytes] = []
    size = 0
    while piece := raw.read1(_PIECE, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            raise Rejected(
                "the answer is larger than 50 MB",
                field="answer",
                said=f"more than {size} bytes",
                advice="Ask for fewer records at once.",
            )
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
    return b"".join(pieces)
