"""One account: its tables, its lock, its clock, and what has just happened in it."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.connectors.heartland.sandbox.state.values import Row, Table, stamp

Clock = Callable[[], datetime]


def real_time() -> datetime:
    return datetime.now(UTC)


@dataclass
class Options:
    """What an account can be told to be like. `customers` are there from the start. `rate_per_second` 0 means no limit.

    `cancel_word` is the only status word that cancels an order: which one the real product takes
    is not known. `work_seconds` is how long a write takes, so that parallel writes meet.
    `open_orders_editable`: whether lines of an open order may change, which is not known either.
    `clock_skew` is how many seconds the account's clock is ahead of the true time, or behind it.
    `hostile`: the last goods are those of connector_kit/sandbox/hostile.py.
    `first_id`: an account that takes the place of a lost one must not use its ids again.
    """

    seed: str = "7"
    size: int = 24
    customers: int = 0
    flavour: str = "retail"
    tax_rate: Decimal = Decimal(0)
    currency: str = "USD"
    cancel_word: str = "void"
    rate_per_second: float = 0.0
    burst: int = 5
    retry_after: int = 0
    work_seconds: float = 0.0
    clock_skew: float = 0.0
    invoice_copies_lines: bool = True
    open_orders_editable: bool = False
    hostile: bool = False
    first_id: int = 100_001


@dataclass(frozen=True)
class Secrets:
    """Credentials derived from the server's seed, so a restarted sandbox knows its clients."""

    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)


def secrets_for(name: str, server_seed: str) -> Secrets:
    def derived(purpose: str) -> str:
        return hashlib.sha256(f"{server_seed}/{name}/{purpose}".encode()).hexdigest()[:40]

    return Secrets(
        token=f"hl_{derived('token')}",
        webhook_secret=f"whsec_{derived('webhook')}",
        client_id=f"app_{derived('client')[:12]}",
        client_secret=f"cs_{derived('client secret')}",
    )


class Account:
    """All state of one account. Everything below is read and changed inside `transaction()`."""

    def __init__(
        self, name: str, base_url: str, options: Options, secrets: Secrets, clock: Clock
    ) -> None:
        self.name = name
        self.base_url = base_url
        self.options = options
        self.secrets = secrets
        self.tokens = {secrets.token}
        self.codes: dict[str, str] = {}
        self.settings: dict[str, Any] = {}
        self.locations: Table = {}
        self.custom_fields: Table = {}
        self.payment_types: Table = {}
        self.shipping_methods: Table = {}
        self.adjustment_reasons: Table = {}
        self.gift_card_reasons: Table = {}
        self.customers: Table = {}
        self.addresses: Table = {}
        self.items: Table = {}
        self.skus: dict[str, int] = {}
        self.item_grids: Table = {}
        self.images: Table = {}
        self.stock: dict[tuple[int, int], Row] = {}
        self.ledger: Table = {}
        self.adjustment_sets: Table = {}
        self.orders: Table = {}
        self.invoices: Table = {}
        self.tickets: Table = {}
        self.lines: dict[int, list[Row]] = {}
        self.commits: dict[int, dict[tuple[int, int], Any]] = {}
        self.payments: Table = {}
        self.gift_cards: Table = {}
        self.gift_card_adjustments: Table = {}
        self.webhooks: Table = {}
        self.replies: dict[str, tuple[str, Any]] = {}
        self.listener: Callable[[str, Row], None] | None = None
        self._clock = clock
        self._lock = threading.RLock()
        self._last_id = options.first_id - 1
        self._last_moment = datetime(1970, 1, 1, tzinfo=UTC)
        self._happened: dict[tuple[str, str], Row] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Holds the account's lock. What happened inside is told once, at the end, as it then is."""
        with self._lock:
            try:
                yield
            except BaseException:
                self._happened.clear()
                raise
            happened, self._happened = self._happened, {}
            if self.listener is not None:
                for (topic, _), row in happened.items():
                    self.listener(topic, row)

    def happened(self, topic: str, row: Row, key: str = "") -> None:
        """Notes an event; a second one on the same record inside one transaction is the same."""
        self._happened[(topic, key or str(row["id"]))] = row

    def next_id(self) -> int:
        """One sequence for all tables, so that an id of one table fits no other."""
        self._last_id += 1
        return self._last_id

    def now(self) -> str:
        """The time, later than every time told before in this account."""
        told = self.wall_clock()
        self._last_moment = max(told, self._last_moment + timedelta(microseconds=1))
        return stamp(self._last_moment)

    def wall_clock(self) -> datetime:
        """The time as the account's own clock shows it."""
        return self._clock() + timedelta(seconds=self.options.clock_skew)

    def add(self, table: Table, **fields: Any) -> Row:
        """A new row with id, created_at and updated_at."""
        now = self.now()
        row: Row = {"id": self.next_id(), **fields, "created_at": now, "updated_at": now}
        table[row["id"]] = row
        return row

    def touch(self, row: Row) -> None:
        row["updated_at"] = self.now()

    def uuid(self, row_id: int) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.name}/{row_id}"))

    @property
    def stations(self) -> Table:
        return {
            station["id"]: station
            for location in self.locations.values()
            for station in location["_stations"]
        }
