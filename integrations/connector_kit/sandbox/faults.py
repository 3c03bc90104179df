"""Faults on demand: what a sandbox does wrong when it is told to."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """`latency`: answer `value` seconds late. `status`: answer with HTTP status `value` and do
    nothing. `lost_answer`: do the work, then break the connection. `refuse`: break the connection
    before any work. `throttle`: answer as if the rate limit were used up. `revoke`: treat the token
    as revoked. `duplicate_webhooks`: send each webhook twice. `shuffle_webhooks`: hold webhooks
    back and send them in another order. `drop_webhooks`: never send them."""

    LATENCY = "latency"
    STATUS = "status"
    LOST_ANSWER = "lost_answer"
    REFUSE = "refuse"
    THROTTLE = "throttle"
    REVOKE = "revoke"
    DUPLICATE_WEBHOOKS = "duplicate_webhooks"
    SHUFFLE_WEBHOOKS = "shuffle_webhooks"
    DROP_WEBHOOKS = "drop_webhooks"


@dataclass
class Fault:
    """`match` is a piece of "METHOD path-or-operation"; "" fits all. `times` -1 means for ever."""

    kind: FaultKind
    match: str = ""
    value: float = 0
    times: int = 1


class Faults:
    """The faults one sandbox account is set to. Safe for threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, kind: FaultKind, what: str) -> Fault | None:
        """The first fault of this kind that fits `what`, counted down by one use."""
        with self._lock:
            for fault in self._faults:
                if fault.kind is kind and fault.match in what and fault.times != 0:
                    fault.times -= 1 if fault.times > 0 else 0
                    return fault
        return None
