"""Stock on both sides: every article with what the till and the shop say of it.

Asking takes network calls, so it happens outside any scope, and an answer is kept for a moment:
several people looking at once ask each system once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection as database

from integrations.connector_kit.base import Counted
from integrations.connector_kit.errors import ConnectorError
from integrations.models import Environment, Pair
from integrations.sync.sessions import Session, open_session
from mappings.canonical.record import Entity
from tenants import scope

# Real accounts pay for each look with their request budget; sandboxes do not.
KEPT = {Environment.SANDBOX.value: timedelta(seconds=2)}
KEPT_IN_PRODUCTION = timedelta(seconds=60)
MOST_PAGES = 400


@dataclass(frozen=True)
class StockRow:
    """One SKU. None where a side does not have it; `difference` is None then as well."""

    sku: str
    title: str
    at_till: Decimal | None
    in_shop: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """Till less shop."""
        if self.at_till is None or self.in_shop is None:
            return None
        return self.at_till - self.in_shop

    @property
    def differs(self) -> bool:
        return self.difference != 0


@dataclass(frozen=True)
class StockComparison:
    """`rows`: differences first, then by SKU. `error`: why there are none."""

    rows: Sequence[StockRow]
    asked_at: datetime
    error: str = ""

    @property
    def differing(self) -> int:
        return sum(1 for row in self.rows if row.differs)


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: StockComparison | None = None


_answers: dict[UUID, _Kept] = {}
_answers_lock = threading.Lock()


def compare_stock(*, pair: Pair, now: datetime) -> StockComparison:
    """Both sides as they answer now, or did a moment ago. Call outside any scope.

    Never raises for a system that cannot be asked: `error` says which and why.
    """
    with _answers_lock:
        _drop_old(now)
        kept = _answers.setdefault(pair.pk, _Kept())
    with kept.lock:
        if kept.answer is None or now - kept.answer.asked_at >= _kept_for(pair):
            kept.answer = _compare(pair, now=now)
        return kept.answer


def _drop_old(now: datetime) -> None:
    for pair_id, kept in list(_answers.items()):
        if kept.answer is not None and now - kept.answer.asked_at > KEPT_IN_PRODUCTION:
            del _answers[pair_id]


def forget() -> None:
    """Empties what is kept."""
    with _answers_lock:
        _answers.clear()


def _kept_for(pair: Pair) -> timedelta:
    with scope.tenant(pair.tenant_id):
        environment = pair.pos.environment
    return KEPT.get(environment, KEPT_IN_PRODUCTION)


def _compare(pair: Pair, *, now: datetime) -> StockComparison:
    with scope.tenant(pair.tenant_id):
        sessions = (open_session(pair.pos), open_session(pair.store))
    if not database.in_atomic_block:
        # The pool gets the connection back while we wait for the network.
        database.close()
    with ThreadPoolExecutor(2) as pool:
        till, shop = pool.map(_survey, sessions)
    errors = [answer for answer in (till, shop) if isinstance(answer, str)]
    if isinstance(till, str) or isinstance(shop, str):
        return StockComparison((), asked_at=now, error=" ".join(errors))
    return StockComparison(_joined(till, shop), asked_at=now)


def _survey(session: Session) -> dict[str, Counted] | str:
    """Every article of one side by SKU, or a sentence that says why not."""
    name = session.connection.name
    port = session.port(Entity.INVENTORY)
    if port is None or port.survey is None:
        return f"{name}: {session.connector.manifest.label} cannot list its stock."
    found: dict[str, Counted] = {}
    cursor = ""
    try:
        for _ in range(MOST_PAGES):
            page = port.survey(session.client, cursor)
            found.update((row.sku, row) for row in page.rows if row.sku)
            cursor = page.cursor
            if not cursor:
                return found
    except ConnectorError as error:
        return f"{name} cannot be asked right now: {error.message}"
    finally:
        # This is a thread of its own, and renewed credentials may have been stored from it.
        database.close()
    return f"{name} has more articles than can be compared here."


def _joined(till: dict[str, Counted], shop: dict[str, Counted]) -> list[StockRow]:
    rows = []
    for sku in till.keys() | shop.keys():
        here, there = till.get(sku), shop.get(sku)
        named = here or there
        rows.append(
            StockRow(
                sku=sku,
                title=named.title if named else "",
                at_till=here.available if here else None,
                in_shop=there.available if there else None,
            )
        )
    return sorted(rows, key=lambda row: (not row.differs, row.sku))
