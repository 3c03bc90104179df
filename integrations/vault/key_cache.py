"""Opened data keys of this process, a bounded number of them for a short time."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from integrations.vault.envelope import TenantKey


class KeyCache:
    """Keys by tenant and version; version None is the active one.

    An entry lives `seconds` from the moment its row was READ, used or not: a key deleted from
    the database stops working everywhere within that time.
    """

    def __init__(
        self, *, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        self._limit = limit
        self._seconds = seconds
        self._entries: OrderedDict[tuple[UUID, int | None], tuple[float, TenantKey]] = OrderedDict()
        self._lock = threading.Lock()
        if sys.platform != "win32":
            # A child forked while another thread held the lock would wait for it for ever.
            os.register_at_fork(after_in_child=self._start_anew)

    def get(self, tenant_id: UUID, version: int | None) -> TenantKey | None:
        with self._lock:
            entry = self._entries.get((tenant_id, version))
            if entry is None:
                return None
            read_at, key = entry
            if self.clock() - read_at >= self._seconds:
                del self._entries[tenant_id, version]
                return None
            return key

    def put(self, key: TenantKey, *, is_active: bool, read_at: float) -> None:
        with self._lock:
            for version in (key.version, None) if is_active else (key.version,):
                self._entries.pop((key.tenant_id, version), None)
                self._entries[key.tenant_id, version] = (read_at, key)
            while len(self._entries) > self._limit:
                self._entries.popitem(last=False)

    def forget(self, tenant_id: UUID) -> None:
        with self._lock:
            for entry in [entry for entry in self._entries if entry[0] == tenant_id]:
                del self._entries[entry]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<KeyCache of {len(self._entries)}>"

    def _start_anew(self) -> None:
        self._lock = threading.Lock()
        self._entries = OrderedDict()
