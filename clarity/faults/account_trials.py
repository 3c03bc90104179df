"""Faults of an account: what the other systems, and the way to them, do wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from clarity.faults.ground import Scale
from clarity.faults.shops import Shops, Wishes
from integrations.models import ConnectionState
from tenants import scope

Inject = Callable[[Shops, Scale], None]
FOR_EVER = -1
_HANGS = 8.0  # seconds, beyond the 2 s that its connections wait


@dataclass(frozen=True)
class AccountTrial:
    """One fault. `lasts`: it ends by itself after the scale's storm; `mend`: what a person does
    after it."""

    name: str
    injected: str
    inject: Inject
    lasts: bool = False
    wishes: Callable[[Scale], Wishes] = field(default=lambda _: Wishes())
    mend: Callable[[Shops], None] | None = None

    def run(self, shops: Shops, scale: Scale) -> float:
        """Injects the fault and lets things happen; answers when it was over (monotonic)."""
        self.inject(shops, scale)
        ends = time.monotonic() + (scale.storm if self.lasts else 0)
        shops.a_bit_of_everything(scale.orders)
        time.sleep(max(0.0, ends - time.monotonic()))
        if self.mend is not None:
            self.mend(shops)
        return time.monotonic()


def _slow(shops: Shops, scale: Scale) -> None:
    for side in (shops.shop, shops.till):
        shops.fault(side, "latency", value=0.25, times=12 * scale.orders)


def _storm(kind: str, **more: float) -> Inject:
    def inject(shops: Shops, scale: Scale) -> None:
        for side in (shops.shop, shops.till):
            shops.fault(side, kind, times=FOR_EVER, seconds=scale.storm, **more)

    return inject


def _on_writes(kind: str, value: float = 0) -> Inject:
    def inject(shops: Shops, scale: Scale) -> None:
        for match in ("POST", "PUT"):
            shops.fault(shops.till, kind, match=match, times=2 * scale.orders, value=value)
        shops.fault(shops.shop, kind, match=shops.seen.store.stock_write, times=2, value=value)

    return inject


def _hanging(shops: Shops, scale: Scale) -> None:
    for match in shops.seen.till.order_writes:
        shops.fault(shops.till, "hang", match=match, times=2, value=_HANGS)
    shops.fault(shops.shop, "hang", match=shops.seen.store.stock_write, times=1, value=_HANGS)


def _webhooks(kind: str, value: float = 0) -> Inject:
    def inject(shops: Shops, scale: Scale) -> None:
        shops.fault(shops.shop, kind, times=FOR_EVER, value=value, seconds=scale.storm + 10)

    return inject


def _early(shops: Shops, scale: Scale) -> None:
    shops.fault(shops.shop, "unreadable", times=FOR_EVER, value=3)


def _wrong_clock(sign: int) -> Callable[[Scale], Wishes]:
    return lambda scale: Wishes(options={"clock_skew": sign * scale.wrong_clock})


def _no_webhooks(shops: Shops, scale: Scale) -> None:
    # With a wrong clock, polling must find everything by time alone.
    shops.fault(shops.shop, "drop_webhooks", times=FOR_EVER)


def _reconnect(shops: Shops) -> None:
    """Both connections must have asked for their owner by now; the owner comes."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with scope.tenant(shops.tenant.pk):
            for connection in (shops.pos, shops.store):
                connection.refresh_from_db()
        if all(one.state == ConnectionState.NEEDS_OWNER for one in (shops.pos, shops.store)):
            break
        time.sleep(0.1)
    shops.reconnect()


TRIALS = (
    AccountTrial("latency", "both systems answer 250 ms late", _slow),
    AccountTrial("rate-limit-storm", "429 to every call for a while", _storm("throttle"), True),
    AccountTrial(
        "server-errors", "503 to every call for a while", _storm("status", value=503), True
    ),
    AccountTrial(
        "reset-before-write", "connection reset before writes took effect", _on_writes("refuse")
    ),
    AccountTrial(
        "reset-after-write", "connection reset after writes took effect", _on_writes("lost_answer")
    ),
    AccountTrial(
        "hang",
        "writes take effect, the answers hang past the timeout",
        _hanging,
        wishes=lambda _: Wishes(settings={"answer_seconds": "2"}),
    ),
    AccountTrial(
        "duplicated-webhooks", "every webhook comes twice", _webhooks("duplicate_webhooks")
    ),
    AccountTrial(
        "shuffled-webhooks", "webhooks come in any order", _webhooks("shuffle_webhooks", 2)
    ),
    AccountTrial("delayed-webhooks", "webhooks come 3 s late", _webhooks("delay_webhooks", 3)),
    AccountTrial("lost-webhooks", "no webhook comes at all", _webhooks("drop_webhooks")),
    AccountTrial(
        "early-webhooks",
        "webhooks come 3 s before their records can be read",
        _early,
        wishes=lambda _: Wishes(shop_settings={"poll_seconds": "600"}),
    ),
    AccountTrial(
        "clock-ahead",
        "both systems' clocks are 120 s ahead, no webhook comes",
        _no_webhooks,
        wishes=_wrong_clock(1),
    ),
    AccountTrial(
        "clock-behind",
        "both systems' clocks are 120 s behind, no webhook comes",
        _no_webhooks,
        wishes=_wrong_clock(-1),
    ),
    AccountTrial(
        "token-revoked",
        "both tokens revoked, later restored and reconnected",
        _storm("revoke"),
        True,
        mend=_reconnect,
    ),
    AccountTrial(
        "outage",
        "both systems unreachable: 10 min, scaled with the longest pause",
        _storm("refuse"),
        True,
    ),
)
