"""Faults on demand: what a sandbox does wrong when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """`latency`: answer `value` seconds late. `hang`: do the work, keep the answer back for `value`
    seconds (60 when 0), then break the connection. `status`: answer with HTTP status `value` and do
    nothing. `lost_answer`: do the work, then break the connection. `refuse`: break the connection
    before any work. `throttle`: answer as if the rate limit were used up. `revoke`: treat the token
    as revoked. `unreadable`: records younger than `value` seconds are not found yet.
    `duplicate_webhooks`: send each webhook twice. `shuffle_webhooks`: hold webhooks back and send
    them in another order. `delay_webhooks`: send them `value` seconds late. `drop_webhooks`: never
    send them."""

    LATENCY = "latency"
    HANG = "hang"
    STATUS = "status"
    LOST_ANSWER = "lost_answer"
    REFUSE = "refuse"
    THROTTLE = "throttle"
    REVOKE = "revoke"
    UNREADABLE = "unreadable"
    DUPLICATE_WEBHOOKS = "duplicate_webhooks"
    SHUFFLE_WEBHOOKS = "shuffle_webhooks"
    DELAY_WEBHOOKS = "delay_webhooks"
    DROP_WEBHOOKS = "drop_webhooks"


FOR_EVER = -1
HANG_SECONDS = 60.0


@dataclass
class Fault:
    """`match` is a piece of "METHOD path-or-operation"; "" fits all. `times` -1 means for ever.

    `seconds`: it ends by itself so long after it was added; 0 means never. A storm or an outage is
    a fault for ever with an end.
    """

    kind: FaultKind
    match: str = ""
    value: float = 0
    times: int = 1
    seconds: float = 0


class Faults:
    """The faults one sandbox account is set to. Safe for threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._faults: list[tuple[Fault, float]] = []
        self._lock = threading.Lock()
        self._clock = clock

    def add(self, fault: Fault) -> None:
        end = self._clock() + fault.seconds if fault.seconds > 0 else float("inf")
        with self._lock:
            self._faults.append((fault, end))

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, kind: FaultKind, what: str) -> Fault | None:
        """The first fault of this kind that fits `what`, counted down by one use."""
        with self._lock:
            fault = self._fitting(kind, what)
            if fault is not None and fault.times > 0:
                fault.times -= 1
            return fault

    def shown(self, kind: FaultKind, what: str) -> Fault | None:
        """The same fault without counting it down."""
        with self._lock:
            return self._fitting(kind, what)

    def _fitting(self, kind: FaultKind, what: str) -> Fault | None:
        now = self._clock()
        for fault, end in self._faults:
            if fault.kind is kind and fault.match in what and fault.times != 0 and now < end:
                return fault
        return None
