"""A pair of sandbox accounts in one click: made, kept alive, and acted upon.

Sandboxes keep their state in memory. When one was started anew its accounts are gone; they are made
again with the same goods, under another name and with other ids, so that nothing of the time before
can be taken for something of now.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.registry import connectors, get
from integrations.models import Connection, ConnectionState, Pair, PairState, SandboxPair
from integrations.services import connections, pairs, preflight
from integrations.services.sandbox import connect_sandbox
from integrations.services.sandbox_hosts import Host, SandboxAway, host_of, hosts
from tenants import scope
from tenants.models import Tenant, User
from tenants.services import audit

log = logging.getLogger(__name__)

MOST = 2
SIZE = 24
SEED = "7"
FIRST_ORDERS = 2
# Whoever was making one for longer has died.
LOST_AFTER = timedelta(minutes=2)
_IDS_OF_A_GENERATION = 1_000_000


class CannotMake(ValueError):
    """No sandbox pair can be made now; the message says why."""


@dataclass(frozen=True)
class Systems:
    """A point of sale and a web store that can be shown together."""

    pos: str
    store: str


def offered() -> Sequence[Systems]:
    """Every combination this installation hosts."""
    known = {name: connectors()[name].manifest.role for name in hosts()}
    return [
        Systems(pos, store)
        for pos, role in sorted(known.items())
        if role == "pos"
        for store, other in sorted(known.items())
        if other == "store"
    ]


def make(
    *, systems: Systems, tenant_id: UUID, actor: User | None, public_url: str, now: datetime
) -> SandboxPair:
    """A sandbox pair that runs, with its first orders placed. Call outside any scope.

    Raises CannotMake, also while another one of the tenant is being made, and SandboxAway.
    """
    both = (host_of(systems.pos), host_of(systems.store))
    row = _claim(tenant_id, now=now)
    made: list[Connection] = []
    try:
        for host in both:
            made.append(_connect(host, row, now=now))
        pair = _paired(row, made, actor=actor, now=now)
        for connection in made:
            connections.subscribe(connection, public_url=public_url)
        with scope.tenant(tenant_id):
            pairs.start(pair, state=PairState.TESTING, now=now)
            preflight.start(pair=pair, actor=actor, now=now)
        both[1].act(row.account_name, "orders", count=FIRST_ORDERS, paid=True, seed=1)
    except (ConnectorError, SandboxAway) as error:
        _give_up(row, made)
        raise SandboxAway(str(error)) from None
    return row


def _claim(tenant_id: UUID, *, now: datetime) -> SandboxPair:
    with scope.tenant(tenant_id):
        # Whoever else presses at the same moment waits here, and finds the row.
        Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)
        SandboxPair.objects.filter(pair=None, began_at__lt=now - LOST_AFTER).delete()
        rows = list(SandboxPair.objects.all())
        if any(row.pair_id is None for row in rows):
            raise CannotMake("Your sandbox is being made already; it takes a few seconds.")
        if len(rows) >= MOST:
            raise CannotMake(
                f"You have {MOST} sandboxes already, which is the most there can be."
                " Go on with one of them."
            )
        row: SandboxPair = SandboxPair.objects.create(
            account=f"sb-{secrets.token_hex(12)}", began_at=now
        )
    return row


def _options(row: SandboxPair) -> dict[str, Any]:
    return {
        "seed": SEED,
        "size": SIZE,
        "currency": "USD",
        "first_id": _IDS_OF_A_GENERATION * (row.generation - 1) + 100_001,
    }


def _connect(host: Host, row: SandboxPair, *, now: datetime) -> Connection:
    manifest = get(host.connector).manifest
    account = host.open_account(row.account_name, **_options(row))
    return connect_sandbox(
        account,
        tenant_id=row.tenant_id,
        connector=host.connector,
        name=_free_name(row.tenant_id, f"{manifest.label} sandbox"),
        now=now,
    )


def _free_name(tenant_id: UUID, wanted: str) -> str:
    with scope.tenant(tenant_id):
        taken = set(Connection.objects.values_list("name", flat=True))
    names = (wanted, *(f"{wanted} {number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _paired(
    row: SandboxPair, made: Sequence[Connection], *, actor: User | None, now: datetime
) -> Pair:
    pos, store = made
    with scope.tenant(row.tenant_id):
        labels = [get(one.connector).manifest.label for one in made]
        pair = pairs.create_pair(name=f"Sandbox: {labels[0]} and {labels[1]}", pos=pos, store=store)
        row.pair, row.made_at = pair, now
        row.save(update_fields=["pair", "made_at"])
        audit.record(
            action="sandbox.made",
            object_type="pair",
            object_id=pair.pk,
            actor=actor,
            after={"name": pair.name},
        )
    return pair


def _give_up(row: SandboxPair, made: Sequence[Connection]) -> None:
    """Nothing half made stays. Accounts that nobody knows the name of do no harm."""
    with scope.tenant(row.tenant_id):
        Pair.objects.filter(sandbox_pair=row).delete()
        SandboxPair.objects.filter(pk=row.pk).delete()
        Connection.objects.filter(pk__in=[one.pk for one in made]).delete()


def of_pair(pair: Pair) -> SandboxPair | None:
    """The sandbox behind a pair; None for a pair of real accounts. Call inside the scope."""
    found: SandboxPair | None = SandboxPair.objects.filter(pair=pair).first()
    return found


def place_order(*, pair: Pair, public_url: str, now: datetime) -> None:
    """A buyer orders in the sandbox shop. Call outside any scope. Raises SandboxAway."""
    _act(pair, pair.store.connector, "orders", public_url=public_url, now=now, paid=True)


def sell_at_till(*, pair: Pair, public_url: str, now: datetime) -> None:
    """A cashier sells at the sandbox till. Call outside any scope. Raises SandboxAway."""
    seed = str(secrets.randbelow(1_000_000))
    _act(pair, pair.pos.connector, "sales", public_url=public_url, now=now, seed=seed)


def _act(
    pair: Pair, connector: str, what: str, *, public_url: str, now: datetime, **body: Any
) -> None:
    host = host_of(connector)
    for _ in range(2):
        with scope.tenant(pair.tenant_id):
            row = of_pair(pair)
        if row is None:
            raise SandboxAway("This pair connects real accounts; nothing can be simulated in them.")
        if host.act(row.account_name, what, count=1, **body) is not None:
            return
        revive(tenant_id=row.tenant_id, sandbox_id=row.pk, public_url=public_url, now=now)
    raise SandboxAway("The sandbox was started anew a moment ago. Try again in a minute.")


def tend(*, public_url: str, now: datetime) -> None:
    """Makes accounts anew that a sandbox lost when it was started again. Call outside any scope."""
    here = hosts()
    if not here:
        return
    with scope.door("look whether sandbox accounts are still there"):
        rows = list(
            SandboxPair.objects.filter(pair__isnull=False).select_related(
                "pair__pos", "pair__store"
            )
        )
    known: dict[str, frozenset[str]] = {}
    for name in {side.connector for row in rows for side in _sides(row)} & here.keys():
        # One that does not answer is being started, and is looked at again next time.
        with suppress(SandboxAway):
            known[name] = here[name].names()
    for row in rows:
        names = [known.get(side.connector) for side in _sides(row)]
        if any(found is None for found in names):
            continue
        if any(side.state == ConnectionState.DISCONNECTED for side in _sides(row)):
            # A person ended it, and with it its credentials.
            continue
        is_there = all(row.account_name in (found or ()) for found in names)
        # Whoever made them anew may have died before both connections led there.
        if not is_there or any(row.account_name not in side.base_url for side in _sides(row)):
            try:
                revive(tenant_id=row.tenant_id, sandbox_id=row.pk, public_url=public_url, now=now)
            except (SandboxAway, ConnectorError) as error:
                log.warning("sandbox %s could not be made anew: %s", row.pk, error)


def _sides(row: SandboxPair) -> tuple[Connection, Connection]:
    assert row.pair is not None  # noqa: S101 - asked for by its query
    return row.pair.pos, row.pair.store


def revive(*, tenant_id: UUID, sandbox_id: UUID, public_url: str, now: datetime) -> None:
    """Both accounts once more, as they were in the beginning. Call outside any scope.

    Does nothing when somebody else has just done it. Raises SandboxAway.
    """
    with scope.tenant(tenant_id):
        row = SandboxPair.objects.select_related("pair__pos", "pair__store").get(pk=sandbox_id)
        before, lost = row.generation, row.account_name
        taken = SandboxPair.objects.filter(pk=sandbox_id, generation=before).update(
            generation=before + 1, reset_at=now
        )
    if not taken or row.pair is None:
        return
    row.generation = before + 1
    for connection in _sides(row):
        host = host_of(connection.connector)
        host.drop(lost)
        _move(connection, host.open_account(row.account_name, **_options(row)), now=now)
    for connection in _sides(row):
        connections.subscribe(connection, public_url=public_url)
    log.warning("the accounts of sandbox %s were lost and made anew", row.pk)


def _move(connection: Connection, account: Mapping[str, Any], *, now: datetime) -> None:
    manifest = get(connection.connector).manifest
    connections.move(
        connection,
        base_url=str(account["base_url"]),
        settings={
            spec.name: str(account["settings"][spec.name])
            for spec in manifest.settings
            if spec.name in account["settings"]
        },
        credentials={
            spec.name: str(account["credentials"][spec.name])
            for spec in manifest.credentials
            if spec.name in account["credentials"]
        },
        now=now,
    )
