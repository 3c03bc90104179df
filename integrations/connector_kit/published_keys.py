"""Public keys that a vendor publishes on the web, fetched when a webhook names one and kept a while.

A webhook comes from anybody, so what it names is fetched from one fixed host only, by a path in one
form, a few times a minute, and with little patience: the vendor waits for our answer meanwhile.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import ConnectorError, NotTheirs, TryLater
from integrations.connector_kit.http import Session
from integrations.connector_kit.pace import Pacer

KEEP = timedelta(hours=24)
KEEP_FAILURE = timedelta(seconds=30)
_KEEP_MOST = 64
_LARGEST = 10_000
_CONNECT, _READ = 3.0, 4.0
# Keys change a few times a year; more questions than these are somebody making us ask.
_A_SECOND, _AT_ONCE = 0.2, 6.0


class PublishedKeys:
    """The keys of one vendor. Safe for threads; one of it serves all accounts of a process."""

    def __init__(
        self,
        host: str,
        path: re.Pattern[str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`host`: "https://keys.example.com". `path`: the form a path must have as a whole."""
        self._host = host
        self._path = path
        self._clock = clock
        self._pacer = Pacer(_A_SECOND, _AT_ONCE, clock=clock)
        self._kept: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: str, *, host: str = "") -> str:
        """The key published under `path`, as text.

        `host` stands in for the vendor's own in a sandbox, and may lie in a private network. Raises
        NotTheirs for a path of another form, TryLater when the key cannot be fetched now.
        """
        if not self._path.fullmatch(path):
            raise NotTheirs("The webhook names a key at a place where the vendor keeps none.")
        name = (host or self._host, path)
        with self._lock:
            until, found = self._kept.get(name, (0.0, ""))
            if found:
                self._kept.move_to_end(name)
        if self._clock() >= until:
            found = self._fetch(*name, private_network=bool(host))
            self._keep(name, found)
        if not found:
            raise TryLater("The key that the webhook is signed with could not be fetched.")
        return found

    def _fetch(self, host: str, path: str, *, private_network: bool) -> str:
        """ "" when there is none."""
        self._pacer.wait()
        account = Account(
            "keys", host, "", settings={}, credentials={}, private_network=private_network
        )
        try:
            session = Session(account, connect_timeout=_CONNECT, read_timeout=_READ)
            try:
                answer = session.request("GET", path, headers={"Accept": "*/*"})
            finally:
                session.close()
        except ConnectorError:
            return ""
        return answer.text if answer.status == 200 and len(answer.body) <= _LARGEST else ""

    def _keep(self, name: tuple[str, str], found: str) -> None:
        lasting = (KEEP if found else KEEP_FAILURE).total_seconds()
        with self._lock:
            self._kept[name] = (self._clock() + lasting, found)
            # Names that nobody publishes are made up at will: they never push out a key.
            self._kept.move_to_end(name, last=bool(found))
            while len(self._kept) > _KEEP_MOST:
                self._kept.popitem(last=False)
