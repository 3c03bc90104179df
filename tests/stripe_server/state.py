"""What the front remembers, and how it signs."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

SECRET = "whsec_local"
Fields = dict[str, Any]


@dataclass
class Fault:
    """The next `left` calls that fit fail, before or after they took effect."""

    match: str
    left: int
    is_after: bool


@dataclass
class State:
    """Of one Stripe account."""

    sessions: dict[str, Fields] = field(default_factory=dict)
    portals: dict[str, Fields] = field(default_factory=dict)
    disputes: dict[str, Fields] = field(default_factory=dict)
    # Laid over what localstripe answers about an object.
    overlays: dict[str, Fields] = field(default_factory=dict)
    events: list[Fields] = field(default_factory=list)
    answers: dict[str, tuple[str, int, bytes]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    hook: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: Any = field(default_factory=lambda: count(1))

    def id(self, prefix: str) -> str:
        return f"{prefix}_{next(self.numbers):04}{int(time.time())}"

    def event(self, kind: str, about: Fields) -> Fields:
        """An event as Stripe sends it: with the object as it was when it happened."""
        made = {
            "id": self.id("evt"),
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()),
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
            "data": {"object": json.loads(json.dumps(about))},
        }
        with self.lock:
            self.events.append(made)
        return made

    def fault(self, call: str) -> Fault | None:
        with self.lock:
            for one in self.faults:
                if one.left > 0 and re.search(one.match, call):
                    one.left -= 1
                    return one
        return None


def signed(event: Fields, *, secret: str = SECRET, age: int = 0) -> tuple[bytes, str]:
    """Body and signature header of an event.
    https://docs.stripe.com/webhooks#verify-manually"""
    body = json.dumps(event, indent=2).encode()
    at = int(time.time()) - age
    mac = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    return body, f"t={at},v1={mac}"


def tree(flat: list[tuple[str, str]]) -> Fields:
    """`a[b][0][c]=1` as nested dicts."""
    made: Fields = {}
    for name, value in flat:
        parts = [part for part in re.split(r"\[|\]", name) if part]
        here = made
        for part in parts[:-1]:
            here = here.setdefault(part, {})
        here[parts[-1]] = value
    return made
