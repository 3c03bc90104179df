"""Two systems that keep customers, as small as can be, and a pair whose customers go both ways.

The engine is real, and so is the database. Each system has a clock of its own that moves on with
every change, tells of each change, its own engine's included, and counts what was written to it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.connector_kit import registry
from integrations.connector_kit.base import (
    Account,
    Connector,
    EntityPort,
    Notice,
    Outcome,
    Outgoing,
    Receipt,
    Result,
    Save,
)
from integrations.connector_kit.payload import Payload
from integrations.models import Connection
from integrations.services import connections
from integrations.sync import intake, sessions
from mappings.canonical.customer import Customer
from mappings.canonical.record import Entity, Record
from tests.flow import scripted
from tests.flow.scripted import ScriptedRig

_FIELDS = ("email", "first_name", "last_name", "phone")


@dataclass
class Clock:
    """Both systems agree on the time, to the millisecond."""

    now: datetime = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def tick(self) -> str:
        self.now += timedelta(milliseconds=1)
        return self.now.isoformat(timespec="milliseconds")


@dataclass
class System:
    """One system. `writes`: records written by the engine; `crash`: raised once after a write."""

    name: str
    clock: Clock
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    writes: int = 0
    crash: Exception | None = None
    takes_many: bool = False
    looks: Callable[[], None] = lambda: None
    """Called between the look at what is there and the write."""

    def edit(self, key: str, **values: str) -> None:
        """What a person does there."""
        row = self.rows.setdefault(key, {"key": key})
        row.update(values, updated_at=self.clock.tick())
        self.changed.append(key)

    def read(self, client: object, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
        return {key: dict(self.rows[key]) if key in self.rows else None for key in keys}

    def write(self, client: object, outgoing: Outgoing, save: Save) -> Receipt:
        email = str(outgoing.fields.get("email", "")).lower()
        key = outgoing.linked_id or next(
            (key for key, row in self.rows.items() if email and row.get("email") == email), ""
        )
        there = self.rows.get(key)
        given = dict(outgoing.over(dict(there) if there else None))
        self.looks()
        if there is not None and not given:
            return Receipt(key, Outcome.UNCHANGED, shown=dict(there))
        key = key or f"{self.name}-{len(self.rows) + 1}"
        self.writes += 1
        self.edit(key, **{name: str(given[name]) for name in _FIELDS if given.get(name)})
        if self.crash:
            error, self.crash = self.crash, None
            raise error
        outcome = Outcome.UPDATED if there else Outcome.CREATED
        return Receipt(key, outcome, shown=dict(self.rows[key]))

    def write_many(self, client: object, batch: Sequence[Outgoing]) -> Sequence[Result]:
        return [self.write(client, outgoing, _save_nothing) for outgoing in batch]

    def connector(self, real: Connector) -> Connector:
        port = EntityPort(
            normalise=_customer,
            read=self.read,
            write=self.write,
            write_many=self.write_many if self.takes_many else None,
            batch_size=100,
            reference=_reference,
        )
        return dataclasses.replace(
            real,
            open=lambda account: object(),
            close=None,
            refresh=None,
            entities={Entity.CUSTOMER: port},
        )


@dataclass
class TwoSides:
    """The pair with both systems."""

    rig: ScriptedRig
    shop: System
    till: System

    def tell(self) -> int:
        """The notices of what changed reach us; answers how many."""
        told = 0
        for system, connection in ((self.shop, self.rig.store), (self.till, self.rig.pos)):
            changed, system.changed = system.changed, []
            self._accept(connection, changed)
            told += len(changed)
        return told

    def _accept(self, connection: Connection, keys: Sequence[str]) -> None:
        notices = [Notice(Entity.CUSTOMER, key, "changed") for key in keys]
        with self.rig.scope():
            intake.accept(
                tenant_id=self.rig.tenant_id,
                connection_id=connection.pk,
                notices=notices,
                now=timezone.now(),
            )

    def settle(self) -> None:
        """Tells and works until nothing is left to do."""
        for _ in range(20):
            told = self.tell()
            self.rig.make_due()
            self.rig.work()
            if not told and not self._waiting():
                return
        pytest.fail("the two sides do not come to rest")

    def _waiting(self) -> int:
        return len(self.rig.deliveries(state="waiting")) + len(self.rig.items(state="waiting"))

    @property
    def writes(self) -> tuple[int, int]:
        """Writes to the shop and to the till."""
        return self.shop.writes, self.till.writes

    def shown(self, system: System) -> list[list[str]]:
        return sorted([row.get(name, "") for name in _FIELDS] for row in system.rows.values())


def make(monkeypatch: pytest.MonkeyPatch, name: str) -> TwoSides:
    """A pair of two empty systems."""
    rig = scripted.make_rig(monkeypatch, name)
    rig.add_way_back()
    clock = Clock()
    systems = {"shopify": System("s", clock), "heartland": System("t", clock)}

    def get(connector: str) -> Connector:
        return systems[connector].connector(registry.get(connector))

    for user in (sessions, connections):
        monkeypatch.setattr(user, "get", get)
    return TwoSides(rig, systems["shopify"], systems["heartland"])


def _save_nothing(step: str, value: str) -> None:
    """A batch has no steps."""


def _reference(record: Record, account: Account) -> str:
    return record.key


def _customer(payload: Payload, account: Account) -> Customer:
    texts = {name: payload.maybe_text(name) or "" for name in _FIELDS}
    return Customer(
        key=payload.text("key"), updated_at=payload.maybe_instant("updated_at"), **texts
    )
