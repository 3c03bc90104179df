"""A connector that answers as a test tells it to, and a pair of accounts that use it.

The engine is real, and so is the database; only the other system is made up, so that a test can say
when it fails and in which way.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection as database
from django.utils import timezone

from integrations.connector_kit import registry
from integrations.connector_kit.base import (
    Account,
    Connector,
    EntityPort,
    Notice,
    Outcome,
    Outgoing,
    Page,
    Probe,
    Receipt,
    Result,
    Save,
)
from integrations.connector_kit.payload import Payload
from integrations.models import (
    Connection,
    Delivery,
    DeliveryState,
    Direction,
    Flow,
    InboxItem,
    InboxState,
    Lane,
    Pair,
    PairState,
)
from integrations.services import connections
from integrations.sync import intake, sessions, slices
from mappings.canonical.customer import Customer
from mappings.canonical.record import Entity, Record
from tenants import scope
from tenants.services.members import create_tenant

OPENING_SECONDS = 0.05


def _fine(_: object) -> Exception | None:
    return None


def _no_steps(outgoing: Outgoing, save: Save) -> None:
    pass


def _key(record: Record, account: Account) -> str:
    return record.key


def _created(outgoing: Outgoing) -> Receipt:
    return Receipt(f"there-{outgoing.key}", Outcome.CREATED)


@dataclass(frozen=True)
class Written:
    """One call of `write`."""

    key: str
    email: str
    attempt: int


@dataclass
class Script:
    """What the other system answers, and what it was asked.

    `read_error` and `write_error` answer the error to raise, None to go on; either may also block.
    """

    steps: Callable[[Outgoing, Save], None] = _no_steps
    """What a write does before it is answered, and which checkpoints it keeps."""
    read_error: Callable[[Sequence[str]], Exception | None] = _fine
    write_error: Callable[[Outgoing], Exception | None] = _fine
    receipt: Callable[[Outgoing], Receipt] = _created
    reference: Callable[[Record, Account], str] = _key
    is_hiding: bool = False
    """Whether it says of every record that there is none."""
    refresh: Callable[[object, datetime], datetime | None] | None = None
    pages: Callable[[object, str], Page] | None = None
    write_many: Callable[[object, Sequence[Outgoing]], Sequence[Result]] | None = None
    seconds_per_poll: float = 0.0
    concurrency: int = 4
    seconds_per_write: float = 0.0
    opens: int = 0
    reads: int = 0
    polls: int = 0
    writes: list[Written] = field(default_factory=list)

    @property
    def emails(self) -> list[str]:
        return [written.email for written in self.writes]

    def open(self, account: Account) -> object:
        self.opens += 1
        time.sleep(OPENING_SECONDS)  # long enough for a second thread to come by
        return object()

    def changes(self, client: object, cursor: str, now: datetime) -> Page:
        self.polls += 1
        time.sleep(self.seconds_per_poll)
        return Page((), "seen")

    def read(self, client: object, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
        self.reads += 1
        if error := self.read_error(keys):
            raise error
        if self.is_hiding:
            return dict.fromkeys(keys)
        return {key: {"key": key, "email": f"{key}@example.com"} for key in keys}

    def write(self, client: object, outgoing: Outgoing, save: Save) -> Receipt:
        self.writes.append(
            Written(outgoing.key, str(outgoing.fields.get("email")), outgoing.attempt)
        )
        time.sleep(self.seconds_per_write)
        self.steps(outgoing, save)
        if error := self.write_error(outgoing):
            raise error
        return self.receipt(outgoing)

    def get(self, name: str) -> Connector:
        """Stands in for the registry: the real manifest and rules, with scripted customers."""
        real = registry.get(name)
        limits = real.manifest.limits.model_copy(update={"concurrency": self.concurrency})
        customers = EntityPort(
            normalise=_customer,
            read=self.read,
            write=self.write,
            write_many=self.write_many,
            batch_size=100,
            pages=self.pages,
            changes=self.changes,
            reference=self.reference,
        )
        return dataclasses.replace(
            real,
            manifest=real.manifest.model_copy(update={"limits": limits}),
            open=self.open,
            close=None,
            refresh=self.refresh,
            probe=lambda client: Probe("Scripted"),
            entities={Entity.CUSTOMER: customers},
        )


def _customer(payload: Payload, account: Account) -> Customer:
    return Customer(
        key=payload.text("key"),
        email=payload.maybe_text("email") or "",
        number=str(payload.raw().get("number") or ""),
        updated_at=payload.maybe_instant("updated_at"),
    )


@dataclass
class ScriptedRig:
    """A running pair whose customers go from the store to the point of sale."""

    script: Script
    tenant_id: UUID
    store: Connection
    pos: Connection
    pair: Pair
    flow: Flow

    def scope(self) -> AbstractContextManager[None]:
        return scope.tenant(self.tenant_id)

    def note(
        self,
        key: str,
        email: str = "",
        version: str = "",
        *,
        at: Connection | None = None,
        **more: str,
    ) -> None:
        """A notice comes in from the store, or from `at`; without an e-mail address it is thin."""
        shown = {"key": key, "email": email, "updated_at": version, **more}
        notice = Notice(
            Entity.CUSTOMER, key, "test", version=version, payload=shown if email else None
        )
        with self.scope():
            intake.accept(
                tenant_id=self.tenant_id,
                connection_id=(at or self.store).pk,
                notices=[notice],
                now=timezone.now(),
            )

    def run(self, connection: Connection) -> bool:
        """One slice; answers whether the lane could be had."""
        return slices.run(tenant_id=self.tenant_id, connection_id=connection.pk)

    def work(self) -> None:
        self.run(self.store)
        self.run(self.pos)

    def items(self, **match: Any) -> list[InboxItem]:
        with self.scope():
            return list(InboxItem.objects.filter(**match).order_by("id"))

    def deliveries(self, **match: Any) -> list[Delivery]:
        with self.scope():
            return list(Delivery.objects.filter(**match).order_by("id"))

    def delivery(self, **match: Any) -> Delivery:
        (found,) = self.deliveries(**match)
        return found

    def lane(self, connection: Connection) -> Lane:
        with self.scope():
            found: Lane = Lane.objects.get(pk=connection.pk)
        return found

    def make_due(self) -> None:
        """All waiting times are over."""
        now = timezone.now()
        with self.scope():
            Delivery.objects.filter(state=DeliveryState.WAITING).update(due_at=now)
            InboxItem.objects.filter(state=InboxState.WAITING).update(due_at=now)
            Lane.objects.update(parked_until=None, due_at=now)

    def add_till(self, name: str, *, state: PairState) -> Flow:
        """A second point of sale that gets the same store's customers."""
        with self.scope():
            pos = _connection("heartland", "retail", name)
            pair = Pair.objects.create(name=name, pos=pos, store=self.store, state=state)
            return _customers(pair)

    def add_shop(self, name: str) -> Flow:
        """A second store whose customers go to the same point of sale."""
        with self.scope():
            store = _connection("shopify", "admin", name)
            pair = Pair.objects.create(
                name=name, pos=self.pos, store=store, state=PairState.TESTING
            )
            return _customers(pair)

    def add_way_back(self) -> None:
        """From now on customers go to the store as well."""
        with self.scope():
            Flow.objects.create(
                pair=self.pair,
                entity=Entity.CUSTOMER,
                direction=Direction.TO_STORE,
                source=self.pos,
                target=self.store,
            )


def make_rig(monkeypatch: pytest.MonkeyPatch, name: str) -> ScriptedRig:
    """A fresh tenant with one scripted pair."""
    script = Script()
    for user in (sessions, connections):
        monkeypatch.setattr(user, "get", script.get)
    tenant_id = create_tenant(name=name, owner_email="owner@example.com").pk
    with scope.tenant(tenant_id):
        store = _connection("shopify", "admin", "Shop")
        pos = _connection("heartland", "retail", "Till")
        pair = Pair.objects.create(name="Pair", pos=pos, store=store, state=PairState.TESTING)
        return ScriptedRig(script, tenant_id, store, pos, pair, _customers(pair))


def at_once(*works: Callable[[], object]) -> None:
    """Runs each in a thread of its own, all started together; raises what the first one raised."""
    start = threading.Barrier(len(works))

    def go(work: Callable[[], object]) -> None:
        start.wait(10)
        try:
            work()
        finally:
            database.close()

    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(go, work) for work in works]:
            future.result()


def _connection(connector: str, flavour: str, name: str) -> Connection:
    made: Connection = Connection.objects.create(
        connector=connector,
        flavour=flavour,
        name=name,
        environment="sandbox",
        base_url="http://127.0.0.1:1",
    )
    Lane.objects.create(connection=made)
    return made


def _customers(pair: Pair) -> Flow:
    made: Flow = Flow.objects.create(
        pair=pair,
        entity=Entity.CUSTOMER,
        direction=Direction.TO_POS,
        source=pair.store,
        target=pair.pos,
    )
    return made
